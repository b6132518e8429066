"""Faults in what browsers make of answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import HTMLResponse, Response

from reference_service.faults.fault import Fault, Wrapper, faults
from reference_service.faults.wrapping import function
from reference_service.handlers.app import Function
from reference_service.local.stack import Composition

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_Event = dict[str, Any]
_Edit = Callable[[_Event, dict[str, Any]], None]


def _answers(edit: _Edit) -> Wrapper:
    """Edits the function's answers, knowing the events."""

    def wrap(healthy: Function) -> Function:
        def answering(event: _Event, context: Any) -> dict[str, Any]:
            answer = healthy(event, context)
            edit(event, answer)
            return answer

        return answering

    return function(wrap)


def _for_a_browser(event: _Event) -> bool:
    return "text/html" in (event["headers"].get("accept") or "")


def _as_page(answer: dict[str, Any], content: str) -> None:
    """The same status with a page, as a framework's own error page would come."""
    answer["body"] = f"<!DOCTYPE html><html><body>{content}</body></html>"
    answer["multiValueHeaders"] = {"Content-Type": ["text/html; charset=utf-8"]}


def _path_in_page(event: _Event, answer: dict[str, Any]) -> None:
    from urllib.parse import unquote

    if answer["statusCode"] >= 400 and _for_a_browser(event):
        _as_page(answer, f"<h1>Not possible: {unquote(event['path'])}</h1>")


def _parameter_in_page(event: _Event, answer: dict[str, Any]) -> None:
    query = event["queryStringParameters"] or {}
    if answer["statusCode"] == 400 and "limit" in query and _for_a_browser(event):
        _as_page(answer, f"<p>{query['limit']} is no limit</p>")


def _product_as_page(event: _Event, answer: dict[str, Any]) -> None:
    if answer["statusCode"] == 200 and event["httpMethod"] == "GET" and _for_a_browser(event):
        _as_page(answer, answer["body"])


def _may_be_guessed(_: _Event, answer: dict[str, Any]) -> None:
    if answer["statusCode"] < 300:
        answer["multiValueHeaders"].pop("X-Content-Type-Options", None)


def _too_large_as_page(composition: Composition) -> Composition:
    """The gateway has a page of its own for what is too large."""

    def wrap(healthy: ASGIApp) -> ASGIApp:
        async def serving(scope: Scope, receive: Receive, send: Send) -> None:
            async def say(message: Any) -> None:
                if message["type"] == "http.response.start" and message["status"] == 413:
                    others = [pair for pair in message["headers"] if pair[0] != b"content-type"]
                    message = {**message, "headers": [*others, (b"content-type", b"text/html")]}
                await send(message)

            await healthy(scope, receive, say)

        return serving

    return msgspec.structs.replace(composition, front_app=wrap)


def _absent_in_page(composition: Composition) -> Composition:
    """The CDN has a page for what is not there, with its path in it."""

    def wrap(healthy: ASGIApp) -> ASGIApp:
        async def serving(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and not scope["path"].startswith("/products/"):
                page = HTMLResponse(f"<h1>No {scope['path']} here</h1>", status_code=403)
                await page(scope, receive, send)
            else:
                await healthy(scope, receive, send)

        return serving

    return msgspec.structs.replace(composition, edge_app=wrap)


def _guessed_type(response: Response) -> Response:
    """The edge says what content looks like, and not what it is."""
    if b"<html>" in bytes(response.body):
        response.headers["content-type"] = "text/html"
    return response


def _type_by_query(composition: Composition) -> Composition:
    """The edge hands the query on to S3, which lets it choose the content type."""
    asked = b"response-content-type=text/html"

    def wrap(healthy: ASGIApp) -> ASGIApp:
        async def serving(scope: Scope, receive: Receive, send: Send) -> None:
            async def say(message: Any) -> None:
                if message["type"] == "http.response.start" and asked in scope["query_string"]:
                    others = [pair for pair in message["headers"] if pair[0] != b"content-type"]
                    message = {**message, "headers": [*others, (b"content-type", b"text/html")]}
                await send(message)

            await healthy(scope, receive, say)

        return serving

    return msgspec.structs.replace(composition, edge_app=wrap)


_stored = faults("function", "security.stored_markup")
_edge = faults("edge", "security.images_host_content")

FAULTS: tuple[Fault, ...] = (
    _stored(
        "products-as-pages",
        "what was sent comes back as data",
        "A browser is shown products as a page.",
        _answers(_product_as_page),
    ),
    _stored(
        "type-left-to-guess",
        "no answer's type is left to guess",
        "The API's answers do not say nosniff.",
        _answers(_may_be_guessed),
    ),
    faults("function", "security.reflected_markup")(
        "errors-repeat-markup",
        "what was sent comes back as data",
        "Errors are pages that repeat the path.",
        _answers(_path_in_page),
    ),
    faults("function", "security.no_script_runs")(
        "parameter-in-a-page",
        "no script of a payload runs",
        "A bad limit is repeated in a page.",
        _answers(_parameter_in_page),
    ),
    faults("gateway", "security.error_pages")(
        "gateway-answers-pages",
        "the service answers no pages",
        "The gateway refuses what is too large with a page.",
        _too_large_as_page,
    ),
    faults("edge", "security.error_pages")(
        "edge-repeats-markup",
        "what was sent comes back as data",
        "The images host repeats the path of what is not there in a page.",
        _absent_in_page,
    ),
    _edge(
        "polyglot-delivered-as-page",
        "the images host delivers images alone",
        "An image that reads as a page is delivered as one.",
        lambda composition: msgspec.structs.replace(composition, edge=_guessed_type),
    ),
    _edge(
        "query-chooses-type",
        "the images host delivers images alone",
        "A query chooses the content type of what is delivered.",
        _type_by_query,
    ),
)
