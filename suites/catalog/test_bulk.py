"""Many products in one call: imported, refused one by one, updated by their sku."""

import secrets
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from fixtures.api import ProductApi
from fixtures.catalog_model import moment
from fixtures.products import Product, Products, without
from fixtures.transport import Exchange
from suites.catalog.lists import difference, ids, settled

pytestmark = pytest.mark.needs("writes")

FIELDS = (
    *("product_id", "sku", "name", "description", "category", "price", "currency"),
    *("inventory", "availability", "image_url"),
)
THOUSAND = 1000


@pytest.mark.plan("VAL-CAT-01")
def test_bulk_import(api: ProductApi, products: Products) -> None:
    """Good items are imported, then good and bad ones mixed, by POST and by PUT.

    200, then 207; each item has a result of its own; the good ones are there, the bad are not.
    """
    category = products.category(secrets.token_hex(4))
    stored: dict[str, Product] = {}
    for method in ("POST", "PUT"):
        good = [products.draft(category=category, inventory=n) for n in range(3)]
        imported = api.bulk(method, good)
        imported.must_answer(200, "bulk of good items is 200")
        for result, item in zip(results(imported, good), good, strict=True):
            must_become(imported, result, 201, "each item has its result")
            stored[result["product_id"]] = item

        bad = [
            {**products.draft(category=category), "price": Decimal("-0.01")},
            without(products.draft(category=category), "name"),
            {**products.draft(category=category), "inventory": "many"},
        ]
        more = [products.draft(category=category, price=Decimal(n)) for n in range(3)]
        mixed = [bad[0], more[0], bad[1], more[1], more[2], bad[2]]
        partly = api.bulk(method, mixed)
        partly.must_answer(207, "bulk with bad items is 207")
        for result, item in zip(results(partly, mixed), mixed, strict=True):
            if item in bad:
                must_become(partly, result, 400, "each item has its result")
            else:
                must_become(partly, result, 201, "a bad item loses no good one")
                stored[result["product_id"]] = item
        for item in bad:
            taken = api.create(products.draft(sku=item["sku"]))
            taken.must_answer(201, "a bad item is not stored")

    for product_id, item in stored.items():
        read = api.get(product_id)
        read.must_answer(200, "a bad item loses no good one")
        kept = read.json_object("a bad item loses no good one")
        read.must_hold(item, kept, "a bad item loses no good one")
    listed = settled(api, {"category": category}, stored)
    partly.must(
        set(stored) <= set(ids(listed)),
        "a bad item loses no good one",
        expected="every good item in the list of its category",
        actual=difference(stored, listed),
    )
    partly.must(
        len(listed) == len(stored),
        "a bad item is not stored",
        expected="just the good items in the list of their category",
        actual=difference(stored, listed),
    )


@pytest.mark.plan("VAL-CAT-01")
@pytest.mark.usefixtures("quick_clearing")
def test_bulk_thousand(api: ProductApi, products: Products) -> None:
    """A thousand products, each with a price and a stock of its own, are imported in one call.

    200 and a thousand new products, and each of them stands in the list of its category.
    """
    category = products.category(secrets.token_hex(4))
    items = [
        without(
            products.draft(category=category, price=Decimal(n) / 100, inventory=n % 7), "image_url"
        )
        for n in range(THOUSAND)
    ]
    imported = api.bulk("POST", items)
    imported.must_answer(200, "a thousand items are imported")
    stored: dict[str, Product] = {}
    for result, item in zip(results(imported, items), items, strict=True):
        must_become(imported, result, 201, "a thousand items are imported")
        stored[result["product_id"]] = item
    imported.must(
        len(stored) == THOUSAND,
        "a thousand items are imported",
        expected=f"{THOUSAND} products, each with an id of its own",
        actual=f"{len(stored)} ids",
    )
    listed = settled(api, {"category": category}, stored)
    imported.must(
        sorted(ids(listed)) == sorted(stored),
        "each of a thousand is read back",
        expected=f"{THOUSAND} products in the list of their category, each once",
        actual=f"{len(listed)}; {difference(stored, listed)}",
    )
    for shown in listed:
        imported.must_hold(
            stored[str(shown["product_id"])], shown, "each of a thousand is read back"
        )


