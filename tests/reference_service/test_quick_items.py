"""The shortcuts through moto's measuring of items: the same sizes, and the same refusals."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models.dynamo_type import DynamoType, Item

from reference_service.local import quick_items
from tests.reference_service import stock_moto

VALUES: dict[str, dict[str, Any]] = {
    "text": {"S": "plain"},
    "wide": {"S": "größer, 大"},
    "empty": {"S": ""},
    "number": {"N": "-12.50"},
    "yes": {"BOOL": True},
    "none": {"NULL": True},
    "bytes": {"B": "AAEC"},
    "texts": {"SS": ["a", "é"]},
    "numbers": {"NS": ["1", "22"]},
    "list": {"L": [{"S": "é"}, {"M": {"é": {"N": "1"}, "in": {"L": []}}}, {"BOOL": False}]},
    "map": {"M": {}},
    "größe": {"M": {"S": {"S": "named like a type"}}},
}
KEY = DynamoType({"S": "id"})


def made(values: dict[str, Any]) -> Item:
    return Item(hash_key=KEY, range_key=None, attrs=values)


def sizes() -> list[int]:
    return [DynamoType(value).size() for value in VALUES.values()] + [made(VALUES).size()]


def test_sizes_are_the_same() -> None:
    """Each kind of value, and an item of them all, with moto as it comes and with the shortcut."""
    with stock_moto.stock():
        before, item = sizes(), made(VALUES)
        quick_items.install.__wrapped__()
        assert sizes() == before
        assert made(VALUES) == item
        assert list(made(VALUES).attrs) == list(VALUES)


@pytest.mark.parametrize("size", [404_999, 405_000, 405_001])
def test_what_is_too_large_is_the_same(size: int) -> None:
    """An item at the limit, and one byte to either side of it."""
    # Three attributes, of one character each, and two bytes in two of them.
    values = {"a": {"S": "xy"}, "b": {"S": "z" * (size - 7)}, "c": {"N": "12"}}
    with stock_moto.stock():
        before = refused(values)
        quick_items.install.__wrapped__()
        assert refused(values) == before
        assert before == (size > 405_000)


def refused(values: dict[str, Any]) -> bool:
    try:
        assert made(values).size() > 400_000
    except ItemSizeTooLarge:
        return True
    return False


def test_no_item_is_kept() -> None:
    """moto as it comes keeps each item that is made or copied; with the shortcut, none."""
    with stock_moto.stock():
        assert kept_of_two() == 2
        quick_items.install.__wrapped__()
        assert kept_of_two() == 0


def kept_of_two() -> int:
    tracked: Any = Item
    before = len(tracked.instances_tracked)
    first = made(VALUES)
    assert copy.deepcopy(first) == first
    return len(tracked.instances_tracked) - before
