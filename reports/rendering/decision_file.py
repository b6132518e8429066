"""Writes the page of a decision beside what it was made from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reports.evidence.store import Store
from reports.gates.plan_items import load_plan_items
from reports.judging.decision import Decision
from reports.rendering.decision_page import MOST_LOADS, Beside, decision_page, page_of
from reports.rendering.gate_chain import Link, chain_of

if TYPE_CHECKING:
    from reports.rendering.performance_parts import LoadSummary

PAGE = "decision.html"
_OTHERS = (("Allure report", "report.html"), ("Performance metrics", "performance.html"))


def write_decision_page(target: Path, store: Store, digest: str, decision: Decision) -> Path:
    """Write ``target`` on the decision of that digest; links to the pages that stand beside it.

    Raises AlteredEvidence, and BrokenLoad for a load that cannot be drawn.
    """
    target.unlink(missing_ok=True)
    chain = chain_of(store, digest, decision)
    page = decision_page(
        chain,
        load_plan_items(),
        Beside(
            pages=tuple(one for one in _OTHERS if (target.parent / one[1]).exists()),
            decisions=frozenset(
                one.digest
                for one in chain.values()
                if (target.parent / page_of(one.digest)).exists()
            ),
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
