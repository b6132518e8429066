"""The shortcut through moto's serializer: the same answers as without it."""

from __future__ import annotations

from typing import Any

import moto
import pytest
from moto.core.serialize import JSONSerializer, ResponseSerializer, XFormedAttributePicker
from moto.core.utils import get_service_model

from reference_service.local import quick_serializer

ITEM = {
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
def test_answers_are_the_same(
    monkeypatch: pytest.MonkeyPatch, operation: str, answer: dict[str, Any]
) -> None:
    """Serialize with moto as it comes, then with the shortcut: byte for byte the same."""
    stock: Any = ResponseSerializer._serialize_type_structure
    # Puts back whatever the shortcut replaces.
    monkeypatch.setattr(ResponseSerializer, "_serialize_type_structure", stock)
    before = serialized(operation, answer)
    quick_serializer.install.__wrapped__()
    assert ResponseSerializer._serialize_type_structure is not stock
    assert serialized(operation, answer) == before


def test_another_version_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version of moto than the one tested: nothing is replaced."""
    stock: Any = ResponseSerializer._serialize_type_structure
    monkeypatch.setattr(ResponseSerializer, "_serialize_type_structure", stock)
    monkeypatch.setattr(moto, "__version__", "5.2.6")
    quick_serializer.install.__wrapped__()
    assert ResponseSerializer._serialize_type_structure is stock
