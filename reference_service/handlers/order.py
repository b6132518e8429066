"""POST /orders"""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, Any

import msgspec
from aws_lambda_powertools.event_handler import Response
from msgspec import Meta

from reference_service.handlers import body
from reference_service.handlers.order_book import Memory
from reference_service.handlers.problem import Problem
from reference_service.handlers.service import Call, Service, json_response


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many of one product."""

    product_id: Annotated[str, Meta(min_length=1, max_length=200)]
    quantity: Annotated[int, Meta(ge=1, le=1000)]


class NewOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of an order."""

    lines: Annotated[list[Line], Meta(min_length=1, max_length=20)]


def place(call: Call, service: Service) -> Response[Any]:
    """Takes the stock and answers 201; 404, 409 and 422 change nothing."""
    key = _key(call.event.headers.get("idempotency-key"))
    sent = body.read(call.event, NewOrder)
    wanted: dict[str, int] = {}
    for line in sent.lines:
        wanted[line.product_id] = wanted.get(line.product_id, 0) + line.quantity
    memory = None
    if key is not None and call.caller is not None:
        digest = hashlib.sha256(msgspec.json.encode(sent)).hexdigest()
        memory = Memory(caller=call.caller.subject, key=key, body=digest)
    return json_response(201, service.orders.place(wanted, memory=memory))


def _key(text: str | None) -> str | None:
    if text is not None and not re.fullmatch(r"[!-~]([ -~]{0,198}[!-~])?", text):
        raise Problem(400, "An Idempotency-Key has 1 to 200 printable ASCII characters.")
    return text
