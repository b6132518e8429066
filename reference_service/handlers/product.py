"""A product: as it is sent, as it is changed, and as it is shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

Clock = Callable[[], datetime]

MAX_PRICE = Decimal(10) ** 12
PRICE_PLACES = 6

Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Description = Annotated[str, Meta(max_length=5000)]
# Names from the root down: "Electronics", "Electronics/Audio".
Category = Annotated[str, Meta(max_length=255, pattern=r"^[^/]+(/[^/]+)*\Z")]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]
Inventory = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Sku = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")]
ImageUrl = Annotated[str, Meta(max_length=2000, pattern=r"^https?://[^\s]+\Z")]
Attributes = Annotated[
    dict[Annotated[str, Meta(min_length=1, max_length=64)], Annotated[str, Meta(max_length=200)]],
    Meta(max_length=20),
]


class Variant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the forms that a product comes in, such as a size or a colour."""

    sku: Sku
    name: Name
    inventory: Inventory
    price: Decimal | UnsetType = UNSET
    attributes: Attributes = {}


Variants = Annotated[list[Variant], Meta(max_length=100)]


def _tell_apart(variants: list[Variant] | UnsetType) -> None:
    """ValueError where two variants of one product have the same sku."""
    if variants is not UNSET and len({each.sku for each in variants}) < len(variants):
        raise ValueError("Each variant needs a sku of its own")


class NewProduct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a create request."""

    name: Name
    category: Category
    price: Decimal
    currency: Currency
    sku: Sku
    description: Description = ""
    inventory: Inventory = 0
    image_url: ImageUrl | None = None
    variants: Variants = []

    def __post_init__(self) -> None:
        _tell_apart(self.variants)


class ProductChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of an update request: a field that is not sent keeps its value."""

    name: Name | UnsetType = UNSET
    category: Category | UnsetType = UNSET
    price: Decimal | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    sku: Sku | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    inventory: Inventory | UnsetType = UNSET
    image_url: ImageUrl | UnsetType | None = UNSET
    variants: Variants | UnsetType = UNSET

    def __post_init__(self) -> None:
        _tell_apart(self.variants)

    def sent(self) -> dict[str, object]:
        """The fields that the caller sent, by name."""
        pairs = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return {name: value for name, value in pairs if value is not UNSET}


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A product as the API shows it; times are RFC 3339 in UTC."""

    product_id: str
    name: str
    description: str
    category: str
    price: Decimal
    currency: str
    inventory: int
    availability: str
    sku: str
    image_url: str | None
    variants: list[Variant]
    created_at: str
    updated_at: str


class StoredImage(msgspec.Struct, frozen=True, kw_only=True):
    """Where a product's uploaded image lies and what it is; `size` in bytes."""

    key: str
    content_type: str
    size: int


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A product in the catalog, with what the catalog knows beside it."""

    product: Product
    version: int
    image: StoredImage | None = None

    @property
    def etag(self) -> str:
        return f'"{self.version}"'


def availability(inventory: int) -> str:
    return "in_stock" if inventory > 0 else "out_of_stock"


def timestamp(moment: datetime) -> str:
    """`moment` (UTC) with microseconds and a Z, so that text order is time order."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def plain(number: Decimal) -> Decimal:
    """The same number without an exponent and without trailing zeros: 1E+2 is 100."""
    return Decimal(format(number.normalize(), "f")) if number else Decimal(0)
