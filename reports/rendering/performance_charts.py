"""The charts of the performance page, each with its title, its legend and what it says in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from reports.evidence.load import LoadRecord
from reports.evidence.series import Series
from reports.rendering.broken_load import BrokenLoad
from reports.rendering.load_charts import WIDE, latency_chart, rate_chart, series_chart
from reports.rendering.load_figures import Figures
from reports.rendering.plain import plain
from reports.rendering.templates import milliseconds

MOST_SERIES_POINTS = 300
_LONGEST_S = 30 * 86400
Names = Callable[[], str]  # gives a name that no other drawing of the page has


class Chart(NamedTuple):
    """A drawing under the heading ``title``; ``keys`` are its lines by look and meaning."""

    identity: str
    title: str
    says: str
    svg: str
    keys: tuple[tuple[str, str], ...]


def chart_names() -> Names:
    """Names for the drawings of one page, each once."""
    given: list[None] = []

    def name() -> str:
        given.append(None)
        return f"chart-{len(given)}"

    return name


def latency_over_time(
    load: LoadRecord, one: Figures, seconds: float, names: Names, width: int = WIDE
) -> Chart:
    """Percentiles of one operation or group, with its limit."""
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
    return (
        f"p95 of a window between {milliseconds(min(seen))} and {milliseconds(max(seen))}{beyond}."
    )


def rate_over_time(
    load: LoadRecord,
    one: Figures,
    seconds: float,
    names: Names,
    line: list[tuple[float, float]],
    *,
    width: int = WIDE,
) -> Chart:
    """Requests a second, beside the ``line`` that was asked for."""
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


def series_over_time(one: Series, began: datetime, ended: datetime, names: Names) -> Chart:
    """One metric of the platform, over the time of the run. Raises BrokenLoad."""
    identity = names()
    points = _thinned(sorted(one.points))
    start = began.timestamp()
    # Platforms count by whole minutes: the first may begin before the load did.
    first = min([start, *(at for at, _ in points[:1])])
    seconds = max(ended.timestamp() - first, *(at - first for at, _ in points[-1:]), 1.0)
    values = [value for _, value in points]
    if seconds > _LONGEST_S:
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
