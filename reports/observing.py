"""One check while it runs: its id, what it saw, and how it ended.

This part works in every process that runs checks; what it learns travels to the recorder
on pytest's own reports, so that with xdist nothing else has to be carried over.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from reports.deciding import counting
from reports.earlier_loads import stored_loads
from reports.evidence.access import Access
from reports.evidence.finding import Finding
from reports.evidence.load import LoadRecord
from reports.evidence.observation import Observation
from reports.evidence.record import Outcome
from reports.evidence.scan import Scan
from reports.evidence.series import Series
from reports.evidence.store import AlteredEvidence
from reports.judging.levels import Level, judge_level
from reports.rendering.allure_results import attach_observation, label_check
from reports.selection import LAYERS, SUITES

_EVIDENCE = pytest.StashKey["CheckEvidence"]()
_IN_SUITES = re.compile(
    rf"(?:^|/){SUITES}/({'|'.join(LAYERS)})/(?:.*/)?[^/]+\.py::(?:\w+::)*test_(\w+)"
)
_SHOWN = 4000  # characters of a traceback that a report keeps
_KEPT = 6000  # characters of a request or response that evidence keeps
_REMEMBERED = 100  # exchanges of a check among which the one that failed is looked for


def check_id(node_id: str) -> tuple[str, str] | None:
    """``(layer, id)`` of a node under ``suites/``: ``suites/smoke/…::test_x`` is smoke.x."""
    found = _IN_SUITES.search(node_id.replace("\\", "/"))
    return (found[1], f"{found[1]}.{found[2]}") if found else None


class CheckEvidence:
    """What a check says it saw. A check that passes and saw nothing is no evidence."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self.observations = 0
        self.left: list[str] = []
        self.loads: list[LoadRecord] = []
        self.series: list[Series] = []
        self.findings: list[Finding] = []
        self.scans: list[Scan] = []
        self.windows: list[Observation] = []
        self.access: list[Access] = []
        self.documents: dict[str, str] = {}
        self._exchanges: deque[Mapping[str, str]] = deque(maxlen=_REMEMBERED)

    def observe(self, what: str, details: Mapping[str, str]) -> None:
        """Record one exchange, call, handshake or file: a title, and texts by name."""
        self.observations += 1
        attach_observation(what, details)
        if "request" in details:
            self._exchanges.append(details)

    def exchange_of(self, curl: str) -> dict[str, str]:
        """``request`` and ``response`` of the latest exchange with that curl line, if seen."""
        for details in reversed(self._exchanges):
            if details["request"].endswith(curl):
                found = {"request": details["request"].removesuffix(curl).rstrip()}
                if "response" in details:
                    found["response"] = details["response"]
                return {name: text[:_KEPT] for name, text in found.items()}
        return {}

    def left_behind(self, what: str) -> None:
        """Record something that the check made and could not remove."""
        self.left.append(what)

    def keep_load(self, load: LoadRecord) -> None:
        """Put a load into the run's evidence; several checks may keep the same."""
        requests = sum(w.requests for operation in load.operations for w in operation.windows)
        self.loads.append(load)
        self.observe(f"load {load.profile}, {load.workload}: {requests} requests", {})

    def keep_series(self, series: Series) -> None:
        """Put what the platform counted into the run's evidence."""
        self.series.append(series)
        points = "\n".join(f"{at} {value:g}" for at, value in series.points)
        what = f"{series.namespace} {series.metric} {series.statistic}, {series.name}"
        self.observe(f"{what}: {len(series.points)} points", {"points": points})

    def keep_finding(self, finding: Finding) -> None:
        """Put a weakness into the run's evidence, whether or not it fails the check."""
        self.findings.append(finding)
        said = msgspec.json.format(msgspec.json.encode(finding)).decode()
        self.observe(f"{finding.severity}: {finding.title}, {finding.where}", {"finding": said})

    def keep_access(self, access: Access) -> None:
        """Put who was let in into the run's evidence; the exchange was observed already."""
        self.access.append(access)

    def keep_document(self, name: str, text: str) -> None:
        """Keep a document that was read whole; an observation."""
        text = str(self._config.hook.pytest_gate_masked(config=self._config, text=text))
        self.documents[name] = text
        self.observe(f"{name}: {len(text)} characters", {"document": text[:_KEPT]})

    def keep_scan(self, scan: Scan) -> None:
        """Put a scanner's pass into the run's evidence, complete or not."""
        self.scans.append(scan)
        said = msgspec.json.format(msgspec.json.encode(scan)).decode()
        how = "to its end" if scan.complete else f"not to its end: {scan.why}"
        self.observe(f"{scan.mode} scan by {scan.name}, {how}", {"scan": said})

    def keep_window(self, window: Observation) -> None:
        """Put what production counted in one window into the run's evidence."""
        self.windows.append(window)
        said = msgspec.json.format(msgspec.json.encode(window)).decode()
        self.observe(f"a window to {window.ended.isoformat()}", {"window": said})

    def judge(
        self,
        criterion: str,
        loads: Sequence[LoadRecord],
        operations: Sequence[str],
        *,
        minimum: int = 0,
    ) -> Level:
        """Judge loads together, as a gate would. Raises ValueError for what is no level."""
        with counting():
            level = judge_level(criterion, loads, operations, minimum)
        attach_observation(
            f"{', '.join(operations)} {criterion}: {level.result.value}",
            {"level": msgspec.json.format(msgspec.json.encode(level)).decode()},
        )
        return level

    def stored_loads(self, max_age_s: int) -> Sequence[tuple[str, LoadRecord]]:
        """Loads of earlier whole runs of this subject, newest first. Raises AlteredEvidence."""
        return stored_loads(self._config, max_age_s)

    def taken(self, masked: Callable[[str], str]) -> dict[str, Any]:
        """What was kept since the last call, as pytest carries them to the recorder."""
        loads = msgspec.to_builtins(self.loads)
        for load in loads:
            for operation in load["operations"]:
                for window in operation["windows"]:
                    window["errors"] = {masked(w): n for w, n in window["errors"].items()}
        findings = msgspec.to_builtins(self.findings)
        for finding in findings:
            finding |= {name: masked(finding[name]) for name in ("where", "evidence")}
        series = msgspec.to_builtins(self.series)
        scans = msgspec.to_builtins(self.scans)
        for scan in scans:
            scan |= {name: masked(scan[name]) for name in ("target", "why") if scan[name]}
        kept = {"loads": loads, "series": series, "findings": findings, "scans": scans}
        kept["windows"] = msgspec.to_builtins(self.windows)
        kept["access"] = msgspec.to_builtins(self.access)
        kept["documents"] = self.documents  # masked when they were kept
        self.loads, self.series, self.findings, self.scans, self.windows = [], [], [], [], []
        self.access, self.documents = [], {}
        return kept


