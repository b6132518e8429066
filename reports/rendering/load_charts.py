"""Charts of a load over time, as SVG elements to stand in a page.

pygal draws them; the page brings the style, so that each is readable in light and in dark and on
paper. Nothing of the evidence is in them but numbers.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple

import pygal
import pygal.style

from reports.rendering.load_figures import Figures, Point

# pygal leaves a finder for its map plugins in a form that Python warns of at every later import.
sys.meta_path[:] = [one for one in sys.meta_path if not isinstance(one, pygal.PluginImportFixer)]

WIDE, NARROW = 880, 500  # a chart alone, or one of two side by side
HEIGHT = 250
MOST = 1e12  # what is more is drawn there: no metric means it
# What pygal adds for itself: where it comes from, a style, a script, a tooltip a mark.
_ADDED = re.compile(
    r"<!--.*?-->|<title>.*?</title>|<style\b.*?</style>|<script\b.*?</script>", re.DOTALL
)
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400)

Value = tuple[float, float] | None  # None breaks the line


class Line(NamedTuple):
    """One line; ``look`` is the class that the page's style knows it by."""

    look: str
    values: Sequence[Value]
    filled: bool = False


def latency_chart(
    figures: Figures,
    *,
    warm_up_s: float,
    until_s: float,
    named: str,
    identity: str,
    width: int = WIDE,
) -> str:
    """Percentiles a window, the limit, and the warm-up, over a logarithmic scale of ms."""
    seen = [
        value
        for point in figures.points
        for value in (point.p50, point.p95, point.p99)
        if value is not None
    ]
    if figures.limit_ms is not None:
        seen.append(figures.limit_ms)
    low = 10 ** math.floor(math.log10(max(0.01, min(seen, default=1.0))))
    high = max(seen, default=10.0) * 1.6
    lines = [
        Line("warm-up", [(0, high), (warm_up_s, high)] if warm_up_s > 0 else [], filled=True),
        *(
            Line(
                name,
                [
                    None if value is None else (_middle(point), value)
                    for point in figures.points
                    for value in (getattr(point, name),)
                ],
                filled=True,
            )
            for name in ("p99", "p95", "p50")
        ),
        Line("limit", [(0, figures.limit_ms), (until_s, figures.limit_ms)])
        if figures.limit_ms is not None
        else Line("limit", []),
    ]
    ticks = [
        tick
        for power in range(-3, 9)
        for tick in (10.0**power, 2 * 10.0**power, 5 * 10.0**power)
        if low <= tick <= high
    ]
    if len(ticks) > 8:
        ticks = [tick for tick in ticks if round(math.log10(tick), 6).is_integer()]
    return _drawn(
        lines,
        until_s=until_s,
        top=high,
        bottom=low,
        ticks=ticks,
        named=named,
        identity=identity,
        logarithmic=True,
        width=width,
    )


def rate_chart(
    figures: Figures,
    target: Sequence[tuple[float, float]],
    *,
    warm_up_s: float,
    until_s: float,
    named: str,
    identity: str,
    width: int = WIDE,
) -> str:
    """Requests and failures a second, beside the rate that was to arrive."""
    rates = [(_middle(p), p.rate) for p in figures.points]
    failures = [
        (_middle(p), p.failed * p.rate / p.requests if p.requests else 0.0) for p in figures.points
    ]
    high = max([1.0, *(rate for _, rate in rates), *(min(rate, MOST) for _, rate in target)]) * 1.15
    lines = [
        Line("warm-up", [(0, high), (warm_up_s, high)] if warm_up_s > 0 else [], filled=True),
        Line("rate", rates, filled=True),
        Line("failed", failures if figures.failed else []),
        Line("target", [(at, min(rate, MOST)) for at, rate in target]),
    ]
    return _drawn(lines, until_s=until_s, top=high, named=named, identity=identity, width=width)


