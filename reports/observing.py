"""One check while it runs: its id, what it saw, and how it ended.

This part works in every process that runs checks; what it learns travels to the recorder
on pytest's own reports, so that with xdist nothing else has to be carried over.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from pathlib import Path

import pytest

from reports.evidence.record import Outcome
from reports.rendering.allure_results import attach_observation, label_check
from reports.selection import LAYERS, SUITES

_EVIDENCE = pytest.StashKey["CheckEvidence"]()
_IN_SUITES = re.compile(
    rf"(?:^|/){SUITES}/({'|'.join(LAYERS)})/(?:.*/)?[^/]+\.py::(?:\w+::)*test_(\w+)"
)
_SHOWN = 4000  # characters of a traceback that a report keeps


def check_id(node_id: str) -> tuple[str, str] | None:
    """``(layer, id)`` of a node under ``suites/``: ``suites/smoke/…::test_x`` is smoke.x."""
    found = _IN_SUITES.search(node_id.replace("\\", "/"))
    return (found[1], f"{found[1]}.{found[2]}") if found else None


class CheckEvidence:
    """What a check says it saw. A check that passes and saw nothing is no evidence."""

    def __init__(self) -> None:
        self.observations = 0
        self.left: list[str] = []

    def observe(self, what: str, details: Mapping[str, str]) -> None:
        """Record one exchange, call, handshake or file: a title, and texts by name."""
        self.observations += 1
        attach_observation(what, details)

    def left_behind(self, what: str) -> None:
        """Record something that the check made and could not remove."""
        self.left.append(what)


class Observing:
    """Marks what is collected under ``suites/`` and puts what a check saw on its reports."""

    def __init__(self, suites: Path) -> None:
        self._suites = suites

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """The folder says the layer: no test has to repeat it."""
        if self._suites in item.path.parents:
            layer = item.path.relative_to(self._suites).parts[0]
            if layer in LAYERS:
                item.add_marker(layer)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin to keep what the check sees, and label it for Allure."""
        item.stash[_EVIDENCE] = CheckEvidence()
        found = check_id(item.nodeid)
        if found:
            label_check(item, *found)

    # Last, so that this is the innermost wrapper: Allure reads the report and the exception
    # only when no secret is left in them.
    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add ``report.gate``: outcome, observations and failure of this phase."""
        report = yield
        problem = call.excinfo.value if call.excinfo else None
        outcome, detail = _judged(report, problem)

        def mask(text: str) -> str:
            return str(item.config.hook.pytest_gate_masked(config=item.config, text=text))

        if problem is not None and mask(str(problem)) != str(problem):
            problem.args = (mask(str(problem)),)
        seen = item.stash.get(_EVIDENCE, None) or CheckEvidence()
        report.gate = {  # type: ignore[attr-defined]
            "outcome": outcome.value,
            "observations": seen.observations,
            "left": [mask(what) for what in seen.left] if report.when == "teardown" else [],
            **{name: mask(text) for name, text in detail.items()},
        }
        if outcome is Outcome.FAIL and "expected" in detail:
            # The message says it all; the frames of the harness would only hide it.
            items = ", ".join(plan_items(item))
            report.longrepr = mask(f"{problem}\n  plan:     {items}")
        elif report.failed:
            report.longrepr = mask(str(report.longrepr)[-_SHOWN:])
        return report


def plan_items(item: pytest.Item) -> tuple[str, ...]:
    """The plan items that the marker ``plan`` names."""
    return tuple(str(name) for marker in item.iter_markers("plan") for name in marker.args)


def _judged(
    report: pytest.TestReport, problem: BaseException | None
) -> tuple[Outcome, dict[str, str]]:
    """How this phase ended, with ``reason``, ``capability`` or the four fields of a Failure."""
    if hasattr(report, "wasxfail"):
        return Outcome.XFAILED, {"reason": str(report.wasxfail) or "marked xfail"}
    if report.skipped:
        reason = getattr(problem, "msg", None) or str(problem)
        capability = getattr(problem, "capability", None)
        if isinstance(capability, str):
            return Outcome.NOT_APPLICABLE, {"reason": reason, "capability": capability}
        return Outcome.SKIPPED, {"reason": reason}
    if report.passed or problem is None:
        return Outcome.PASS, {}
    if isinstance(problem, AssertionError | pytest.fail.Exception):
        failure = {
            name: value
            for name in ("expectation", "expected", "actual", "curl")
            if isinstance(value := getattr(problem, name, None), str)
        }
        if not failure:
            said = str(problem).strip() or "an assertion did not hold"
            failure = {"expectation": said.splitlines()[0][:200], "actual": said[:600]}
        return Outcome.FAIL, failure
    said = f"{type(problem).__name__}: {problem}".strip()
    return Outcome.ERROR, {"reason": said[:600]}


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> CheckEvidence:
    """Where a check records what it saw."""
    node: pytest.Item = request.node
    return node.stash[_EVIDENCE]
