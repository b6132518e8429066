"""Sorted lists: by price, by name, by age; upwards and downwards, with equal ones among them."""

import secrets
from collections.abc import Collection, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from fixtures.api import ProductApi
from fixtures.catalog_model import NEVER, disorder, moment
from fixtures.polling import eventually
from fixtures.products import Products
from fixtures.transport import Exchange, is_number
from suites.catalog.lists import difference, ids, in_time, right_at, settled

pytestmark = pytest.mark.needs("writes")

# As text, 10 stands before 9.99; as binary fractions some stand side by side.
PRICES = ("9.99", "100", "10", "0", "1000000", "10.01", "0.01", "999999.99", "0.1", "99.99")
# By code point capitals come first, letters with marks last, and U+1D11E behind U+FF5A, which
# it is not where text is compared in units of UTF-16.
NAMES = (
    "apple",
    "Zebra",
    "\U0001d11e clef",
    "Äpfel",
    "A\u0308pfel",
    "zebra",
    "\uff5aebra",
    "Apple pie",
    "Apple",
    "10 apples",
    "9 apples",
    "日本",
)
EQUAL = 5
CLOCK_S = 3.0  # RFC 3339 times have seconds at least: after so long two of them differ


@pytest.mark.plan("VAL-CAT-05")
def test_sort_by_price(api: ProductApi, products: Products) -> None:
    """Products of very small, very large and equal prices are listed by price.

    In order, in the reverse order, whole, and equal ones keep their places.
    """
    category = products.category(secrets.token_hex(4))
    prices = [*PRICES, *["9.99"] * EQUAL]
    wanted = [products.make(category=category, price=Decimal(price)) for price in prices]
    must_sort(api, category, {one["product_id"] for one in wanted}, "price")


@pytest.mark.plan("VAL-CAT-05")
def test_sort_by_name(api: ProductApi, products: Products) -> None:
    """Products with names of several scripts, in both cases, and some of one name, are listed.

    In order of code points, in the reverse order, whole, and equal ones keep their places.
    """
    category = products.category(secrets.token_hex(4))
    names = [*NAMES, *["Apple"] * EQUAL]
    wanted = [products.make(category=category, name=name) for name in names]
    must_sort(api, category, {one["product_id"] for one in wanted}, "name")


@pytest.mark.plan("VAL-CAT-05")
def test_sort_by_created_at(api: ProductApi, products: Products) -> None:
    """Products are made one after another, and the first of them is changed in the end.

    By the time they were made they are in order, in the reverse order, and whole: a change makes
    nothing younger.
    """
    category = products.category(secrets.token_hex(4))
    made: dict[str, str] = {}

    def make_one() -> set[str]:
        product_id = str(products.make(category=category)["product_id"])
        shown = api.get(product_id).json_object("a product can be made to look at")
        made[product_id] = str(shown.get("created_at"))
        return set(made.values())

    for _ in range(6):
        make_one()
    times = eventually(make_one, until=lambda seen: len(seen) > 1, within_s=CLOCK_S)
    first = next(iter(made))
    changed = api.update(first, {"inventory": 1})
    changed.must(
        len(times) > 1,
        "a list is in order",
        expected=f"created_at moves on within {CLOCK_S:g} s",
        actual=sorted(times),
    )
    must_sort(api, category, made, "created_at")


def must_sort(api: ProductApi, category: str, wanted: Collection[str], sort: str) -> None:
    """A category's list is sorted and whole, both ways, and the same from call to call."""
    settled_at = right_at()
    settled(api, {"category": category, "sort": sort}, wanted)
    for way, phrase in ((sort, "a list is in order"), (f"-{sort}", "the reverse is in order")):
        params = {"category": category, "sort": way}
        first = api.page({**params, "limit": "100"})
        first.must_answer(200, phrase)
        in_time(partial(must_be_sorted, api, params, wanted, phrase, first), settled_at)


def must_be_sorted(
    api: ProductApi,
    params: Mapping[str, str],
    wanted: Collection[str],
    phrase: str,
    first: Exchange,
) -> None:
    """A list is whole and in order, and its next calls and its pages are in the same."""
    way = params["sort"]
    sort = way.removeprefix("-")
    listed = api.listed(params)
    first.must(
        sorted(ids(listed)) == sorted(wanted),
        "a sorted list is complete",
        expected=f"{len(wanted)} products, each once, sorted by {way}",
        actual=f"{len(listed)}; {difference(wanted, listed)}",
    )
    for item in listed:
        first.must(
            sortable(item.get(sort), sort),
            phrase,
            expected=f"a {sort} to sort by",
            actual=item.get(sort),
        )
    wrong = disorder(listed, way)
    first.must(
        wrong is None,
        phrase,
        expected=f"a list sorted by {way}",
        actual=[one.get(sort) for one in wrong] if wrong else "",
    )
    for limit in ("100", "2"):
        again = api.listed({**params, "limit": limit})
        first.must(
            ids(again) == ids(listed),
            "ties keep their order",
            expected=f"sorted by {way} in pages of {limit}: {places(listed, sort)}",
            actual=places(again, sort),
        )


def sortable(value: object, sort: str) -> bool:
    """Whether an item's value has a place in an order."""
    if sort == "created_at":
        return moment(value) is not NEVER
    return is_number(value) if sort == "price" else isinstance(value, str)


def places(items: list[dict[str, Any]], field: str) -> list[str]:
    """What stands where in a list, for a message."""
    return [f"{item.get(field)} ({item.get('product_id')})" for item in items]
