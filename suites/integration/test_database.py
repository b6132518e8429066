"""What the API says is what the database holds, and what it holds is sound."""

from decimal import Decimal
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from fixtures.api import ProductApi
from fixtures.expectations import require
from fixtures.images import make_image
from fixtures.polling import IMAGE_DELAY_S, eventually
from fixtures.products import Product, Products
from fixtures.products_table import ImagesBucket, Item, ProductsTable
from fixtures.transport import is_number

SAME = "DynamoDB holds what the API says"
ORPHAN = "no image is without its product"
STOCK = "no stock is negative"
SCHEMA = "every item is within the schema"
STORED = ("name", "description", "category", "price", "currency", "inventory", "sku")


@pytest.mark.plan("VAL-INT-06")
@pytest.mark.needs("aws", "writes")
def test_database_integrity(
    api: ProductApi,
    products: Products,
    products_table: ProductsTable,
    images_bucket: ImagesBucket,
) -> None:
    """GIVEN products that were created, changed, ordered and pictured
    WHEN DynamoDB and S3 are read beside the API
    THEN they hold just what the API says, no stock below zero, no image without a product.
    """
    made = products.make(price=Decimal("12.30"), inventory=9)
    other = products.make(inventory=3)
    api.update(made["product_id"], {"price": Decimal("12.34"), "name": "Zoë's"})
    api.order({made["product_id"]: 4, other["product_id"]: 3})
    for product_id in (made["product_id"], other["product_id"]):
        read = api.get(product_id)
        product = read.json_object(SAME)
        item = products_table.item(product_id)
        read.must(item is not None, SAME, expected=f"an item {product_id}", actual=None)
        assert item is not None
        differing = {name: (product.get(name), item.get(name)) for name in STORED}
        differing = {name: pair for name, pair in differing.items() if pair[0] != pair[1]}
        read.must(
            not differing,
            SAME,
            expected={name: pair[0] for name, pair in differing.items()},
            actual={name: pair[1] for name, pair in differing.items()},
        )

    _image_goes_with_its_product(api, images_bucket, other)

    seen = 0
    for item in products_table.scan():
        if "name" not in item or "price" not in item:
            continue  # not a product: a table may hold other things beside them
        seen += 1
        require(
            is_whole(item.get("inventory")) and item["inventory"] >= 0,
            STOCK,
            expected="an inventory of 0 or more",
            actual={"sku": item.get("sku"), "inventory": item.get("inventory")},
        )
        require(sound(item), SCHEMA, expected="a product of the contract", actual=item)
    require(seen > 0, SCHEMA, expected="products in the table", actual="none")


def _image_goes_with_its_product(
    api: ProductApi, images_bucket: ImagesBucket, product: Product
) -> None:
    uploaded = api.upload_image(product["product_id"], make_image("PNG"))
    address = str(uploaded.json_object(ORPHAN).get("image_url"))
    key = unquote(urlsplit(address).path).lstrip("/")
    uploaded.must(
        images_bucket.has(key), ORPHAN, expected=f"an object {key}", actual="none in the bucket"
    )
    api.delete(product["product_id"]).must_answer(204, ORPHAN)
    left = eventually(
        lambda: images_bucket.has(key), until=lambda there: not there, within_s=IMAGE_DELAY_S
    )
    uploaded.must(
        not left, ORPHAN, expected=f"no object {key} after its product was deleted", actual=key
    )


def sound(item: Item) -> bool:
    """Whether a stored product is one of the contract: types, limits, availability."""
    texts = all(isinstance(item.get(name), str) and item[name] for name in ("name", "sku"))
    price = item.get("price")
    stock: Any = item.get("inventory")
    available = item.get("availability", "in_stock" if stock else "out_of_stock")
    return (
        texts
        and isinstance(price, Decimal)
        and price >= 0
        and available == ("in_stock" if stock else "out_of_stock")
    )


def is_whole(value: Any) -> bool:
    """Whether a stored number is a whole one."""
    return is_number(value) and value == int(value)
