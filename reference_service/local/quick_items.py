"""Spares moto most of its measuring of DynamoDB items, and its list of all that ever were.

moto measures each item twice while it gathers a page, and for each attribute that it puts into
an item all those that are there already; each time, it builds the values inside lists and maps
anew. Here a value is measured as it stands, and an item that is made once. moto also keeps each
item that it makes or copies, for a page of its own that shows them: four kilobytes for each
update. Here none is kept but by its table. Tested against moto as it comes; with any other
version than the one tested, nothing is changed.
"""

from __future__ import annotations

from functools import cache, wraps
from typing import Any

from reference_service.local.quick_serializer import TESTED_VERSION

# As moto has it, which found it by trying.
_MAX_ITEM_BYTES = 405_000


@cache
def install() -> None:
    """Puts the shortcuts in place, once for the life of the process."""
    import moto
    from moto.dynamodb.models import dynamo_type

    if moto.__version__ != TESTED_VERSION:
        return
    _shorten_values(dynamo_type.DynamoType)
    _shorten_items(dynamo_type)
    _forget_items(dynamo_type.Item)


def _bytes_of(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _shorten_values(value_class: Any) -> None:
    stock = value_class.size

    @wraps(stock)
    def quick(self: Any) -> int:
        value, kind = self.value, self.type
        if kind == "S" and type(value) is str:
            return len(value) if value.isascii() else len(value.encode())
        if kind == "N" and type(value) is str:
            return len(value)
        if type(value) is bool:
            return 1
        if kind == "L" and type(value) is list:
            return sum(each.size() for each in value)
        if kind == "M" and type(value) is dict:
            return sum(_bytes_of(name) + each.size() for name, each in value.items())
        size: int = stock(self)
        return size

    value_class.size = quick


def _shorten_items(dynamo_type: Any) -> None:
    item_class: Any = dynamo_type.Item
    stock = item_class.__init__

    @wraps(stock)
    def made(self: Any, hash_key: Any, range_key: Any, attrs: dict[str, Any]) -> None:
        values = {name: dynamo_type.DynamoType(value) for name, value in attrs.items()}
        if _measured(values) > _MAX_ITEM_BYTES:
            # moto refuses it in its own words.
            stock(self, hash_key, range_key, attrs)
        self.hash_key = hash_key
        self.range_key = range_key
        self.attrs = dynamo_type.LimitedSizeDict()
        # Past the dictionary's own measuring at each step.
        dict.update(self.attrs, values)

    @wraps(item_class.size)
    def size(self: Any) -> int:
        return _measured(self.attrs)

    item_class.__init__ = made
    item_class.size = size


def _measured(values: dict[str, Any]) -> int:
    size = 0
    for name, value in values.items():
        size += _bytes_of(name) + value.size()
    return size


def _forget_items(item_class: Any) -> None:
    @wraps(item_class.__new__)
    def made(cls: Any, *_: Any, **__: Any) -> Any:
        return object.__new__(cls)

    item_class.__new__ = made
