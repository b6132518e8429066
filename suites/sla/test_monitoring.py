"""What the platform tells of the service, in the minutes of the load or of the window.

GIVEN requests to the service, the run's own or everybody's
WHEN its logs, metrics, probes and copies are read
THEN it answers, without errors beyond the plan's, and nothing is lost, late or altered.
"""

from datetime import UTC, datetime
from typing import Any

import pytest

from fixtures.api import ProductApi
from fixtures.aws_calls import AwsCalls
from fixtures.cloudwatch import CloudWatch, total
from fixtures.environment import Environment
from fixtures.expectations import Inconclusive, require
from fixtures.monitoring.corruption import SAMPLE, corrupted
from fixtures.monitoring.cost import Costs, prices
from fixtures.monitoring.log_errors import FunctionLog
from fixtures.monitoring.observing import Windows
from fixtures.monitoring.probing import Probed
from fixtures.platform_load import PlatformLoad, points
from fixtures.products import Products
from fixtures.products_table import ProductsTable
from fixtures.recording import Evidence, WindowEvidence
from suites.sla import limits

OPERATIONS = ("GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")


@pytest.mark.plan("SIT-MON-01", "PROD-CRIT-03")
@pytest.mark.needs("aws")
def test_log_errors(function_log: FunctionLog, evidence: Evidence) -> None:
    """GIVEN the function's log
    WHEN its error lines are counted, grouped by what they are about
    THEN they are fewer than one in a thousand invocations.
    """
    found = function_log.errors(evidence.observe)
    require(
        found.lines <= limits.LOGGED * found.reports,
        "the log tells of no errors",
        expected=f"at most {limits.LOGGED:.1%} of {found.reports} invocations",
        actual=[f"{times} x {line}" for line, times in found.groups[:3]],
        curl=found.shown_by,
    )


@pytest.mark.plan("SIT-MON-02", "PROD-CRIT-03", "PROD-24H-02")
@pytest.mark.needs("aws")
def test_function_errors(platform_load: PlatformLoad, cloudwatch: CloudWatch) -> None:
    """GIVEN invocations of the function
    WHEN its errors are read minute by minute, beside invocations and duration
    THEN in no minute more than a twentieth of them failed.
    """
    span = platform_load.span
    invocations = cloudwatch.series("lambda_invocations", span)
    points(invocations)
    points(cloudwatch.series("lambda_duration", span))
    errors = dict(cloudwatch.series("lambda_errors", span).points)
    spikes = {
        at: f"{errors.get(at, 0):g} of {number:g}"
        for at, number in invocations.points
        if errors.get(at, 0) > limits.SPIKE * number and errors.get(at, 0) >= limits.LEAST_ERRORS
    }
    require(
        not spikes,
        "errors have no spike",
        expected=f"at most {limits.SPIKE:.0%} of each minute's invocations, {span.said()}",
        actual=spikes,
    )


@pytest.mark.plan("SIT-MON-05", "PROD-24H-04")
@pytest.mark.needs("aws")
def test_concurrency(
    platform_load: PlatformLoad, cloudwatch: CloudWatch, aws_calls: AwsCalls
) -> None:
    """GIVEN what the account lets run at once
    WHEN the function's concurrency is read
    THEN its peak is below four fifths of that.
    """
    peaks = cloudwatch.series("lambda_concurrency", platform_load.span)
    points(peaks)
    peak = max(value for _, value in peaks.points)
    limit = aws_calls.must_have("lambda", "get_account_settings")["AccountLimit"]
    allowed = float(limit["ConcurrentExecutions"])
    aws_calls.must(
        peak <= limits.FULL * allowed,
        "concurrency has room",
        resource="concurrent executions",
        expected=f"at most {limits.FULL:.0%} of {allowed:g}",
        found=f"{peak:g}",
        shown_by=aws_calls.line("lambda", "get_account_settings"),
    )


@pytest.mark.plan("PROD-CRIT-06", "PROD-24H-05")
@pytest.mark.needs("aws")
def test_table_answers(platform_load: PlatformLoad, cloudwatch: CloudWatch) -> None:
    """GIVEN the products table
    WHEN the capacity that it consumed and its own errors are read
    THEN it was used, and failed in none of its operations.
    """
    span = platform_load.span
    read = total(cloudwatch.series("table_read", span)) + total(
        cloudwatch.series("index_read", span, index=cloudwatch.indexes[0])
    )
    written = total(cloudwatch.series("table_written", span))
    if not read + written:
        raise Inconclusive(f"CloudWatch has no capacity of the table, {span.said()}")
    failed = {
        name: number
        for name in OPERATIONS
        if (number := total(cloudwatch.series("table_system_errors", span, operation=name)))
    }
    require(
        not failed,
        "the table fails in no operation",
        expected=f"no SystemErrors, {span.said()}",
        actual=failed,
    )


