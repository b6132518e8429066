"""Spares moto most of its work on DynamoDB answers.

For each attribute of each item, moto looks for all ten members of AttributeValue under
half a dozen aliases, and finds the one that is there: nine tenths of the time of a query.
An attribute value is a plain dictionary that holds its members under their own names, so
only those are looked at here. Tested against the serializer as it comes; with any other
version of moto than the one tested, nothing is changed.
"""

from __future__ import annotations

from functools import cache
from typing import Any

TESTED_VERSION = "5.2.5"


@cache
def install() -> None:
    """Puts the shortcut in place, once for the life of the process."""
    import moto
    from moto.core.serialize import ResponseSerializer

    if moto.__version__ != TESTED_VERSION:
        return
    serializer: Any = ResponseSerializer
    stock = serializer._serialize_type_structure

    def quick(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if shape.name != "AttributeValue" or type(value) is not dict or not key:
            stock(self, serialized, value, shape, key)
            return
        wrapper = self.MAP_TYPE()
        for name, member in value.items():
            if member is not None:
                self._serialize(wrapper, member, shape.members[name], name)
        self._default_serialize(serialized, wrapper, shape, key)

    serializer._serialize_type_structure = quick
