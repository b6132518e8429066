"""What the platform itself counted while the service was under load.

GIVEN the load of this run, or, where none may be driven, the last minutes as they were
WHEN CloudWatch and the function's log are read for the same minutes
THEN nothing was throttled or refused, and what the platform counted agrees with the client.
"""

import math

import pytest

from fixtures.cloudwatch import CloudWatch, Span, total
from fixtures.environment import Environment
from fixtures.expectations import Inconclusive, require
from fixtures.platform_load import PlatformLoad, points
from fixtures.recording import Evidence
from suites.sla import limits


@pytest.mark.plan("VAL-LOAD-05")
@pytest.mark.needs("aws")
def test_lambda_throttles(platform_load: PlatformLoad, cloudwatch: CloudWatch) -> None:
    """GIVEN the function under load
    WHEN its throttles and its concurrency are read
    THEN Lambda refused no invocation.
    """
    span = platform_load.span
    whole = _invoked(platform_load, cloudwatch)
    points(cloudwatch.series("lambda_concurrency", span))
    invocations = points(cloudwatch.series("lambda_invocations", span))
    throttled = points(cloudwatch.series("lambda_throttles", span))
    require(
        throttled == 0,
        "no invocation is throttled",
        expected=f"0 throttles, {span.said()}",
        actual=f"{throttled:g}, beside {invocations:g} invocations",
    )
    _must_be(whole, invocations, platform_load)


def _invoked(platform_load: PlatformLoad, cloudwatch: CloudWatch) -> bool:
    """Whether Lambda's metrics have come for all requests that were sent."""
    names = ("lambda_invocations", "lambda_throttles")
    return cloudwatch.settled(names, platform_load.ended, platform_load.span, platform_load.sent)


def _counted(platform_load: PlatformLoad, cloudwatch: CloudWatch) -> bool:
    """Whether API Gateway's metrics have come for all of them."""
    return cloudwatch.settled(
        ("api_requests",), platform_load.ended, platform_load.span, platform_load.sent
    )


def _must_be(whole: bool, invocations: float, platform_load: PlatformLoad) -> None:
    """What did not all come can show a failure; it cannot show that there was none."""
    if not whole:
        raise Inconclusive(
            f"CloudWatch has not counted all of {platform_load.sent} requests, {invocations:g} "
            f"invocations, {platform_load.span.said()}: it is late, or others answered them"
        )


@pytest.mark.plan("VAL-LOAD-06")
@pytest.mark.needs("aws")
def test_auto_scaling(platform_load: PlatformLoad, cloudwatch: CloudWatch) -> None:
    """GIVEN a load that needs several instances of the function at times
    WHEN API Gateway's wait for the function is compared with the function's own time
    THEN at most a twentieth of the requests waited for an instance, and concurrency is no
    lower than the busy time demands.

    A wait shows where more requests took longer than some time and `WAIT_MS` at the gateway
    than invocations took longer than that time: so many at least have waited.
    """
    span = platform_load.span
    whole = _invoked(platform_load, cloudwatch) and _counted(platform_load, cloudwatch)
    invocations = points(cloudwatch.series("lambda_invocations", span))
    waited = 0.0
    for took in limits.DURATIONS_MS:
        inside = points(cloudwatch.series("lambda_slower", span, bound=took))
        outside = points(
            cloudwatch.series("api_integration_slower", span, bound=took + limits.WAIT_MS)
        )
        waited = max(waited, outside - inside)
    require(
        waited <= limits.WAITING * invocations,
        "requests do not wait for an instance",
        expected=f"at most {limits.WAITING:.0%} of {invocations:g} waiting {limits.WAIT_MS} ms",
        actual=f"{waited:g} or more",
    )
    busy = dict(cloudwatch.series("lambda_busy", span).points)
    peaks = dict(cloudwatch.series("lambda_concurrency", span).points)
    short = {
        at: (peak, math.floor(busy.get(at, 0) / 60_000))
        for at, peak in peaks.items()
        if peak < math.floor(busy.get(at, 0) / 60_000)
    }
    require(
        not short,
        "concurrency follows the load",
        expected="in each minute no fewer instances than its busy time needs",
        actual=short,
    )
    _must_be(whole, invocations, platform_load)