def series_chart(
    points: Sequence[tuple[float, float]], *, until_s: float, named: str, identity: str
) -> str:
    """One metric of the platform over the same seconds."""
    values = [(at, max(-MOST, min(MOST, value))) for at, value in points]
    top = max([0.0, *(value for _, value in values)])
    bottom = min([0.0, *(value for _, value in values)])
    room = (top - bottom) * 0.15 or 1.0
    return _drawn(
        [Line("measured", values, filled=True)],
        until_s=until_s,
        top=top + room,
        bottom=bottom,
        named=named,
        identity=identity,
        width=NARROW,
        height=150,
    )


def _middle(point: Point) -> float:
    """A window's figures stand in its middle."""
    return (point.at_s + point.to_s) / 2


def _drawn(
    lines: Sequence[Line],
    *,
    until_s: float,
    top: float,
    named: str,
    identity: str,
    bottom: float = 0.0,
    ticks: Sequence[float] | None = None,
    logarithmic: bool = False,
    width: int,
    height: int = HEIGHT,
) -> str:
    if not any(one for line in lines for one in line.values):
        return ""  # the words beside it say that there is nothing
    # pygal's own logarithmic scale cannot fill below a line.
    scale = math.log10 if logarithmic else float
    marks = _ticks(bottom, top) if ticks is None else ticks
    chart: Any = pygal.XY(
        css=[],  # the page has one style for all of them
        js=[],  # pygal's tooltips would come from another host
        style=pygal.style.Style(),
        width=width,
        height=height,
        explicit_size=False,
        disable_xml_declaration=True,
        show_legend=False,
        show_dots=False,
        range=(scale(bottom), scale(top)),
        zero=scale(bottom),
        xrange=(0, until_s),
        x_labels=_times(until_s, width // 80),
        x_value_formatter=clock,
        y_labels=[{"value": scale(one), "label": short(one)} for one in marks],
        margin=4,
        spacing=6,
        truncate_label=-1,
    )
    chart.uuid = identity  # its own would differ from one drawing to the next
    looks = []
    for line in lines:
        for unbroken in _unbroken(line.values):
            values = [(at, scale(min(max(value, bottom), top))) for at, value in unbroken]
            if line.filled and len(values) > 1:
                chart.add(line.look, values, fill=True)
                looks.append(f"{line.look} area")
            # A window alone between empty ones would be a line of no length.
            chart.add(line.look, values, show_dots=len(values) == 1)
            looks.append(line.look)
    drawn = _ADDED.sub("", str(chart.render(is_unicode=True)))
    for at, look in enumerate(looks):
        drawn = drawn.replace(f"serie-{at} ", f"serie-{at} look-{look} ")
    # Named by the words that stand beside it; what is within is for the eye.
    return drawn.replace(
        "<svg ", f'<svg role="img" aria-labelledby="{named}" preserveAspectRatio="xMidYMid" ', 1
    )


def _unbroken(values: Sequence[Value]) -> list[list[tuple[float, float]]]:
    """The parts of a line between its breaks."""
    grouped = groupby(values, key=lambda value: value is None)
    return [[one for one in part if one] for broken, part in grouped if not broken]


def _times(until_s: float, most: int) -> list[float]:
    step = next((s for s in _STEPS_S if until_s / s <= most), _STEPS_S[-1])
    return [float(at) for at in range(0, int(until_s) + 1, step)]


def _ticks(bottom: float, top: float) -> list[float]:
    """At most six round numbers."""
    raw = (top - bottom) / 5
    size = 10 ** math.floor(math.log10(raw))
    step = next(size * one for one in (1, 2, 5, 10) if size * one >= raw)
    first = math.ceil(bottom / step)
    return [at * step for at in range(first, first + 8) if at * step <= top]


def clock(seconds: float) -> str:
    """``0:40``, ``12:05`` or ``1:00:00``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def short(value: float) -> str:
    """A number without digits that say nothing."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            return f"{value / (1e3 if unit == 'k' else size):.4g}{unit}"
    return f"{value:.4g}"
