"""The shortcuts through what moto does to every answer: the same is read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.core import responses
from moto.core.serialize import JSONSerializer
from moto.core.utils import get_service_model
from moto.dynamodb.responses import DynamoHandler

from reference_service.local import quick_answers
from tests.reference_service import stock_moto

BODIES: tuple[Any, ...] = (
    '{"a": 1}',
    "<Answer><RequestId>mine</RequestId></Answer>",
    '{"text": "<RequestId>in an item</RequestId>"}',
    b"bytes",
    "",
    None,
)


def enriched(body: Any, headers: dict[str, Any]) -> Any:
    given = dict(headers)
    got, answer = responses.BaseResponse._enrich_response(given, body)
    number = got.pop("x-amzn-requestid")
    assert number
    return got, answer.replace(number, "ID") if isinstance(answer, str) else answer


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("headers", [{}, {"status": 400, "other": "x"}])
def test_request_ids_are_the_same(body: Any, headers: dict[str, Any]) -> None:
    """Headers and body, with an id in it or none, in text, bytes or nothing."""
    with stock_moto.stock():
        before = enriched(body, headers)
        quick_answers.install.__wrapped__()
        assert enriched(body, headers) == before
        assert ("ID" in str(before[1])) == ("RequestId" in str(body))


@pytest.mark.parametrize(
    "body",
    [
        {"Items": [{"é": {"S": '大 " \\ \n \u2028 </a>'}, "n": {"N": "1E+3"}}], "Count": 1},
        {"Table": {"CreationDateTime": 1767225600.123, "ItemCount": 0, "None": None}},
        {"half": {"S": "\ud800"}},
        {},
    ],
)
def test_json_reads_the_same(body: dict[str, Any]) -> None:
    """Other characters, numbers and nothing: what is read is what was written before."""
    with stock_moto.stock():
        before = json.loads(written("dynamodb", body))
        quick_answers.install.__wrapped__()
        assert json.loads(written("dynamodb", body)) == before == body


def test_other_services_are_left_alone() -> None:
    """Only DynamoDB's JSON is written by other means."""
    with stock_moto.stock():
        quick_answers.install.__wrapped__()
        assert written("dynamodb", {"a": [1]}) == '{"a":[1]}'
        assert written("logs", {"a": [1]}) == '{"a": [1]}'


def written(service: str, body: dict[str, Any]) -> str:
    model = get_service_model(service)
    operation = model.operation_model(model.operation_names[0])
    return JSONSerializer(operation_model=operation)._serialize_body(body)


def test_methods_are_the_same() -> None:
    """The names of a class's methods, asked for once and again."""
    with stock_moto.stock():
        before = names(DynamoHandler)
        quick_answers.install.__wrapped__()
        assert [names(DynamoHandler) for _ in range(2)] == [before, before]


def names(of: type) -> Any:
    module: Any = responses
    return module.method_names_from_class(of)
