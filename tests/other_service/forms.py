"""What a body or a parameter may be: just what the contract promises to take, and no more."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from tests.other_service.refusal import Refused

_SMALLEST = Decimal("1E-12")
Check = Callable[[Any], bool]
_SKU = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_CATEGORY = re.compile(r"[A-Za-z0-9 &_-]+(/[A-Za-z0-9 &_-]+)*")
_IMAGE_URL = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")


def decoded(content: bytes) -> Any:
    """JSON with its numbers exact; Refused when it is none."""

    def no_number(name: str) -> Any:
        raise Refused(400, f"{name} is no number that JSON knows")

    try:
        value = json.loads(content.decode(), parse_float=Decimal, parse_constant=no_number)
        json.dumps(value, default=str, ensure_ascii=False).encode()  # no lone surrogates
    except (ValueError, InvalidOperation, RecursionError):
        raise Refused(400, "we cannot make JSON of this body") from None
    return value


def text(least: int, most: int, pattern: re.Pattern[str] | None = None) -> Check:
    """Text of so many characters, all of it fitting the pattern."""
    return lambda value: (
        isinstance(value, str)
        and least <= len(value) <= most
        and (pattern is None or pattern.fullmatch(value) is not None)
    )


def amount(value: Any) -> bool:
    """A price: a number with few enough digits to keep them all."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return False
    return 0 <= value <= 1_000_000 and Decimal(value).quantize(_SMALLEST) == value


def whole(least: int, most: int) -> Check:
    """A whole number, 3.0 included: JSON has one kind of number."""

    def check(value: Any) -> bool:
        number = isinstance(value, int | Decimal) and not isinstance(value, bool)
        return number and least <= value <= most and value == int(value)

    return check


def name(value: Any) -> bool:
    """A name does not begin with white space."""
    return text(1, 100)(value) and not value[0].isspace()


def attributes(value: Any) -> bool:
    """A few texts by name."""
    return (
        isinstance(value, dict)
        and len(value) <= 20
        and all(text(1, 50)(key) and text(0, 100)(of) for key, of in value.items())
    )


_VARIANT: dict[str, Check] = {
    "sku": text(1, 64, _SKU),
    "name": name,
    "inventory": whole(0, 1_000_000),
    "price": amount,
    "attributes": attributes,
}


def variant(value: Any) -> bool:
    """A variant: sku, name and inventory, perhaps a price and attributes."""
    return (
        isinstance(value, dict)
        and {"sku", "name", "inventory"} <= value.keys()
        and all(check(value[key]) for key, check in _VARIANT.items() if key in value)
    )


def variants(value: Any) -> bool:
    """Up to a hundred, no two of one sku."""
    if not isinstance(value, list) or len(value) > 100 or not all(map(variant, value)):
        return False
    return len({one["sku"] for one in value}) == len(value)


FIELDS: dict[str, Check] = {
    "name": name,
    "category": text(1, 100, _CATEGORY),
    "price": amount,
    "currency": text(3, 3, re.compile("[A-Z]{3}")),
    "sku": text(1, 64, _SKU),
    "description": text(0, 2000),
    "inventory": whole(0, 1_000_000),
    "image_url": lambda value: value is None or text(1, 1000, _IMAGE_URL)(value),
    "variants": variants,
}
NEEDED = ("name", "category", "price", "currency", "sku")


def fields(sent: Any, *, needed: tuple[str, ...] = ()) -> dict[str, Any]:
    """The known fields of a body; others are ignored. Refused when one is wrong or missing."""
    if not isinstance(sent, dict):
        raise Refused(400, "we would like an object with fields")
    lacking = [key for key in needed if key not in sent]
    wrong = [key for key, check in FIELDS.items() if key in sent and not check(sent[key])]
    if lacking or wrong:
        raise Refused(400, f"please look at {', '.join(lacking + wrong)} again")
    known = {key: sent[key] for key in FIELDS if key in sent}
    if not known:
        raise Refused(400, "there is nothing in it that we could change")
    if "inventory" in known:
        known["inventory"] = int(known["inventory"])
    if "price" in known:
        known["price"] = Decimal(known["price"]).quantize(_SMALLEST).normalize()
    if "variants" in known:
        known["variants"] = [
            {key: one[key] for key in _VARIANT if key in one} for one in known["variants"]
        ]
    return known


def lines(sent: Any) -> dict[str, int]:
    """How much of which product an order wants, lines of one product added up."""
    listed = sent.get("lines") if isinstance(sent, dict) else None
    if not isinstance(listed, list) or not 1 <= len(listed) <= 20:
        raise Refused(400, "an order has 1 to 20 lines")
    wanted: dict[str, int] = {}
    for line in listed:
        if (
            not isinstance(line, dict)
            or not text(1, 1000)(line.get("product_id"))
            or not whole(1, 1000)(line.get("quantity"))
        ):
            raise Refused(400, "a line says which product, and how many from 1 to 1000")
        product_id = line["product_id"]
        wanted[product_id] = wanted.get(product_id, 0) + int(line["quantity"])
    return wanted


def number_parameter(value: str, what: str) -> Decimal:
    """A price limit of a list."""
    if not _NUMBER.fullmatch(value) or Decimal(value) < 0:
        raise Refused(400, f"{what} ought to be a number from 0 on")
    return Decimal(value)


def limit_parameter(value: str, most: int) -> int:
    """How many items a page may hold."""
    if not re.fullmatch("[0-9]{1,4}", value) or not 1 <= int(value) <= most:
        raise Refused(400, f"limit ought to be a number from 1 to {most}")
    return int(value)
