"""Spares moto a walk in order through the whole table for each query of an index.

moto sorts all items of the table, keeps those of the partition, sorts them again, and looks at
each before the page that is asked for: beside 5,000 products, a fifth of a second for a page
of twenty. Here moto gets to see only what the page may hold, and does with it what it does.
Tested against moto as it comes; with any other version than the one tested, and for queries
of another shape than the service's, nothing is changed.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from decimal import Decimal
from functools import cache, lru_cache, wraps
from typing import Any

from reference_service.local.quick_serializer import TESTED_VERSION

_number = lru_cache(maxsize=65536)(Decimal)
_CASTS: dict[str, Callable[[str], Any]] = {"S": str, "N": _number}
_COMPARISONS = (None, "<=", ">=", "BETWEEN")


@cache
def install() -> None:
    """Puts the shortcut in place, once for the life of the process."""
    import moto
    from moto.dynamodb.models.dynamo_type import Item
    from moto.dynamodb.models.table import Table

    if moto.__version__ != TESTED_VERSION:
        return
    table_class: Any = Table
    item_class: Any = Item
    stock = table_class.query

    def itself(self: Any, _: dict[int, Any]) -> Any:
        return self

    @wraps(stock)
    def quick(self: Any, *arguments: Any, **named: Any) -> Any:
        seen = _seen(self, *arguments, **named)
        if seen is None:
            return stock(self, *arguments, **named)
        self.all_items = lambda: seen
        copied, measured = item_class.__deepcopy__, item_class.size
        # moto hands out copies, of which the caller makes plain dictionaries at once; and it
        # measures each item twice.
        item_class.__deepcopy__ = itself
        item_class.size = _once(measured)
        try:
            return stock(self, *arguments, **named)
        finally:
            del self.all_items
            item_class.__deepcopy__, item_class.size = copied, measured

    table_class.query = quick


def _seen(  # noqa: PLR0917 - as moto calls it
    table: Any,
    hash_key: Any,
    comparison: str | None,
    bounds: list[Any],
    limit: int | None,
    start: dict[str, Any] | None,
    forward: bool,
    _projection: Any,
    index_name: str | None = None,
    *_: Any,
    hash_key_conditions: list[Any] | None = None,
    range_key_conditions: list[Any] | None = None,
    **filters: Any,
) -> list[Any] | None:
    """The items that decide the page, or None where moto has to see all of them."""
    indexes = [each for each in table.global_indexes or [] if each.name == index_name]
    kinds = [key["KeyType"] for key in indexes[0].schema] if indexes else []
    if (
        table.range_key_attr is not None
        or kinds != ["HASH", "RANGE"]
        or comparison not in _COMPARISONS
        or len(hash_key_conditions or []) != 1
        or len(range_key_conditions or []) > 1
        or filters
        or hash_key.type != "S"
    ):
        return None
    partition, order = (key["AttributeName"] for key in indexes[0].schema)
    cast = _CASTS.get({each["AttributeName"]: each["AttributeType"] for each in table.attr}[order])
    if cast is None:
        return None
    low, high = _bounds(comparison, [cast(bound.value) for bound in bounds])
    after = (
        None if start is None else (cast(_text(start[order])), _text(start[table.hash_key_attr]))
    )
    inside: list[tuple[Any, str, Any]] = []
    beyond: list[tuple[Any, str, Any]] = []
    for item in table.items.values():
        held = item.attrs.get(partition)
        if held is None or held.value != hash_key.value or order not in item.attrs:
            continue
        value = cast(item.attrs[order].value)
        place = (value, item.hash_key.value, item)
        if after is not None and (place[:2] <= after if forward else place[:2] >= after):
            continue
        below, above = low is not None and value < low, high is not None and value > high
        if not below and not above:
            inside.append(place)
        elif above if forward else below:
            beyond.append(place)
    # One more than fits tells moto that there is more, and so does the first one beyond.
    if limit is not None and len(inside) > limit + 1:
        choose = heapq.nsmallest if forward else heapq.nlargest
        inside = choose(limit + 1, inside, key=lambda place: place[:2])
    if beyond:
        choose_one = min if forward else max
        inside.append(choose_one(beyond, key=lambda place: place[:2]))
    return [item for _, _, item in inside]


def _once(measure: Callable[[Any], int]) -> Callable[[Any], int]:
    """Measures, each item once; for as long as the items stay as they are."""
    known: dict[int, int] = {}

    def size(item: Any) -> int:
        found = known.get(id(item))
        if found is None:
            found = known[id(item)] = measure(item)
        return found

    return size


def _bounds(comparison: str | None, values: list[Any]) -> tuple[Any, Any]:
    if comparison == "BETWEEN":
        return values[0], values[1]
    if comparison == ">=":
        return values[0], None
    return None, (values[0] if comparison == "<=" else None)


def _text(attribute: dict[str, str]) -> str:
    (value,) = attribute.values()
    return value