@pytest.mark.plan("SIT-MON-06", "PROD-24H-06")
@pytest.mark.needs("aws")
def test_bucket_errors(
    platform_load: PlatformLoad, cloudwatch: CloudWatch, environment: Environment
) -> None:
    """GIVEN requests to the images bucket
    WHEN those that were refused and those that failed are counted
    THEN they are within what the plan's alarms allow.
    """
    assert environment.resources is not None
    bucket = environment.resources.images_bucket
    found = cloudwatch.dimension("AWS/S3", "AllRequests", "FilterId", BucketName=bucket)
    if found is None:
        raise Inconclusive(f"CloudWatch has no request metrics of {bucket}: enable them in S3")
    span = platform_load.span
    requests = points(cloudwatch.series("bucket_requests", span, filter=found))
    for name, most, few in (
        ("bucket_refused", limits.REFUSED, limits.PROBES),
        ("bucket_failed", limits.FAILING, limits.FEW),
    ):
        number = points(cloudwatch.series(name, span, filter=found))
        require(
            number <= max(most * requests, few),
            "the bucket answers",
            expected=f"at most {most:.1%} of {requests:g} requests, {span.said()}",
            actual=f"{number:g} {name.removeprefix('bucket_')}",
        )


@pytest.mark.plan("PROD-CRIT-08")
@pytest.mark.needs("aws")
def test_cdn_errors(platform_load: PlatformLoad, cloudwatch: CloudWatch) -> None:
    """GIVEN images delivered
    WHEN CloudFront's requests and its rate of 5xx are read minute by minute
    THEN at most one in two hundred failed.
    """
    span = platform_load.span
    found = cloudwatch.distribution()
    if found is None:
        raise Inconclusive("no distribution delivers the images bucket")
    requests = dict(cloudwatch.series("cdn_requests", span, distribution=found).points)
    rates = dict(cloudwatch.series("cdn_failed", span, distribution=found).points)
    asked = sum(requests.values())
    if not asked or not rates:
        raise Inconclusive(f"CloudFront counted nothing, {span.said()}")
    failed = sum(rates.get(at, 0) / 100 * number for at, number in requests.items())
    require(
        failed <= max(limits.UNDELIVERED_BY_CDN * asked, limits.FEW),
        "CloudFront delivers",
        expected=f"at most {limits.UNDELIVERED_BY_CDN:.1%} of {asked:g}, {span.said()}",
        actual=f"{failed:.0f} answered 5xx",
    )


@pytest.mark.plan("PROD-24H-08")
@pytest.mark.needs("aws")
def test_backup_jobs(aws_calls: AwsCalls, environment: Environment) -> None:
    """GIVEN the backup jobs of the table
    WHEN the latest ones are read
    THEN one of the last hours is complete, and none of them failed.
    """
    assert environment.resources is not None
    name = environment.resources.products_table
    table = aws_calls.must_have("dynamodb", "describe_table", TableName=name)["Table"]
    of: dict[str, Any] = {"ByResourceArn": str(table["TableArn"])}
    jobs = aws_calls.pages("backup", "list_backup_jobs", "BackupJobs", **of)
    shown = aws_calls.line("backup", "list_backup_jobs", **of)
    jobs.sort(key=lambda one: one["CreationDate"], reverse=True)
    states = [str(one.get("State")) for one in jobs[: limits.JOBS]]
    aws_calls.must(
        not {"FAILED", "ABORTED", "EXPIRED", "PARTIAL"} & set(states),
        "no backup job failed",
        resource=f"table {name}",
        expected="COMPLETED, or still running",
        found=states or "no job",
        shown_by=shown,
    )
    done = [one["CompletionDate"] for one in jobs if one.get("State") == "COMPLETED"]
    age = _age(max(done)) if done else None
    aws_calls.must(
        age is not None and age <= limits.BACKUP_S,
        "a backup job came to its end lately",
        resource=f"table {name}",
        expected=f"one of the last {limits.BACKUP_S // 3600} hours",
        found=f"{age:.0f} s ago" if age is not None else "none",
        shown_by=shown,
    )


def _age(moment: datetime) -> float:
    return (datetime.now(UTC) - moment).total_seconds()


