"""Spares botocore most of its work on the DynamoDB items that it reads.

botocore looks, for each attribute of each item, for all ten members of AttributeValue. An item
comes as a map of them, and of each the JSON tells which member it has: text, numbers and truth
values are taken as they came. Tested against the parser as it comes; with any other version of
botocore than the one tested, nothing is changed.
"""

from __future__ import annotations

from functools import cache, wraps
from typing import Any

from reference_service.local.quick_serializer import goes_as_it_is, is_attribute_value

TESTED_VERSION = "1.44.8"


@cache
def install() -> None:
    """Puts the shortcut in place, once for the life of the process."""
    import botocore
    from botocore.parsers import BaseJSONParser

    if botocore.__version__ != TESTED_VERSION:
        return
    parser: Any = BaseJSONParser
    stock = parser._handle_map

    @wraps(stock)
    def quick(self: Any, shape: Any, value: dict[str, Any]) -> Any:
        inner = shape.value
        if inner.type_name != "structure" or not is_attribute_value(inner):
            return stock(self, shape, value)
        return {
            name: each if goes_as_it_is(each) else self._parse_shape(inner, each)
            for name, each in value.items()
        }

    parser._handle_map = quick
