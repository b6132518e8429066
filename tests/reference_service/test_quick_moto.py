"""The shortcuts through moto's queries and transactions: the same answers as without them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import boto3
import botocore
import moto
import pytest
from botocore.exceptions import ClientError

from reference_service.local import (
    quick_answers,
    quick_items,
    quick_parser,
    quick_query,
    quick_serializer,
    quick_transactions,
)
from tests.reference_service import stock_moto

SHORTCUTS: tuple[Any, ...] = (
    quick_answers,
    quick_items,
    quick_parser,
    quick_query,
    quick_serializer,
    quick_transactions,
)

TABLE = "things"
KINDS = ("a", "b")


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A table with two indexes in stock moto; what the shortcuts replace is put back after."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with stock_moto.stock(), moto.mock_aws():
        made = boto3.client("dynamodb", region_name="eu-west-1")
        names = {"id": "S", "kind": "S", "size": "N", "label": "S"}
        made.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": kind}  # type: ignore[typeddict-item]
                for name, kind in names.items()
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": f"by-{name}",
                    "KeySchema": [
                        {"AttributeName": "kind", "KeyType": "HASH"},
                        {"AttributeName": name, "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
                for name in ("size", "label")
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        yield made


def _fill(client: Any) -> None:
    chance = random.Random(7)  # noqa: S311 - the same each time
    for number in range(60):
        item: dict[str, Any] = {
            "id": {"S": f"i{number:03d}"},
            "kind": {"S": chance.choice(KINDS)},
        }
        if number % 7:
            # Equal sizes, and some that differ as text and not as numbers.
            item["size"] = {"N": chance.choice(("1", "2", "10", "2.50", "2.5", "1e2"))}
        if number % 5:
            item["label"] = {"S": chance.choice(("x", "x/y", "x0", "é", "Z"))}
        if number % 3:
            item["parts"] = {"L": [{"M": {"é": {"S": "ü"}, "n": {"N": "1"}}}, {"BOOL": True}]}
        if number % 4:
            item |= {"none": {"NULL": True}, "raw": {"B": b"\x00\xff"}, "set": {"NS": ["1", "2"]}}
        client.put_item(TableName=TABLE, Item=item)


def _queries() -> Iterator[dict[str, Any]]:
    spans = {
        "size": (
            ("BETWEEN :low AND :high", "2", "10"),
            (">= :low", "2.5", ""),
            ("<= :low", "2", ""),
        ),
        "label": (
            ("BETWEEN :low AND :high", "x/", "x0"),
            (">= :low", "x", ""),
            ("< :low", "x", ""),
        ),
    }
    for name, kind in (("size", "N"), ("label", "S")):
        for condition, low, high in (("", "", ""), *spans[name]):
            for forward in (True, False):
                for limit in (None, 1, 3, 10, 100):
                    query: dict[str, Any] = {
                        "TableName": TABLE,
                        "IndexName": f"by-{name}",
                        "KeyConditionExpression": "kind = :kind",
                        "ExpressionAttributeValues": {":kind": {"S": "a"}},
                        "ScanIndexForward": forward,
                    }
                    if condition:
                        query["KeyConditionExpression"] += f" AND #order {condition}"
                        query["ExpressionAttributeNames"] = {"#order": name}
                        query["ExpressionAttributeValues"][":low"] = {kind: low}
                    if high:
                        query["ExpressionAttributeValues"][":high"] = {kind: high}
                    if limit is not None:
                        query["Limit"] = limit
                    yield query


def _pages(client: Any, query: dict[str, Any]) -> list[dict[str, Any]]:
    pages = []
    while True:
        answer = client.query(**query)
        answer.pop("ResponseMetadata")
        pages.append(answer)
        if "LastEvaluatedKey" not in answer:
            return pages
        query = {**query, "ExclusiveStartKey": answer["LastEvaluatedKey"]}


def test_queries_answer_the_same(client: Any) -> None:
    """Every span, direction and page size over both indexes, page by page: no difference."""
    _fill(client)
    queries = list(_queries())
    before = [_pages(client, query) for query in queries]
    replaced = stock_moto.in_place()
    for shortcut in SHORTCUTS:
        shortcut.install.__wrapped__()
    assert all(one is not other for one, other in zip(replaced, stock_moto.in_place(), strict=True))
    after = [_pages(client, query) for query in queries]
    assert max(len(pages) for pages in before) > 5
    assert any("raw" in item for item in before[0][0]["Items"])
    for query, one, other in zip(queries, before, after, strict=True):
        assert one == other, query


def _everything(client: Any) -> list[Any]:
    return sorted(client.scan(TableName=TABLE)["Items"], key=lambda item: item["id"]["S"])


def _put(number: int, **condition: Any) -> dict[str, Any]:
    item = {"id": {"S": f"i{number:03d}"}, "kind": {"S": "new"}}
    return {"Put": {"TableName": TABLE, "Item": item, **condition}}


def _transactions() -> Iterator[list[dict[str, Any]]]:
    missing = {"ConditionExpression": "attribute_not_exists(id)"}
    key = {"TableName": TABLE, "Key": {"id": {"S": "i002"}}}
    delete = {"Delete": key}
    update = {
        "Update": {
            **key,
            "UpdateExpression": "SET kind = :kind ADD tries :one",
            "ExpressionAttributeValues": {":kind": {"S": "changed"}, ":one": {"N": "1"}},
        }
    }
    yield [_put(100, **missing), _put(101)]
    yield [_put(3), delete, _put(102), _put(100, **missing)]
    yield [update, _put(100, **missing), _put(103, **missing)]
    yield [update, _put(4)]
    yield [delete, _put(5), _put(5)]
    yield [_put(6), {"ConditionCheck": {**key, "ConditionExpression": "attribute_exists(nothing)"}}]
    yield [_put(7), {"Put": {"TableName": "no-such-table", "Item": {"id": {"S": "x"}}}}]


def _outcomes(client: Any) -> list[Any]:
    seen: list[Any] = []
    for actions in _transactions():
        try:
            client.transact_write_items(TransactItems=actions)
            seen.append("done")
        except ClientError as error:
            answer: dict[str, Any] = dict(error.response)
            seen.append((answer["Error"], answer.get("CancellationReasons")))
        seen.append(_everything(client))
    return seen


def test_transactions_end_the_same(client: Any) -> None:
    """Done, refused by each kind of condition, named twice, no table: the same items after."""
    _fill(client)
    before = _outcomes(client)
    for item in _everything(client):
        client.delete_item(TableName=TABLE, Key={"id": item["id"]})
    _fill(client)
    for shortcut in SHORTCUTS:
        shortcut.install.__wrapped__()
    assert _outcomes(client) == before
    assert before.count("done") == 2


def test_what_is_read_is_not_what_is_kept(client: Any) -> None:
    """A query's items stay as they were, whatever becomes of the table's."""
    _fill(client)
    quick_query.install.__wrapped__()
    query = next(_queries())
    before = client.query(**query)["Items"]
    for item in before:
        client.update_item(
            TableName=TABLE,
            Key={"id": item["id"]},
            UpdateExpression="SET kind = :kind",
            ExpressionAttributeValues={":kind": {"S": "other"}},
        )
    assert {item["kind"]["S"] for item in before} == {"a"}
    assert client.query(**query)["Items"] == []


@pytest.mark.parametrize("shortcut", SHORTCUTS, ids=lambda module: module.__name__.split(".")[-1])
def test_another_version_is_left_alone(monkeypatch: pytest.MonkeyPatch, shortcut: Any) -> None:
    """Another version of moto or botocore than the one tested: nothing is replaced."""
    with stock_moto.stock():
        before = stock_moto.in_place()
        monkeypatch.setattr(moto, "__version__", "5.2.6")
        monkeypatch.setattr(botocore, "__version__", "1.44.9")
        shortcut.install.__wrapped__()
        assert stock_moto.in_place() == before
