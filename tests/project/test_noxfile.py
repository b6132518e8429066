"""The sessions: those that people are told of exist, and arguments reach pytest."""

from __future__ import annotations

import importlib.util
import os
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


class RecordedSession:
    """Stands in for nox's session: it keeps what it is told to run."""

    def __init__(self, *posargs: str) -> None:
        self.posargs = list(posargs)
        self.commands: list[list[str]] = []
        self.installs: list[list[str]] = []

    def run(self, *command: str, **_: object) -> None:
        """Keep the command, its program by its bare name."""
        self.commands.append([Path(command[0]).name, *command[1:]])

    def run_install(self, *command: str, **_: object) -> None:
        """Keep the installing command."""
        self.installs.append([Path(command[0]).name, *command[1:]])

    def log(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def noxfile(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The noxfile, read without nox and without leaving sessions behind."""
    monkeypatch.setattr("nox.registry._REGISTRY", {})
    spec = importlib.util.spec_from_file_location("noxfile_under_test", ROOT / "noxfile.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((), ["--env=local"]),
        (("--env=sit",), ["--env=sit"]),
        (("--env", "sit"), ["--env", "sit"]),
        (("-k", "health"), ["--env=local", "-k", "health"]),
        (("--env=sit", "--env=dev"), ["--env=sit", "--env=dev"]),
    ],
)
def test_smoke_passes_arguments_on(
    noxfile: ModuleType, given: tuple[str, ...], expected: list[str]
) -> None:
    """`nox -s smoke -- --env=sit` is `pytest -m smoke --env=sit`; without, it runs locally."""
    session = RecordedSession(*given)
    noxfile.smoke(session)
    assert session.commands[0] == ["pytest", "-m", "smoke", *expected]


def test_smoke_installs_from_the_hashed_lock(noxfile: ModuleType) -> None:
    """Nothing is installed without a hash but the project itself."""
    session = RecordedSession()
    noxfile.smoke(session)
    *_, locked, project = session.installs
    assert "--require-hashes" in locked
    assert "requirements.lock" in locked
    assert project[-3:] == ["--no-deps", "--editable", "."]


@pytest.mark.parametrize("decided", [True, False])
def test_a_report_is_drawn_of_a_new_decision_only(
    noxfile: ModuleType, tmp_path: Path, decided: bool
) -> None:
    """An older decision must not be shown as that of a run that came to none."""
    decision = tmp_path / "decision.json"
    decision.write_text("{}")
    os.utime(decision, (1, 1))

    class Running(RecordedSession):
        def run(self, *command: str, **options: object) -> None:
            super().run(*command, **options)
            if decided:  # a file's clock may be a tick behind the process's
                os.utime(decision, (2**33, 2**33))

    session = Running(f"--report-dir={tmp_path}")
    noxfile.smoke(session)
    drawn = [command for command in session.commands if command[0] == "gate"]
    assert drawn == ([["gate", "report", f"--report-dir={tmp_path}"]] if decided else [])


def test_tests_passes_arguments_on(noxfile: ModuleType) -> None:
    """`nox -s tests -- -k lock` is `pytest tests -k lock`."""
    session = RecordedSession("-k", "lock")
    noxfile.tests(session)
    assert session.commands == [["pytest", "tests", "-k", "lock"]]


@pytest.mark.parametrize("where", ["README.md", ".ci/run"])
def test_every_session_that_is_named_exists(noxfile: ModuleType, where: str) -> None:
    """`nox -s NAME`, wherever a person or a machine is told to run it, is a session."""
    named = set(re.findall(r"nox\s+-s\s+([a-z_]+)", (ROOT / where).read_text(encoding="utf-8")))
    assert named
    missing = {name for name in named if not callable(getattr(noxfile, name, None))}
    assert missing == set()
