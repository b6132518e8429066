"""Faults in who may do what, and how often."""

from __future__ import annotations

import base64
import binascii
import time
from typing import Any

import msgspec
from aws_lambda_powertools.event_handler import Response

from reference_service.faults.fault import Fault, faults
from reference_service.faults.wrapping import around, parts
from reference_service.handlers.app import Function
from reference_service.handlers.bearer import Caller, Tokens
from reference_service.handlers.limits import Limits
from reference_service.handlers.problem import Problem
from reference_service.handlers.service import Call, Handler, Service
from reference_service.local.stack import Composition


class BelievesClaims:
    """A token's claims are read, and its signature is not."""

    def __init__(self, inner: Tokens) -> None:
        self._inner = inner

    def caller(self, authorization: str | None) -> Caller:
        try:
            return self._inner.caller(authorization)
        except Problem:
            claims = _claims(authorization or "")
            if claims is None:
                raise
            return Caller(subject=claims["sub"], role=max(claims["roles"], default=None))


def _claims(authorization: str) -> dict[str, Any] | None:
    """What a token says of itself, None where it is not one of ours by its looks."""
    segments = authorization.removeprefix("Bearer ").split(".")
    if len(segments) != 3:
        return None
    try:
        text = base64.urlsafe_b64decode(segments[1] + "=" * (-len(segments[1]) % 4))
        claims = msgspec.json.decode(text)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        return None
    fits = isinstance(claims, dict) and claims.get("exp", 0) > time.time() and "sub" in claims
    return claims if fits and claims.get("roles") else None


class EditorsAreAdmins:
    def __init__(self, inner: Tokens) -> None:
        self._inner = inner

    def caller(self, authorization: str | None) -> Caller:
        caller = self._inner.caller(authorization)
        role = "admin" if caller.role == "editor" else caller.role
        return msgspec.structs.replace(caller, role=role)


def _shuts_readers_out(healthy: Handler, call: Call, service: Service) -> Response[Any]:
    if call.caller is not None and call.caller.role == "reader":
        raise Problem(403, "This needs the role editor.")
    return healthy(call, service)


def _open_categories(composition: Composition) -> Composition:
    """The categories are shown before anyone asks for a token."""
    service = composition.service

    def wrap(healthy: Function) -> Function:
        def answering(event: dict[str, Any], context: Any) -> dict[str, Any]:
            path, method = event["path"], event["httpMethod"]
            stranger = "authorization" not in event["headers"]
            if stranger and method == "GET" and path.endswith("/products/categories"):
                return _open_answer(service)
            return healthy(event, context)

        return answering

    return msgspec.structs.replace(composition, function=wrap)


def _open_answer(service: Service) -> dict[str, Any]:
    from reference_service.handlers.categories import hierarchy

    body = msgspec.json.encode({"categories": hierarchy(service.catalog.categories())})
    return {
        "statusCode": 200,
        "body": body.decode(),
        "multiValueHeaders": {"Content-Type": ["application/json"]},
    }


class NeverEnough:
    def wait(self, caller: Caller) -> int | None:
        return None


class EnoughForAll:
    """Once one caller has had enough, so has everyone for a while."""

    def __init__(self, inner: Limits) -> None:
        self._inner = inner
        self._until = 0.0

    def wait(self, caller: Caller) -> int | None:
        wait = self._inner.wait(caller)
        if wait is not None:
            self._until = time.monotonic() + 2
        return 1 if time.monotonic() < self._until else None


def _tokens(wrap: Any) -> Any:
    return lambda composition: parts(composition, tokens=wrap(composition.service.tokens))


def _limits(wrap: Any) -> Any:
    return lambda composition: parts(composition, limits=wrap(composition.service.limits))


_authentication = faults("tokens", "integration.authentication")
_limiting = faults("limits", "integration.rate_limiting")

FAULTS: tuple[Fault, ...] = (
    _authentication(
        "signature-not-checked",
        "with a bad token it is 401",
        "A token is believed whatever its signature.",
        _tokens(BelievesClaims),
    ),
    faults("function", "integration.authentication")(
        "categories-without-token",
        "without a token it is 401",
        "The categories are shown to callers without a token.",
        _open_categories,
    ),
    faults("tokens", "integration.authorization")(
        "editor-counts-as-admin",
        "a role too low is 403",
        "An editor may do what needs the role admin.",
        _tokens(EditorsAreAdmins),
    ),
    faults("handler", "integration.authorization")(
        "reader-kept-from-categories",
        "a role high enough is let in",
        "A reader may not see the categories.",
        around("categories", _shuts_readers_out),
    ),
    _limiting(
        "limit-never-reached",
        "too many requests are 429",
        "Nobody's requests are limited.",
        _limits(lambda _: NeverEnough()),
    ),
    _limiting(
        "limit-shared-by-all",
        "other tokens are not limited",
        "Once one token has had enough, all others are refused too.",
        _limits(EnoughForAll),
    ),
)
