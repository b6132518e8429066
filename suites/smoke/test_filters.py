"""Smoke tests 7 and 8 of the plan: products by category, and by price range."""

import contextlib
import secrets
from decimal import Decimal
from typing import Any

import pytest

from fixtures.api import ProductApi
from fixtures.environment import Environment
from fixtures.expectations import Unmet
from fixtures.polling import eventually
from fixtures.products import Product, Products, without
from fixtures.transport import is_number

CENT = Decimal("0.01")


@pytest.mark.plan("SIT-SMOKE-07")
def test_list_by_category(api: ProductApi, products: Products, environment: Environment) -> None:
    """Products of one category are asked for, beside others whose category is written alike.

    Every item is of the category or below it, and what the run made is among them, as it is.
    """
    made: list[Product] = []
    if environment.writes:
        category = products.category(secrets.token_hex(4))
        # The strangers first: once they can be seen, a list that leaks would show them.
        for strange in (f"{category}x", f"x{category}", category.upper()):
            visible(api, products.make(category=strange), {"category": strange})
        made = [products.make(category=name) for name in (category, f"{category}/below")]
        wanted = {product["product_id"] for product in made}
    else:
        known = products.known()
        category, wanted = known["category"], {known["product_id"]}

    first = api.page({"category": category})
    first.must_answer(200, "category list answers 200")
    listed = eventually(
        lambda: api.listed({"category": category}), until=lambda items: wanted <= ids(items)
    )
    strangers = [
        item
        for item in listed
        if item.get("category") != category
        and not str(item.get("category")).startswith(f"{category}/")
    ]
    first.must(
        not strangers and (not made or len(listed) <= len(made)),
        "category list holds only the category",
        expected=f"each product of {category} or below it, once",
        actual=(strangers or listed)[:3],
    )
    first.must(
        wanted <= ids(listed),
        "category list holds what the run made",
        expected=sorted(wanted),
        actual=sorted(map(str, ids(listed))),
    )
    shown = {item["product_id"]: item for item in listed}
    for product in made:
        first.must_hold(
            without(product, "image_url"),
            shown[product["product_id"]],
            "category list shows products as they are",
        )


@pytest.mark.plan("SIT-SMOKE-08")
def test_list_by_price(api: ProductApi, products: Products, environment: Environment) -> None:
    """Products of a price range are asked for; some stand on its edges, some a cent outside.

    Both edges are inside, every item's price is in the range, and nothing is left out.
    """
    if environment.writes:
        # A range that few others' products are in, so that the list stays short.
        low = Decimal(secrets.randbelow(8_000_000) + 1_000_000) * CENT
        high = low + Decimal("1.50")
        around = {"min_price": f"{low - 1:f}", "max_price": f"{high + 1:f}"}
        # Those outside first: once they can be seen, a list that leaks would show them.
        for price in (low - CENT, high + CENT):
            visible(api, products.make(price=price), around)
        inside = (low, low + Decimal("0.77"), high)
        wanted = {products.make(price=price)["product_id"] for price in inside}
    else:
        known = products.known()
        low = high = known["price"]
        wanted = {known["product_id"]}

    limits = {"min_price": f"{low:f}", "max_price": f"{high:f}"}
    first = api.page(limits)
    first.must_answer(200, "price list answers 200")
    listed = eventually(lambda: api.listed(limits), until=lambda items: wanted <= ids(items))
    outside = [item for item in listed if not within(item.get("price"), low, high)]
    first.must(
        not outside,
        "price list holds only prices in the range",
        expected=f"prices from {low} to {high}",
        actual=[(item.get("sku"), item.get("price")) for item in outside[:3]],
    )
    first.must(
        wanted <= ids(listed),
        "price list leaves out nothing that the run made",
        expected=f"{sorted(wanted)}, with prices from {low} to {high}",
        actual=[(item.get("product_id"), item.get("price")) for item in listed[:10]],
    )


def visible(api: ProductApi, product: Product, params: dict[str, str]) -> None:
    """Wait until a list shows the product, or may no longer be waited for.

    This is set-up: what is wrong with a list is for the check of that list to say.
    """
    with contextlib.suppress(Unmet):
        eventually(
            lambda: product["product_id"] in ids(api.listed(params)), until=lambda there: there
        )


def ids(items: list[Product]) -> set[Any]:
    """The ids of listed products."""
    return {item.get("product_id") for item in items}


def within(price: Any, low: Decimal, high: Decimal) -> bool:
    """Whether ``price`` is a number from ``low`` to ``high``, both inclusive."""
    return is_number(price) and bool(low <= price <= high)
