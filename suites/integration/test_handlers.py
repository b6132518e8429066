"""The five handlers, beyond what smoke asks: create, get, list, update, delete."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from fixtures.api import ProductApi
from fixtures.crowd import Act, Crowd
from fixtures.polling import eventually
from fixtures.products import Products, without
from fixtures.transport import Exchange

pytestmark = pytest.mark.needs("writes")

# Composed and decomposed letters, other scripts, astral characters, markup, quotes.
TEXTS = (
    "Ångström",
    "A\u030angstro\u0308m",
    "日本語 𝄞 🚀",
    "ﬁne ﬀ",
    "<b>&amp;'\"\\",
    "two  spaces",
)
SHOWN = (
    "product_id",
    "name",
    "description",
    "category",
    "price",
    "currency",
    "inventory",
    "availability",
    "sku",
    "image_url",
)
PRICES = ("0", "0.01", "0.10", "19.99", "0.3", "999999.99", "1000000")


@pytest.mark.plan("SIT-INT-01", "SIT-INT-02")
def test_create_handler(api: ProductApi, products: Products) -> None:
    """Products are created with stock and without, and with text of many kinds.

    Each gets an id of its own, times with a zone, and the availability of its stock; text comes
    back as it was sent.
    """
    seen = set()
    for inventory, available in ((3, "in_stock"), (0, "out_of_stock")):
        created = api.create(products.draft(inventory=inventory))
        created.must_answer(201, "a create is answered 201 with an id of its own")
        body = created.json_object("a create is answered 201 with an id of its own")
        created.must(
            isinstance(body.get("product_id"), str) and body["product_id"] not in seen,
            "a create is answered 201 with an id of its own",
            expected="an id that no other product has",
            actual=body.get("product_id"),
        )
        seen.add(body["product_id"])
        read = api.get(body["product_id"])
        stored = read.json_object("availability follows inventory")
        for name in ("created_at", "updated_at"):
            read.must(
                has_zone(stored.get(name)),
                "times have a zone",
                expected=f"{name}: an RFC 3339 time with its offset",
                actual=stored.get(name),
            )
        read.must(
            stored.get("availability") == available,
            "availability follows inventory",
            expected=f"{available} with an inventory of {inventory}",
            actual=stored.get("availability"),
        )
    for text in TEXTS:
        made = products.make(name=text, description=f"{text} {products.mark}")
        read = api.get(made["product_id"])
        sent = {"name": text, "description": f"{text} {products.mark}"}
        read.must_hold(
            sent,
            read.json_object("text comes back as it was sent"),
            "text comes back as it was sent",
        )


@pytest.mark.plan("SIT-INT-02")
def test_exact_prices(api: ProductApi, products: Products) -> None:
    """Products with prices that binary fractions cannot hold are created and changed.

    Each price is read back exactly.
    """
    made = products.make()
    for price in PRICES:
        updated = api.update(made["product_id"], {"price": Decimal(price)})
        updated.must_answer(200, "a price is read back exactly")
        read = api.get(made["product_id"])
        body = read.json_object("a price is read back exactly")
        read.must_hold({"price": Decimal(price)}, body, "a price is read back exactly")


@pytest.mark.plan("SIT-INT-02")
def test_update_handler(api: ProductApi, products: Products) -> None:
    """A product's fields are changed one at a time, with and without If-Match.

    Only what was sent changes; a matching ETag is accepted, a stale one is 412 and changes nothing.
    """
    made = products.make()
    product_id = made["product_id"]
    changes: dict[str, Any] = {
        "name": "Another name",
        "description": f"Another description. {products.mark}",
        "category": products.category(secrets.token_hex(4)),
        "price": Decimal("12.34"),
        "inventory": 7,
        "currency": "EUR",
    }
    before = api.get(product_id).json_object("a field is changed alone")
    for name, value in changes.items():
        updated = api.update(product_id, {name: value})
        updated.must_answer(200, "a field is changed alone")
        read = api.get(product_id)
        after = read.json_object("a field is changed alone")
        read.must_hold({name: value}, after, "a field is changed alone")
        unsent = without(before, name, "updated_at", "availability")
        read.must_hold(
            {key: unsent[key] for key in unsent if key in made or key == "product_id"},
            after,
            "a field is changed alone",
        )
        read.must(
            moment(after.get("created_at")) == moment(before.get("created_at"))
            and moment(after.get("updated_at")) >= moment(before.get("updated_at")),
            "an update keeps created_at and moves updated_at",
            expected=f"created_at {before.get('created_at')}, updated_at not before "
            f"{before.get('updated_at')}",
            actual=f"created_at {after.get('created_at')}, updated_at {after.get('updated_at')}",
        )
        before = after
    first = moment(after.get("created_at"))

    def touched() -> Any:
        answer = api.update(product_id, {"inventory": 7})
        answer.must_answer(200, "a field is changed alone")
        return answer.json_object("a field is changed alone").get("updated_at")

    # Times may be as coarse as seconds.
    moved = eventually(touched, until=lambda value: moment(value) > first)
    read.must(
        moment(moved) > first,
        "an update keeps created_at and moves updated_at",
        expected=f"updated_at after {first}",
        actual=moved,
    )

    stale = etag(api.get(product_id))
    matching = api.update(product_id, {"inventory": 8}, if_match=stale)
    matching.must_answer(200, "a matching If-Match is accepted")
    current = api.get(product_id)
    refused = api.update(product_id, {"inventory": 9, "name": "Refused"}, if_match=stale)
    refused.must_answer(412, "a stale If-Match is 412")
    left = api.get(product_id)
    left.must_hold(
        {"inventory": 8, "name": "Another name"},
        left.json_object("a refused update changes nothing"),
        "a refused update changes nothing",
    )
    left.must(
        etag(left) == etag(current),
        "a refused update changes nothing",
        expected=f"the ETag {etag(current)}",
        actual=etag(left),
    )


@pytest.mark.plan("SIT-INT-02")
def test_concurrent_updates(api: ProductApi, products: Products, crowd: Crowd) -> None:
    """Two clients update a product at the same moment, several times over.

    Updates of different fields both survive; of two with the same If-Match exactly one wins.
    """
    product_id = products.make()["product_id"]

    def changing(**fields: Any) -> Act:
        return lambda one: one.update(product_id, fields)

    def renaming(name: str, tag: str) -> Act:
        return lambda one: one.update(product_id, {"name": name}, if_match=tag)

    for round_ in range(1, 6):
        fields = {"price": Decimal(round_), "inventory": 100 + round_}
        for answer in crowd.act([changing(**{name: value}) for name, value in fields.items()]):
            answer.must_answer(200, "updates of different fields both survive")
        read = api.get(product_id)
        body = read.json_object("updates of different fields both survive")
        read.must_hold(fields, body, "updates of different fields both survive")
    for round_ in range(3):
        read = api.get(product_id)
        names = [f"Version {round_} of {who}" for who in ("one", "two", "three")]
        answers = crowd.act([renaming(name, etag(read)) for name in names])
        statuses = [answer.status for answer in answers]
        read.must(
            sorted(statuses) == [200, 412, 412],
            "of updates with the same If-Match one wins",
            expected="one 200 and two 412",
            actual=statuses,
        )
        after = api.get(product_id)
        after.must_hold(
            {"name": names[statuses.index(200)]},
            after.json_object("of updates with the same If-Match one wins"),
            "of updates with the same If-Match one wins",
        )


@pytest.mark.plan("SIT-INT-02")
def test_delete_handler(api: ProductApi, products: Products) -> None:
    """A product is deleted with a stale ETag, with its own, and again.

    The stale one is refused and keeps it; then it is gone, a second delete is 404 and its sku
    may be used again.
    """
    made = products.make()
    product_id = made["product_id"]
    stale = etag(api.get(product_id))
    api.update(product_id, {"inventory": 1})
    api.delete(product_id, if_match=stale).must_answer(412, "a stale If-Match keeps the product")
    kept = api.get(product_id)
    kept.must_answer(200, "a stale If-Match keeps the product")
    gone = api.delete(product_id, if_match=etag(kept))
    gone.must_answer(204, "a matching If-Match deletes the product")
    api.delete(product_id).must_answer(404, "a second delete is 404")
    again = api.create(products.draft(sku=made["sku"]))
    again.must_answer(201, "a deleted product's sku is free")


@pytest.mark.plan("SIT-INT-02")
def test_list_handler(api: ProductApi, products: Products) -> None:
    """A category of five products is listed two at a time.

    No page holds more, and a list shows each product as get does.
    """
    category = products.category(secrets.token_hex(4))
    made = {products.make(category=category)["product_id"] for _ in range(5)}
    params = {"category": category, "limit": "2"}

    listed = eventually(
        lambda: list(api.pages(params)),
        until=lambda pages: made <= {one.get("product_id") for _, items in pages for one in items},
    )
    for page, items in listed:
        page.must(
            len(items) <= 2,
            "no page is longer than its limit",
            expected="at most 2 items",
            actual=f"{len(items)} items",
        )
    shown = {item.get("product_id"): item for _, items in listed for item in items}
    for product_id in sorted(made):
        read = api.get(product_id)
        phrase = "a list shows products as get does"
        item = promised(shown.get(product_id, {}))
        read.must_hold(promised(read.json_object(phrase)), item, phrase)


def promised(product: Mapping[str, Any]) -> dict[str, Any]:
    """What the contract has of a product but its variants; times as moments, whatever their zone.

    A service may show more, here and not there, and other values of it each time.
    """
    times = {name: moment(product.get(name)) for name in ("created_at", "updated_at")}
    return {name: product.get(name) for name in SHOWN} | times


def etag(exchange: Exchange) -> str:
    """The ETag that an answer has."""
    exchange.must(
        bool(exchange.headers.get("ETag")), "get gives an ETag", expected="an ETag", actual="none"
    )
    return exchange.headers["ETag"]


def has_zone(value: Any) -> bool:
    """Whether ``value`` is a time that says its offset."""
    return isinstance(value, str) and _parsed(value) is not None


def moment(value: Any) -> datetime:
    """A time with its zone; what is none is earlier than all others."""
    parsed = _parsed(value) if isinstance(value, str) else None
    return parsed or datetime.fromisoformat("0001-01-02T00:00:00+00:00")


def _parsed(value: str) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    return parsed if parsed.tzinfo is not None and "T" in value.upper() else None
