"""Faults in which part of a request decides who is let in, and what a refusal is worth."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from reference_service.faults.fault import Fault, Wrapper, faults
from reference_service.faults.wrapping import function, parts
from reference_service.handlers.app import Function
from reference_service.handlers.bearer import Caller, Tokens
from reference_service.handlers.problem import Problem
from reference_service.handlers.service import Service
from reference_service.local.stack import Composition

Answer = dict[str, Any]
Event = dict[str, Any]
_LATER_S = 0.02  # what looking something up takes, longer than here
_PRODUCT = re.compile(r"/v1\.0/products/([^/]+)")


class _Gate:
    """Lets in, as an admin, whatever a request says that was found good elsewhere."""

    def __init__(self, inner: Tokens) -> None:
        self._inner = inner
        self.open = threading.local()

    def caller(self, authorization: str | None) -> Caller:
        if getattr(self.open, "now", False):
            return Caller(subject="whoever", role="admin")
        return self._inner.caller(authorization)


def _past(trick: Callable[[Event], Event | None]) -> Wrapper:
    """`trick` gives the request that is meant, past who asks; None for all others."""

    def install(composition: Composition) -> Composition:
        gate = _Gate(composition.service.tokens)

        def wrap(healthy: Function) -> Function:
            def answering(event: Event, context: Any) -> Answer:
                meant = trick(event)
                gate.open.now = meant is not None
                try:
                    return healthy(event if meant is None else meant, context)
                finally:
                    gate.open.now = False

            return answering

        return function(wrap)(parts(composition, tokens=gate))

    return install


def _two_slashes(event: Event) -> Event | None:
    path = event["path"]
    return {**event, "path": path.replace("//", "/")} if "//" in path else None


def _semicolon(event: Event) -> Event | None:
    path = event["path"]
    return {**event, "path": path.partition(";")[0]} if ";" in path else None


def _past_what_is_open(event: Event) -> Event | None:
    """An authorizer that looks at how a path begins, before its dots are gone."""
    path, health = event["path"], "/v1.0/products/health"
    if not path.startswith(f"{health}/"):
        return None
    steps: list[str] = []
    for step in path.split("/"):
        if step == "..":
            steps = steps[:-1]
        else:
            steps.append(step)
    return {**event, "path": "/".join(steps)}


def _override(event: Event) -> Event | None:
    method = event["headers"].get("x-http-method-override")
    return {**event, "httpMethod": method} if method else None


def _afterwards(act: Callable[[Service, Event, Answer], Answer]) -> Wrapper:
    """Acts on what was answered, with the service at hand."""

    def install(composition: Composition) -> Composition:
        service = composition.service

        def wrap(healthy: Function) -> Function:
            return lambda event, context: act(service, event, healthy(event, context))

        return function(wrap)(composition)

    return install


def _product_id(event: Event) -> str:
    found = _PRODUCT.match(event["path"])
    return found[1] if found else ""


def _refused(answer: Answer) -> bool:
    return answer["statusCode"] in (401, 403)


def _does_what_it_refuses(service: Service, event: Event, answer: Answer) -> Answer:
    if answer["statusCode"] == 403 and event["httpMethod"] == "PUT":
        try:
            service.catalog.change(_product_id(event), {"price": Decimal(1)}, if_match=None)
        except Problem:
            return answer
    return answer


def _tells_what_it_refuses(service: Service, event: Event, answer: Answer) -> Answer:
    if answer["statusCode"] != 403 or event["httpMethod"] != "DELETE":
        return answer
    entry = service.catalog.get(_product_id(event))
    if entry is None:
        return answer
    document = {**msgspec.json.decode(answer["body"]), "product": entry.product.name}
    return {**answer, "body": msgspec.json.encode(document).decode()}


def _looks_first(service: Service, event: Event, answer: Answer) -> Answer:
    if answer["statusCode"] != 403 or service.catalog.get(_product_id(event)) is not None:
        return answer
    document = {**msgspec.json.decode(answer["body"]), "status": 404, "title": "Not Found"}
    return {**answer, "statusCode": 404, "body": msgspec.json.encode(document).decode()}


def _takes_its_time(service: Service, event: Event, answer: Answer) -> Answer:
    if _refused(answer) and service.catalog.get(_product_id(event)) is not None:
        time.sleep(_LATER_S)
    return answer


def _allows_every_origin(_: Service, event: Event, answer: Answer) -> Answer:
    origin = event["headers"].get("origin")
    if origin is None:
        return answer
    cors = {
        "Access-Control-Allow-Origin": [origin],
        "Access-Control-Allow-Credentials": ["true"],
    }
    return {**answer, "multiValueHeaders": {**answer["multiValueHeaders"], **cors}}


_paths = faults("function", "security.path_tricks")
_matrix = faults("function", "security.access_matrix")

FAULTS: tuple[Fault, ...] = (
    _paths(
        "double-slash-lets-in",
        "no spelling of a path gets around the token",
        "A path with two slashes is let in, and read as with one.",
        _past(_two_slashes),
    ),
    _paths(
        "semicolon-lets-in",
        "no spelling of a path gets around the token",
        "A path is let in by what stands before a semicolon, and the rest cut off.",
        _past(_semicolon),
    ),
    _paths(
        "open-prefix-lets-in",
        "no spelling of a path gets around the token",
        "A path that begins as health's does is let in, wherever its dots lead.",
        _past(_past_what_is_open),
    ),
    faults("function", "security.method_override")(
        "method-override-honoured",
        "no header or parameter replaces the method",
        "X-HTTP-Method-Override replaces the method, after the token was looked at.",
        _past(_override),
    ),
    _matrix(
        "refused-update-done",
        "what is refused is not done",
        "An update that is answered 403 changes the price.",
        _afterwards(_does_what_it_refuses),
    ),
    _matrix(
        "refusal-names-product",
        "a refusal tells nothing",
        "A deletion that is answered 403 tells the product's name.",
        _afterwards(_tells_what_it_refuses),
    ),
    faults("function", "security.enumeration")(
        "unknown-before-forbidden",
        "a refusal does not tell what exists",
        "A role that is too low gets 404 for what does not exist.",
        _afterwards(_looks_first),
    ),
    faults("function", "security.timing_of_refusals")(
        "refusal-takes-its-time",
        "the time of a refusal does not tell what exists",
        "A refusal takes 20 ms longer if the product exists.",
        _afterwards(_takes_its_time),
    ),
    faults("function", "security.foreign_origins")(
        "every-origin-allowed",
        "no foreign origin reads with credentials",
        "CORS sends back any origin, with credentials.",
        _afterwards(_allows_every_origin),
    ),
)
