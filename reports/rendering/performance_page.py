"""One page on how a load went: charts over time, tables, and the words it was judged in.

It opens from disk, holds no script, and asks no host for anything. Everything that comes from
evidence is escaped by the template.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reports.evidence.record import RunRecord
from reports.judging.decision import Decision, ObjectiveResult
from reports.rendering.allure_page import headline
from reports.rendering.load_charts import clock
from reports.rendering.performance_charts import chart_names, milliseconds
from reports.rendering.performance_parts import run_part
from reports.rendering.plain import item_ranges, plain

if TYPE_CHECKING:
    import jinja2

MOST_RUNS = 4
CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


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
    names = chart_names()
    runs = [run_part(digest, run, names) for digest, run in shown[:MOST_RUNS]]
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


def _judged_of(decision: Decision | None, digests: set[str]) -> tuple[ObjectiveResult, ...]:
    """The lines of the decision that rest on the runs that are shown."""
    if decision is None:
        return ()
    return tuple(one for one in decision.objectives if digests & set(one.source))


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
        "ms": milliseconds,
        "clock": clock,
        "share": _share,
        "items": item_ranges,
        "short_digest": lambda text: plain(str(text), 100).removeprefix("sha256:")[:12],
        "utc": _utc,
        "counts": _counts,
    }
    return environment


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.3g}%" if whole else "none"


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _counts(counted: Iterable[tuple[str, int]]) -> str:
    """``200: 7982, 500: 18``"""
    return ", ".join(f"{plain(word, 40)}: {count}" for word, count in counted) or "none"
