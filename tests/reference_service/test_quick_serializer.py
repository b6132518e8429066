"""The shortcuts through moto's serializer and botocore's parser: the same as without them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.parsers import JSONParser
from botocore.session import get_session
from moto.core.serialize import JSONSerializer, XFormedAttributePicker
from moto.core.utils import get_service_model
from moto.dynamodb.models import utilities
from moto.dynamodb.models.dynamo_type import DynamoType

from reference_service.local import quick_parser, quick_serializer
from tests.reference_service import stock_moto

ITEM: dict[str, Any] = {
    "text": {"S": "x"},
    "empty": {"S": ""},
    "number": {"N": "299.99"},
    "nothing": {"NULL": True},
    "yes": {"BOOL": True},
    "no": {"BOOL": False},
    "bytes": {"B": "AAEC"},
    "texts": {"SS": ["a", "b"]},
    "numbers": {"NS": ["1", "2"]},
    "list": {"L": [{"S": "a"}, {"M": {"S": {"S": "named like a type"}}}, {"L": []}]},
    "map": {"M": {"inner": {"N": "1"}, "N": {"M": {}}}},
}
ANSWERS: list[tuple[str, dict[str, Any]]] = [
    ("Query", {"Items": [ITEM, {}], "Count": 2, "ScannedCount": 2, "LastEvaluatedKey": ITEM}),
    ("Scan", {"Items": [], "Count": 0, "ScannedCount": 0}),
    ("GetItem", {"Item": ITEM}),
    ("GetItem", {}),
    ("UpdateItem", {"Attributes": ITEM}),
    ("TransactWriteItems", {}),
    ("DescribeTable", {"Table": {"TableName": "t", "ItemCount": 3}}),
]


def serialized(operation: str, answer: dict[str, Any]) -> Any:
    model = get_service_model("dynamodb").operation_model(operation)
    picker = XFormedAttributePicker()
    return JSONSerializer(operation_model=model, value_picker=picker).serialize(answer)


@pytest.mark.parametrize(("operation", "answer"), ANSWERS)
def test_answers_are_the_same(operation: str, answer: dict[str, Any]) -> None:
    """Serialize with moto as it comes, then with the shortcut: byte for byte the same."""
    with stock_moto.stock():
        before = serialized(operation, answer)
        quick_serializer.install.__wrapped__()
        assert serialized(operation, answer) == before


def test_an_attribute_value_of_another_service() -> None:
    """A structure of that name with other members goes the long way."""
    assert quick_serializer.is_attribute_value(shape("dynamodb", "AttributeValue"))
    assert not quick_serializer.is_attribute_value(shape("verifiedpermissions", "AttributeValue"))


def shape(service: str, name: str) -> Any:
    return get_service_model(service).shape_for(name)


def test_plain_types_are_the_same() -> None:
    """moto's own types, nested and binary ones too, become the same plain ones."""
    stored = {name: DynamoType(value) for name, value in ITEM.items()}
    stored["raw"] = DynamoType({"B": b"\x00"})
    stored["raws"] = DynamoType({"BS": [b"\x00", "AAEC"]})
    with stock_moto.stock():
        before = utilities.dynamo_to_dict({"Items": [stored], "Count": 1})
        quick_serializer.install.__wrapped__()
        assert utilities.dynamo_to_dict({"Items": [stored], "Count": 1}) == before
        assert before["Items"][0]["list"]["L"][1] == {"M": {"S": {"S": "named like a type"}}}


@pytest.mark.parametrize(
    "item",
    [
        {"new": {"X": "1"}},
        {"none": {"S": None, "N": "1"}},
        {"two": {"S": "x", "N": "1"}},
        {"nothing": {}},
        {"null": None},
        {"wrong": {"S": 1}},
        ITEM,
    ],
)
def test_what_is_read_is_the_same(item: dict[str, Any]) -> None:
    """Read with botocore as it comes, then with the shortcut: the same, for the odd ones too."""
    body = serialized("Query", {"Items": [{}], "Count": 1, "LastEvaluatedKey": ITEM})["body"]
    body = body.replace("[{}]", json.dumps([item]))
    with stock_moto.stock():
        before = read(body.encode())
        quick_parser.install.__wrapped__()
        assert read(body.encode()) == before


def read(body: bytes) -> Any:
    response = {"status_code": 200, "headers": {}, "body": body}
    model = get_session().get_service_model("dynamodb").operation_model("Query")
    assert model.output_shape is not None
    return JSONParser().parse(response, model.output_shape)
