"""Draws the page of a decision, from it, its evidence, and the decisions before it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from reports.deciding import read_decision, stored_policy
from reports.evidence.checks_list import parse_checks
from reports.evidence.store import Store
from reports.gates.plan_items import load_plan_items
from reports.judging.decision import Decision
from reports.judging.policy import REQUIRES
from reports.rendering.allure_links import results_by_check
from reports.rendering.allure_page import DECISION_PAGE
from reports.rendering.decision_page import MOST_LOADS, Beside, decision_page, page_of
from reports.rendering.gate_chain import Link

if TYPE_CHECKING:
    from reports.rendering.performance_parts import LoadSummary

PAGE = DECISION_PAGE
_OTHERS = (("Allure report", "report.html"), ("Performance metrics", "performance.html"))


def write_decision_page(
    target: Path, store: Store, digest: str, decision: Decision, *, report: Path | None = None
) -> Path:
    """Write ``target`` on the decision of that digest; links to the pages that stand beside it.

    ``report`` is the Allure report of the decision's own run, to link to check by check.
    Raises AlteredEvidence, and BrokenLoad for a load that cannot be drawn.
    """
    target.unlink(missing_ok=True)
    chain = chain_of(store, digest, decision)
    page = decision_page(
        chain,
        load_plan_items(),
        stored_policy(store, decision).policy,
        Beside(
            pages=tuple(one for one in _OTHERS if (target.parent / one[1]).exists()),
            decisions=frozenset(
                one.digest
                for one in chain.values()
                if (target.parent / page_of(one.digest)).exists()
            ),
            allure=results_by_check(report.read_text(encoding="utf-8")) if report else {},
            signed=store.signature(digest) is not None,
            loads=_loads(next(iter(chain.values()))),
        ),
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = target.with_suffix(".tmp")
    scratch.write_text(page, encoding="utf-8")
    scratch.replace(target)
    return target


def _loads(link: Link) -> tuple[LoadSummary, ...] | None:
    """The newest loads, drawn; None where there are some and what draws them is not installed."""
    loads = [load for _, run in link.runs for load in run.loads][:MOST_LOADS]
    if not loads:
        return ()
    try:
        from reports.rendering.performance_charts import chart_names
        from reports.rendering.performance_parts import load_summary
    except ImportError:
        return None
    names = chart_names()
    return tuple(load_summary(load, names) for load in loads)


def chain_of(store: Store, digest: str, decision: Decision) -> Mapping[str, Link]:
    """By gate: this decision, and those of the gates that had to come before, theirs included.

    A run that no gate asked for stands under "". Raises AlteredEvidence.
    """
    chain: dict[str, Link] = {}
    waiting = [(digest, decision)]
    while waiting:
        named, made = waiting.pop()
        if (made.gate or "") in chain:
            continue
        chain[made.gate or ""] = _link(store, named, made)
        for line in made.objectives:
            if line.id.startswith(REQUIRES):
                waiting += [
                    (one, read_decision(store.get_decision(one), one)) for one in line.source
                ]
    return chain


def _link(store: Store, digest: str, decision: Decision) -> Link:
    refused = {one.digest for one in decision.not_counted}
    runs = [(one, store.get_run(one)) for one in decision.inputs.runs if one not in refused]
    runs.sort(key=lambda one: (one[1].ended.isoformat(), one[0]), reverse=True)
    checks = store.get_text(decision.inputs.checks)
    return Link(digest, decision, tuple(runs), parse_checks(checks, "stored checks.tsv"))
