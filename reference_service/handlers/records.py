"""Products as DynamoDB items, and updates of only what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from reference_service.handlers.product import (
    Entry,
    Product,
    StoredImage,
    Variant,
    availability,
    plain,
)

Item = dict[str, Any]

PARTITION = "products"
_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


def key(product_id: str) -> Item:
    return {"product_id": {"S": product_id}}


def lock_key(sku: str) -> Item:
    """The key of the lock of `sku`; no product id holds a #."""
    return {"product_id": {"S": f"sku#{sku}"}}


def lock_item(sku: str, product_id: str) -> Item:
    """The lock that a product holds on its sku."""
    return {**lock_key(sku), "owner": {"S": product_id}}


def lock(stored: Mapping[str, Any]) -> tuple[str, str]:
    """The sku that a lock item locks, and the product that holds it."""
    return stored["product_id"]["S"].removeprefix("sku#"), stored["owner"]["S"]


def category_keys(category: str, product_id: str) -> dict[str, str]:
    """Keys of ProductsByCategory: everything under a category begins with its name and /.

    The id at the end gives each product a place of its own in the order.
    """
    return {
        "category_root": category.partition("/")[0],
        "category_key": f"{category}/{product_id}",
    }


def item(entry: Entry) -> Item:
    """The item of a product, with the keys of the three indexes."""
    product = entry.product
    fields = msgspec.structs.asdict(product) | {
        "variants": _stored(product.variants),
        "version": entry.version,
        "catalog": PARTITION,
        **category_keys(product.category, product.product_id),
    }
    if entry.image is not None:
        fields["image"] = msgspec.structs.asdict(entry.image)
    return {name: _serialize(value) for name, value in fields.items()}


def entry(stored: Mapping[str, Any]) -> Entry:
    """The product that an item holds; prices keep every digit."""
    # Most attributes are text, which is there already.
    fields = {
        name: value["S"] if "S" in value else _deserialize(value) for name, value in stored.items()
    }
    image = fields.get("image")
    return Entry(
        product=Product(
            product_id=fields["product_id"],
            name=fields["name"],
            description=fields["description"],
            category=fields["category"],
            price=plain(fields["price"]),
            currency=fields["currency"],
            inventory=int(fields["inventory"]),
            availability=fields["availability"],
            sku=fields["sku"],
            image_url=fields["image_url"],
            variants=[_variant(each) for each in fields["variants"]],
            created_at=fields["created_at"],
            updated_at=fields["updated_at"],
        ),
        version=int(fields["version"]),
        image=None
        if image is None
        else StoredImage(
            key=image["key"], content_type=image["content_type"], size=int(image["size"])
        ),
    )


def changed(before: Entry, fields: Mapping[str, object], *, now: str) -> Entry:
    """The next version of an entry, with other product fields and what follows from them."""
    product: Any = msgspec.structs.replace(before.product, **fields, updated_at=now)
    product = msgspec.structs.replace(product, availability=availability(product.inventory))
    return msgspec.structs.replace(before, product=product, version=before.version + 1)


def _variant(fields: dict[str, Any]) -> Variant:
    if "price" in fields:
        fields["price"] = plain(fields["price"])
    fields["inventory"] = int(fields["inventory"])
    return Variant(**fields)


def _stored(variants: object) -> list[dict[str, Any]]:
    built: list[dict[str, Any]] = msgspec.to_builtins(variants, builtin_types=(Decimal,))
    return built


class Update:
    """An update of one product: sets the given fields, counts the version up.

    `changes` maps names of product fields to their new values; what follows from
    them (availability, the keys of the category index) is set with them.
    """

    def __init__(self, product_id: str, changes: Mapping[str, object], *, now: str) -> None:
        self.product_id = product_id
        fields = {**changes, "updated_at": now}
        if "variants" in fields:
            fields["variants"] = _stored(fields["variants"])
        if isinstance(inventory := fields.get("inventory"), int):
            fields["availability"] = availability(inventory)
        if isinstance(category := fields.get("category"), str):
            fields |= category_keys(category, product_id)
        # Every name goes through a placeholder: "name" and others are reserved words.
        self._names = {f"#{name}": name for name in fields}
        self._values: Item = {f":{name}": _serialize(value) for name, value in fields.items()}
        self._removals: list[str] = []
        self._conditions: list[str] = []

    def set_image(self, image: StoredImage | None) -> None:
        """Sets the record of the uploaded image, or removes it."""
        self._names["#image"] = "image"
        if image is None:
            self._removals.append("#image")
        else:
            self._values[":image"] = _serialize(msgspec.structs.asdict(image))

    def require(self, condition: str) -> None:
        self._conditions.append(condition)

    def require_version(self, version: int) -> None:
        self._conditions.append("version = :expected")
        self._values[":expected"] = {"N": str(version)}

    def arguments(self) -> dict[str, Any]:
        """The arguments of UpdateItem, without the table."""
        settable = [
            f"{place} = :{name}"
            for place, name in self._names.items()
            if f":{name}" in self._values
        ]
        expression = f"SET {', '.join(settable)} ADD version :one"
        if self._removals:
            expression += f" REMOVE {', '.join(self._removals)}"
        return {
            "Key": key(self.product_id),
            "UpdateExpression": expression,
            "ConditionExpression": " AND ".join(self._conditions),
            "ExpressionAttributeNames": self._names,
            "ExpressionAttributeValues": {**self._values, ":one": {"N": "1"}},
        }
