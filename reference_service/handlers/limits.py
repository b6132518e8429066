"""How many requests a caller may make: counted by token and second, for all instances together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from reference_service.handlers.bearer import Caller
from reference_service.handlers.product import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Requests a second of the clock: at most twice as many in any second.
RATES = {"limited": 10}
_KEPT_SECONDS = 3600


class Limits(Protocol):
    """Who has had enough."""

    def wait(self, caller: Caller) -> int | None:
        """After how many seconds the caller may come again; None if it may now."""
        ...


class CountedCalls:
    """Counts the calls of limited plans in DynamoDB; raises botocore's ClientError."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def wait(self, caller: Caller) -> int | None:
        rate = RATES.get(caller.plan or "")
        if rate is None:
            return None
        second = int(self._clock().timestamp())
        answer = self._client.update_item(
            TableName=self._table,
            Key={"counter": {"S": f"{caller.token}#{second}"}},
            UpdateExpression="SET expires_at = :end ADD calls :one",
            ExpressionAttributeValues={
                ":one": {"N": "1"},
                ":end": {"N": str(second + _KEPT_SECONDS)},
            },
            ReturnValues="UPDATED_NEW",
        )
        return None if int(answer["Attributes"]["calls"]["N"]) <= rate else 1
