"""Faults in who watches the service: alarms, dashboard, traces, backups and copies."""

from __future__ import annotations

import json
from typing import Any

from reference_service.faults.fault import Fault, faults
from reference_service.faults.spoiling import Spoil, offering, spoiling
from reference_service.local import own_answers, regions, tampering
from reference_service.local.protection import Resources


def _alarm(resource: str, **changed: Any) -> Spoil:
    """One alarm of the template, changed; None takes a property away."""

    def spoil(resources: Resources) -> None:
        given = {**resources.template.properties(resource), **changed}
        kept = {name: value for name, value in given.items() if value is not None}
        resources.client("cloudwatch").put_metric_alarm(**kept)

    return spoil


def _no_alarm(resources: Resources) -> None:
    name = resources.template.properties("HighErrorRate")["AlarmName"]
    resources.client("cloudwatch").delete_alarms(AlarmNames=[name])


def _unsubscribe(resources: Resources) -> None:
    client = resources.client("sns")
    topic = resources.stands.topics[resources.template.region]
    for one in client.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]:
        client.unsubscribe(SubscriptionArn=one["SubscriptionArn"])


def _loud(resources: Resources) -> None:
    name = resources.template.properties("Throttling")["AlarmName"]
    resources.client("cloudwatch").set_alarm_state(
        AlarmName=name, StateValue="ALARM", StateReason="20 throttles in a minute"
    )


def _dashboard(spoil: Any) -> Spoil:
    """The dashboard's body, changed; None where it is taken away."""

    def change(resources: Resources) -> None:
        client = resources.client("cloudwatch")
        dashboard = resources.template.properties("Dashboard")
        name = dashboard["DashboardName"]
        if spoil is None:
            client.delete_dashboards(DashboardNames=[name])
            return
        body = spoil(json.loads(dashboard["DashboardBody"]))
        client.put_dashboard(DashboardName=name, DashboardBody=json.dumps(body))

    return change


def _lacking(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "widgets": [one for one in body["widgets"] if one["properties"]["title"] != "Throttles"]
    }


def _of_another(body: dict[str, Any]) -> dict[str, Any]:
    changed: dict[str, Any] = json.loads(json.dumps(body).replace("products-", "goods-"))
    return changed


def _untraced(resources: Resources) -> None:
    resources.client("apigateway").update_stage(
        restApiId=resources.stands.api_id,
        stageName="live",
        patchOperations=[{"op": "replace", "path": "/tracingEnabled", "value": "false"}],
    )


def _no_insights(_: Resources) -> None:
    group = own_answers.offered().trace_group
    own_answers.offered().trace_group = {
        **group,
        "InsightsConfiguration": {"InsightsEnabled": False, "NotificationsEnabled": False},
    }


def _lagging(**changed: float) -> Spoil:
    def spoil(_: Resources) -> None:
        for name, value in changed.items():
            setattr(regions.lag, name, value)

    return spoil


def _three_versions(_: Resources) -> None:
    from moto.awslambda.models import LambdaAlias

    def make(inner: Any) -> Any:
        def told(self: Any) -> Any:
            weights = {"1": 0.1, "$LATEST": 0.1}
            return {**inner(self), "RoutingConfig": {"AdditionalVersionWeights": weights}}

        return told

    tampering.replace(LambdaAlias, "to_json", make)


_alarms, _quiet = faults("resources", "sla.alarms"), faults("resources", "sla.alarms_are_quiet")
_board, _traces = faults("resources", "sla.dashboard"), faults("resources", "sla.traces")
_stage = faults("resources", "sla.stage_tracing")
_anomalies = faults("resources", "sla.trace_anomalies")
_jobs, _lag = faults("resources", "sla.backup_jobs"), faults("resources", "sla.replication_lag")
_full, _window = faults("resources", "sla.concurrency"), faults("resources", "sla.window")