@pytest.mark.plan("VAL-LOAD-07")
@pytest.mark.needs("aws")
def test_table_capacity(
    platform_load: PlatformLoad, cloudwatch: CloudWatch, environment: Environment
) -> None:
    """GIVEN the products table and its indexes under load
    WHEN their capacity and throttles are read
    THEN each write took a unit of capacity, reads took some, and none was throttled.

    AWS has no throttle metric for a minute without throttles: it is read once the capacity of
    the same minutes is there.
    """
    span = platform_load.span
    cloudwatch.settled(("table_written",), platform_load.ended, span, platform_load.written)
    assert environment.resources is not None
    indexes = environment.resources.indexes
    throttles = [
        cloudwatch.series(name, span) for name in ("table_read_throttles", "table_write_throttles")
    ] + [
        cloudwatch.series(name, span, index=index)
        for index in indexes
        for name in ("index_read_throttles", "index_write_throttles")
    ]
    throttled = {
        f"{series.dimensions} {series.metric}": total(series)
        for series in throttles
        if total(series) > 0
    }
    require(
        not throttled,
        "no request to the table is throttled",
        expected=f"no throttle events, {span.said()}",
        actual=throttled,
    )
    written = total(cloudwatch.series("table_written", span))
    require(
        written >= platform_load.written,
        "each write takes capacity",
        expected=f"{platform_load.written} units or more for as many writes",
        actual=f"{written:g}",
    )
    read = total(cloudwatch.series("table_read", span)) + math.fsum(
        total(cloudwatch.series("index_read", span, index=index)) for index in indexes
    )
    if read == 0:
        raise Inconclusive(f"CloudWatch has no read capacity of the table, {span.said()}")


@pytest.mark.plan("VAL-LOAD-08", "PROD-CRIT-09", "SIT-MON-07", "PROD-24H-07")
@pytest.mark.needs("aws")
def test_cache_hits(
    platform_load: PlatformLoad, cloudwatch: CloudWatch, evidence: Evidence
) -> None:
    """GIVEN images fetched under load
    WHEN CloudFront's hit rate is read, or, where it publishes none, the images host's own marks
    THEN more than 80% of the deliveries came from the cache.
    """
    span = platform_load.span
    hits, misses = platform_load.marks()
    asked = hits + misses
    evidence.observe(f"marks of the images host: {hits} hits, {misses} misses", {})
    found = cloudwatch.distribution()
    by_cdn = None
    if found is not None and cloudwatch.settled(
        ("cdn_requests",), platform_load.ended, span, asked, distribution=found
    ):
        by_cdn = _hit_share(cloudwatch, span, found)
    if by_cdn is not None:
        hits_said, asked_said, source = *by_cdn, "CloudFront"
    else:
        hits_said, asked_said, source = float(hits), float(asked), "the marks of the images host"
    if asked_said < limits.LEAST_IMAGES:
        raise Inconclusive(
            f"{asked_said:g} deliveries, {span.said()}: {limits.LEAST_IMAGES} at least say "
            "something of a cache"
        )
    require(
        hits_said > limits.HITS * asked_said,
        "images come from the cache",
        expected=f"more than {limits.HITS:.0%} hits",
        actual=f"{hits_said:.0f} of {asked_said:.0f} by {source}",
    )


def _hit_share(cloudwatch: CloudWatch, span: Span, distribution: str) -> tuple[float, float] | None:
    """Hits and requests by CloudFront, minute by minute; None where it publishes no rate."""
    rates = dict(cloudwatch.series("cdn_hit_rate", span, distribution=distribution).points)
    requests = dict(cloudwatch.series("cdn_requests", span, distribution=distribution).points)
    both = rates.keys() & requests.keys()
    if not both:
        return None
    return (
        math.fsum(rates[at] / 100 * requests[at] for at in both),
        math.fsum(requests[at] for at in both),
    )


