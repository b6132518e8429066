"""A pytest plugin that writes down every check it collects: ``suites/checks.tsv``.

Loaded only by ``gate coverage --update``. It looks before anything is deselected, so the list
does not depend on how a run was narrowed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.evidence.checks_list import write_checks
from reports.evidence.record import ExpectedCheck
from reports.observing import check_id, plan_items


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--checks-out``, where the list goes."""
    parser.addoption("--checks-out", type=Path, help="write every collected check to this file")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Write the list, but only if all was collected. Raises pytest.UsageError; see checks_of."""
    target: Path | None = config.getoption("--checks-out")
    if target is not None and not session.testsfailed:
        target.write_text(write_checks(checks_of(items)), encoding="utf-8")


def checks_of(items: list[pytest.Item]) -> list[ExpectedCheck]:
    """One check for all cases of a test. Raises pytest.UsageError."""
    found: dict[str, ExpectedCheck] = {}
    places: dict[str, str] = {}
    for item in items:
        named = check_id(item.nodeid)
        if named is None:
            raise pytest.UsageError(f"{item.nodeid}: is no check: suites/<layer>/test_*.py::test_*")
        layer, name = named
        place = item.nodeid.partition("[")[0]
        if places.setdefault(name, place) != place:
            raise pytest.UsageError(f"{name} is the id of two tests: {places[name]} and {place}")
        cases = found[name].cases + 1 if name in found else 1
        found[name] = ExpectedCheck(id=name, layer=layer, items=plan_items(item), cases=cases)
    return list(found.values())
