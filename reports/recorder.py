"""The pytest plugin that turns a run into evidence, and the evidence into a decision.

Under ``suites/`` pytest's exit code is the decision's; under ``tests/`` nothing of this is active.
"""

from __future__ import annotations

import platform
import secrets
import sys
from collections.abc import Generator
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import pytest

from reports import hooks
from reports.case import Case, check_record
from reports.concluding import Question, conclude, question
from reports.evidence.contents import Intent
from reports.evidence.document import Document
from reports.evidence.record import (
    SCHEMA,
    EnvironmentRecord,
    RunRecord,
    Source,
    Subject,
)
from reports.evidence.store import AlteredEvidence
from reports.judging.admission import SELF_REPORTED, normalise_build, weakest
from reports.judging.decision import Decision
from reports.judging.result import ExitCode
from reports.kept import KeptMeasurements
from reports.observing import Masking, Observing, check_id, evidence
from reports.rendering.load_lines import failure_points
from reports.rendering.terminal import summary
from reports.report_dir import ALLURE_RESULTS, JUNIT, ReportDir
from reports.selection import LAYERS, SUITES, SelectionError, layers_named, touches_suites
from reports.strict_toml import ConfigurationError

__all__ = ["evidence"]  # the fixture, for pytest to find it here

_RUN_ID = pytest.StashKey[str]()
_DECIDED = pytest.StashKey[int]()  # the exit code of what was decided
_NEEDED = ("allure_pytest", "junitxml")
_ONLY_SHOWS = ("help", "version", "showmarkers", "showfixtures", "show_fixtures_per_test")


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Add what the recorder asks of whoever knows the environment."""
    pluginmanager.add_hookspecs(hooks)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, Any, Any]:
    """Nothing that was asked for a layer or a gate exits as a pass without a decision.

    Collecting, showing markers or help, or running what is no suite sees nothing of a service.
    pytest's own 5 says that no test was collected; from a decision it says rollback.
    """
    code = yield
    option = config.option
    asked = option.gate or any(layer in option.markexpr for layer in LAYERS)
    collected = option.collectonly and _is_about_suites(config)
    if code in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) and (asked or collected):
        return config.stash.get(_DECIDED, ExitCode.UNPROVEN)
    return code


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Settle everything that can be wrong before anything runs."""
    option = config.option
    shows = any(getattr(option, name, False) for name in _ONLY_SHOWS)
    if shows or not _is_about_suites(config):
        return
    suites = config.rootpath / SUITES
    if option.collectonly:
        config.pluginmanager.register(Observing(suites, LAYERS), "gate-observing")
        return
    worker = getattr(config, "workerinput", None)
    try:
        _refuse_a_crippled_run(config)
        report_dir = ReportDir(option.report_dir)
        if worker is None:
            report_dir.take()
            config.add_cleanup(report_dir.give_back)
        layers = layers_named(option.markexpr)
        config.pluginmanager.register(Observing(suites, layers), "gate-observing")
        config.pluginmanager.register(Masking(), "gate-masking")
        facts = config.hook.pytest_gate_environment(config=config)
        refused = [layer for layer in layers if layer not in facts["layers"]]
        if refused:
            raise ConfigurationError(
                f"-m {option.markexpr!r}: {facts['name']} does not allow the layer "
                f"{', '.join(refused)} (its environment file allows {', '.join(facts['layers'])})"
            )
        if worker is None:
            config.hook.pytest_gate_accept(config=config, layers=layers)
        if not option.allure_report_dir:
            option.allure_report_dir = str(report_dir.path / ALLURE_RESULTS)
        if worker is not None:
            config.stash[_RUN_ID] = worker["gate_run_id"]
            return
        asked = question(
            gate=option.gate,
            rehearsal=option.rehearsal,
            build=option.build,
            layers=layers,
            facts=facts,
            checks_file=suites / "checks.tsv",
            report_dir=report_dir.path,
        )
    except (ConfigurationError, SelectionError) as problem:
        raise pytest.UsageError(str(problem)) from None
    if not option.xmlpath:
        option.xmlpath = str(report_dir.path / JUNIT)
    started = datetime.now(UTC)
    config.stash[_RUN_ID] = f"{started:%Y%m%dt%H%M%S}-{secrets.token_hex(3)}"
    config.pluginmanager.register(Recorder(config, asked, started), "gate-recorder")


def _is_about_suites(config: pytest.Config) -> bool:
    return touches_suites(config.args, config.invocation_params.dir, config.rootpath)


