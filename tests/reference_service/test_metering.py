"""What passes the front, the function, the edge and the stores is counted as AWS counts it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import boto3
import moto
import pytest
from starlette.responses import Response
from starlette.types import Message, Scope

from reference_service.local import data_metering
from reference_service.local.data_metering import DataMeter
from reference_service.local.invocations import KEPT_REPORTS, Invocations, Throttled
from reference_service.local.meter import Meter, Values
from reference_service.local.metering import MeteredApi, MeteredEdge, MeteredExecutor

REGION = "eu-west-1"
CONTEXT = SimpleNamespace(aws_request_id="r-1")


def counted(meter: Meter) -> dict[str, Values]:
    """Values by the name of the metric; a table's or an index's by both names."""
    found: dict[str, Values] = {}
    for metric, _, values in meter.read(0, 10**11):
        if metric.namespace == "ProductCatalog":  # what the function says of itself
            continue
        named = dict(metric.dimensions[0])
        index = named.get("GlobalSecondaryIndexName")
        found[f"{metric.name} {index}" if index else metric.name] = values
    return found


class Timer:
    """Each look is so many seconds after the last one."""

    def __init__(self, step: float) -> None:
        self.now, self._step = 0.0, step

    def __call__(self) -> float:
        self.now += self._step
        return self.now


def invocations(meter: Meter, step: float = 0.005) -> Invocations:
    return Invocations(
        meter, REGION, function="f", alias="live", clock=lambda: 600.0, timer=Timer(step)
    )


def answering(event: dict[str, Any], _: Any) -> dict[str, Any]:
    return {"statusCode": 200, "body": event.get("body", "")}


def test_an_invocation_is_counted() -> None:
    """It ends well: one invocation, no error, no throttle, its duration, one at a time."""
    meter = Meter()
    assert invocations(meter).metered(answering)({}, CONTEXT)["statusCode"] == 200
    assert counted(meter) == {
        "Invocations": {1.0: 1},
        "Errors": {0.0: 1},
        "Throttles": {0.0: 1},
        "Duration": {5.0: 1},
        "ConcurrentExecutions": {1.0: 1},
    }


def test_lambda_publishes_by_function_alias_and_without() -> None:
    """As AWS does: a query may name the function, function and alias, or nothing."""
    meter = Meter()
    invocations(meter).metered(answering)({}, CONTEXT)
    for metric, _, _ in meter.read(0, 10**11):
        if metric.namespace != "AWS/Lambda":
            continue
        assert metric.dimensions == (
            (("FunctionName", "f"),),
            (("FunctionName", "f"), ("Resource", "f:live")),
            (),
        )


def test_the_version_that_answered_is_counted_apart() -> None:
    """As AWS does behind an alias; and what the function says of itself, by kind and version."""
    meter = Meter()
    of = invocations(meter)
    of.answered = lambda: "8"
    of.metered(answering)({"httpMethod": "PUT", "path": "/v1.0/products/p"}, CONTEXT)
    found = {
        (metric.namespace, metric.name, dimensions)
        for metric, _, _ in meter.read(0, 10**11)
        for dimensions in metric.dimensions
    }
    by_version = (("FunctionName", "f"), ("Resource", "f:live"), ("ExecutedVersion", "8"))
    assert ("AWS/Lambda", "Invocations", by_version) in found
    of_writes = (("Environment", "local"), ("Kind", "write"))
    for name in ("Duration", "Requests", "ServerErrors", "ClientErrors", "Throttled"):
        assert ("ProductCatalog", name, of_writes) in found
        assert ("ProductCatalog", name, (*of_writes, ("Version", "8"))) in found


def test_an_exception_is_an_error() -> None:
    """The function raises: that goes on, and counts."""

    def failing(_: Any, __: Any) -> dict[str, Any]:
        raise KeyError

    meter = Meter()
    with pytest.raises(KeyError):
        invocations(meter).metered(failing)({}, CONTEXT)
    assert counted(meter)["Errors"] == {1.0: 1}


def test_a_throttle_is_no_invocation() -> None:
    """Lambda refuses: a throttle, nothing else, and the gateway's 500."""

    def refused(_: Any, __: Any) -> dict[str, Any]:
        raise Throttled

    meter = Meter()
    assert invocations(meter).metered(refused)({}, CONTEXT)["statusCode"] == 500
    assert counted(meter) == {"Throttles": {1.0: 1}}