@pytest.mark.plan("VAL-LOAD-09")
@pytest.mark.needs("aws")
def test_bucket_requests(
    platform_load: PlatformLoad, cloudwatch: CloudWatch, environment: Environment
) -> None:
    """GIVEN the images bucket under load
    WHEN its request metrics are read
    THEN it refused none with a 5xx, SlowDown among them.
    """
    span = platform_load.span
    assert environment.resources is not None
    bucket = environment.resources.images_bucket
    found = cloudwatch.dimension("AWS/S3", "AllRequests", "FilterId", BucketName=bucket)
    if found is None:
        raise Inconclusive(f"CloudWatch has no request metrics of {bucket}: enable them in S3")
    _, misses = platform_load.marks()  # each asks the bucket, unless some are asked together
    cloudwatch.settled(("bucket_requests",), platform_load.ended, span, misses, filter=found)
    requests = points(cloudwatch.series("bucket_requests", span, filter=found))
    cloudwatch.series("bucket_first_byte", span, filter=found)
    failed = points(cloudwatch.series("bucket_failed", span, filter=found))
    require(
        failed == 0,
        "the bucket refuses no request",
        expected=f"no 5xx (SlowDown) for {requests:g} requests, {span.said()}",
        actual=f"{failed:g}",
    )


@pytest.mark.plan("VAL-FINAL-05", "VAL-FINAL-03")
@pytest.mark.needs("aws")
def test_server_side(
    platform_load: PlatformLoad, cloudwatch: CloudWatch, evidence: Evidence
) -> None:
    """GIVEN what the client measured of the API
    WHEN API Gateway's own count and latency of the same minutes are read
    THEN it counted no fewer requests than the client sent, and no more of them were slower
    than the client saw, others' requests aside.

    A request takes the client longer than the server: the rest is network and front. So of the
    server's requests above any time no more can be the client's than the client has above it.
    """
    span, sent = platform_load.span, platform_load.sent
    _counted(platform_load, cloudwatch)
    counted = points(cloudwatch.series("api_requests", span))
    require(
        counted >= sent,
        "the API counts what the client sent",
        expected=f"{sent} requests or more, {span.said()}",
        actual=f"{counted:g}",
    )
    latencies = platform_load.latencies()
    for percent in limits.COMPARED:
        # Whole ms upwards: the gateway counts in them.
        bound = math.ceil(latencies.percentile(percent) / 1000) + 1
        slower = points(cloudwatch.series("api_slower", span, bound=bound))
        seen = latencies.over(bound * 1000)
        others = counted - latencies.total
        require(
            slower <= seen + others,
            "the server is no slower than the client saw",
            expected=f"at most {seen:g} of the client's and {others:g} others above {bound} ms",
            actual=f"{slower:g}",
        )
    p95 = latencies.percentile(95) / 1000
    shown = {
        name: f"{_highest(cloudwatch, name, platform_load):.0f} ms in its slowest minute"
        for name in ("api_latency", "api_integration", "lambda_duration")
    }
    evidence.observe(
        f"p95 of the client {p95:.0f} ms; API Gateway {shown['api_latency']}",
        {
            "client minus api_latency: network, TLS and the client": f"{p95:.0f} ms, p95 overall",
            "api_latency: API Gateway, all of it": shown["api_latency"],
            "api_integration: from gateway to function and back": shown["api_integration"],
            "lambda_duration: the function's own": shown["lambda_duration"],
        },
    )


def _highest(cloudwatch: CloudWatch, name: str, platform_load: PlatformLoad) -> float:
    series = cloudwatch.series(name, platform_load.span)
    points(series)
    return max(value for _, value in series.points)


@pytest.mark.plan("VAL-LOAD-05", "VAL-LOAD-06")
@pytest.mark.needs("aws")
def test_cold_starts(platform_load: PlatformLoad, cloudwatch: CloudWatch) -> None:
    """GIVEN the function under load
    WHEN the cold starts in its log are counted, apart from everything else
    THEN they are few: one for each instance that ran at a time, and 1% of the invocations.

    How long they took is shown and not judged: the limits are the client's.
    """
    span = platform_load.span
    whole = _invoked(platform_load, cloudwatch)
    invocations = points(cloudwatch.series("lambda_invocations", span))
    concurrency = cloudwatch.series("lambda_concurrency", span)
    points(concurrency)
    peak = max(value for _, value in concurrency.points)
    cold = len(cloudwatch.cold_starts(platform_load.began, platform_load.ended))
    allowed = peak + limits.COLD * invocations
    require(
        cold <= allowed,
        "cold starts are few",
        expected=f"at most {allowed:.0f} of {invocations:g} invocations, {peak:g} at a time",
        actual=cold,
    )
    _must_be(whole, invocations, platform_load)