FAULTS: tuple[Fault, ...] = (
    _alarms(
        "alarm-missing",
        "the plan's alarm is there",
        "There is no alarm on the rate of errors.",
        spoiling(_no_alarm),
    ),
    _alarms(
        "alarm-at-six-percent",
        "the alarm asks what the plan says",
        "The alarm on the rate of errors comes at 6%, not at 5%.",
        spoiling(_alarm("HighErrorRate", Threshold=6)),
    ),
    _alarms(
        "alarm-on-average",
        "the alarm asks what the plan says",
        "The alarm on slow writes looks at their average.",
        spoiling(_alarm("SlowWrites", ExtendedStatistic=None, Statistic="Average")),
    ),
    _alarms(
        "alarm-by-the-hour",
        "the alarm asks what the plan says",
        "The alarm on throttling counts by the hour.",
        spoiling(_alarm("Throttling", Period=3600)),
    ),
    _alarms(
        "alarm-without-action",
        "somebody hears of the alarm",
        "The alarm on slow reads tells nobody.",
        spoiling(_alarm("SlowReads", AlarmActions=[])),
    ),
    _alarms(
        "alarm-switched-off",
        "somebody hears of the alarm",
        "The actions of the alarm on slow reads are switched off.",
        spoiling(_alarm("SlowReads", ActionsEnabled=False)),
    ),
    _alarms(
        "alarm-without-subscriber",
        "somebody hears of the alarm",
        "Nobody is subscribed to the topic of the alarms.",
        spoiling(_unsubscribe),
    ),
    _quiet(
        "alarm-in-alarm",
        "no alarm is in ALARM",
        "The alarm on throttling is in ALARM.",
        spoiling(_loud),
    ),
    _board(
        "dashboard-missing",
        "the dashboard is there",
        "There is no dashboard.",
        spoiling(_dashboard(None)),
    ),
    _board(
        "dashboard-lacks-throttles",
        "the dashboard shows the plan's groups",
        "The dashboard does not show throttles.",
        spoiling(_dashboard(_lacking)),
    ),
    _board(
        "dashboard-of-another-table",
        "the dashboard shows the plan's groups",
        "The dashboard shows another environment's table.",
        spoiling(_dashboard(_of_another)),
    ),
    _stage(
        "stage-not-traced",
        "the stage is traced",
        "Requests to the API are not traced.",
        spoiling(_untraced),
    ),
    _traces(
        "traces-with-faults",
        "no trace has a fault",
        "Traces end in faults that no client sees.",
        spoiling(offering(trace_faults=True)),
    ),
    _traces(
        "map-without-the-table",
        "the map knows the function and the table",
        "X-Ray's map does not know the table.",
        spoiling(offering(mapped=False)),
    ),
    _anomalies(
        "anomalies-untold",
        "anomalies in traces are told",
        "X-Ray looks for no anomalies.",
        spoiling(_no_insights),
    ),
    _jobs(
        "backup-job-failed",
        "no backup job failed",
        "The latest backup job failed.",
        spoiling(offering(job_state="FAILED")),
    ),
    _jobs(
        "backup-jobs-stopped",
        "a backup job came to its end lately",
        "The last backup job was six hours ago.",
        spoiling(offering(job_age_s=6 * 3600.0)),
    ),
    _lag(
        "replica-lags",
        "the table's replica keeps up",
        "The table's replica is a minute behind.",
        spoiling(_lagging(table_ms=60_000.0)),
    ),
    _lag(
        "copies-lag",
        "the bucket's copy keeps up",
        "The bucket's copy is an hour behind.",
        spoiling(_lagging(bucket_s=3600.0)),
    ),
    _full(
        "concurrency-used-up",
        "concurrency has room",
        "The account may run one instance at a time, and one runs.",
        spoiling(offering(concurrency=1)),
    ),
    _window(
        "three-versions",
        "two versions at most stand behind the alias",
        "Three versions of the function answer.",
        spoiling(_three_versions),
    ),
)
