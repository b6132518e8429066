"""Answers in many forms of equal meaning, one after the other."""

from __future__ import annotations

import gzip
import itertools
import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from flask import Response, request

from tests.other_service.catalog import Product
from tests.other_service.refusal import Refused

_turns = itertools.count()
_times = itertools.count()
_views = itertools.count(1)
_ZONES = [timezone(timedelta(hours=hours)) for hours in (0, 2, -5.5, 13)]
_TITLES = {400: "That will not do", 401: "Who are you?", 403: "Not you", 404: "Nothing here"}


def when(moment: datetime) -> str:
    """To the second, in one zone or another."""
    return moment.astimezone(_ZONES[next(_times) % len(_ZONES)]).isoformat(timespec="seconds")


def product_shown(product: Product) -> dict[str, Any]:
    """A product with all fields of the contract, and with some that nobody asked for."""
    return {
        "product_id": product.product_id,
        "name": product.name,
        "description": product.description,
        "category": product.category,
        "price": product.price,
        "currency": product.currency,
        "inventory": Decimal(product.inventory),
        "availability": product.availability,
        "sku": product.sku,
        "image_url": product.image_url,
        "variants": [{**one, "shelf": None} for one in product.variants],
        "created_at": when(product.created),
        "updated_at": when(product.updated),
        "revision": product.stamp,
        "id": 12,
        "views": next(_views),
        "links": {"self": {"href": product.product_id}},
    }


def problem(refused: Refused, request_id: str) -> dict[str, Any]:
    """What went wrong, with members of our own."""
    return {
        "request_id": request_id,
        "detail": f"Sorry: {refused.remark}.",
        "status": refused.status,
        "title": _TITLES.get(refused.status, "It was not to be"),
        "type": f"/problems/{refused.status}",
        "advice": ["breathe", "try again"],
        "severity": 3,
    }


def answer(
    body: dict[str, Any] | None, status: int = 200, kind: str = "application/json", **headers: str
) -> Response:
    """A JSON answer: key order, spaces, escapes, compression and length differ by turns."""
    turn = next(_turns)
    response = Response(status=status)
    response.headers.remove("Content-Type")
    response.headers["X-Content-Type-Options"] = "nosniff"
    for name, value in headers.items():
        response.headers[name.replace("_", "-")] = value
    if body is None:
        return response
    content = text({"served_by": "another", **body}, turn).encode()
    response.headers["Content-Type"] = kind + (";charset=UTF-8", "; charset=utf-8", "")[turn % 3]
    if turn % 2 and "gzip" in request.headers.get("Accept-Encoding", ""):
        content = gzip.compress(content)
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    # Without a length the server sends chunks.
    response.response = iter((content[:100], content[100:])) if turn % 5 else [content]
    return response


def text(value: Any, turn: int) -> str:
    """JSON; numbers and escapes are written one way or another."""
    if isinstance(value, dict):
        pairs = [f"{text(key, turn)} : {text(of, turn)}" for key, of in value.items()]
        return "{\n" + ",".join(pairs[::-1] if turn % 2 else pairs) + " }"
    if isinstance(value, list):
        return "[" + " , ".join(text(one, turn) for one in value) + "]"
    if isinstance(value, Decimal):
        return number(value, turn)
    return json.dumps(value, ensure_ascii=turn % 2 == 0)


def number(value: Decimal, turn: int) -> str:
    """One of 299.99, 299.990 and 2.9999E+2."""
    if turn % 3 == 0:
        return f"{value:E}"
    plain = f"{value:f}"
    if turn % 3 == 1:
        return plain + ("0" if "." in plain else ".0")
    return plain
