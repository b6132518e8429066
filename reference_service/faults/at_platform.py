"""Faults of the platform around the service: what Lambda, DynamoDB, S3 and the CDN do to it.

Each meets every so-many-th call, so that any load of some hundred requests shows it.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from botocore.awsrequest import AWSResponse

from reference_service.faults.fault import Fault, Wrapper, faults
from reference_service.faults.schedules import EveryNth
from reference_service.local.invocations import Throttled
from reference_service.local.metering import Publishing, Samples

if TYPE_CHECKING:
    from reference_service.handlers.app import Function
    from reference_service.local.platform_counts import PlatformCounts
    from reference_service.local.stack import Composition

THROTTLED = 50  # one invocation in so many is refused
WAITING = 12  # one waits for an instance
WAIT_S = 0.4
COLD = 20  # one begins cold
INIT_S = 0.02
TABLE_THROTTLED = 40  # one call of DynamoDB
BUCKET_SLOWED = 5  # one call of S3
UNCOUNTED = 2  # one request of the API
_THROTTLING = (
    b'{"__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",'
    b' "message": "The level of configured provisioned throughput for the table was exceeded."}'
)
_SLOW_DOWN = (
    b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
)


class _Raw(io.BytesIO):
    """A body as botocore reads it."""

    def stream(self, **_: Any) -> Any:
        yield self.read()


def _invoking(meet: Callable[[PlatformCounts], None], every: int) -> Wrapper:
    """Does something before each so-many-th invocation of the function."""

    def install(composition: Composition) -> Composition:
        met = EveryNth(every)

        def around(function: Function) -> Function:
            def invoke(event: dict[str, Any], context: Any) -> dict[str, Any]:
                if met():
                    meet(composition.counts)
                return function(event, context)

            return invoke

        return msgspec.structs.replace(composition, function=around)

    return install


def _refuse(_: PlatformCounts) -> None:
    raise Throttled


def _wait(counts: PlatformCounts) -> None:
    time.sleep(WAIT_S)
    counts.invocations.waited(WAIT_S)


def _begin_cold(counts: PlatformCounts) -> None:
    time.sleep(INIT_S)
    counts.invocations.starts_cold(INIT_S)
    counts.invocations.waited(INIT_S)


def _table_throttled(composition: Composition) -> Composition:
    met = EveryNth(TABLE_THROTTLED)

    def refuse(event_name: str, request: Any, **_: Any) -> AWSResponse | None:
        if not met():
            return None
        operation = event_name.rsplit(".", 1)[-1]
        arguments = msgspec.json.decode(request.body)
        composition.counts.data.throttled(operation, arguments)
        return AWSResponse(request.url, 400, {}, _Raw(_THROTTLING))  # type: ignore[arg-type]

    events = composition.clients["dynamodb"].meta.events
    events.register_first("before-send.dynamodb", refuse)
    return composition


def _bucket_slowed(composition: Composition) -> Composition:
    met = EveryNth(BUCKET_SLOWED)
    bucket = composition.service.settings.bucket

    def refuse(request: Any, **_: Any) -> AWSResponse | None:
        if not met():
            return None
        composition.counts.data.stored(bucket, request.method, status=503, seconds=0.0)
        return AWSResponse(request.url, 503, {}, _Raw(_SLOW_DOWN))  # type: ignore[arg-type]

    composition.clients["s3"].meta.events.register_first("before-send.s3", refuse)
    return composition


def _never_kept(composition: Composition) -> Composition:
    def forbid(parsed: dict[str, Any], **_: Any) -> None:
        parsed["CacheControl"] = "no-store"

    composition.clients["s3"].meta.events.register("after-call.s3.GetObject", forbid)
    return composition


def _publishing(make: Callable[[], Publishing]) -> Wrapper:
    """Changes what API Gateway publishes of its requests."""

    def install(composition: Composition) -> Composition:
        return msgspec.structs.replace(composition, published=make())

    return install


def _some_uncounted() -> Publishing:
    met = EveryNth(UNCOUNTED)
    return lambda samples: None if met() else samples


def _slower_than_it_is() -> Publishing:
    def publish(samples: Samples) -> Samples:
        return {**samples, "Latency": samples["Latency"] + 1000}

    return publish


_server_side = faults("gateway", "sla.server_side")

FAULTS: tuple[Fault, ...] = (
    faults("platform", "sla.lambda_throttles")(
        "lambda-throttled",
        "no invocation is throttled",
        "Lambda refuses each fiftieth invocation.",
        _invoking(_refuse, THROTTLED),
    ),
    faults("platform", "sla.auto_scaling")(
        "instances-not-added",
        "requests do not wait for an instance",
        "Each twelfth request waits 0.4 s until the function has an instance for it.",
        _invoking(_wait, WAITING),
    ),
    faults("platform", "sla.cold_starts")(
        "cold-starts-often",
        "cold starts are few",
        "Each twentieth invocation begins with a cold start.",
        _invoking(_begin_cold, COLD),
    ),
    faults("platform", "sla.table_capacity")(
        "table-throttled",
        "no request to the table is throttled",
        "DynamoDB refuses each fortieth call for its rate, and the client calls again.",
        _table_throttled,
    ),
    faults("platform", "sla.bucket_requests")(
        "bucket-slows-down",
        "the bucket refuses no request",
        "S3 answers each fifth call with SlowDown, and the client calls again.",
        _bucket_slowed,
    ),
    faults("platform", "sla.cache_hits")(
        "cdn-never-keeps",
        "images come from the cache",
        "The bucket forbids the CDN to keep anything.",
        _never_kept,
    ),
    _server_side(
        "gateway-counts-half",
        "the API counts what the client sent",
        "API Gateway counts each second request only.",
        _publishing(_some_uncounted),
    ),
    _server_side(
        "gateway-slower-than-seen",
        "the server is no slower than the client saw",
        "API Gateway's latency is a second longer than what the client waits.",
        _publishing(_slower_than_it_is),
    ),
)
