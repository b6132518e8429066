"""The three indexes as DynamoDB has them: the item stands in each, under the right keys."""

import secrets
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from fixtures.api import ProductApi
from fixtures.expectations import require
from fixtures.polling import eventually
from fixtures.products import Product, Products
from fixtures.products_table import Item, ProductsTable

STANDS = "the item stands in the index"
VALUE = "the index has the item's value"
MOVES = "an update moves the item in the index"
LEAVES = "a deleted item leaves the index"


def keys_of(table: ProductsTable, index: str, product_id: str) -> Item:
    """The key values that the product's item has for ``index``."""
    names = table.index_keys(index)
    require(bool(names), STANDS, expected=f"{table.name} has the index {index}", actual="none")
    item = table.item(product_id) or {}
    require(
        all(name in item for name in names),
        STANDS,
        expected=f"an item with {', '.join(names)}",
        actual=sorted(item),
    )
    return {name: item[name] for name in names}


def lives_in_index(
    api: ProductApi,
    table: ProductsTable,
    index: str,
    product_id: str,
    *,
    change: dict[str, Any],
    holds: Callable[[Item, Product], bool],
) -> None:
    """Follow one product through an index: created, changed, deleted.

    ``holds(keys, product)`` says whether key values are those of a product.
    """

    def standing() -> Item:
        keys = keys_of(table, index, product_id)
        found = eventually(
            lambda: table.in_index(index, keys, product_id), until=lambda item: item is not None
        )
        require(
            found is not None, STANDS, expected=f"{product_id} in {index} under {keys}", actual=None
        )
        product = api.get(product_id).json_object(VALUE)
        require(
            holds(keys, product),
            VALUE,
            expected={name: product.get(name) for name in ("category", "price", "availability")},
            actual=keys,
        )
        return keys

    before = standing()
    api.update(product_id, change).must_answer(200, MOVES)
    after = standing()
    require(before != after, MOVES, expected=f"other keys than {before}", actual=after)
    old = eventually(
        lambda: table.in_index(index, before, product_id), until=lambda item: item is None
    )
    require(old is None, MOVES, expected=f"nothing under {before}", actual=old)

    api.delete(product_id).must_answer(204, LEAVES)
    gone = eventually(
        lambda: table.in_index(index, after, product_id), until=lambda item: item is None
    )
    require(gone is None, LEAVES, expected=f"nothing under {after}", actual=gone)


@pytest.mark.plan("SIT-INT-07", "VAL-INT-07")
@pytest.mark.needs("aws", "writes")
def test_category_index(api: ProductApi, products: Products, products_table: ProductsTable) -> None:
    """GIVEN a product WHEN it changes category and is deleted THEN ProductsByCategory follows."""
    tag = secrets.token_hex(4)
    lives_in_index(
        api,
        products_table,
        "ProductsByCategory",
        products.make(category=products.category(tag))["product_id"],
        change={"category": products.category(f"{tag}-other")},
        holds=lambda keys, product: any(
            isinstance(key, str) and str(product["category"]).startswith(key.split("/")[0])
            for key in keys.values()
        ),
    )


@pytest.mark.plan("SIT-INT-07", "VAL-INT-07")
@pytest.mark.needs("aws", "writes")
def test_price_index(api: ProductApi, products: Products, products_table: ProductsTable) -> None:
    """GIVEN a product WHEN its price changes and it is deleted THEN ProductsByPriceRange follows.

    The price stands there as a number: as text 9 would come after 10.
    """
    lives_in_index(
        api,
        products_table,
        "ProductsByPriceRange",
        products.make(price=Decimal("9.5"))["product_id"],
        change={"price": Decimal("10.25")},
        holds=lambda keys, product: any(
            isinstance(key, Decimal) and key == product["price"] for key in keys.values()
        ),
    )


@pytest.mark.plan("SIT-INT-07", "VAL-INT-07")
@pytest.mark.needs("aws", "writes")
def test_availability_index(
    api: ProductApi, products: Products, products_table: ProductsTable
) -> None:
    """GIVEN a product WHEN it sells out and is deleted THEN ProductsByAvailability follows."""
    lives_in_index(
        api,
        products_table,
        "ProductsByAvailability",
        products.make(inventory=4)["product_id"],
        change={"inventory": 0},
        holds=lambda keys, product: product["availability"] in keys.values(),
    )
