"""Lists a page at a time: whole, whatever the size of a page, and while others write."""

import secrets
from collections import Counter
from collections.abc import Collection, Mapping
from decimal import Decimal
from functools import partial

import pytest

from fixtures.api import ProductApi
from fixtures.products import Products
from suites.catalog.lists import difference, ids, in_time, right_at, settled

pytestmark = pytest.mark.needs("writes")

CATALOG = 25
# The last is longer than the list; sorted ones have equal prices at the edges of pages.
SIZES = (("1", ""), ("2", "price"), ("7", ""), ("7", "-price"), ("100", ""))
CHANGES = 4  # during one list
CENT = Decimal("0.01")


@pytest.mark.plan("VAL-CAT-04")
def test_pagination(api: ProductApi, products: Products) -> None:
    """A category of 25 products is listed in pages of several sizes.

    Each product comes exactly once and no page is too long; a cursor that was altered, or is used
    with other filters or another sort, is 400.
    """
    category = products.category(secrets.token_hex(4))
    wanted = {
        str(products.make(category=category, price=Decimal(n // 4))["product_id"])
        for n in range(CATALOG)
    }
    settled_at = right_at()
    settled(api, {"category": category}, wanted)
    for limit, sort in SIZES:
        params = {"category": category, "limit": limit, **({"sort": sort} if sort else {})}
        in_time(partial(must_be_whole, api, params, wanted), settled_at)

    params = {"category": category, "limit": "2", "sort": "price"}
    first = api.page(params)
    cursor = first.json_object("every page of a list is JSON").get("next_cursor")
    first.must(
        isinstance(cursor, str) and len(cursor) > 1,
        "every product exactly once",
        expected=f"a cursor: two items are not all of {CATALOG}",
        actual=cursor,
    )
    assert isinstance(cursor, str)
    for altered in alterations(cursor):
        again = api.page({**params, "cursor": altered})
        again.must_answer(400, "an altered cursor is 400")
    for others in (
        {"category": products.category(secrets.token_hex(4))},
        {"min_price": "1"},
        {"availability": "in_stock"},
        {"q": "product"},
        {"sort": "-price"},
        {"sort": "name"},
    ):
        elsewhere = api.page({**params, **others, "cursor": cursor})
        elsewhere.must_answer(400, "a cursor is for its own filters")


@pytest.mark.plan("VAL-CAT-04")
def test_pagination_under_change(api: ProductApi, products: Products) -> None:
    """While a category is listed three at a time, products come and go between its pages.

    The one that a page ended with goes, and so does one that is still to come; others come before
    and behind. Each product that stays all along comes exactly once, in every order.
    """
    category = products.category(secrets.token_hex(4))
    living: dict[str, Decimal] = {}

    def add(price: Decimal) -> str:
        made = products.make(
            category=category, price=max(price, Decimal(0)), name=f"N{secrets.token_hex(2)}"
        )
        living[str(made["product_id"])] = made["price"]
        return str(made["product_id"])

    def remove(product_id: str) -> None:
        api.delete(product_id).must_answer(204, "delete answers 204")
        del living[product_id]

    # What is added later may be late in a list: only these have to come.
    old = {add(Decimal(n // 3)) for n in range(24)}
    settled_at = right_at()
    settled(api, {"category": category}, old)

    def must_list_what_stays(sort: str) -> None:
        seen, changes = Counter[str](), CHANGES
        before = old & set(living)
        params = {"category": category, "limit": "3", **({"sort": sort} if sort else {})}
        for exchange, items in api.pages(params):
            last = exchange
            seen.update(ids(items))
            if not items or not changes:
                continue
            changes -= 1
            edge = ids(items)[-1]
            price = living.get(edge, Decimal(1))
            newer = sorted(set(living) - old - set(seen))
            for product_id in (edge, *(newer or sorted(before & set(living) - set(seen)))[:1]):
                if product_id in living:
                    remove(product_id)
            add(price - CENT)
            add(price + CENT)
        stayed = before & set(living)
        wrong = {product_id: seen[product_id] for product_id in stayed if seen[product_id] != 1}
        last.must(
            not wrong,
            "what stays is listed exactly once",
            expected=f"each of {len(stayed)} products once, sorted by {sort or 'nothing'}",
            actual=f"times that a product came: {wrong}",
        )

    for sort in ("", "price", "-name"):
        in_time(partial(must_list_what_stays, sort), settled_at)


def must_be_whole(api: ProductApi, params: Mapping[str, str], wanted: Collection[str]) -> None:
    """A list's pages hold each of its products once, and no page is too long."""
    limit = int(params["limit"])
    listed = []
    for page, items in api.pages(params):
        last = page
        page.must(
            len(items) <= limit,
            "no page is longer than its limit",
            expected=f"at most {limit} items",
            actual=f"{len(items)} items",
        )
        listed += items
    last.must(
        sorted(ids(listed)) == sorted(wanted),
        "every product exactly once",
        expected=f"{len(wanted)} products in pages of {limit}",
        actual=f"{len(listed)}; {difference(wanted, listed)}",
    )


def alterations(cursor: str) -> list[str]:
    """The cursor with another character at its beginning and in its middle, and but half of it."""
    places = (0, len(cursor) // 2)
    # Another letter in either case, and none that some alphabet takes for the same.
    altered = [cursor[:n] + ("B" if cursor[n] in "Aa" else "A") + cursor[n + 1 :] for n in places]
    return [*altered, cursor[: len(cursor) // 2]]
