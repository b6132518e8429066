"""What a run makes of each way in which a check can end. Nothing but a seen pass passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.evidence.record import Outcome
from reports.report_dir import ReportDir
from tests.run.small_project import SmallProject

SEEN = "    evidence.observe('looked', {})\n"
PASSES = "def test_it(evidence):\n" + SEEN


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    """A project whose suites are written by the test."""
    return SmallProject(tmp_path)


def test_a_check_that_saw_and_passed(project: SmallProject) -> None:
    """The one check observes something and passes: exit 0, and the record says so."""
    ended = project.run(PASSES)
    assert ended.code == 0, ended.output
    assert ended.run.complete
    assert ended.run.checks[0].outcome is Outcome.PASS
    assert ended.decision["verdict"] == "pass"


@pytest.mark.parametrize(
    ("code", "outcome", "exit_code"),
    [
        ("def test_it():\n    pass\n", Outcome.UNSEEN, 2),
        (PASSES + "    pytest.skip('not today')\n", Outcome.SKIPPED, 2),
        ("@pytest.mark.skip\n" + PASSES, Outcome.SKIPPED, 2),
        ("@pytest.mark.xfail\n" + PASSES, Outcome.XFAILED, 2),
        ("@pytest.mark.xfail\n" + PASSES + "    assert False\n", Outcome.XFAILED, 2),
        (PASSES + "    pytest.xfail('known')\n", Outcome.XFAILED, 2),
        ("def test_it(absent):\n    pass\n", Outcome.NOT_APPLICABLE, 2),
        (PASSES + "    assert 1 == 2, 'the sum'\n", Outcome.FAIL, 1),
        (PASSES + "    pytest.fail('no')\n", Outcome.FAIL, 1),
        (PASSES + "    {}['x']\n", Outcome.ERROR, 3),
        ("def test_it(no_such_fixture):\n    pass\n", Outcome.ERROR, 3),
        (
            "@pytest.fixture\ndef late():\n    yield\n    assert False, 'late'\n\n"
            "def test_it(evidence, late):\n" + SEEN,
            Outcome.FAIL,
            1,
        ),
    ],
)
def test_how_a_check_ends(
    project: SmallProject, code: str, outcome: Outcome, exit_code: int
) -> None:
    """The one check ends in some way: the record has its outcome, pytest the exit code."""
    ended = project.run(code)
    assert ended.run.checks[0].outcome is outcome, ended.output
    assert ended.code == exit_code, ended.output
    assert ended.decision["exit_code"] == exit_code


def test_a_trigger_that_fires(tmp_path: Path) -> None:
    """Exit 5, which is also pytest's own code for "no tests": only a decision may end so."""
    project = SmallProject(tmp_path, "sla")
    project.conftest('name="test"', 'name="prod"')
    project.conftest('"integration")', '"sla")')
    code = PASSES.replace("test_it", "test_corruption")
    asked = ("--gate=prod-soak", "--rehearsal", "--build=1.0.0")
    expected = dict.fromkeys(("corruption", "availability", "replication_lag"), 1)
    ended = project.run(code + "    assert 1 == 2\n", *asked, expected=expected)
    assert ended.code == 5, ended.output
    assert ended.decision["decision"] == "rollback"
    ended = project.run(code, *asked, expected=expected)
    assert (ended.code, ended.decision["decision"]) == (2, "hold"), ended.output
    assert project.run(code, *asked, "-k", "nothing", expected=expected).code == 2


def test_a_declared_absence_beside_a_pass(project: SmallProject) -> None:
    """One check passes and one needs what the environment declares absent: a visible pass."""
    code = PASSES + "\ndef test_vpc(absent):\n    pass\n"
    ended = project.run(code, expected={"it": 1, "vpc": 1})
    assert ended.code == 0, ended.output
    assert "vpc" in ended.output


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("-k", "nothing"), {"it": 1}),
        ((), {"it": 1, "gone": 1}),
        ((), {"it": 2}),
        (("--deselect", "suites/smoke/test_it.py::test_it"), {"it": 1}),
        (("--collect-only",), {"it": 1}),
        (("--setup-only",), {"it": 1}),
        (("--setup-plan",), {"it": 1}),
    ],
)
def test_what_did_not_run_is_no_evidence(
    project: SmallProject, arguments: tuple[str, ...], expected: dict[str, int]
) -> None:
    """An expected check or case is deselected, gone or only collected: exit 2, never 0."""
    assert project.run(PASSES, *arguments, expected=expected).code == 2


def test_the_first_failure_stops_the_run(project: SmallProject) -> None:
    """-x: a check fails and the rest is not reached; the record is partial, the exit code 1."""
    code = PASSES + "    assert False\n\ndef test_other(evidence):\n" + SEEN
    ended = project.run(code, "-x", expected={"it": 1, "other": 1})
    assert ended.code == 1
    assert not ended.run.complete


def test_a_suite_that_cannot_be_collected(project: SmallProject) -> None:
    """A test module does not import: the harness failed, 3."""
    ended = project.run("import no_such_module\n")
    assert ended.code == 3, ended.output
    assert "HARNESS FAILED" in ended.output


