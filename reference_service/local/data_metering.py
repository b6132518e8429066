"""Counts what DynamoDB and S3 do, whoever asks: the service in this process, or the harness.

Capacity is told from the sizes of requests and answers: an item's own size is near that of
its JSON without the marks around each attribute. AWS bills the items themselves.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from reference_service.local import regions
from reference_service.local.meter import Meter, Metric, milliseconds
from reference_service.local.quick_serializer import TESTED_VERSION

READS = ("GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems")
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems")
BUCKET_FILTER = "EntireBucket"
_READ_UNIT = 4096
_WRITE_UNIT = 1024
_MARKS = 12  # characters that JSON has around one attribute
_BY_METHOD = {"GET": "Get", "PUT": "Put", "DELETE": "Delete", "HEAD": "Head", "POST": "Post"}
# Of all the stacks in a process the last one counts.
_counted: list[DataMeter] = []


class DataMeter:
    """The metrics of the tables and buckets of one region."""

    def __init__(
        self, meter: Meter, region: str, timer: Callable[[], float] = time.perf_counter
    ) -> None:
        self._meter = meter
        self._region = region
        self.timer = timer
        self._metrics: dict[tuple[str, ...], Metric] = {}

    def called(
        self,
        operation: str,
        arguments: dict[str, Any],
        *,
        status: int,
        body: str,
        seconds: float,
        indexes: Callable[[str], list[tuple[str, tuple[str, ...]]]],
    ) -> None:
        """One call of DynamoDB; `indexes` gives a table's GSIs with their key attributes."""
        tables = _tables(arguments)
        samples: list[tuple[Metric, float]] = []
        if status >= 500:
            samples += [(self._of(table, "SystemErrors", operation), 1.0) for table in tables]
        elif status < 400:
            latency = milliseconds(seconds)
            samples += [
                (self._of(table, "SuccessfulRequestLatency", operation), latency)
                for table in tables
            ]
            name = "ConsumedWriteCapacityUnits" if operation in WRITES else _CONSUMED_READ
            for table, index, units in _consumed(operation, arguments, body, indexes):
                samples.append((self._of(table, name, index=index), units))
            if operation in WRITES:
                samples += [sample for table in tables for sample in self._copied(table)]
        if samples:
            self._meter.record(*samples)

    def failed(self, operation: str, table: str) -> None:
        """One call of DynamoDB that failed for a reason of its own."""
        self._meter.record((self._of(table, "SystemErrors", operation), 1.0))

    def throttled(self, operation: str, arguments: dict[str, Any]) -> None:
        """One call of DynamoDB that was refused for its rate."""
        event = "WriteThrottleEvents" if operation in WRITES else "ReadThrottleEvents"
        index = arguments.get("IndexName")
        for table in _tables(arguments):
            self._meter.record(
                (self._of(table, "ThrottledRequests", operation), 1.0),
                (self._of(table, event, index=index), 1.0),
            )

    def stored(self, bucket: str, method: str, *, status: int, seconds: float) -> None:
        """One request of S3."""
        kind = _BY_METHOD.get(method)
        latency = milliseconds(seconds)
        samples = [
            (self._of_bucket(bucket, "AllRequests"), 1.0),
            (self._of_bucket(bucket, "4xxErrors"), float(400 <= status < 500)),
            (self._of_bucket(bucket, "5xxErrors"), float(status >= 500)),
            (self._of_bucket(bucket, "FirstByteLatency", "Milliseconds"), latency),
            (self._of_bucket(bucket, "TotalRequestLatency", "Milliseconds"), latency),
        ]
        if kind is not None:
            samples.append((self._of_bucket(bucket, f"{kind}Requests"), 1.0))
        if method == "PUT" and status < 400 and regions.replicas:
            of = (
                ("SourceBucket", bucket),
                ("DestinationBucket", f"{bucket}{regions.COPY}"),
                ("RuleId", regions.RULE),
            )
            metric = self._meter.metric(
                self._region, "AWS/S3", "ReplicationLatency", of, unit="Seconds"
            )
            samples.append((metric, regions.lag.bucket_s))
        self._meter.record(*samples)

    def _copied(self, table: str) -> Iterator[tuple[Metric, float]]:
        """How long the replicas of a table take, as each of its writes tells."""
        for replica in regions.replicas.get(table, []):
            of = (("TableName", table), ("ReceivingRegion", replica["RegionName"]))
            metric = self._meter.metric(
                self._region, "AWS/DynamoDB", "ReplicationLatency", of, unit="Milliseconds"
            )
            yield metric, regions.lag.table_ms

    def _of(
        self, table: str, name: str, operation: str | None = None, index: str | None = None
    ) -> Metric:
        key = ("AWS/DynamoDB", name, table, operation or "", index or "")
        found = self._metrics.get(key)
        if found is None:
            dimensions = [("TableName", table)]
            if operation:
                dimensions.append(("Operation", operation))
            if index:
                dimensions.append(("GlobalSecondaryIndexName", index))
            unit = "Milliseconds" if name == "SuccessfulRequestLatency" else "Count"
            found = self._metrics[key] = self._meter.metric(
                self._region, "AWS/DynamoDB", name, tuple(dimensions), unit=unit
            )
        return found

    def _of_bucket(self, bucket: str, name: str, unit: str = "Count") -> Metric:
        key = ("AWS/S3", name, bucket)
        found = self._metrics.get(key)
        if found is None:
            dimensions = (("BucketName", bucket), ("FilterId", BUCKET_FILTER))
            found = self._metrics[key] = self._meter.metric(
                self._region, "AWS/S3", name, dimensions, unit=unit
            )
        return found


