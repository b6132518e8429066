"""The service levels of the plan: latency of reads and writes, errors, images, throttling."""

import pytest

from fixtures.measured import IMAGES
from fixtures.service_levels import (
    READ_OPERATIONS,
    READS,
    WRITE_OPERATIONS,
    WRITES,
    ServiceLevels,
)
from suites.sla import limits


@pytest.mark.plan("VAL-FINAL-05", "PROD-CRIT-04")
@pytest.mark.severity("blocker")
def test_read_latency(service_levels: ServiceLevels) -> None:
    """All reads of a load together, failed ones counting as too slow.

    Surely 95% of them or more take less than 500 ms.
    """
    service_levels.must(limits.READS, READS, "95% of the reads are answered within the limit")


@pytest.mark.plan("VAL-FINAL-05", "PROD-CRIT-04")
@pytest.mark.severity("blocker")
def test_write_latency(service_levels: ServiceLevels) -> None:
    """All writes of a load together; bulk and images sent in are none of them.

    Surely 95% of them or more take less than 2 s.
    """
    service_levels.needs_load()
    service_levels.must(limits.WRITES, WRITES, "95% of the writes are answered within the limit")


@pytest.mark.plan("VAL-FINAL-05", "VAL-FINAL-03", "PROD-WEEK-06")
def test_each_operation(service_levels: ServiceLevels) -> None:
    """Each operation by itself: a slow one does not hide behind many quick ones.

    Surely 95% of its requests or more are within the limit of its kind.
    """
    service_levels.needs_load()
    service_levels.each_must(
        {READ_OPERATIONS: limits.READS, WRITE_OPERATIONS: limits.WRITES},
        "95% of each operation's requests are answered within its limit",
    )


@pytest.mark.plan("VAL-FINAL-03", "PROD-SUCCESS-03")
@pytest.mark.severity("blocker")
def test_error_rate(service_levels: ServiceLevels) -> None:
    """All requests of a load: no answer, another status and a wrong answer are failures.

    Surely fewer than 0.1% of them fail. Where nothing is driven, those of everybody over the
    window, of which the platform counts what failed on the service's side.
    """
    service_levels.must_not_fail(limits.FAILED, "fewer than 0.1% of the requests fail")


@pytest.mark.plan("PROD-CRIT-08", "PROD-SUCCESS-08")
def test_image_delivery(service_levels: ServiceLevels) -> None:
    """Images from the images host, whole and of their type.

    Surely 95% of them or more come within the limit of reads. A load with enough of them to show
    it, such as the documented one, shows that surely 99.9% come at all; a shorter one claims
    nothing of that.
    """
    service_levels.must(limits.READS, IMAGES, "95% of the images are delivered within the limit")
    delivered = service_levels.level(limits.UNDELIVERED, IMAGES)
    if delivered.n >= limits.UNDELIVERED_NEEDS:
        service_levels.hold(delivered, IMAGES, "99.9% of the images are delivered")


@pytest.mark.plan("PROD-CRIT-07")
def test_throttling(service_levels: ServiceLevels) -> None:
    """All requests of a load that arrived as it was asked to.

    Not one was answered 429. Where nothing is driven, no invocation of anybody's was throttled
    over the window either, and no request was refused that might have been.
    """
    service_levels.must_not_throttle("no request is throttled")
