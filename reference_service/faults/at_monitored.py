"""Faults that the platform's own counts and logs tell of, and probes and copies of data."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from reference_service.faults.fault import Fault, Wrapper, faults
from reference_service.faults.schedules import EveryNth
from reference_service.faults.wrapping import Spoiler, answer, body, status
from reference_service.local.data_metering import BUCKET_FILTER
from reference_service.local.metering import CDN_REGION

if TYPE_CHECKING:
    from reference_service.handlers.app import Function
    from reference_service.local.platform_counts import PlatformCounts
    from reference_service.local.stack import Composition

_LINE = "[ERROR]\tproducts were lost: order 4711, key eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln"


def _counting(count: Callable[[PlatformCounts], None], every: int = 3) -> Wrapper:
    """Counts something with each so-many-th invocation of the function."""

    def install(composition: Composition) -> Composition:
        met = EveryNth(every)

        def around(function: Function) -> Function:
            def invoke(event: dict[str, Any], context: Any) -> dict[str, Any]:
                if met():
                    count(composition.counts)
                return function(event, context)

            return invoke

        return msgspec.structs.replace(composition, function=around)

    return install


def _fails_unseen(counts: PlatformCounts) -> None:
    counts.invocations.fail_unseen()


def _writes_error(counts: PlatformCounts) -> None:
    counts.invocations.write(_LINE)


def _table_fails(counts: PlatformCounts) -> None:
    counts.data.failed("GetItem", counts.table)


def _reads_far_too_much(counts: PlatformCounts) -> None:
    of = (("TableName", counts.table),)
    metric = counts.meter.metric(counts.region, "AWS/DynamoDB", "ConsumedReadCapacityUnits", of)
    counts.meter.record((metric, 5000.0))


def _bucket(name: str) -> Callable[[PlatformCounts], None]:
    def count(counts: PlatformCounts) -> None:
        of = (("BucketName", counts.bucket), ("FilterId", BUCKET_FILTER))
        metric = counts.meter.metric(counts.region, "AWS/S3", name, of)
        counts.meter.record((metric, 1.0))

    return count


def _cdn_fails(counts: PlatformCounts) -> None:
    metric = counts.meter.metric(
        CDN_REGION, "AWS/CloudFront", "5xxErrorRate", counts.delivered, unit="Percent"
    )
    counts.meter.record((metric, 100.0))


def _dearer(product: dict[str, Any]) -> None:
    product["price"] = Decimal(str(product["price"])) + 1


def _gone_now_and_then() -> Spoiler:
    met = EveryNth(4)
    refuse = status(503)
    return lambda call, response: refuse(call, response) if met() else response


_log = faults("platform", "sla.log_errors")
_errors, _table = faults("platform", "sla.function_errors"), faults("platform", "sla.table_answers")
_cost = faults("platform", "sla.cost")
_s3, _cdn = faults("platform", "sla.bucket_errors"), faults("platform", "sla.cdn_errors")

FAULTS: tuple[Fault, ...] = (
    _log(
        "error-lines-in-log",
        "the log tells of no errors",
        "The function logs errors that no client sees.",
        _counting(_writes_error),
    ),
    _errors(
        "error-spike",
        "errors have no spike",
        "Lambda counts failures that no client sees.",
        _counting(_fails_unseen),
    ),
    _table(
        "table-system-errors",
        "the table fails in no operation",
        "DynamoDB has errors of its own, which retries hide.",
        _counting(_table_fails, 50),
    ),
    _s3(
        "bucket-refuses-many",
        "the bucket answers",
        "The images bucket refuses what somebody else asks of it.",
        _counting(_bucket("4xxErrors")),
    ),
    _s3(
        "bucket-fails-many",
        "the bucket answers",
        "The images bucket fails for somebody else.",
        _counting(_bucket("5xxErrors")),
    ),
    _cdn(
        "cdn-fails-elsewhere",
        "CloudFront delivers",
        "CloudFront fails at another edge.",
        _counting(_cdn_fails),
    ),
    _cost(
        "reads-far-too-much",
        "a million requests are within the budget",
        "Each third request reads twenty megabytes of the table.",
        _counting(_reads_far_too_much),
    ),
    Fault(
        name="shows-another-price",
        seam="handler",
        check="sla.corruption",
        reason="the API shows what the table holds",
        description="A product is shown dearer than the table holds it.",
        install=answer("get", body(_dearer)),
    ),
    Fault(
        name="gone-now-and-then",
        seam="handler",
        check="sla.availability",
        reason="the service is there all the time",
        description="Health answers 503 each fourth time.",
        install=answer("health", _gone_now_and_then()),
    ),
)
