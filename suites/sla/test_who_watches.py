"""Who hears when something is wrong (ALARM-01..09, DASHBOARD, XRAY).

GIVEN the alarms, the dashboard and the tracing that the plan asks for
WHEN CloudWatch and X-Ray are read
THEN they are the plan's, somebody hears of them, and none tells of trouble now.
"""

import json
from typing import Any

import pytest

from fixtures.aws_calls import AwsCalls
from fixtures.environment import Environment
from fixtures.monitoring.alarms import Alarms, PlanAlarm, plan_alarms
from fixtures.monitoring.traces import Traces

# A group of widgets: the metrics of which it shows one at least.
GROUPS = {
    "Invocations": ("AWS/Lambda", ("Invocations",)),
    "Errors": ("AWS/Lambda", ("Errors",)),
    "Duration": ("AWS/Lambda", ("Duration",)),
    "Throttles": ("AWS/Lambda", ("Throttles",)),
    "Concurrent Executions": ("AWS/Lambda", ("ConcurrentExecutions",)),
    "DynamoDB Metrics": ("AWS/DynamoDB", ()),
    "S3 Metrics": ("AWS/S3", ()),
    "CloudFront Metrics": ("AWS/CloudFront", ()),
}


@pytest.mark.plan(
    "ALARM-01", "ALARM-02", "ALARM-03", "ALARM-04", "ALARM-05", "ALARM-06", "ALARM-07",
    "ALARM-08", "ALARM-09",
)  # fmt: skip
@pytest.mark.needs("aws")
@pytest.mark.parametrize("wanted", plan_alarms(), ids=lambda one: one.item)
def test_alarms(alarms: Alarms, aws_calls: AwsCalls, wanted: PlanAlarm) -> None:
    """GIVEN an alarm of the plan
    WHEN the account's alarms are read
    THEN one means the same, with exactly its threshold, statistic and period, and tells somebody.
    """
    region = alarms.region_of(wanted)
    shown = aws_calls.line("cloudwatch", "describe_alarms", region=region)
    found = alarms.about(wanted)
    aws_calls.must(
        bool(found),
        "the plan's alarm is there",
        resource=f"{wanted.item}, {wanted.title}",
        expected=f"an alarm on {', '.join(wanted.metrics.values())} of this {wanted.of}",
        found=[one.get("AlarmName") for one in alarms.all[region]][:20],
        shown_by=shown,
    )
    whys = {str(one["AlarmName"]): list(alarms.differs(one, wanted)) for one in found}
    same = [one for one in found if not whys[str(one["AlarmName"])]]
    name, nearest = min(whys.items(), key=lambda one: len(one[1]))
    what, expected, came = nearest[0] if nearest else ("", "", "")
    aws_calls.must(
        bool(same),
        "the alarm asks what the plan says",
        resource=f"alarm {name}, {wanted.item}",
        expected=f"{what} {expected}",
        found=f"{what} {came}",
        shown_by=shown,
    )
    deaf = [why for one in same if (why := alarms.deaf(one, region)) is not None]
    aws_calls.must(
        len(deaf) < len(same),
        "somebody hears of the alarm",
        resource=f"alarm {same[0]['AlarmName']}, {wanted.item}",
        expected="an SNS action whose topic has a confirmed subscription",
        found=deaf[0] if deaf else "",
        shown_by=shown,
    )


@pytest.mark.plan("SIT-MON-04", "PROD-24H-03")
@pytest.mark.needs("aws")
def test_alarms_are_quiet(alarms: Alarms, aws_calls: AwsCalls) -> None:
    """GIVEN the alarms of the plan
    WHEN their states are read
    THEN none is in ALARM.
    """
    ours = [one for wanted in plan_alarms() for one in alarms.about(wanted)]
    aws_calls.must(
        bool(ours),
        "there are alarms to look at",
        resource="alarms",
        expected="the plan's",
        found="none",
        shown_by=aws_calls.line("cloudwatch", "describe_alarms"),
    )
    loud = [
        f"{one['AlarmName']}: {one.get('StateReason')}"
        for one in ours
        if one.get("StateValue") == "ALARM"
    ]
    aws_calls.must(
        not loud,
        "no alarm is in ALARM",
        resource="alarms",
        expected="OK or INSUFFICIENT_DATA",
        found=loud,
        shown_by=aws_calls.line("cloudwatch", "describe_alarms", StateValue="ALARM"),
    )


