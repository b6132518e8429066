"""One page on how a load went: charts over time, tables, and the words it was judged in.

It opens from disk, holds no script, and asks no host for anything. Everything that comes from
evidence is escaped by the template.
"""

from __future__ import annotations

from collections.abc import Sequence

from reports.evidence.record import RunRecord
from reports.judging.decision import Decision, ObjectiveResult
from reports.rendering.allure_page import headline
from reports.rendering.load_charts import clock
from reports.rendering.performance_charts import chart_names
from reports.rendering.performance_parts import run_part
from reports.rendering.templates import templates

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
        templates()
        .get_template("performance.html.j2")
        .render(
            clock=clock,
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
