"""Lists: which products, in which order, and where the next page starts."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from tests.other_service import forms
from tests.other_service.catalog import Product
from tests.other_service.refusal import Refused

LONGEST = 3  # items of a page, however many are asked for
_KEY = secrets.token_bytes(32)
_SORTS: dict[str, Callable[[Product], Any]] = {
    "price": lambda product: product.price,
    "name": lambda product: product.name,
    "created_at": lambda product: product.created.isoformat(timespec="microseconds"),
    "": lambda product: "",
}
_FILTERS = ("category", "min_price", "max_price", "availability", "q", "sort")


def page(products: list[Product], asked: Mapping[str, str]) -> tuple[list[Product], str | None]:
    """One page and the cursor of the next: never more than LONGEST, and sometimes none at all."""
    limit = forms.limit_parameter(asked.get("limit", "100"), 100)
    chosen = selection(asked)
    sort = asked.get("sort", "")
    if sort.removeprefix("-") not in ("price", "name", "created_at") and "sort" in asked:
        raise Refused(400, "we do not know this order")
    bound = json.dumps([asked.get(name) for name in _FILTERS])
    backwards = sort.startswith("-")
    by = _SORTS[sort.removeprefix("-")]

    def place(product: Product) -> tuple[Any, str]:
        return by(product), tie(product)

    found = sorted(filter(chosen, products), key=place, reverse=backwards)
    key, last, rested = opened(asked["cursor"], bound) if "cursor" in asked else ("", "", False)
    if last:
        after = (Decimal(key) if sort.endswith("price") else key, last)
        found = [one for one in found if (place(one) < after if backwards else place(one) > after)]
    if found and not rested and int(tie(found[0])[0], 16) % 4 == 0:
        # An empty page that goes on: the same place again, this time with items.
        return [], sealed(key, last, True, bound)
    items = found[: min(limit, LONGEST)]
    # There may be a cursor although nothing comes after it.
    more = len(items) == LONGEST or len(found) > len(items)
    key, last = (str(part) for part in place(items[-1])) if items else ("", "")
    return items, sealed(key, last, False, bound) if more else None


def tie(product: Product) -> str:
    """What orders equal ones: the same every time, and nothing that anyone would expect."""
    return hashlib.sha256(product.product_id.encode()).hexdigest()[:16]


def selection(asked: Mapping[str, str]) -> Callable[[Product], bool]:
    """Whether a product is what all the filters ask for."""
    checks: list[Callable[[Product], bool]] = []
    if "category" in asked:
        root = asked["category"]
        if not forms.FIELDS["category"](root):
            raise Refused(400, "no category is called that")
        checks.append(lambda one: f"{one.category}/".startswith(f"{root}/"))
    if "min_price" in asked:
        least = forms.number_parameter(asked["min_price"], "min_price")
        checks.append(lambda one: one.price >= least)
    if "max_price" in asked:
        most = forms.number_parameter(asked["max_price"], "max_price")
        checks.append(lambda one: one.price <= most)
    if "availability" in asked:
        wanted = asked["availability"]
        if wanted not in ("in_stock", "out_of_stock"):
            raise Refused(400, "availability is in_stock or out_of_stock")
        checks.append(lambda one: one.availability == wanted)
    if "q" in asked:
        words = asked["q"].casefold()
        if not 1 <= len(asked["q"]) <= 100:
            raise Refused(400, "ask for 1 to 100 characters")
        checks.append(
            lambda one: words in one.name.casefold() or words in one.description.casefold()
        )
    return lambda product: all(check(product) for check in checks)


def sealed(key: str, last: str, rested: bool, bound: str) -> str:
    """A cursor for these filters only; it needs encoding in a URL, as any text may."""
    text = base64.b64encode(json.dumps([key, last, rested]).encode()).decode()
    return f"{text}&{_seal(text, bound)}"


def opened(cursor: str, bound: str) -> tuple[str, str, bool]:
    """What a cursor says; Refused when it is not ours, or for another list."""
    text, _, seal = cursor.partition("&")
    if not hmac.compare_digest(seal.encode(), _seal(text, bound).encode()):
        raise Refused(400, "we did not give you this cursor for this list")
    key, last, rested = json.loads(base64.b64decode(text))
    return key, last, rested


def _seal(text: str, bound: str) -> str:
    return hmac.new(_KEY, f"{text}|{bound}".encode(), "sha256").hexdigest()[:40]
