"""Faults in what caches keep, and for whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from reference_service.faults.fault import Fault, Wrapper, faults
from reference_service.faults.wrapping import answer
from reference_service.handlers.service import Call
from reference_service.local.stack import Composition

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_Headers = list[tuple[bytes, bytes]]
# What a request leaves behind for its path, from its scope; None for nothing.
_Trace = Callable[["Scope"], str | None]
# How an answer's beginning is changed by what was left behind.
_Change = Callable[["Message", str], "Message"]


def _header(scope: Scope, name: str) -> str | None:
    found = dict(scope["headers"]).get(name.encode())
    return found.decode("latin-1") if found else None


def _cached(trace: _Trace, change: _Change) -> Wrapper:
    """What the first client of a path sends along changes what all get from then on."""

    def install(composition: Composition) -> Composition:
        left: dict[str, str | None] = {}

        def wrap(healthy: ASGIApp) -> ASGIApp:
            async def serving(scope: Scope, receive: Receive, send: Send) -> None:
                if scope["type"] != "http":
                    await healthy(scope, receive, send)
                    return
                kept = left.setdefault(scope["path"], trace(scope))

                async def say(message: Message) -> None:
                    await send(message if kept is None else change(message, kept))

                await healthy(scope, receive, say)

            return serving

        return msgspec.structs.replace(composition, edge_app=wrap)

    return install


def _begins(headers: Callable[[str], _Headers]) -> _Change:
    """Other headers, in the place of those of the same name."""

    def change(message: Message, kept: str) -> Message:
        if message["type"] != "http.response.start":
            return message
        new = headers(kept)
        names = {name for name, _ in new}
        others = [pair for pair in message["headers"] if pair[0] not in names]
        return {**message, "headers": [*others, *new]}

    return change


def _redirected(message: Message, kept: str) -> Message:
    if message["type"] != "http.response.start":
        return message
    location = (b"location", b"https://images.invalid/")
    return {**message, "status": 301, "headers": [*message["headers"], location]}


def _original_url(composition: Composition) -> Composition:
    """X-Original-URL says what is delivered, and the path under which it is kept."""
    moved: dict[str, str | None] = {}

    def wrap(healthy: ASGIApp) -> ASGIApp:
        async def serving(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                elsewhere = moved.setdefault(scope["path"], _header(scope, "x-original-url"))
                scope = {**scope, "path": elsewhere or scope["path"]}
            await healthy(scope, receive, send)

        return serving

    return msgspec.structs.replace(composition, edge_app=wrap)


def _by_query(scope: Scope) -> str | None:
    return "text/html" if b"response-content-type" in scope["query_string"] else None


def _for_everybody(_: Call, response: Response[Any]) -> Response[Any]:
    response.headers["Cache-Control"] = "public, max-age=60"
    return response


_poisoned = faults("edge", "security.cache_poisoning")

FAULTS: tuple[Fault, ...] = (
    _poisoned(
        "forwarded-host-cached",
        "nobody gets what another asked for",
        "X-Forwarded-Host comes back, to others as well.",
        _cached(
            lambda scope: _header(scope, "x-forwarded-host"),
            _begins(lambda host: [(b"content-location", f"https://{host}/".encode())]),
        ),
    ),
    _poisoned(
        "redirect-cached",
        "nobody gets what another asked for",
        "A redirect that X-Forwarded-Scheme caused is kept for others.",
        _cached(lambda scope: _header(scope, "x-forwarded-scheme"), _redirected),
    ),
    _poisoned(
        "original-url-cached",
        "nobody gets what another asked for",
        "X-Original-URL puts another image in the place of one.",
        _original_url,
    ),
    _poisoned(
        "query-not-in-key",
        "nobody gets what another asked for",
        "A query's content type is kept for others.",
        _cached(_by_query, _begins(lambda kind: [(b"content-type", kind.encode())])),
    ),
    faults("handler", "security.cache_poisoning")(
        "products-in-shared-caches",
        "what needs a token is kept by no shared cache",
        "Caches may keep products that need a token.",
        answer("get", _for_everybody),
    ),
)
