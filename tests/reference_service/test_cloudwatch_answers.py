"""CloudWatch at moto's API answers as AWS documents it, from what was counted and what was put."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import boto3
import moto
import pytest
from botocore.exceptions import ClientError

from reference_service.local import cloudwatch_answers, report_lines
from reference_service.local.invocations import Invocations
from reference_service.local.meter import Meter

REGION = "eu-west-1"
START, END = datetime(2026, 1, 10, 12, 0, tzinfo=UTC), datetime(2026, 1, 10, 12, 3, tzinfo=UTC)
NAMED = {"FunctionName": "f"}


class Clock:
    """Seconds since the epoch as a test sets them."""

    now = START.timestamp()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A hundred durations in the first minute, one in the third."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    clock = Clock()
    meter = Meter(clock)
    metric = meter.metric(
        REGION, "AWS/Lambda", "Duration", (("FunctionName", "f"),), unit="Milliseconds"
    )
    for value in range(1, 101):
        meter.record((metric, float(value)))
    clock.now += 125
    meter.record((metric, 7.0))
    with moto.mock_aws():
        cloudwatch_answers.install(meter)
        yield boto3.client("cloudwatch", REGION)


def query(stat: str, dimensions: dict[str, str], period: int = 60, **more: Any) -> dict[str, Any]:
    metric = {
        "Namespace": "AWS/Lambda",
        "MetricName": "Duration",
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
    }
    return {"Id": "q", "MetricStat": {"Metric": metric, "Period": period, "Stat": stat, **more}}


def data(client: Any, asked: dict[str, Any], **more: Any) -> list[tuple[datetime, float]]:
    answer = client.get_metric_data(MetricDataQueries=[asked], StartTime=START, EndTime=END, **more)
    (result,) = answer["MetricDataResults"]
    assert result["StatusCode"] == "Complete"
    return list(zip(result["Timestamps"], result["Values"], strict=True))


@pytest.mark.parametrize(
    ("stat", "first"),
    [("Sum", 5050.0), ("SampleCount", 100.0), ("p95", 95.0), ("TC(90:)", 10.0), ("PR(:90)", 90.0)],
)
def test_each_statistic_by_the_minute(client: Any, stat: str, first: float) -> None:
    """Minutes without a value have no point: two of three are there."""
    points = data(client, query(stat, NAMED), ScanBy="TimestampAscending")
    assert [at for at, _ in points] == [START, START.replace(minute=2)]
    assert points[0][1] == first


def test_the_latest_point_comes_first_unless_said(client: Any) -> None:
    """AWS's default order."""
    assert [at.minute for at, _ in data(client, query("Sum", NAMED))] == [2, 0]


def test_periods_add_up(client: Any) -> None:
    """Three minutes as one: percentiles of all their values, not of minutes."""
    ((at, value),) = data(client, query("p50", NAMED, period=180))
    assert (at, value) == (START, 50.0)


def test_dimensions_are_exact(client: Any) -> None:
    """None, one more, or another value: none of them is the metric that is there."""
    for other in ({}, {**NAMED, "Resource": "f:live"}, {"FunctionName": "g"}):
        assert data(client, query("Sum", other)) == []


def test_a_unit_selects(client: Any) -> None:
    """Asked in its own unit it is there; in another one it is not."""
    assert len(data(client, query("Sum", NAMED, Unit="Milliseconds"))) == 2
    assert data(client, query("Sum", NAMED, Unit="Seconds")) == []


def test_what_was_put_is_answered_too(client: Any) -> None:
    """put_metric_data, with and without dimensions: each by its own."""
    for dimensions, value in (([], 3.0), ([{"Name": "FunctionName", "Value": "g"}], 4.0)):
        datum = {
            "MetricName": "Duration",
            "Timestamp": START,
            "Value": value,
            "Dimensions": dimensions,
        }
        client.put_metric_data(Namespace="AWS/Lambda", MetricData=[datum])
    assert data(client, query("p99", {})) == [(START, 3.0)]
    assert data(client, query("Maximum", {"FunctionName": "g"})) == [(START, 4.0)]


def test_statistics_hold_extended_ones(client: Any) -> None:
    """get_metric_statistics with both kinds: both are in each point."""
    answer = client.get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Duration",
        Dimensions=[{"Name": "FunctionName", "Value": "f"}],
        StartTime=START,
        EndTime=END,
        Period=60,
        Statistics=["Maximum"],
        ExtendedStatistics=["p50", "PR(:90)"],
    )
    first = min(answer["Datapoints"], key=lambda point: point["Timestamp"])
    assert first["Maximum"] == 100.0
    assert first["Unit"] == "Milliseconds"
    assert first["ExtendedStatistics"] == {"p50": 50.0, "PR(:90)": 90.0}


@pytest.mark.parametrize(
    "asked",
    [
        {"Id": "e", "Expression": "SUM(METRICS())"},
        {"Id": "e", "Expression": 'SELECT AVG(Duration) FROM SCHEMA("AWS/Lambda")'},
        query("p950", NAMED),
        query("sum", NAMED),
        query("Sum", NAMED, period=45),
    ],
)
def test_what_is_not_known_is_refused(client: Any, asked: dict[str, Any]) -> None:
    """Metric math, no statistic, no whole minutes: an error, and never an empty answer."""
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        data(client, asked)


def test_an_end_before_its_start_is_refused(client: Any) -> None:
    """As AWS does it."""
    with pytest.raises(ClientError, match="StartTime"):
        client.get_metric_data(
            MetricDataQueries=[query("Sum", NAMED)], StartTime=END, EndTime=START
        )


def test_metrics_are_listed_once(client: Any) -> None:
    """By namespace, by name, by a dimension with or without its value."""
    named = [{"Name": "FunctionName", "Value": "f"}]
    metric = {"Namespace": "AWS/Lambda", "MetricName": "Duration", "Dimensions": named}
    for asked in (
        {"Namespace": "AWS/Lambda"},
        {"MetricName": "Duration"},
        {"Dimensions": [{"Name": "FunctionName"}]},
        {"Dimensions": named},
    ):
        assert client.list_metrics(**asked)["Metrics"] == [metric]
    assert client.list_metrics(Namespace="AWS/S3")["Metrics"] == []


def test_reports_come_into_the_log_when_it_is_read() -> None:
    """Two invocations, the first one cold: two lines, one of them found by its Init Duration."""
    with moto.mock_aws():
        logs = boto3.client(
            "logs", REGION, aws_access_key_id="testing", aws_secret_access_key="testing"
        )
        logs.create_log_group(logGroupName="/aws/lambda/f")
        invocations = Invocations(Meter(), REGION, function="f", alias="live")
        invocations.composed(0.1)
        function = invocations.metered(lambda *_: {"statusCode": 200})
        for _ in range(2):
            function({}, SimpleNamespace(aws_request_id="r"))
        report_lines.install(invocations, "/aws/lambda/f")
        cold = logs.filter_log_events(
            logGroupName="/aws/lambda/f", filterPattern='"Init Duration"'
        )["events"]
        assert len(cold) == 1
        assert "Init Duration: 100.00 ms" in cold[0]["message"]
        assert len(logs.filter_log_events(logGroupName="/aws/lambda/f")["events"]) == 2
