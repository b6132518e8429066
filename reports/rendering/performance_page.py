"""One page on how a load went: charts over time, tables, and the words it was judged in.

It opens from disk, holds no script, and asks no host for anything. Everything that comes from
evidence is escaped by the template.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reports.evidence.load import LoadRecord, Operation
from reports.evidence.record import CheckRecord, RunRecord
from reports.evidence.series import Series
from reports.judging.decision import Decision, ObjectiveResult
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
from reports.rendering.allure_page import headline
from reports.rendering.broken_load import BrokenLoad
from reports.rendering.load_charts import (
    NARROW,
    WIDE,
    clock,
    latency_chart,
    rate_chart,
    series_chart,
)
from reports.rendering.load_figures import Figures, figures, spans_s, target
from reports.rendering.plain import item_ranges, plain

if TYPE_CHECKING:
    import jinja2

PAGE_FILE = "performance.html"
# The documented SLA (VAL-FINAL-05): 95% of the reads and of the writes are faster.
LIMITS_MS = {"read": float(READS_MS), "write": float(WRITES_MS)}
GROUPS = {"reads": "read", "writes": "write"}
MOST_RUNS = 4
MOST_SERIES = 40
MOST_SERIES_POINTS = 300
MOST_STAGES = 12
CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
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


class Chart(NamedTuple):
    """A drawing under the heading ``title``; ``keys`` are its lines by look and meaning."""

    identity: str
    title: str
    says: str
    svg: str
    keys: tuple[tuple[str, str], ...]


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


def holds_figures(run: RunRecord) -> bool:
    """Whether there is anything of ``run`` that this page shows."""
    return bool(run.loads or run.series)


def performance_page(
    sources: Sequence[tuple[str, RunRecord]], decision: Decision | None
) -> str | None:
    """The page on these runs (digest and record, newest first); None where none has figures.

    Raises BrokenLoad for evidence that cannot be drawn, ConfigurationError where what draws it
    is not installed.
    """
    shown = [(digest, run) for digest, run in sources if holds_figures(run)]
    if not shown:
        return None
    names = _names()
    runs = [_run_part(digest, run, names) for digest, run in shown[:MOST_RUNS]]
    judged = _judged_of(decision, {part.digest for part in runs})
    return (
        _environment()
        .get_template("performance.html.j2")
        .render(
            policy=CONTENT_POLICY,
            headline=None if decision is None else headline(decision),
            decision=decision,
            judged=judged,
            runs=runs,
            left_out=[(digest, run.run_id) for digest, run in shown[MOST_RUNS:]],
        )
    )


def _names() -> Callable[[], str]:
    """Names for the drawings of one page, each once."""
    given: list[None] = []

    def name() -> str:
        given.append(None)
        return f"chart-{len(given)}"

    return name


def _judged_of(decision: Decision | None, digests: set[str]) -> tuple[ObjectiveResult, ...]:
    """The lines of the decision that rest on the runs that are shown."""
    if decision is None:
        return ()
    return tuple(one for one in decision.objectives if digests & set(one.source))


def _run_part(digest: str, run: RunRecord, names: Callable[[], str]) -> RunPart:
    began = min((load.began for load in run.loads), default=run.started)
    series = [(one, _series(one, began, run.ended, names)) for one in run.series[:MOST_SERIES]]
    return RunPart(
        digest=digest,
        run=run,
        loads=tuple(_load_part(load, names) for load in run.loads),
        series=tuple(series),
        more_series=len(run.series) - len(series),
        checks=tuple(check for check in run.checks if check.layer in _LAYERS),
    )


def _load_part(load: LoadRecord, names: Callable[[], str]) -> LoadPart:
    seconds = spans_s(load)
    groups = [
        _row(load, group, [group], LIMITS_MS[kind])
        for group, kind in GROUPS.items()
        if selected(load, [group])
    ]
    rows = [_row(load, one.name, [one.name], LIMITS_MS.get(one.kind)) for one in _ordered(load)]
    whole = figures(load, "all requests", [one.name for one in load.operations], None)
    charts = [_rate(load, whole, seconds, names, target(load, seconds))]
    charts += [_latency(load, row.figures, seconds, names) for row in groups]
    details = tuple(
        (
            row,
            (
                _latency(load, row.figures, seconds, names, NARROW),
                _rate(load, row.figures, seconds, names, [], width=NARROW),
            ),
        )
        for row in rows
    )
    point = failure_point(load) if len({stage.rate for stage in load.stages}) > 1 else None
    return LoadPart(
        load=load,
        seconds=seconds,
        stages=_stages(load),
        doubts=tuple(doubt.why for doubt in doubts(load)),
        groups=tuple(groups),
        operations=tuple(rows),
        charts=tuple(charts),
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


def _latency(
    load: LoadRecord, one: Figures, seconds: float, names: Callable[[], str], width: int = WIDE
) -> Chart:
    identity = names()
    keys = [("p50", "p50"), ("p95", "p95"), ("p99", "p99")]
    if one.limit_ms is not None:
        keys.append(("limit", f"limit of p95, {one.limit_ms:g} ms"))
    if load.warm_up_s > 0:
        keys.append(("warm-up", "warm-up, not judged"))
    return Chart(
        identity=identity,
        title=f"{one.name}: milliseconds, by windows of {one.width_s} s (logarithmic)",
        says=_says(one),
        svg=latency_chart(
            one,
            warm_up_s=min(max(0, load.warm_up_s), seconds),
            until_s=seconds,
            named=f"{identity}-title",
            identity=identity,
            width=width,
        ),
        keys=tuple(keys),
    )


def _says(one: Figures) -> str:
    """What a latency chart shows, for whoever does not see it."""
    seen = [point.p95 for point in one.points if point.p95 is not None]
    if not seen:
        return "No request succeeded."
    over = sum(one.limit_ms is not None and value >= one.limit_ms for value in seen)
    beyond = f"; {over} of {len(seen)} windows at or over the limit" if one.limit_ms else ""
    return f"p95 of a window between {_ms(min(seen))} and {_ms(max(seen))}{beyond}."


def _rate(
    load: LoadRecord,
    one: Figures,
    seconds: float,
    names: Callable[[], str],
    line: list[tuple[float, float]],
    *,
    width: int = WIDE,
) -> Chart:
    identity = names()
    keys = [("rate", "requests a second")]
    if one.failed:
        keys.append(("failed", "failed a second"))
    if line:
        keys.append(("target", "asked for"))
    if load.warm_up_s > 0:
        keys.append(("warm-up", "warm-up, not judged"))
    failed = sum(point.failed for point in one.points)
    requests = sum(point.requests for point in one.points)
    return Chart(
        identity=identity,
        title=f"{one.name}: requests a second, by windows of {one.width_s} s",
        says=f"{requests} requests in all, {failed} of them failed.",
        svg=rate_chart(
            one,
            line,
            warm_up_s=min(max(0, load.warm_up_s), seconds),
            until_s=seconds,
            named=f"{identity}-title",
            identity=identity,
            width=width,
        ),
        keys=tuple(keys),
    )


def _series(one: Series, began: datetime, ended: datetime, names: Callable[[], str]) -> Chart:
    identity = names()
    points = _thinned(sorted(one.points))
    start = began.timestamp()
    # Platforms count by whole minutes: the first may begin before the load did.
    first = min([start, *(at for at, _ in points[:1])])
    seconds = max(ended.timestamp() - first, *(at - first for at, _ in points[-1:]), 1.0)
    values = [value for _, value in points]
    if seconds > 30 * 86400:
        raise BrokenLoad(f"series {plain(one.name)}: its points are no run's")
    says = (
        f"{len(one.points)} points between {min(values):g} and {max(values):g}."
        if values
        else "The platform had no point of it."
    )
    return Chart(
        identity=identity,
        title=f"{one.name}: {one.statistic} of {one.metric} ({one.unit}) a {one.period_s} s",
        says=says,
        svg=series_chart(
            [(at - first, value) for at, value in points],
            until_s=seconds,
            named=f"{identity}-title",
            identity=identity,
        ),
        keys=(),
    )


def _thinned(points: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """At most MOST_SERIES_POINTS: of neighbours the highest stays."""
    size = -(-len(points) // MOST_SERIES_POINTS) or 1
    parts = (points[at : at + size] for at in range(0, len(points), size))
    return [max(part, key=lambda point: point[1]) for part in parts]


def _stages(load: LoadRecord) -> tuple[str, ...]:
    told = [f"{stage.rate:g}/s for {clock(stage.seconds)}" for stage in load.stages[:MOST_STAGES]]
    more = len(load.stages) - MOST_STAGES
    return (
        (*told, f"and {more} more, up to {max(s.rate for s in load.stages):g}/s")
        if (more > 0)
        else tuple(told)
    )


def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=jinja2.FileSystemLoader(Path(__file__).resolve().parent),
    )
    environment.filters |= {
        "plain": lambda text: plain(str(text), 400),
        "ms": _ms,
        "clock": clock,
        "share": _share,
        "items": item_ranges,
        "short_digest": lambda text: plain(str(text), 100).removeprefix("sha256:")[:12],
        "utc": _utc,
        "counts": _counts,
    }
    return environment


def _ms(value: float | None) -> str:
    if value is None:
        return "none"
    return f"{value:.0f} ms" if value >= 100 else f"{value:.3g} ms"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.3g}%" if whole else "none"


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _counts(counted: Iterable[tuple[str, int]]) -> str:
    """``200: 7982, 500: 18``"""
    return ", ".join(f"{plain(word, 40)}: {count}" for word, count in counted) or "none"