@pytest.mark.plan("VAL-CAT-01")
def test_bulk_known_sku(api: ProductApi, products: Products) -> None:
    """New items are imported beside one with the sku of a product, and one with a sku sent twice.

    409 for these two alone; the product that was there, and the item that came first, are as
    they were.
    """
    category = products.category(secrets.token_hex(4))
    known = products.make(category=category)
    before = api.get(known["product_id"])
    fresh = [products.draft(category=category) for _ in range(2)]
    other = {"name": "Another name", "price": Decimal("1.23"), "inventory": 7, "category": category}
    items = [
        fresh[0],
        products.draft(**other, sku=known["sku"]),
        fresh[1],
        products.draft(**other, sku=fresh[0]["sku"]),
    ]
    imported = api.bulk("POST", items)
    imported.must_answer(207, "a known sku is 409 for its item")
    came = results(imported, items)
    for result, status in zip(came, (201, 409, 201, 409), strict=True):
        must_become(imported, result, status, "a known sku is 409 for its item")

    after = api.get(known["product_id"])
    after.must_hold(
        promised(before, "a known sku changes nothing"),
        promised(after, "a known sku changes nothing"),
        "a known sku changes nothing",
    )
    for result, item in ((came[0], fresh[0]), (came[2], fresh[1])):
        read = api.get(result["product_id"])
        read.must_answer(200, "a known sku changes nothing")
        stored = read.json_object("a known sku changes nothing")
        read.must_hold(item, stored, "a known sku changes nothing")
    wanted = [known["product_id"], came[0]["product_id"], came[2]["product_id"]]
    listed = settled(api, {"category": category}, wanted)
    imported.must(
        sorted(ids(listed)) == sorted(wanted),
        "a known sku changes nothing",
        expected="the product that was there and two new ones",
        actual=difference(wanted, listed),
    )


@pytest.mark.plan("VAL-CAT-02")
def test_bulk_update(api: ProductApi, products: Products) -> None:
    """Two products and a new one are sent by PUT, without their image; then just the same again.

    The two have what was sent and keep the rest, the new one is added, and the second call
    changes nothing.
    """
    category = products.category(secrets.token_hex(4))
    made = [products.make(category=category) for _ in range(2)]
    changed = [
        without(
            products.draft(
                sku=one["sku"],
                category=category,
                name=f"Renamed {n}",
                price=Decimal("10.01") + n,
                inventory=n,
            ),
            "image_url",
        )
        for n, one in enumerate(made)
    ]
    added = products.draft(category=category)
    items = [changed[0], added, changed[1]]
    put = api.bulk("PUT", items)
    put.must_answer(200, "PUT updates by sku")
    came = results(put, items)
    must_become(put, came[1], 201, "PUT adds what is new")
    for result, one in ((came[0], made[0]), (came[2], made[1])):
        must_become(put, result, 200, "PUT updates by sku")
        put.must(
            result["product_id"] == one["product_id"],
            "PUT updates by sku",
            expected=f"the product {one['product_id']}",
            actual=result,
        )

    def read_back(product_id: str, fields: Product, phrase: str) -> Product:
        read = api.get(product_id)
        read.must_answer(200, phrase)
        body = promised(read, phrase)
        read.must_hold(fields, body, phrase)
        return body

    new_id = came[1]["product_id"]
    once = {new_id: read_back(new_id, added, "PUT adds what is new")}
    for one, sent in zip(made, changed, strict=True):
        fields = {**sent, "image_url": one["image_url"]}
        once[one["product_id"]] = read_back(one["product_id"], fields, "PUT updates by sku")

    again = api.bulk("PUT", items)
    again.must_answer(200, "a repeated PUT changes nothing")
    for result, first in zip(results(again, items), came, strict=True):
        must_become(again, result, 200, "a repeated PUT changes nothing")
        again.must(
            result["product_id"] == first["product_id"],
            "a repeated PUT changes nothing",
            expected=f"the product {first['product_id']}",
            actual=result,
        )
    for product_id, fields in once.items():
        read_back(product_id, fields, "a repeated PUT changes nothing")
    listed = settled(api, {"category": category}, once)
    again.must(
        sorted(ids(listed)) == sorted(once),
        "a repeated PUT changes nothing",
        expected="the two products and the one that was added",
        actual=difference(once, listed),
    )


def promised(read: Exchange, phrase: str) -> Product:
    """What the contract has of a product, its times as moments: a zone may change, and others."""
    body = read.json_object(phrase)
    times = {name: moment(body.get(name)) for name in ("created_at", "updated_at")}
    return {name: body.get(name) for name in FIELDS} | times


def results(exchange: Exchange, items: Sequence[Product]) -> list[dict[str, Any]]:
    """The results of a bulk call: one for each of ``items``, in their order."""
    found = exchange.json_object("each item has its result").get("results")
    came = [
        (one.get("index"), one.get("sku")) if isinstance(one, dict) else one
        for one in (found if isinstance(found, list) else [])
    ]
    wanted = [(index, item["sku"]) for index, item in enumerate(items)]
    exchange.must(
        came == wanted,
        "each item has its result",
        expected=f"{len(wanted)} results, from index and sku {wanted[0]} to {wanted[-1]}",
        actual=next(
            (f"at {n}: {one}" for n, one in enumerate(came) if wanted[n : n + 1] != [one]),
            f"{len(came)} results",
        ),
    )
    assert isinstance(found, list)
    return found


def must_become(exchange: Exchange, result: dict[str, Any], status: int, phrase: str) -> None:
    """An item ended with ``status``: with its product's id, or with an error that says so."""
    error = result.get("error")
    exchange.must(
        result.get("status") == status
        and (
            bool(result.get("product_id")) and isinstance(result["product_id"], str)
            if status < 300
            else isinstance(error, dict) and error.get("status") == status
        ),
        phrase,
        expected=f"status {status}, with " + ("its product_id" if status < 300 else "its error"),
        actual=result,
    )