def test_concurrency_counts_who_is_under_way() -> None:
    """One invocation while another one is under way: two at a time."""
    meter = Meter()
    lambda_ = invocations(meter)
    inner = lambda_.metered(answering)
    lambda_.metered(inner)({}, CONTEXT)
    assert counted(meter)["ConcurrentExecutions"] == {1.0: 1, 2.0: 1}


def test_only_the_first_start_is_cold() -> None:
    """Composed once, invoked twice: one REPORT line with Init Duration, one without."""
    lambda_ = invocations(Meter())
    lambda_.composed(0.25)
    function = lambda_.metered(answering)
    function({}, CONTEXT)
    function({}, CONTEXT)
    first, second = (report.line() for report in lambda_.reports())
    assert first.startswith(
        "REPORT RequestId: r-1\tDuration: 5.00 ms\tBilled Duration: 255 ms\tMemory Size: 512 MB\t"
    )
    assert first.endswith("\tInit Duration: 250.00 ms\t")
    assert "Init Duration" not in second
    assert lambda_.reports() == []


def test_reports_are_bounded_and_cold_ones_stay() -> None:
    """Many warm starts after a cold one: the last are kept, and the cold one too."""
    lambda_ = invocations(Meter())
    lambda_.composed(0.25)
    function = lambda_.metered(answering)
    for _ in range(KEPT_REPORTS + 10):
        function({}, CONTEXT)
    reports = lambda_.reports()
    assert len(reports) == KEPT_REPORTS + 1
    assert sum(report.init is not None for report in reports) == 1


def call(app: Any, method: str = "GET") -> None:
    """One request to an ASGI application."""
    scope: Scope = {"type": "http", "method": method, "path": "/", "headers": []}

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(_: Message) -> None:
        return

    asyncio.run(app(scope, receive, send))


@pytest.mark.parametrize(
    ("status", "refused", "failed"), [(200, 0.0, 0.0), (404, 1.0, 0.0), (500, 0.0, 1.0)]
)
def test_a_request_of_the_api_is_counted(status: int, refused: float, failed: float) -> None:
    """One request: counted, and whether it was refused or failed, with its latency in ms."""
    meter = Meter()
    app = Response(status_code=status)
    call(MeteredApi(app, meter, REGION, api="a", stage="s", timer=Timer(0.0309)))
    assert counted(meter) == {
        "Count": {1.0: 1},
        "4XXError": {refused: 1},
        "5XXError": {failed: 1},
        "Latency": {30.0: 1},
    }


def test_integration_latency_holds_the_wait_for_a_thread() -> None:
    """From the gateway to the function and back, not only the function's own time."""
    meter = Meter()
    with ThreadPoolExecutor(1) as inner:
        executor = MeteredExecutor(inner, meter, REGION, api="a", stage="s", timer=Timer(0.05))
        assert executor.submit(lambda: 7).result() == 7
    assert counted(meter) == {"IntegrationLatency": {50.0: 1}}


def test_a_delivery_is_counted() -> None:
    """A hit, a miss and a refusal: three requests, half of what is cacheable hit, one 4xx."""
    meter = Meter()
    for status, mark in ((200, "Hit from edge"), (200, "Miss from edge"), (403, "Error from edge")):
        edge = MeteredEdge(Response(b"123", status, {"X-Cache": mark}), meter)
        edge.named("E1")
        call(edge)
    found = counted(meter)
    assert found["Requests"] == {1.0: 3}
    assert found["BytesDownloaded"] == {3.0: 3}
    assert found["CacheHitRate"] == {100.0: 1, 0.0: 1}
    assert found["4xxErrorRate"] == {0.0: 2, 100.0: 1}
    regions = {(metric.region, metric.dimensions) for metric, _, _ in meter.read(0, 10**11)}
    assert regions == {("us-east-1", ((("DistributionId", "E1"), ("Region", "Global")),))}


