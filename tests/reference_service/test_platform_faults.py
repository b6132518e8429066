"""The platform's counts of a running stack, healthy and with each fault of the platform."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from PIL import Image

from tests.reference_service.running import Client, RunningService

GROUP = "/aws/lambda/product-handler-local"
FUNCTION = {"FunctionName": "product-handler-local"}
API = {"ApiName": "products-local"}
TABLE = {"TableName": "products-local"}
BUCKET = {"BucketName": "bbws-product-images-local", "FilterId": "EntireBucket"}


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningService]:
    running = RunningService("--seed-products", "5")
    try:
        yield running
    finally:
        running.close()


class Counts:
    """Sums of metrics since the stack was composed."""

    def __init__(self, stack: RunningService) -> None:
        self._stack = stack

    def __call__(
        self,
        namespace: str,
        metric: str,
        dimensions: dict[str, str],
        stat: str = "Sum",
        region: str = "eu-west-1",
    ) -> float | None:
        """None where there is no point."""
        now = datetime.now(UTC)
        named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
        query = {
            "Id": "q",
            "MetricStat": {
                "Metric": {"Namespace": namespace, "MetricName": metric, "Dimensions": named},
                "Period": 60,
                "Stat": stat,
            },
        }
        answer = self._stack.aws("cloudwatch", region).get_metric_data(
            MetricDataQueries=[query],
            StartTime=now - timedelta(minutes=5),
            EndTime=now + timedelta(minutes=1),
        )
        values = answer["MetricDataResults"][0]["Values"]
        return sum(values) if values else None

    def cold(self) -> int:
        found = self._stack.aws("logs").filter_log_events(
            logGroupName=GROUP, filterPattern='"Init Duration"'
        )
        return len(found["events"])


@pytest.fixture
def counts(stack: RunningService) -> Iterator[Counts]:
    yield Counts(stack)
    stack.command({"fault": None})


def install(stack: RunningService, fault: str | None) -> Client:
    assert stack.command({"fault": fault}) == {"fault": fault}
    return stack.client("admin")


def lists(client: Client, number: int) -> list[int]:
    return [client.get("/products?limit=1").status_code for _ in range(number)]


def pictured(client: Client) -> str:
    """The address of an image that was just sent in."""
    written = io.BytesIO()
    Image.new("RGB", (8, 8), "green").save(written, "PNG")
    path = f"/products/{client.create()['product_id']}/image"
    answer = client.post(path, files={"image": ("x.png", written.getvalue())})
    return str(answer.json()["image_url"])


def test_a_healthy_stack_counts_what_happens(stack: RunningService, counts: Counts) -> None:
    """Ten lists, and one that is refused: counted by all, throttled by none."""
    client = install(stack, None)
    lists(client, 10)
    assert client.get("/products?limit=0").status_code == 400
    assert counts("AWS/ApiGateway", "Count", API, "SampleCount") == 11
    assert counts("AWS/ApiGateway", "4XXError", API) == 1
    assert counts("AWS/Lambda", "Invocations", FUNCTION) == 11
    assert counts("AWS/Lambda", "Throttles", FUNCTION) == 0
    assert counts("AWS/DynamoDB", "ReadThrottleEvents", TABLE) is None
    assert counts.cold() == 1


def test_calls_through_the_endpoint_count_as_data_only(
    stack: RunningService, counts: Counts
) -> None:
    """The harness reads the table: its capacity is counted, and no request of the API."""
    install(stack, None)
    read: Any = stack.aws("dynamodb").scan(TableName="products-local")
    assert read["Count"] == 10
    assert counts("AWS/DynamoDB", "ConsumedReadCapacityUnits", TABLE) == 0.5
    assert counts("AWS/Lambda", "Invocations", FUNCTION) is None


def test_lambda_throttled(stack: RunningService, counts: Counts) -> None:
    """One of fifty is refused: it is a throttle, and no invocation."""
    assert lists(install(stack, "lambda-throttled"), 50).count(500) == 1
    assert counts("AWS/Lambda", "Throttles", FUNCTION) == 1
    assert counts("AWS/Lambda", "Invocations", FUNCTION) == 49
    assert counts("AWS/ApiGateway", "5XXError", API) == 1


def test_instances_not_added(stack: RunningService, counts: Counts) -> None:
    """One of twelve waits: the gateway sees it, the function does not."""
    assert lists(install(stack, "instances-not-added"), 12) == [200] * 12
    assert counts("AWS/ApiGateway", "IntegrationLatency", API, "TC(399:)") == 1
    assert counts("AWS/Lambda", "Duration", FUNCTION, "TC(399:)") == 0


def test_cold_starts_often(stack: RunningService, counts: Counts) -> None:
    """The first one, and one of twenty."""
    before = counts.cold()
    lists(install(stack, "cold-starts-often"), 40)
    assert counts.cold() - before == 3


def test_table_throttled(stack: RunningService, counts: Counts) -> None:
    """One call of forty is refused and made again: nobody sees it but the metric."""
    assert lists(install(stack, "table-throttled"), 40) == [200] * 40
    index = {**TABLE, "GlobalSecondaryIndexName": "ProductsByPriceRange"}
    assert counts("AWS/DynamoDB", "ReadThrottleEvents", index) == 1


def test_bucket_slows_down(stack: RunningService, counts: Counts) -> None:
    """One call of five is refused and made again: the images are delivered."""
    client = install(stack, "bucket-slows-down")
    for _ in range(3):
        assert requests.get(pictured(client), timeout=10).status_code == 200
    assert counts("AWS/S3", "5xxErrors", BUCKET) == 1


def test_cdn_never_keeps(stack: RunningService, counts: Counts) -> None:
    """Fetched three times: the bucket was asked each time, and no fetch was a hit."""
    address = pictured(install(stack, "cdn-never-keeps"))
    marks = [requests.get(address, timeout=10).headers["X-Cache"] for _ in range(3)]
    assert marks == ["Miss from edge"] * 3
    (found,) = stack.aws("cloudfront").list_distributions()["DistributionList"]["Items"]
    named = {"DistributionId": found["Id"], "Region": "Global"}
    assert counts("AWS/CloudFront", "Requests", named, region="us-east-1") == 3
    assert counts("AWS/CloudFront", "CacheHitRate", named, "Average", "us-east-1") == 0


def test_the_gateway_miscounts(stack: RunningService, counts: Counts) -> None:
    """Half of the requests are counted; with the other fault each takes a second longer."""
    lists(install(stack, "gateway-counts-half"), 10)
    assert counts("AWS/ApiGateway", "Count", API, "SampleCount") == 5
    assert counts("AWS/Lambda", "Invocations", FUNCTION) == 10
    lists(install(stack, "gateway-slower-than-seen"), 5)
    assert counts("AWS/ApiGateway", "Latency", API, "TC(999:)") == 5