class Observing:
    """Marks what is collected under ``suites/`` and puts what a check saw on its reports."""

    def __init__(self, suites: Path, layers: tuple[str, ...]) -> None:
        self._suites = suites
        self._layers = layers

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Do not import what -m leaves out anyway: the folders of the other layers."""
        other = collection_path.parent == self._suites and collection_path.name in LAYERS
        return True if other and collection_path.name not in self._layers else None

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """The folder says the layer: no test has to repeat it."""
        if self._suites in item.path.parents:
            layer = item.path.relative_to(self._suites).parts[0]
            if layer in LAYERS:
                item.add_marker(layer)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin to keep what the check sees, and label it for Allure."""
        item.stash[_EVIDENCE] = CheckEvidence(item.config)
        found = check_id(item.nodeid)
        if found:
            label_check(item, *found)

    # The outermost wrapper: what xfail makes of a failure is known by then.
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add ``report.gate``: outcome, observations and failure of this phase."""
        report = yield
        outcome, detail = _judged(report, call.excinfo.value if call.excinfo else None)
        seen = item.stash.get(_EVIDENCE, None) or CheckEvidence(item.config)
        if "curl" in detail:
            detail |= seen.exchange_of(detail["curl"])
        report.gate = {  # type: ignore[attr-defined]
            "outcome": outcome.value,
            "observations": seen.observations,
            "left": [_masked(item, what) for what in seen.left] if call.when == "teardown" else [],
            **seen.taken(lambda text: _masked(item, text)),
            **{name: _masked(item, text) for name, text in detail.items()},
        }
        return report


class Masking:
    """Takes secrets and clutter out of what a failure says, before anyone reads it."""

    # The innermost wrapper: Allure, JUnit and the terminal all read what it leaves.
    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Mask the exception and its report; a failed expectation needs no traceback."""
        report = yield
        problem = call.excinfo.value if call.excinfo else None
        if problem is not None and _masked(item, str(problem)) != str(problem):
            problem.args = (_masked(item, str(problem)),)
        if isinstance(problem, AssertionError) and hasattr(problem, "expectation"):
            # The message says it all; the frames of the harness would only hide it.
            items = ", ".join(plan_items(item))
            report.longrepr = _masked(item, f"{problem}\n  plan:     {items}")
        elif report.failed and _is_inconclusive(problem):
            report.longrepr = _masked(item, f"inconclusive: {problem}")
        elif report.failed:
            report.longrepr = _masked(item, str(report.longrepr))[-_SHOWN:]
        return report


def _masked(item: pytest.Item, text: str) -> str:
    return str(item.config.hook.pytest_gate_masked(config=item.config, text=text))


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
        option = getattr(problem, "asked_by", None)
        if isinstance(option, str):
            return Outcome.NOT_ASKED, {"reason": reason, "capability": option}
        return Outcome.SKIPPED, {"reason": reason}
    return (Outcome.PASS, {}) if report.passed or problem is None else _ended_by(problem)


def _ended_by(problem: BaseException) -> tuple[Outcome, dict[str, str]]:
    if isinstance(problem, AssertionError | pytest.fail.Exception):
        return Outcome.FAIL, _failure(problem)
    if _is_inconclusive(problem):
        return Outcome.INCONCLUSIVE, {"reason": str(problem)[:600]}
    return Outcome.ERROR, {"reason": f"{type(problem).__name__}: {problem}".strip()[:600]}


def _failure(problem: BaseException) -> dict[str, str]:
    said = {
        name: value
        for name in ("expectation", "expected", "actual", "curl")
        if isinstance(value := getattr(problem, name, None), str)
    }
    if said:
        return said
    text = str(problem).strip() or "an assertion did not hold"
    return {"expectation": text.splitlines()[0][:200], "actual": text[:600]}


def _is_inconclusive(problem: BaseException | None) -> bool:
    """A check says so by its exception; what was altered in the store says nothing either."""
    return getattr(problem, "inconclusive", None) is True or isinstance(problem, AlteredEvidence)


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> CheckEvidence:
    """Where a check records what it saw."""
    node: pytest.Item = request.node
    return node.stash[_EVIDENCE]