@pytest.mark.plan("DASHBOARD-01", "DASHBOARD-02", "DASHBOARD-03", "SIT-SUCCESS-07")
@pytest.mark.needs("aws")
def test_dashboard(aws_calls: AwsCalls, environment: Environment) -> None:
    """GIVEN the environment's dashboard
    WHEN it is read
    THEN it shows the plan's eight groups of metrics, each of this environment's own resources.
    """
    assert environment.resources is not None
    names = environment.resources
    shown = aws_calls.line("cloudwatch", "get_dashboard", DashboardName=names.dashboard)
    found = aws_calls.ask(
        "cloudwatch",
        "get_dashboard",
        DashboardName=names.dashboard,
        absent=("ResourceNotFound", "DashboardNotFoundError"),
    )
    aws_calls.must(
        found is not None,
        "the dashboard is there",
        resource=f"dashboard {names.dashboard}",
        expected="a dashboard of that name",
        found="none",
        shown_by=shown,
    )
    metrics = _shown(str((found or {}).get("DashboardBody", "")))
    for group, (namespace, wanted) in GROUPS.items():
        inside = [one for one in metrics if one[0] == namespace]
        of_group = [one for one in inside if not wanted or one[1] in wanted]
        own = [one for one in of_group if _own(one, names)]
        aws_calls.must(
            bool(own),
            "the dashboard shows the plan's groups",
            resource=f"dashboard {names.dashboard}, {group}",
            expected=f"{namespace} {' or '.join(wanted)} of this environment",
            found=["/".join(one) for one in of_group[:5]] or "no such metric",
            shown_by=shown,
        )


def _shown(body: str) -> list[list[str]]:
    """The metrics of all widgets, each as [namespace, name, dimension, value, ...]."""
    try:
        widgets = json.loads(body).get("widgets", [])
    except (ValueError, AttributeError):
        return []
    found: list[list[str]] = []
    for widget in widgets if isinstance(widgets, list) else []:
        rows: list[Any] = (widget.get("properties") or {}).get("metrics") or []
        before: list[str] = []
        for row in rows:
            words = [word for word in row if isinstance(word, str)]
            # A dot repeats the word above it.
            words = [
                before[at] if word == "." and at < len(before) else word
                for at, word in enumerate(words)
            ]
            before = words
            found.append(words)
    return found


def _own(metric: list[str], names: Any) -> bool:
    mine = {names.function, names.products_table, names.images_bucket}
    of_cdn = metric[0] == "AWS/CloudFront" and "DistributionId" in metric
    return of_cdn or bool(mine & set(metric[2:]))


@pytest.mark.plan("SIT-MON-03", "XRAY-02", "XRAY-03")
@pytest.mark.needs("aws", "xray")
def test_traces(traces: Traces) -> None:
    """GIVEN requests to the service
    WHEN X-Ray is asked for their traces and its map
    THEN there are traces, the map knows function and table, and none of them has a fault.
    """
    traces.must_be_there()
    traces.must_know_the_parts()
    traces.must_have_no_fault()


@pytest.mark.plan("XRAY-04")
@pytest.mark.needs("aws", "xray")
def test_trace_anomalies(traces: Traces) -> None:
    """GIVEN the groups of traces
    WHEN they are read
    THEN one finds anomalies in the function's traces, and tells of them.
    """
    traces.must_tell_anomalies()


@pytest.mark.plan("XRAY-01")
@pytest.mark.needs("aws", "xray")
def test_stage_tracing(aws_calls: AwsCalls, environment: Environment) -> None:
    """GIVEN the API's stage
    WHEN it is read
    THEN its requests are traced.
    """
    assert environment.resources is not None
    apis = aws_calls.pages("apigateway", "get_rest_apis", "items")
    ids = [str(one["id"]) for one in apis if one.get("name") == environment.resources.api]
    stages = [
        stage
        for one in ids
        for stage in (aws_calls.must_have("apigateway", "get_stages", restApiId=one))["item"]
    ]
    traced = {str(one["stageName"]): one.get("tracingEnabled") is True for one in stages}
    aws_calls.must(
        bool(traced) and all(traced.values()),
        "the stage is traced",
        resource=f"API {environment.resources.api}",
        expected="tracing on every stage",
        found=traced or "no stage",
        shown_by=aws_calls.line("apigateway", "get_stages", restApiId=ids[0] if ids else "?"),
    )
