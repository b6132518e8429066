"""The parts that a running service is composed of; each is a seam of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from reference_service.handlers.bearer import Caller, Tokens
from reference_service.handlers.catalog import Catalog
from reference_service.handlers.image_kind import ImageKind
from reference_service.handlers.image_store import ImageStore
from reference_service.handlers.limits import Limits
from reference_service.handlers.order_book import OrderBook
from reference_service.handlers.product import Clock, Entry
from reference_service.handlers.settings import Settings

JSON = "application/json"
# Decimals as JSON numbers, digit for digit.
_encode = msgspec.json.Encoder(decimal_format="number").encode


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request: the event, who sent it, and the product id where the path has one."""

    event: APIGatewayProxyEvent
    caller: Caller | None
    product_id: str = ""

    @property
    def if_match(self) -> str | None:
        return self.event.headers.get("if-match")

    @property
    def request_id(self) -> str:
        return self.event.request_context.request_id or ""


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that answering a request takes."""

    settings: Settings
    clock: Clock
    tokens: Tokens
    catalog: Catalog
    orders: OrderBook
    limits: Limits
    images: ImageStore
    image_kind: Callable[[bytes], ImageKind]
    picture_only: Callable[[bytes, ImageKind], bytes]
    handlers: Mapping[str, Handler]


Handler = Callable[[Call, Service], Response[Any]]


def json_response(
    status: int, body: object, headers: Mapping[str, str] | None = None
) -> Response[Any]:
    """An answer in JSON; no cache may keep it."""
    return Response(
        status_code=status,
        content_type=JSON,
        body=_encode(body).decode(),
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def product_response(
    status: int, entry: Entry, headers: Mapping[str, str] | None = None
) -> Response[Any]:
    """The product with its ETag."""
    return json_response(status, entry.product, {"ETag": entry.etag, **(headers or {})})
