"""A product's whole way through the catalog, as a shop would take it."""

import secrets
from decimal import Decimal

import pytest

from fixtures.api import ProductApi
from fixtures.images import ImagesHost, make_image
from fixtures.polling import eventually
from fixtures.products import Products

pytestmark = pytest.mark.needs("writes")


@pytest.mark.plan("VAL-INT-04")
@pytest.mark.severity("blocker")
def test_catalog_workflow(api: ProductApi, products: Products, images_host: ImagesHost) -> None:
    """A product is created, pictured, found, priced anew, sold out, stocked again and removed.

    After each step the catalog shows what the step did, wherever a customer could look.
    """
    category = products.category(secrets.token_hex(4))
    made = products.make(category=category, price=Decimal("50"), inventory=2)
    product_id = made["product_id"]

    uploaded = api.upload_image(product_id, make_image("WEBP"))
    uploaded.must_answer(201, "workflow: it gets an image")
    address = uploaded.json_object("workflow: it gets an image").get("image_url")
    images_host.fetch(address).must_answer(200, "workflow: its image is shown")

    def found(**params: str) -> bool:
        items = api.listed({"category": category, **params})
        return any(item.get("product_id") == product_id for item in items)

    def shown(expectation: str, expected: bool, **params: str) -> None:
        seen = eventually(lambda: found(**params), until=lambda here: here is expected)
        uploaded.must(
            seen is expected,
            f"workflow: {expectation}",
            expected=f"{'in' if expected else 'not in'} the list {params or category}",
            actual="in it" if seen else "not in it",
        )

    shown("it is found by price", True, min_price="50", max_price="50")
    api.update(product_id, {"price": Decimal("40")}).must_answer(200, "workflow: it is priced anew")
    shown("it is found by its new price", True, min_price="40", max_price="40")
    shown("it is not found by its old price", False, min_price="50", max_price="50")

    ordered = api.order({product_id: 2})
    ordered.must_answer(201, "workflow: it is sold")
    ordered.must_hold(
        {"total": Decimal("80")},
        ordered.json_object("workflow: it is sold at its new price"),
        "workflow: it is sold at its new price",
    )
    shown("it is sold out", True, availability="out_of_stock")
    api.order({product_id: 1}).must_answer(409, "workflow: no more is sold than there is")
    api.update(product_id, {"inventory": 1}).must_answer(200, "workflow: it is stocked again")
    shown("it is in stock again", True, availability="in_stock")

    api.delete(product_id).must_answer(204, "workflow: it is removed")
    shown("it is gone from the category", False)
    api.get(product_id).must_answer(404, "the workflow ends as it should")
    api.image(product_id).must_answer(404, "the workflow ends as it should")
    api.order({product_id: 1}).must_answer(404, "the workflow ends as it should")
