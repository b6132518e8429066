"""What the platform itself counted during a run: CloudWatch metrics as they were read."""

from __future__ import annotations

from reports.evidence.structure import Record


class Series(Record, frozen=True):
    """One statistic of one metric. ``points`` are (seconds since the epoch, value)."""

    name: str  # what it is called here, such as lambda_throttles
    namespace: str
    metric: str
    dimensions: dict[str, str]
    statistic: str
    period_s: int
    region: str
    unit: str
    points: tuple[tuple[int, float], ...]