def _refuse_a_crippled_run(config: pytest.Config) -> None:
    """Raises ConfigurationError where a run would lack a part without which it means nothing."""
    blocked = [
        name
        for name, plugin in config.pluginmanager.list_name_plugin()
        if plugin is None and name.startswith(("gate-", "fixtures", "reports", *_NEEDED))
    ]
    if blocked:
        raise ConfigurationError(
            f"-p no:{blocked[0]}: a run without it is no evidence; leave it on"
        )
    if sys.flags.optimize:
        raise ConfigurationError(
            "python -O (PYTHONOPTIMIZE) takes assertions out of checks; run without it"
        )
    arguments = [str(argument) for argument in config.invocation_params.args]
    if config.option.rehearsal and "--rehearsal" not in arguments and not _is_worker(config):
        raise ConfigurationError(
            "--rehearsal is said on the command line itself, not in PYTEST_ADDOPTS or a file"
        )


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


class Recorder:
    """One run, in the process that decides about it."""

    def __init__(self, config: pytest.Config, asked: Question, started: datetime) -> None:
        self._config = config
        self._asked = asked
        self._started = started
        self._cases: dict[str, dict[str, Case]] = {}  # check id -> node id -> case
        self._left: list[str] = []
        self._kept = KeptMeasurements()
        self._facts = asked.facts
        self._before: dict[str, Any] | None = None
        self._stopped: str | None = None
        self._harness_failed: str | None = None
        self._decision: Decision | None = None
        self._refused: str | None = None
        self._usage_error = False

    @property
    def _run_id(self) -> str:
        return self._config.stash[_RUN_ID]

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Start what takes its time, so that collecting overlaps with it."""
        self._config.hook.pytest_gate_start(config=self._config)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give a worker the id of the run (xdist)."""
        node.workerinput["gate_run_id"] = self._run_id

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Look at the subject first; a wrong one stops the run before it begins."""
        if self._harness_failed:
            return None  # pytest reports what could not be collected, and runs nothing
        config = self._config
        try:
            self._facts = config.hook.pytest_gate_ready(config=config)
            self._before = config.hook.pytest_gate_subject(config=config)
        except pytest.UsageError:
            raise
        except Exception as problem:  # noqa: BLE001  # whatever it is, nothing was looked at
            self._harness_failed = _said(problem)
            return True
        self._asked.store.begin(
            Intent(
                run_id=self._run_id,
                layers=self._asked.layers,
                environment=self._facts["name"],
                build=self._asked.build,
                started=self._started,
            )
        )
        self._stopped = self._wrong_subject(self._before)
        return True if self._stopped else None

    def _wrong_subject(self, seen: dict[str, Any]) -> str | None:
        build, reported, name = self._asked.build, seen["version"], self._facts["name"]
        if build is None or reported is None or not self._asked.deployed:
            return None
        if normalise_build(build, name) == normalise_build(reported, name):
            return None
        return (
            f"health reports {reported} and the pipeline means --build {build}: "
            "evidence of one build says nothing of another, so no check was run"
        )

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A suite that cannot be collected is a failure of the harness."""
        if report.failed:
            self._harness_failed = f"{report.nodeid} cannot be collected"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take a phase of a case, from this process or from a worker."""
        found = check_id(report.nodeid)
        if found is None:
            return
        cases = self._cases.setdefault(found[1], {})
        said: dict[str, Any] | None = getattr(report, "gate", None)
        case = cases.setdefault(report.nodeid, Case())
        case.add(report.when, report.duration, said)
        if said:
            self._left += said["left"]
            self._kept.take(said)

    # The outermost wrapper: the decision is made when all else is done, and is said last.
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        """Write the evidence, judge it, and make the decision's exit code pytest's."""
        yield
        self._finish(session)
        self._say()

    def _finish(self, session: pytest.Session) -> None:
        code = session.exitstatus
        if code == pytest.ExitCode.USAGE_ERROR:
            self._usage_error = True
            return
        if not self._harness_failed:
            if code == pytest.ExitCode.INTERNAL_ERROR:
                self._harness_failed = "pytest itself failed, see above"
            elif code == pytest.ExitCode.INTERRUPTED and not self._stopped:
                self._stopped = "interrupted"
        for stopped in (session.shouldfail, session.shouldstop):
            if stopped and not self._stopped:
                self._stopped = str(stopped)
        if self._before is None:
            # Nothing was looked at, so there is nothing to keep or to decide.
            session.exitstatus = ExitCode.HARNESS if self._harness_failed else ExitCode.UNPROVEN
            return
        try:
            run = self._record(self._before)
            self._config.hook.pytest_gate_over(config=self._config)
            self._decision = conclude(self._asked, run)
        except AlteredEvidence as problem:
            self._refused = str(problem)
            session.exitstatus = ExitCode.HARNESS if self._harness_failed else ExitCode.UNPROVEN
            return
        except Exception as problem:  # noqa: BLE001  # without a decision there is no verdict
            self._harness_failed = _said(problem)
            session.exitstatus = ExitCode.HARNESS
            return
        session.exitstatus = ExitCode.HARNESS if self._harness_failed else self._decision.exit_code
        self._config.stash[_DECIDED] = int(session.exitstatus)

    def _say(self) -> None:
        """Say what was decided, and why, where there is a terminal to say it on."""
        terminalreporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if terminalreporter is None or self._usage_error:
            return
        terminalreporter.ensure_newline()
        if self._left:
            terminalreporter.section("left behind", sep="-")
            for what in self._left[:10]:
                terminalreporter.line(what)
            terminalreporter.line(
                f"remove it: gate evidence sweep --env {self._facts['name']} --run {self._run_id}"
            )
        if self._stopped:
            terminalreporter.line(f"STOPPED: {self._stopped}")
        if self._decision is not None:
            for line in failure_points(self._kept.loads()):
                terminalreporter.line(line)
            terminalreporter.section("decision", sep="-")
            width = max(80, min(120, terminalreporter._screen_width))
            colour = bool(terminalreporter.hasmarkup)
            for line in summary(self._decision, width=width, color=colour).splitlines():
                terminalreporter.line(line)
        if self._harness_failed:
            terminalreporter.line(f"HARNESS FAILED: {self._harness_failed}", red=True)
            terminalreporter.line("exit code 3: nothing is said about the service")
        elif self._refused:
            terminalreporter.line(f"HOLD: {self._refused} (exit code 2)", yellow=True)
        elif self._decision is None:
            terminalreporter.line(
                "HOLD: nothing was looked at, so nothing is decided (exit code 2)"
            )

    def _record(self, before: dict[str, Any]) -> RunRecord:
        after = self._seen_after(before)
        expected = {check.id: check for check in self._asked.expected}
        checks = tuple(
            check_record(
                name,
                name.partition(".")[0],
                expected[name].items if name in expected else (),
                cases.values(),
            )
            for name, cases in sorted(self._cases.items())
        )
        facts = self._facts
        return RunRecord(
            schema=SCHEMA,
            run_id=self._run_id,
            layers=self._asked.layers,
            subject=Subject(
                build=self._asked.build,
                version=before["version"],
                version_after=after["version"],
                code_digest=before["code_digest"],
                code_digest_after=after["code_digest"],
                binding=_binding(before, after),
            ),
            environment=EnvironmentRecord(
                **{name: facts[name] for name in EnvironmentRecord.__struct_fields__}
            ),
            rehearsal=tuple(facts["rehearsal"]),
            fault=self._config.option.fault,
            started=self._started,
            ended=datetime.now(UTC),
            complete=not (self._stopped or self._harness_failed),
            stopped=self._stopped or self._harness_failed,
            expected_digest=self._asked.checks_digest,
            source=Source(
                harness=version("promotion-gate"),
                python=platform.python_version(),
                pytest=pytest.__version__,
            ),
            checks=checks,
            loads=self._kept.loads(),
            series=self._kept.series(),
            findings=self._kept.findings(),
            scans=self._kept.scans(),
            observations=self._kept.windows(),
            access=self._kept.access(),
            documents=tuple(
                Document(name=name, digest=self._asked.store.put_text(text))
                for name, text in self._kept.documents()
            ),
        )

    def _seen_after(self, before: dict[str, Any]) -> dict[str, Any]:
        if self._stopped or self._harness_failed:
            return before
        try:
            seen: dict[str, Any] = self._config.hook.pytest_gate_subject(config=self._config)
        except Exception as problem:  # noqa: BLE001  # an end without a second look is no end
            self._harness_failed = _said(problem)
            return {"version": None, "code_digest": None}
        return seen


def _binding(before: dict[str, Any], after: dict[str, Any]) -> str:
    """What ties the address to the build at both ends of the run."""
    return weakest(str(seen.get("binding", SELF_REPORTED)) for seen in (before, after))


def _said(problem: Exception) -> str:
    name = type(problem).__name__
    return str(problem) if name == "HarnessFailure" else f"{name}: {problem}"


@pytest.fixture(scope="session")
def run_id(pytestconfig: pytest.Config) -> str:
    """The id of this run: everything it makes carries it."""
    return pytestconfig.stash[_RUN_ID]