@pytest.mark.plan("PROD-24H-09", "PROD-SUCCESS-09")
@pytest.mark.needs("aws", "multi_region")
def test_replication_lag(
    platform_load: PlatformLoad,
    cloudwatch: CloudWatch,
    environment: Environment,
    aws_calls: AwsCalls,
) -> None:
    """GIVEN the replicas of table and bucket
    WHEN their lag is read
    THEN the table's is seconds, and the bucket's minutes, at most.
    """
    assert environment.aws is not None
    assert environment.resources is not None
    span = platform_load.span
    lag = cloudwatch.series("table_lag", span, receiving=str(environment.aws.failover_region))
    if not lag.points:
        raise Inconclusive(f"CloudWatch has no lag of the table's replica, {span.said()}")
    worst = max(value for _, value in lag.points)
    require(
        worst <= limits.TABLE_LAG_MS,
        "the table's replica keeps up",
        expected=f"at most {limits.TABLE_LAG_MS} ms, {span.said()}",
        actual=f"{worst:g} ms",
    )
    bucket = environment.resources.images_bucket
    found = aws_calls.must_have("s3", "get_bucket_replication", Bucket=bucket)
    for rule in found["ReplicationConfiguration"]["Rules"]:
        copy = str(rule["Destination"]["Bucket"]).rpartition(":")[2]
        behind = cloudwatch.series("bucket_lag", span, destination=copy, rule=str(rule["ID"]))
        slow = [value for _, value in behind.points if value > limits.BUCKET_LAG_S]
        require(
            not slow,
            "the bucket's copy keeps up",
            expected=f"at most {limits.BUCKET_LAG_S} s, {span.said()}",
            actual=f"{max(slow, default=0):g} s",
        )


@pytest.mark.plan("ROLLBACK-TRIGGER-04")
@pytest.mark.severity("blocker")
@pytest.mark.needs("aws")
def test_corruption(
    api: ProductApi,
    products: Products,
    products_table: ProductsTable,
    environment: Environment,
    evidence: Evidence,
) -> None:
    """GIVEN products that the API lists
    WHEN each is asked of the API and of the table, and digests of both are compared
    THEN they are the same.
    """
    made = [products.make()["product_id"]] if environment.writes else []
    listed = api.page({"limit": str(SAMPLE)})
    listed.must_answer(200, "a list answers 200")
    items = listed.json_object("a list is a JSON object").get("items") or []
    ids = [str(one) for one in (*made, *(one["product_id"] for one in items))][:SAMPLE]
    if not ids:
        raise Inconclusive("the catalog holds no product: there is nothing to compare")
    wrong = corrupted(api, products_table, ids)
    evidence.observe(f"{len(ids)} products compared, {len(wrong)} differ", {})
    require(
        not wrong,
        "the API shows what the table holds",
        expected=f"{len(ids)} products alike",
        actual=wrong[:5],
    )


@pytest.mark.plan("PROD-CRIT-01", "PROD-SUCCESS-01", "PROD-SUCCESS-02", "ROLLBACK-TRIGGER-09")
@pytest.mark.severity("blocker")
def test_availability(probed: Probed, evidence: Evidence) -> None:
    """GIVEN the service, in a shift of traffic or without
    WHEN it is probed once a second
    THEN it answers each time: one second without an answer is a gap.
    """
    evidence.observe(f"{probed.sent} probes, {len(probed.gaps)} gaps", {})
    require(
        not probed.gaps,
        "the service is there all the time",
        expected=f"{probed.sent} of {probed.sent} probes answered 200",
        actual=probed.gaps[:5],
    )


@pytest.mark.plan("PROD-24H-01", "PROD-24H-02")
@pytest.mark.needs("aws")
def test_window(
    probed: Probed, windows: Windows, platform_load: PlatformLoad, evidence: WindowEvidence
) -> None:
    """GIVEN the versions behind the alias
    WHEN what each of them answered in these minutes is counted
    THEN the counts are kept for gates that look again and again, and there is one of failures
    for each version that had a share of the requests.
    """
    seen = windows.look(probed)
    evidence.keep_window(seen)
    require(
        len(seen.serving) <= 2,
        "two versions at most stand behind the alias",
        expected="one, or two in a shift of traffic",
        actual=[one.version for one in seen.serving],
    )
    counted = {one.version for one in seen.counts if one.name == "failed"}
    silent = [one.version for one in seen.serving if one.weight > 0 and one.version not in counted]
    if silent:
        raise Inconclusive(
            f"the function's own metrics tell nothing of version {', '.join(silent)}, "
            f"{platform_load.span.said()}"
        )


@pytest.mark.plan("VAL-FINAL-04", "PROD-WEEK-03")
@pytest.mark.needs("aws")
def test_cost(costs: Costs, evidence: Evidence) -> None:
    """GIVEN requests whose quantities the platform counted
    WHEN they are priced, and the account's bill is read where one may
    THEN each service has its figure, and a million requests cost no more than the budget.
    """
    found, table = costs.estimate(), prices()
    billed = costs.billed()
    evidence.observe(
        f"{found.per_million:.2f} USD per million requests",
        {
            "estimate": found.told(table, datetime.now(UTC).date()),
            "billed": "not allowed to ask Cost Explorer" if billed is None else str(billed),
        },
    )
    require(
        found.per_million <= table.budget_per_million,
        "a million requests are within the budget",
        expected=f"at most {table.budget_per_million} USD, prices of {table.as_of}",
        actual={name: f"{value:.2f} USD" for name, value in found.by_service.items()},
    )
