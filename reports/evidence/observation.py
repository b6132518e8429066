"""What production itself counted in one window of time, version by version."""

from __future__ import annotations

from datetime import datetime

from reports.evidence.structure import Record


class Serving(Record, frozen=True):
    """A version behind the alias. ``weight`` is its share of the requests, 0 to 1."""

    version: str  # the function's version, a number
    build: str | None  # what it calls itself
    code_digest: str | None
    weight: float


class Count(Record, frozen=True):
    """``bad`` of ``total``, of one version or, where ``version`` is None, of all.

    ``name`` is what was counted: failed, slow_reads_1s, images_failed and so on.
    """

    name: str
    version: str | None
    bad: int
    total: int
    source: str  # namespace and metrics, or own probes, which are then called synthetic


class Observation(Record, frozen=True):
    """One window, ``started <= time < ended``. ``serving`` is the alias at both of its ends."""

    started: datetime
    ended: datetime
    serving: tuple[Serving, ...]
    counts: tuple[Count, ...]
