"""Faults in which tokens are believed, and where they are taken from."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import msgspec

from reference_service.faults import credulous
from reference_service.faults.credulous import Believes, Credulous
from reference_service.faults.fault import Fault, Wrapper, faults
from reference_service.faults.wrapping import function, parts
from reference_service.handlers.app import Function
from reference_service.handlers.bearer import Caller, Tokens
from reference_service.local.stack import Composition

Event = dict[str, Any]


class RemembersSignatures:
    """What was verified once is looked up by its signature from then on."""

    def __init__(self, inner: Tokens) -> None:
        self._inner = inner
        self._known: set[bytes] = set()

    def caller(self, authorization: str | None) -> Caller:
        told = credulous.told_by(authorization)
        if told is not None and told.signature in self._known:
            return credulous.caller_of(told.claims)
        caller = self._inner.caller(authorization)
        if told is not None:
            self._known.add(told.signature)
        return caller


class TakesStrangersFor:
    """Who brings nothing has a role."""

    def __init__(self, inner: Tokens, role: str) -> None:
        self._inner = inner
        self._role = role

    def caller(self, authorization: str | None) -> Caller:
        if authorization is None:
            return Caller(subject="stranger", role=self._role)
        return self._inner.caller(authorization)


class ReadersAreEditors:
    def __init__(self, inner: Tokens) -> None:
        self._inner = inner

    def caller(self, authorization: str | None) -> Caller:
        caller = self._inner.caller(authorization)
        role = "editor" if caller.role == "reader" else caller.role
        return msgspec.structs.replace(caller, role=role)


def tokens(wrap: Callable[[Tokens], Tokens]) -> Wrapper:
    """Puts something in front of what reads tokens."""
    return lambda composition: parts(composition, tokens=wrap(composition.service.tokens))


def _believing(believes: Believes) -> Wrapper:
    def install(composition: Composition) -> Composition:
        service = composition.service
        believing = Credulous(service.tokens, believes, service.settings.token_key)
        return parts(composition, tokens=believing)

    return install


def _from(taken: Callable[[Event], str | None]) -> Wrapper:
    """Takes a token from somewhere else where there is none in its place."""

    def wrap(healthy: Function) -> Function:
        def answering(event: Event, context: Any) -> dict[str, Any]:
            token = taken(event)
            if token:
                said = f"Bearer {token}"
                many = {**event["multiValueHeaders"], "authorization": [said]}
                headers = {**event["headers"], "authorization": said}
                event = {**event, "headers": headers, "multiValueHeaders": many}
            return healthy(event, context)

        return answering

    return function(wrap)


def _in_query(event: Event) -> str | None:
    query: dict[str, str] = event["queryStringParameters"] or {}
    return query.get("access_token")


def _as_password(event: Event) -> str | None:
    scheme, _, encoded = event["headers"].get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(encoded).decode().partition(":")[2] or None
    except ValueError:
        return None


_matrix = faults("tokens", "security.access_matrix")
_forged = faults("tokens", "security.forged_tokens")

FAULTS: tuple[Fault, ...] = (
    _matrix(
        "stranger-may-write",
        "nothing is done without a token",
        "Who brings no token is taken for an editor.",
        tokens(lambda inner: TakesStrangersFor(inner, "editor")),
    ),
    _matrix(
        "reader-counts-as-editor",
        "a role too low is refused",
        "A reader may do what needs the role editor.",
        tokens(ReadersAreEditors),
    ),
    faults("tokens", "security.expired_token")(
        "expired-token-accepted",
        "an expired token is refused",
        "The end of a token's time is not looked at.",
        _believing(credulous.without("exp")),
    ),
    faults("tokens", "security.early_token")(
        "early-token-accepted",
        "a token before its time is refused",
        "The begin of a token's time is not looked at.",
        _believing(credulous.without("nbf")),
    ),
    faults("tokens", "security.foreign_audience")(
        "any-audience-accepted",
        "a token for another audience is refused",
        "A token for another service is believed.",
        _believing(credulous.without("aud")),
    ),
    faults("tokens", "security.foreign_issuer")(
        "any-issuer-accepted",
        "a token of another issuer is refused",
        "A token that names another issuer is believed.",
        _believing(credulous.without("iss")),
    ),
    _forged(
        "empty-signature-accepted",
        "a token signed with another key is refused",
        "A token is believed if its signature is empty.",
        _believing(credulous.no_signature),
    ),
    _forged(
        "embedded-key-trusted",
        "a key that a token brings along is not trusted",
        "A token is verified with the key in its own header.",
        _believing(credulous.key_of_its_own),
    ),
    _forged(
        "alg-none-in-capitals",
        "a token without a signature is refused",
        "The algorithm none is refused, and None and NONE are not.",
        _believing(credulous.another_spelling_of_none),
    ),
    _forged(
        "public-key-as-secret",
        "a token signed with the public key is refused",
        "A token signed HS256 is verified with the public key as its secret.",
        _believing(credulous.public_key_as_secret),
    ),
    _forged(
        "signatures-remembered",
        "a token that was altered is refused",
        "A signature that was right once is right for any claims.",
        tokens(RemembersSignatures),
    ),
    faults("function", "security.token_places")(
        "token-in-query-taken",
        "a token in the query is not taken",
        "A token is taken from the query.",
        _from(_in_query),
    ),
    faults("function", "security.token_places")(
        "token-as-password-taken",
        "a token as a password is not taken",
        "A token is taken from the password of Basic credentials.",
        _from(_as_password),
    ),
)
