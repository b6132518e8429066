"""The forms that a product comes in."""

import secrets
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from fixtures.api import ProductApi
from fixtures.products import Products
from fixtures.transport import Exchange
from suites.catalog.lists import settled

pytestmark = pytest.mark.needs("writes")

Variant = dict[str, Any]
MOST = 100  # variants of a product


@pytest.mark.plan("VAL-CAT-07")
def test_variants(api: ProductApi, products: Products) -> None:
    """Two products have variants: with prices and attributes of their own, and with neither.

    They come back as they were sent, an update without variants keeps them, one with variants
    replaces them in that product alone, and no bad variant is taken.
    """
    category = products.category(secrets.token_hex(4))
    one, two = (family(secrets.token_hex(3)) for _ in range(2))
    made = {
        str(products.make(category=category, variants=sent)["product_id"]): sent
        for sent in (one, two)
    }
    first, second = made
    for product_id, sent in made.items():
        must_have(api.get(product_id), sent, "variants come back as they were sent", made)

    api.update(first, {"inventory": 1}).must_answer(200, "an update without variants keeps them")
    must_have(api.get(first), one, "an update without variants keeps them", made)

    made[first] = [{**one[1], "inventory": 7}, *family(secrets.token_hex(3))]
    replaced = api.update(first, {"variants": made[first]})
    replaced.must_answer(200, "variants come back as they were sent")
    for product_id, sent in made.items():
        phrase = (
            "variants come back as they were sent"
            if product_id == first
            else "variants stay with their product"
        )
        must_have(api.get(product_id), sent, phrase, made)
    plain = products.make(category=category)["product_id"]
    made[str(plain)] = []
    must_have(api.get(plain), [], "variants stay with their product", made)

    page = api.page({"category": category})
    for item in settled(api, {"category": category}, made):
        # A list may still show a product as it was before the update.
        if item.get("product_id") not in (first, None):
            compare(
                page,
                item.get("variants"),
                made.get(str(item["product_id"]), []),
                "variants stay with their product",
            )

    for bad in bad_variants(two):
        api.update(second, {"variants": bad}).must_answer(400, "a bad variant is 400")
        draft = products.draft(category=category, variants=bad)
        api.create(draft).must_answer(400, "a bad variant is 400")
    must_have(api.get(second), two, "a bad variant is 400", made)


def family(tag: str) -> list[Variant]:
    """Three variants of which the last has but what a variant must have."""
    return [
        {
            "sku": f"{tag}-S",
            "name": "Größe S \N{MUSICAL SYMBOL G CLEF}",
            "price": Decimal("0.10"),
            "inventory": 3,
            "attributes": {"size": "S", "Farbe": "bla\u030a"},
        },
        {
            "sku": f"{tag}-M",
            "name": "Size M",
            "price": Decimal("999999.99"),
            "inventory": 0,
            "attributes": {"size": "M"},
        },
        {"sku": f"{tag}-L", "name": "Size L", "inventory": 1},
    ]


def bad_variants(good: Sequence[Variant]) -> list[list[Any]]:
    """Lists of variants with one that the contract does not have."""
    one = good[0]
    spoiled: list[Any] = [
        {**one, "inventory": -1},
        {**one, "inventory": Decimal("1.5")},
        {**one, "price": Decimal("-0.01")},
        {**one, "price": "1.00"},
        {**one, "name": ""},
        {**one, "attributes": {"size": 1}},
        {name: value for name, value in one.items() if name != "sku"},
        {name: value for name, value in one.items() if name != "inventory"},
        "a text",
    ]
    too_many = [{**one, "sku": f"{one['sku']}{n}"} for n in range(MOST + 1)]
    return [*([*good[1:], bad] for bad in spoiled), [one, {**good[1], "sku": one["sku"]}], too_many]


def must_have(
    read: Exchange, sent: Sequence[Variant], phrase: str, made: dict[str, list[Variant]]
) -> None:
    """A product has the variants that were sent, and none of another product's."""
    read.must_answer(200, phrase)
    body = read.json_object(phrase)
    shown = body.get("variants")
    strangers = {
        variant["sku"]
        for product_id, variants in made.items()
        if product_id != body.get("product_id")
        for variant in variants
    } - {variant["sku"] for variant in sent}
    leaked = [one for one in objects(shown) if one.get("sku") in strangers]
    read.must(
        not leaked,
        "variants stay with their product",
        expected="no variant of another product",
        actual=leaked,
    )
    compare(read, shown, sent, phrase)


def compare(exchange: Exchange, shown: object, sent: Sequence[Variant], phrase: str) -> None:
    """Variants are those that were sent, whatever their order and what else they have."""
    by_sku = {one.get("sku"): one for one in objects(shown)}
    exchange.must(
        isinstance(shown, list)
        and len(shown) == len(sent)
        and set(by_sku) == {variant["sku"] for variant in sent},
        phrase,
        expected=f"the variants {[variant['sku'] for variant in sent]}",
        actual=shown,
    )
    for variant in sent:
        came = by_sku[variant["sku"]]
        exchange.must_hold(variant, came, phrase)
        exchange.must(
            "price" in variant or came.get("price") is None,
            phrase,
            expected="no price of its own",
            actual=came,
        )


def objects(shown: object) -> list[Variant]:
    """What of an answer's variants is an object at all."""
    return [one for one in shown if isinstance(one, dict)] if isinstance(shown, list) else []
