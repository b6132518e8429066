"""Many items by their keys in few calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# What one BatchGetItem takes.
_MAX_KEYS = 100


def get(client: DynamoDBClient, table: str, keys: Sequence[dict[str, Any]]) -> Iterator[Any]:
    """The items that exist, as last written, in no order; no key may come twice."""
    for start in range(0, len(keys), _MAX_KEYS):
        wanted: Any = {
            table: {"Keys": list(keys[start : start + _MAX_KEYS]), "ConsistentRead": True}
        }
        # What does not fit into one answer (16 MB) is asked for again.
        while wanted:
            answer = client.batch_get_item(RequestItems=wanted)
            yield from answer["Responses"].get(table, [])
            wanted = answer.get("UnprocessedKeys")