_CONSUMED_READ = "ConsumedReadCapacityUnits"


def _tables(arguments: dict[str, Any]) -> list[str]:
    if "TableName" in arguments:
        return [arguments["TableName"]]
    if "RequestItems" in arguments:
        return list(arguments["RequestItems"])
    actions = arguments.get("TransactItems", [])
    return list(dict.fromkeys(one["TableName"] for each in actions for one in each.values()))


def _consumed(
    operation: str,
    arguments: dict[str, Any],
    body: str,
    indexes: Callable[[str], list[tuple[str, tuple[str, ...]]]],
) -> Iterator[tuple[str, str | None, float]]:
    """Table, index and units of each table and index that the call reads or writes."""
    if operation in READS:
        yield from _read(operation, arguments, _size(body))
        return
    size = _size(body)
    for table, item, twice in _written(arguments):
        units = float(max(1, math.ceil(max(size, _item_size(item)) / _WRITE_UNIT)) * twice)
        yield table, None, units
        for index, keys in indexes(table):
            # Who is not written whole changes what every index holds of it.
            if "Key" in item or all(key in item for key in keys):
                yield table, index, units


def _read(
    operation: str, arguments: dict[str, Any], size: int
) -> Iterator[tuple[str, str | None, float]]:
    if operation in ("GetItem", "Query", "Scan"):
        share = 1.0 if arguments.get("ConsistentRead") else 0.5
        units = max(1, math.ceil(size / _READ_UNIT)) * share
        yield arguments["TableName"], arguments.get("IndexName"), units
        return
    asked = {
        table: len(wanted["Keys"]) for table, wanted in arguments.get("RequestItems", {}).items()
    }
    for each in arguments.get("TransactItems", []):
        table = each["Get"]["TableName"]
        asked[table] = asked.get(table, 0) + 1
    whole = max(1, sum(asked.values()))
    for table, count in asked.items():
        share = 2.0 if operation == "TransactGetItems" else 0.5
        yield table, None, count * max(1, math.ceil(size / whole / _READ_UNIT)) * share


def _written(arguments: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], int]]:
    """Each item that is written, or {"Key": ...}, and 2 where that is in a transaction."""
    for table, requests in arguments.get("RequestItems", {}).items():
        for request in requests:
            put = request.get("PutRequest")
            yield table, put["Item"] if put else {"Key": {}}, 1
    for each in arguments.get("TransactItems", []):
        for kind, action in each.items():
            if kind != "ConditionCheck":
                yield action["TableName"], action.get("Item") or {"Key": {}}, 2
    if "TableName" in arguments:
        yield arguments["TableName"], arguments.get("Item") or {"Key": {}}, 1


def _item_size(item: dict[str, Any]) -> int:
    return sum(len(name) + len(str(value)) - _MARKS for name, value in item.items() if value)


def _size(body: str) -> int:
    return max(0, len(body) - _MARKS * body.count('":{'))


def install(counted: DataMeter) -> None:
    """Counts all calls of moto's DynamoDB and S3 from here on."""
    import moto

    _counted[:] = [counted]
    if moto.__version__ == TESTED_VERSION:
        _install()


@cache
def _install() -> None:
    from moto.dynamodb.responses import DynamoHandler
    from moto.s3.responses import S3Response

    table_class: Any = DynamoHandler
    table_class.call_action = _around_tables(table_class.call_action)
    bucket_class: Any = S3Response
    for name in ("bucket_response", "key_response"):
        setattr(bucket_class, name, _around_buckets(getattr(bucket_class, name)))


def _around_tables(stock: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def counted(self: Any) -> Any:
        meter = _counted[0]
        began = meter.timer()
        answer = stock(self)
        operation = self._get_action()
        if operation in READS or operation in WRITES:
            tables = self.dynamodb_backend.tables

            def indexes(table: str) -> list[tuple[str, tuple[str, ...]]]:
                return [
                    (index.name, tuple(key["AttributeName"] for key in index.schema))
                    for index in tables[table].global_indexes or []
                ]

            meter.called(
                operation,
                self.body,
                status=answer[0],
                body=answer[2],
                seconds=meter.timer() - began,
                indexes=indexes,
            )
        return answer

    return counted


def _around_buckets(stock: Callable[..., Any]) -> Callable[..., Any]:
    def counted(self: Any, request: Any, *arguments: Any) -> Any:
        meter = _counted[0]
        began = meter.timer()
        answer = stock(self, request, *arguments)
        bucket = self.bucket_name
        if bucket:
            meter.stored(bucket, request.method, status=answer[0], seconds=meter.timer() - began)
        return answer

    return counted
