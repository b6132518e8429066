"""Plausible products in the catalog before anyone asks: the same ones each time."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from reference_service.handlers import records
from reference_service.handlers.product import (
    Entry,
    Product,
    Variant,
    availability,
    timestamp,
)

_CATEGORIES = {
    "Electronics": ("Audio", "Cameras", "Phones", "Computers/Laptops", "Computers/Tablets"),
    "Home": ("Kitchen", "Lighting", "Garden"),
    "Clothing": ("Shoes", "Jackets", "Accessories"),
    "Books": ("Fiction", "Travel"),
}
_ADJECTIVES = (
    "Compact",
    "Classic",
    "Portable",
    "Sturdy",
    "Light",
    "Everyday",
    "Premium",
    "Folding",
)
_NOUNS = {
    "Electronics": ("Speaker", "Camera", "Headset", "Charger", "Display"),
    "Home": ("Lamp", "Kettle", "Shelf", "Planter"),
    "Clothing": ("Boots", "Jacket", "Scarf", "Cap"),
    "Books": ("Atlas", "Novel", "Guide"),
}
_START = datetime(2026, 1, 1, tzinfo=UTC)
# DynamoDB takes 25 items in one batch.
_BATCH = 25


def products(count: int) -> Iterator[Product]:
    """The first `count` of the seeded products, in the order of their creation."""
    chance = random.Random(20260110)  # noqa: S311 - the same products each time
    for number in range(count):
        root = chance.choice(list(_CATEGORIES))
        inventory = chance.choice((0, 1, 5, 20, 100, 250))
        noun = chance.choice(_NOUNS[root])
        created = timestamp(_START + timedelta(seconds=7 * number, microseconds=number))
        price = Decimal(chance.randrange(199, 99_999)) / 100
        yield Product(
            product_id=str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            name=f"{chance.choice(_ADJECTIVES)} {noun} {number + 1}",
            description=f"A {noun.lower()} that does what it says.",
            category=f"{root}/{chance.choice(_CATEGORIES[root])}" if number % 5 else root,
            price=price,
            currency="USD",
            inventory=inventory,
            availability=availability(inventory),
            sku=f"SEED-{number + 1:06d}",
            image_url=None,
            variants=_variants(number + 1) if number % 4 == 0 else [],
            created_at=created,
            updated_at=created,
        )


def _variants(number: int) -> list[Variant]:
    return [
        Variant(
            sku=f"SEED-{number:06d}-{name[0]}", name=name, inventory=3, attributes={"colour": name}
        )
        for name in ("Black", "White")
    ]


def seed(client: Any, table: str, count: int) -> None:
    """Writes `count` products and the locks of their skus to the table."""
    requests: list[dict[str, Any]] = []
    for product in products(count):
        lock = records.lock_item(product.sku, product.product_id)
        for item in (records.item(Entry(product=product, version=1)), lock):
            requests.append({"PutRequest": {"Item": item}})
    for start in range(0, len(requests), _BATCH):
        client.batch_write_item(RequestItems={table: requests[start : start + _BATCH]})
