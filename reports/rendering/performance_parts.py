"""Runs and loads as the performance page shows them: figures, charts, and how each was judged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from reports.evidence.load import LoadRecord, Operation
from reports.evidence.record import CheckRecord, RunRecord
from reports.evidence.series import Series
from reports.judging.failure_point import (
    READS_MS,
    WRITES_MS,
    FailurePoint,
    failure_point,
    summary,
)
from reports.judging.levels import Level, judge_level
from reports.judging.sample import selected
from reports.judging.validity import doubts
from reports.rendering.load_charts import NARROW, clock
from reports.rendering.load_figures import Figures, figures, spans_s, target
from reports.rendering.performance_charts import (
    Chart,
    Names,
    latency_over_time,
    rate_over_time,
    series_over_time,
)

# The documented SLA (VAL-FINAL-05): 95% of the reads and of the writes are faster.
LIMITS_MS = {"read": float(READS_MS), "write": float(WRITES_MS)}
GROUPS = {"reads": "read", "writes": "write"}
MOST_SERIES = 40
MOST_STAGES = 12
_WITHIN = {
    "pass": ("yes", "\N{CHECK MARK}"),
    "fail": ("no", "\N{BALLOT X}"),
    "inconclusive": ("too close or too little to tell", "?"),
    "no_evidence": ("no evidence", "?"),
}
_LAYERS = ("load", "sla")


class Row(NamedTuple):
    """An operation or group in the table; ``level`` is None where it has no limit."""

    figures: Figures
    level: Level | None
    within: str
    sign: str


class LoadPart(NamedTuple):
    """One load as the page shows it."""

    load: LoadRecord
    seconds: float
    stages: tuple[str, ...]
    doubts: tuple[str, ...]
    groups: tuple[Row, ...]
    operations: tuple[Row, ...]
    charts: tuple[Chart, ...]
    details: tuple[tuple[Row, tuple[Chart, ...]], ...]
    steps: FailurePoint | None  # where the rate grows in steps
    broke: str
    dropped: int
    arrived: int
    scheduled: int


class RunPart(NamedTuple):
    """One run, its loads and what the platform counted meanwhile."""

    digest: str
    run: RunRecord
    loads: tuple[LoadPart, ...]
    series: tuple[tuple[Series, Chart], ...]
    more_series: int
    checks: tuple[CheckRecord, ...]


def run_part(digest: str, run: RunRecord, names: Names) -> RunPart:
    """Everything of one run that is shown. Raises BrokenLoad."""
    began = min((load.began for load in run.loads), default=run.started)
    series = [
        (one, series_over_time(one, began, run.ended, names)) for one in run.series[:MOST_SERIES]
    ]
    return RunPart(
        digest=digest,
        run=run,
        loads=tuple(_load_part(load, names) for load in run.loads),
        series=tuple(series),
        more_series=len(run.series) - len(series),
        checks=tuple(check for check in run.checks if check.layer in _LAYERS),
    )


class LoadSummary(NamedTuple):
    """A load in a few rows and charts: reads and writes, and all that arrived."""

    load: LoadRecord
    seconds: float
    stages: tuple[str, ...]
    groups: tuple[Row, ...]
    charts: tuple[Chart, ...]


def load_summary(load: LoadRecord, names: Names) -> LoadSummary:
    """Rate and percentiles over time. Raises BrokenLoad."""
    seconds = spans_s(load)
    groups = tuple(
        _row(load, group, [group], LIMITS_MS[kind])
        for group, kind in GROUPS.items()
        if selected(load, [group])
    )
    whole = figures(load, "all requests", [one.name for one in load.operations], None)
    charts = [rate_over_time(load, whole, seconds, names, target(load, seconds))]
    charts += [latency_over_time(load, row.figures, seconds, names) for row in groups]
    return LoadSummary(load, seconds, _stages(load), groups, tuple(charts))


def _load_part(load: LoadRecord, names: Names) -> LoadPart:
    short = load_summary(load, names)
    seconds = short.seconds
    rows = [_row(load, one.name, [one.name], LIMITS_MS.get(one.kind)) for one in _ordered(load)]
    details = tuple(
        (
            row,
            (
                latency_over_time(load, row.figures, seconds, names, NARROW),
                rate_over_time(load, row.figures, seconds, names, [], width=NARROW),
            ),
        )
        for row in rows
    )
    point = failure_point(load) if len({stage.rate for stage in load.stages}) > 1 else None
    return LoadPart(
        load=load,
        seconds=seconds,
        stages=short.stages,
        doubts=tuple(doubt.why for doubt in doubts(load)),
        groups=short.groups,
        operations=tuple(rows),
        charts=short.charts,
        details=details,
        steps=point,
        broke=summary(point) if point else "",
        dropped=sum(one.dropped for one in load.generators),
        arrived=sum(one.arrived for one in load.generators),
        scheduled=sum(one.scheduled for one in load.generators),
    )


def _ordered(load: LoadRecord) -> list[Operation]:
    """Reads, writes, and what has no limit."""
    order = {"read": 0, "write": 1, "outside": 2}
    return sorted(load.operations, key=lambda one: (order[one.kind], one.name))


def _row(load: LoadRecord, name: str, operations: Sequence[str], limit_ms: float | None) -> Row:
    counted = figures(load, name, operations, limit_ms)
    if limit_ms is None:
        return Row(counted, None, "no limit", "")
    level = judge_level(f"p(95) < {limit_ms:g}ms", [load], operations)
    return Row(counted, level, *_WITHIN[str(level.result)])


def _stages(load: LoadRecord) -> tuple[str, ...]:
    told = [f"{stage.rate:g}/s for {clock(stage.seconds)}" for stage in load.stages[:MOST_STAGES]]
    more = len(load.stages) - MOST_STAGES
    return (
        (*told, f"and {more} more, up to {max(s.rate for s in load.stages):g}/s")
        if (more > 0)
        else tuple(told)
    )