def test_a_lost_worker(project: SmallProject) -> None:
    """With xdist a worker dies in the middle of a check: that check is lost, no evidence."""
    code = PASSES + "\ndef test_dies(evidence):\n" + SEEN + "    os._exit(1)\n"
    ended = project.run(code, "-n", "2", expected={"it": 1, "dies": 1})
    outcomes = {check.id: check.outcome for check in ended.run.checks}
    assert outcomes == {"smoke.it": Outcome.PASS, "smoke.dies": Outcome.LOST}, ended.output
    assert ended.code == 2


def test_workers_and_one_process_record_the_same(project: SmallProject) -> None:
    """Three cases of a check under -n 2: one check, three cases, three observations."""
    code = "@pytest.mark.parametrize('n', range(3))\ndef test_it(evidence, n):\n" + SEEN
    ended = project.run(code, "-n", "2", expected={"it": 3})
    assert ended.code == 0, ended.output
    (check,) = ended.run.checks
    assert (check.cases, check.observations) == (3, 3)


def test_an_interrupt(project: SmallProject) -> None:
    """Ctrl-C in a check: what was seen is kept and marked partial; exit 2."""
    code = PASSES + "\ndef test_z(evidence):\n" + SEEN + "    raise KeyboardInterrupt\n"
    ended = project.run(code, expected={"it": 1, "z": 1})
    assert ended.code == 2, ended.output
    assert (ended.run.complete, ended.run.stopped) == (False, "interrupted")


def test_a_build_that_health_contradicts(project: SmallProject) -> None:
    """--build 2.0.0 and health says 1.0.0: no check runs, one message, exit 2."""
    ended = project.run(PASSES, "--build", "v2.0.0-sit")
    assert ended.code == 2
    assert ended.run.checks == ()
    assert "health reports 1.0.0" in ended.output


def test_a_tag_names_the_same_build(project: SmallProject) -> None:
    """--build v1.0.0-sit and health says 1.0.0: the tag's suffix is no part of the version."""
    assert project.run(PASSES, "--build", "v1.0.0-sit").code == 0


def test_a_version_that_changes_in_mid_run(project: SmallProject) -> None:
    """Health reports another version after the run than before it: no evidence of either."""
    project.conftest('iter(["1.0.0"] * 9)', 'iter(["1.0.0", "1.0.1"])')
    assert project.run(PASSES).code == 2


def test_a_harness_that_cannot_look(project: SmallProject) -> None:
    """The subject cannot be looked at: 3, and nothing is decided."""
    project.conftest('return {"version"', 'raise OSError("no resolver")\n    return {"version"')
    ended = project.run(PASSES)
    assert ended.code == 3
    assert "no resolver" in ended.output
    assert ended.decided_nothing()


def test_no_secret_is_kept(project: SmallProject) -> None:
    """A check fails with a token in its message: no file of the run holds it."""
    ended = project.run(PASSES + "    assert False, 'the answer said s3cr3t'\n")
    assert ended.code == 1
    assert "s3cr3t" not in ended.output.replace("assert False, 'the answer said s3cr3t'", "")
    files = [path for path in ended.report_dir.rglob("*") if path.is_file()]
    assert len(files) > 5
    assert [path.name for path in files if b"s3cr3t" in path.read_bytes()] == []


def test_a_document_is_masked_everywhere(project: SmallProject) -> None:
    """In the store, and in the attachment that shows its beginning."""
    ended = project.run(PASSES + "    evidence.keep_document('a policy', 'says s3cr3t')\n")
    assert ended.code == 0
    kept = [path.read_bytes() for path in ended.report_dir.rglob("*") if path.is_file()]
    assert [text for text in kept if b"says s3cr3t" in text] == []
    assert len([text for text in kept if text == b"says ***"]) >= 2


@pytest.mark.parametrize("after", [0, 3])
def test_a_long_traceback_is_cut_after_it_is_masked(project: SmallProject, after: int) -> None:
    """It is full of tokens: the cut, wherever it falls, leaves no part of one."""
    ended = project.run(PASSES + f"    raise OSError('s3cr3t' * 2000 + 'x' * {after})\n")
    assert ended.code == 3
    for path in ended.report_dir.rglob("*.xml"):
        assert "3t" not in path.read_text()


@pytest.mark.parametrize("plugin", ["gate-recorder", "gate-observing", "gate-masking", "junitxml"])
def test_a_run_without_a_part_of_it(project: SmallProject, plugin: str) -> None:
    """-p no:PLUGIN takes the recorder or a part of it away: refused, never pytest's own 0."""
    ended = project.run(PASSES, "-p", f"no:{plugin}")
    assert ended.code in (2, 4), ended.output
    assert "Traceback" not in ended.output


@pytest.mark.parametrize("option", ["--markers", "--fixtures", "--help", "--co"])
def test_showing_is_no_pass(project: SmallProject, option: str) -> None:
    """A layer is named and pytest only shows something: exit 2."""
    assert project.run(PASSES, option).code == 2


def test_a_report_directory_that_cannot_be_one(project: SmallProject) -> None:
    """--report-dir is a file: exit 4, one message."""
    (project.folder / "out").write_text("")
    ended = project.run(PASSES)
    assert ended.code == 4, ended.output
    assert "nothing can be kept there" in ended.output
    assert "Traceback" not in ended.output


def test_two_runs_do_not_share_a_report_directory(project: SmallProject) -> None:
    """Another run holds the folder: exit 4."""
    first = ReportDir(str(project.folder / "out"))
    first.take()
    try:
        ended = project.run(PASSES)
    finally:
        first.give_back()
    assert ended.code == 4, ended.output
    assert "another run is using it" in ended.output