@pytest.fixture
def meter(monkeypatch: pytest.MonkeyPatch) -> Iterator[Meter]:
    """moto, counted: a table with an index, and a bucket."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    made = Meter()
    with moto.mock_aws():
        data_metering.install(DataMeter(made, REGION, timer=Timer(0.002)))
        boto3.client("dynamodb", REGION).create_table(
            TableName="t",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("id", "kind")
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "by-kind",
                    "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        boto3.client("s3", REGION).create_bucket(
            Bucket="images", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        made.clear()
        yield made


def item(size: int, **fields: str) -> dict[str, Any]:
    return {name: {"S": value} for name, value in {"id": "1", "text": "x" * size, **fields}.items()}


def test_a_write_takes_a_unit_for_each_kilobyte(meter: Meter) -> None:
    """1.5 kB outside an index take two units; half a kB with its key one, and one of the index."""
    client = boto3.client("dynamodb", REGION)
    client.put_item(TableName="t", Item=item(1500))
    assert counted(meter)["ConsumedWriteCapacityUnits"] == {2.0: 1}
    assert "ConsumedWriteCapacityUnits by-kind" not in counted(meter)
    client.put_item(TableName="t", Item=item(500, kind="k"))
    found = counted(meter)
    assert found["ConsumedWriteCapacityUnits"] == {2.0: 1, 1.0: 1}
    assert found["ConsumedWriteCapacityUnits by-kind"] == {1.0: 1}
    assert found["SuccessfulRequestLatency"] == {2.0: 2}


def test_a_transaction_takes_twice_as_much(meter: Meter) -> None:
    """One item of half a kB in a transaction: two units."""
    put: Any = {"Put": {"TableName": "t", "Item": item(500)}}
    boto3.client("dynamodb", REGION).transact_write_items(TransactItems=[put])
    assert counted(meter)["ConsumedWriteCapacityUnits"] == {2.0: 1}


def test_a_read_takes_a_unit_for_each_four_kilobytes(meter: Meter) -> None:
    """5 kB: two units when consistent, one when not; a query of an index is the index's."""
    client = boto3.client("dynamodb", REGION)
    client.put_item(TableName="t", Item=item(5000, kind="k"))
    client.get_item(TableName="t", Key={"id": {"S": "1"}}, ConsistentRead=True)
    client.get_item(TableName="t", Key={"id": {"S": "1"}})
    client.query(
        TableName="t",
        IndexName="by-kind",
        KeyConditionExpression="kind = :k",
        ExpressionAttributeValues={":k": {"S": "k"}},
    )
    found = counted(meter)
    assert found["ConsumedReadCapacityUnits"] == {2.0: 1, 1.0: 1}
    assert found["ConsumedReadCapacityUnits by-kind"] == {1.0: 1}


def test_what_is_refused_takes_nothing(meter: Meter) -> None:
    """A condition that does not hold, and a table that is not there: no capacity, no latency."""
    client = boto3.client("dynamodb", REGION)
    with pytest.raises(client.exceptions.ConditionalCheckFailedException):
        client.put_item(TableName="t", Item=item(1), ConditionExpression="attribute_exists(id)")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_item(TableName="none", Key={"id": {"S": "1"}})
    assert counted(meter) == {}


def test_requests_of_a_bucket_are_counted(meter: Meter) -> None:
    """One put, one get, one of what is not there: three requests, one of them a 4xx."""
    client = boto3.client("s3", REGION)
    client.put_object(Bucket="images", Key="k", Body=b"x")
    client.get_object(Bucket="images", Key="k")
    with pytest.raises(client.exceptions.NoSuchKey):
        client.get_object(Bucket="images", Key="none")
    found = counted(meter)
    assert found["AllRequests"] == {1.0: 3}
    assert (found["PutRequests"], found["GetRequests"]) == ({1.0: 1}, {1.0: 2})
    assert found["4xxErrors"] == {0.0: 2, 1.0: 1}
    assert found["5xxErrors"] == {0.0: 3}
