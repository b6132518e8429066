"""Smoke tests 2 to 6 of the plan: list, create, get, update, delete."""

import secrets
from decimal import Decimal

import pytest

from fixtures.api import ProductApi
from fixtures.environment import Environment
from fixtures.polling import eventually
from fixtures.products import Product, Products, without
from fixtures.tokens import Token
from fixtures.transport import is_number

CHANGES = {"price": Decimal("279.99"), "inventory": 95}


@pytest.mark.plan("SIT-SMOKE-02")
def test_list_products(api: ProductApi, products: Products, environment: Environment) -> None:
    """Products are asked for, with a token, without one and with a bad one.

    With it: 200, JSON, items and a cursor or null, and no empty list where there are products.
    Without it: 401, and how to authenticate.
    """
    if environment.writes:
        products.make()
    page = api.page()
    page.must_answer(200, "list answers 200")
    body = page.json_object("list is JSON")
    items, cursor = body.get("items"), body.get("next_cursor", "absent")
    page.must(
        isinstance(items, list)
        and all(
            isinstance(item, dict) and isinstance(item.get("product_id"), str) for item in items
        )
        and (cursor is None or (isinstance(cursor, str) and cursor not in ("", "absent"))),
        "list has items and next_cursor",
        expected="items: products, each with its product_id; next_cursor: text or null",
        actual=body,
    )

    if environment.writes:
        found = eventually(lambda: any(some for _, some in api.pages({})), until=bool)
        page.must(
            found,
            "list shows what there is",
            expected="products in a list without filters, 5 s after one was created",
            actual="an empty list",
        )

    api.page(role=Token("no-token-at-all", "BAD_TOKEN")).must_answer(
        401, "list with a bad token is refused"
    )
    anonymous = api.page(role=None)
    anonymous.must_answer(401, "list without a token is refused")
    anonymous.must(
        anonymous.headers.get("WWW-Authenticate", "").lower().startswith("bearer"),
        "list without a token is refused",
        expected="WWW-Authenticate: Bearer …",
        actual=anonymous.headers.get("WWW-Authenticate"),
    )


@pytest.mark.plan("SIT-SMOKE-03")
@pytest.mark.severity("blocker")
@pytest.mark.needs("writes")
def test_create_product(api: ProductApi, products: Products) -> None:
    """A product with all fields of the plan is created.

    201 with what was sent; Location leads to it; it is stored as it was sent, to the cent;
    and a second one with the same sku is refused.
    """
    draft = products.draft()
    created = api.create(draft)
    created.must_answer(201, "create answers 201")
    body = created.json_object("create returns what was sent")
    created.must_hold(draft, body, "create returns what was sent")
    created.must(
        isinstance(body.get("product_id"), str),
        "create returns what was sent",
        expected="product_id: text",
        actual=body,
    )

    location = created.headers.get("Location", "")
    created.must(
        bool(location), "Location leads to the product", expected="a Location", actual="none"
    )
    found = api.follow(location)
    found.must_answer(200, "Location leads to the product")
    found.must(
        found.json_object("Location leads to the product").get("product_id") == body["product_id"],
        "Location leads to the product",
        expected=f"the product {body['product_id']}",
        actual=f"{location}: {found.body[:200]!r}",
    )

    read = api.get(body["product_id"])
    read.must_answer(200, "a created product is read back")
    stored = read.json_object("a created product is read back")
    read.must_hold(draft, stored, "a created product is read back")

    again = api.create(products.draft(sku=draft["sku"]))
    again.must_answer(409, "a second product with the same sku is refused")
    first = api.get(body["product_id"])
    first.must_answer(200, "a second product with the same sku is refused")
    kept = first.json_object("a second product with the same sku is refused")
    first.must_hold(draft, kept, "a second product with the same sku is refused")


@pytest.mark.plan("SIT-SMOKE-04")
@pytest.mark.severity("blocker")
def test_get_product(api: ProductApi, products: Products, environment: Environment) -> None:
    """A product is asked for by its id, and one that does not exist.

    200 with the product and an ETag; 404 for the other.
    """
    known = products.known()
    got = api.get(known["product_id"])
    got.must_answer(200, "get answers 200")
    body = got.json_object("get is JSON")
    # What was only read in a list may have changed since, all but what it is.
    sure = known if environment.writes else {k: known[k] for k in ("product_id", "sku")}
    got.must_hold(without(sure, "image_url"), body, "get returns the product")
    got.must(
        is_number(body.get("price")),
        "get returns the product",
        expected="price: a number",
        actual=body.get("price"),
    )
    got.must(bool(got.headers.get("ETag")), "get gives an ETag", expected="an ETag", actual="none")

    unknown = api.get(f"{known['product_id']}-{secrets.token_hex(8)}")
    unknown.must_answer(404, "an unknown id is 404")


@pytest.mark.plan("SIT-SMOKE-05")
@pytest.mark.needs("writes")
def test_update_product(api: ProductApi, products: Products) -> None:
    """Price and inventory of a product are changed, as in the plan.

    Both change, nothing else does, in it or beside it, and whoever reads it next sees it.
    """
    category = products.category(secrets.token_hex(4))
    made, sibling = products.make(category=category), products.make(category=category)
    for product in (made, sibling):
        api.get(product["product_id"])  # whoever has read it before must not be told the old
    updated = api.update(made["product_id"], CHANGES)
    updated.must_answer(200, "update answers 200")
    body = updated.json_object("update returns what was sent")
    updated.must_hold(CHANGES, body, "update returns what was sent")
    unsent = without(made, *CHANGES)
    updated.must_hold(unsent, body, "update keeps what was not sent")

    # More than one look: a stale copy may stand behind one of several readers.
    for _ in range(3):
        read = api.get(made["product_id"])
        read.must_answer(200, "an update is read back")
        stored = read.json_object("an update is read back")
        read.must_hold(CHANGES, stored, "an update is read back")
        read.must_hold(unsent, stored, "update keeps what was not sent")
    beside = api.get(sibling["product_id"])
    beside.must_answer(200, "an update changes nothing else")
    kept = beside.json_object("an update changes nothing else")
    beside.must_hold(sibling, kept, "an update changes nothing else")


@pytest.mark.plan("SIT-SMOKE-06")
@pytest.mark.needs("writes")
def test_delete_product(api: ProductApi, products: Products) -> None:
    """A product that stands in a list is deleted.

    204; then 404 by its id, and within the time that indexes may take it is in no list. What
    stands beside it stays.
    """
    category = products.category(secrets.token_hex(4))
    made, sibling = products.make(category=category), products.make(category=category)
    for product in (made, sibling):
        api.get(product["product_id"])  # whoever has read it before must not find it again

    def in_list() -> list[Product]:
        return [
            item
            for item in api.listed({"category": category})
            if item.get("product_id") == made["product_id"]
        ]

    before = eventually(in_list, until=bool)

    deleted = api.delete(made["product_id"])
    deleted.must_answer(204, "delete answers 204")

    for _ in range(2):
        api.get(made["product_id"]).must_answer(404, "a deleted product is gone from get")

    # Absence only says something of a list that held it before.
    deleted.must(
        bool(before),
        "a deleted product is gone from list",
        expected="the product in the list of its category within 5 s of being created",
        actual="it never was in the list",
    )
    after = eventually(in_list, until=lambda found: not found)
    deleted.must(
        not after,
        "a deleted product is gone from list",
        expected="not in the list of its category 5 s after it was deleted",
        actual=after,
    )
    beside = api.get(sibling["product_id"])
    beside.must_answer(200, "a deletion removes nothing else")
