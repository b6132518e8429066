"""Spares moto most of its work on DynamoDB answers.

For each attribute of each item, moto looks for all ten members of AttributeValue under
half a dozen aliases, and finds the one that is there: nine tenths of the time of a query.
An attribute value is a plain dictionary that holds its members under their own names, so
only those are looked at here; and text, numbers and truth values go into the answer as they
are. Tested against the serializer as it comes; with any other version of moto than the one
tested, nothing is changed.
"""

from __future__ import annotations

from functools import cache, wraps
from typing import Any

TESTED_VERSION = "5.2.5"
# The members of AttributeValue that JSON carries as they are, each with the type it then has.
SAME_IN_JSON: dict[str, type] = {"S": str, "N": str, "BOOL": bool, "NULL": bool}


def is_attribute_value(shape: Any) -> bool:
    """Whether a shape is DynamoDB's: other services have one of that name too."""
    return shape.name == "AttributeValue" and "NULL" in shape.members and "BS" in shape.members


def goes_as_it_is(value: Any) -> bool:
    """Whether an attribute value is the same in JSON, as most are."""
    if type(value) is not dict or len(value) != 1:
        return False
    (name,) = value
    return type(value[name]) is SAME_IN_JSON.get(name)


@cache
def install() -> None:
    """Puts the shortcuts in place, once for the life of the process."""
    import moto
    from moto.core.serialize import BaseJSONSerializer, ResponseSerializer
    from moto.dynamodb import responses
    from moto.dynamodb.models import utilities

    if moto.__version__ != TESTED_VERSION:
        return
    _shorten_structures(ResponseSerializer)
    _shorten_maps(BaseJSONSerializer)
    quick = _quick_to_dict(utilities.dynamo_to_dict)
    utilities.dynamo_to_dict = quick
    responses.dynamo_to_dict = quick  # type: ignore[attr-defined]


def _shorten_structures(serializer: Any) -> None:
    stock = serializer._serialize_type_structure

    @wraps(stock)
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


def _shorten_maps(serializer: Any) -> None:
    """A map of attribute values is an item, or what an item holds."""
    stock = serializer._serialize_type_map

    @wraps(stock)
    def quick(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if shape.value.type_name != "structure" or not is_attribute_value(shape.value):
            stock(self, serialized, value, shape, key)
            return
        built = self.MAP_TYPE()
        self._default_serialize(serialized, built, shape, key)
        for name, each in value.items():
            if goes_as_it_is(each):
                built[name] = each
            else:
                self._serialize(built, each, shape.value, name)

    serializer._serialize_type_map = quick


def _quick_to_dict(stock: Any) -> Any:
    """moto's way from its own types to plain ones, with the common types looked for first."""
    from moto.dynamodb.models.dynamo_type import DynamoType, LimitedSizeDict

    @wraps(stock)
    def quick(obj: Any) -> Any:
        kind = type(obj)
        if kind is DynamoType:
            value = obj.value
            if type(value) is SAME_IN_JSON.get(obj.type):
                return {obj.type: value}
        elif kind is dict or kind is LimitedSizeDict:
            return {name: quick(value) for name, value in obj.items()}
        elif kind is list:
            return [quick(each) for each in obj]
        return stock(obj)

    return quick
