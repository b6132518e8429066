"""The API's HTTP front: requests become API Gateway proxy events, answers become responses."""

from __future__ import annotations

import asyncio
import base64
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from reference_service.handlers.protection import HEADERS
from reference_service.local.sending import Pause, at_once

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

BASE_PATH = "/v1.0"
# API Gateway takes no more; what comes after is read and thrown away, up to a bound,
# so that the client sees the answer and not a reset.
MAX_BODY_BYTES = 10 * 1024 * 1024
_MAX_DRAIN_BYTES = 64 * 1024 * 1024

Function = Callable[[dict[str, Any], Any], dict[str, Any]]


class LambdaContext(msgspec.Struct, frozen=True, kw_only=True):
    """What Lambda tells a function about the invocation."""

    aws_request_id: str
    function_name: str
    invoked_function_arn: str
    function_version: str = ""  # whichever the alias leads to
    memory_limit_in_mb: int = 512


class Front:
    """An ASGI application over one function; `function` may be replaced while it runs.

    `pause` is awaited before an answer is sent.
    """

    def __init__(self, function: Function, *, account: str, name: str, executor: Executor) -> None:
        self.function = function
        self._account = account
        self._name = name
        self._executor = executor
        self.pause: Pause = at_once

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            response = await self._respond(Request(scope, receive))
            await self.pause(scope)
            await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        path = str(request.scope["path"])
        request_id = str(uuid.uuid4())
        body = await _read(request)
        if body is None:
            return _refusal(413, "Request Entity Too Large", path, request_id)
        if not path.startswith(f"{BASE_PATH}/"):
            return _refusal(404, "Not Found", path, request_id)
        event = _event(request, path, body, request_id=request_id, account=self._account)
        context = LambdaContext(
            aws_request_id=request_id,
            function_name=self._name,
            invoked_function_arn=f"arn:aws:lambda:local:{self._account}:function:{self._name}",
        )
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self._executor, self.function, event, context)
        return _response(answer)


async def _read(request: Request) -> bytes | None:
    """The whole body, or None if it is larger than the gateway takes."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= MAX_BODY_BYTES:
            chunks.append(chunk)
        else:
            chunks.clear()
        if size > _MAX_DRAIN_BYTES:
            break
    return b"".join(chunks) if size <= MAX_BODY_BYTES else None


def _event(
    request: Request, path: str, body: bytes, *, request_id: str, account: str
) -> dict[str, Any]:
    """A REST API proxy event of payload version 1.0."""
    headers: dict[str, list[str]] = {}
    for name, value in request.headers.items():
        headers.setdefault(name, []).append(value)
    query = parse_qs(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    text, encoded = _text(body, request.headers.get("content-type", ""))
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": {"proxy": path.removeprefix(f"{BASE_PATH}/")},
        "stageVariables": None,
        "requestContext": {
            "accountId": account,
            "apiId": "local",
            "requestId": request_id,
            "stage": "live",
            "path": path,
            "httpMethod": request.method,
            "protocol": "HTTP/1.1",
            "identity": {"sourceIp": request.client.host if request.client else "127.0.0.1"},
        },
        "body": text or None,
        "isBase64Encoded": encoded,
    }


def _text(body: bytes, content_type: str) -> tuple[str, bool]:
    """The body as an event carries it: binary media types, and bytes that are no text, base64."""
    if not content_type.lower().startswith("multipart/form-data"):
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True


def _response(answer: Mapping[str, Any]) -> Response:
    body = answer.get("body") or ""
    content = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
    response = Response(content=content, status_code=answer["statusCode"])
    for name, values in (answer.get("multiValueHeaders") or {}).items():
        for value in values:
            response.headers.append(name, value)
    return response


def _refusal(status: int, title: str, path: str, request_id: str) -> Response:
    problem = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": title,
        "instance": quote(path),
        "request_id": request_id,
    }
    return Response(
        content=msgspec.json.encode(problem),
        status_code=status,
        media_type="application/problem+json",
        headers={"Cache-Control": "no-store", **HEADERS},
    )
