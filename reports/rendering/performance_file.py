"""Writes the performance page of the last run beside the report, where there is one to write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reports.evidence.record import RunRecord
from reports.evidence.store import Store
from reports.judging.decision import Decision
from reports.strict_toml import ConfigurationError


def write_performance(report_dir: Path, store: Store, decision: Decision | None) -> Path | None:
    """Write the page; its path, or None where no run that counts has loads or series.

    An older page is removed first. With a decision it shows the runs that the decision counted,
    without one the last run. Raises BrokenLoad, AlteredEvidence, and ConfigurationError where
    what draws it is not installed.
    """
    target = report_dir / "performance.html"
    target.unlink(missing_ok=True)
    runs = [(digest, run) for digest, run in _runs(store, decision) if run.loads or run.series]
    if not runs:
        return None
    try:
        from reports.rendering.performance_page import performance_page
    except ImportError as problem:
        raise ConfigurationError(
            f"the performance page needs {problem.name}, which is not installed: run "
            "`nox -s load`, or pip install -r requirements/load.lock"
        ) from None
    page = performance_page(runs, decision)
    if page is None:
        return None
    scratch = target.with_suffix(".tmp")
    scratch.write_text(page, encoding="utf-8")
    scratch.replace(target)
    return target


def _runs(store: Store, decision: Decision | None) -> Iterator[tuple[str, RunRecord]]:
    """The runs to show, newest first."""
    if decision is None:
        yield from store.runs()[:-2:-1]
        return
    refused = {one.digest for one in decision.not_counted}
    counted = [one for one in decision.inputs.runs if one not in refused]
    found = [(digest, store.get_run(digest)) for digest in counted]
    yield from sorted(found, key=lambda one: (one[1].ended.isoformat(), one[0]), reverse=True)
