"""What checks measure on its way into the evidence, and what they find there from before."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.evidence.record import Outcome
from tests.reference_service.running import ROOT
from tests.run.harness import pytest_run
from tests.run.small_project import SmallProject

KEEPS = """
from fixtures.expectations import Inconclusive
from reports.evidence.series import Series
from tests.judging.load_samples import reads

SERIES = Series(
    name="lambda_throttles", namespace="AWS/Lambda", metric="Throttles", dimensions={},
    statistic="Sum", period_s=60, region="eu-west-1", unit="Count", points=((1, 0.0),),
)

def test_it(evidence):
    evidence.keep_load(reads(4000))
    evidence.keep_series(SERIES)
"""


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    """A project whose suites are written by the test."""
    return SmallProject(tmp_path)


def test_loads_and_series_are_kept(project: SmallProject) -> None:
    """A check that keeps a load and a series has observed something; both are in the record."""
    ended = project.run(KEEPS)
    assert ended.code == 0, ended.output
    (load,) = ended.run.loads
    assert (load.profile, load.operations[0].windows[0].requests) == ("documented", 4000)
    assert [one.name for one in ended.run.series] == ["lambda_throttles"]
    assert ended.run.checks[0].observations == 2


def test_what_several_checks_keep_is_there_once(project: SmallProject) -> None:
    """Across workers too: the same load of two checks, another one of a third."""
    code = KEEPS + (
        "\ndef test_same(evidence):\n    evidence.keep_load(reads(4000))\n"
        "\ndef test_other(evidence):\n    evidence.keep_load(reads(4001))\n"
        "\n@pytest.fixture\ndef before(evidence):\n    evidence.keep_load(reads(7))\n"
        "\ndef test_early(evidence, before):\n    pass\n"
    )
    expected = dict.fromkeys(("it", "same", "other", "early"), 1)
    ended = project.run(code, "-n", "2", expected=expected)
    assert ended.code == 0, ended.output
    counts = sorted(one.operations[0].windows[0].requests for one in ended.run.loads)
    assert counts == [7, 4000, 4001]
    assert len(ended.run.series) == 1


def test_no_secret_is_kept_in_why_requests_failed(project: SmallProject) -> None:
    """An error's words hold a token: masked."""
    code = KEEPS + (
        "    from msgspec.structs import replace\n"
        "    one = reads(10, 0, 1)\n"
        "    window = replace(one.operations[0].windows[0], errors={'refused s3cr3t': 1})\n"
        "    operation = replace(one.operations[0], windows=(window,))\n"
        "    evidence.keep_load(replace(one, operations=(operation,)))\n"
    )
    ended = project.run(code)
    assert ended.run.loads[1].operations[0].windows[0].errors == {"refused ***": 1}


def test_a_check_that_cannot_tell(project: SmallProject) -> None:
    """It raises Inconclusive: the outcome says so, the verdict is inconclusive, exit 2."""
    code = KEEPS + "    raise Inconclusive('40 requests, 59 are needed')\n"
    ended = project.run(code)
    (check,) = ended.run.checks
    assert (check.outcome, check.reason) == (Outcome.INCONCLUSIVE, "40 requests, 59 are needed")
    assert ended.code == 2, ended.output
    assert ended.decision["verdict"] == "inconclusive"
    assert "it could not tell: 40 requests, 59 are needed" in " ".join(ended.output.split())
    assert "Traceback" not in ended.output
    assert len(ended.run.loads) == 1


@pytest.mark.parametrize(
    ("more", "verdict", "code"),
    [
        ("    assert False\n", "fail", 1),
        ("    pytest.skip('x')\n", "no_evidence", 2),
        ("    pass\n", "no_evidence", 2),
    ],
)
def test_beside_something_worse(project: SmallProject, more: str, verdict: str, code: int) -> None:
    """An inconclusive check beside a failed, a skipped and an unseen one."""
    text = KEEPS + "    raise Inconclusive('x')\n\ndef test_other(evidence):\n" + more
    ended = project.run(text, expected={"it": 1, "other": 1})
    assert (ended.decision["verdict"], ended.code) == (verdict, code), ended.output


def test_a_check_judges_as_a_gate_would(project: SmallProject) -> None:
    """Its level has the words that suites compare, and its notes."""
    code = KEEPS + (
        "    level = evidence.judge('p(95) < 500ms', [reads(4000)], ['reads'])\n"
        "    assert (level.result, level.n, level.over) == ('pass', 4000, 0)\n"
        "    few = evidence.judge('p(95) < 500ms', [reads(4000)], ['reads'], minimum=5000)\n"
        "    assert few.result == 'inconclusive'\n"
        "    assert few.why and few.flip and few.notes\n"
    )
    ended = project.run(code)
    assert ended.code == 0, ended.output


LOOKS = """
def test_it(evidence):
    evidence.observe('looked', {})
    found = evidence.stored_loads(3600)
    assert [(load.profile, load.operations[0].windows[0].requests) for _, load in found] == %s
"""


def again(project: SmallProject, expected: str, *arguments: str, code: int = 0) -> str:
    """A second run in the same report directory that looks for the first one's load."""
    (project.folder / "suites" / "smoke" / "test_it.py").write_text(LOOKS % expected)
    ended = pytest_run(
        project.folder / "out",
        "-m",
        "smoke",
        *arguments,
        cwd=project.folder,
        variables={"PYTHONPATH": str(ROOT)},
    )
    assert ended.code == code, ended.output
    return ended.output


def test_loads_of_earlier_runs(project: SmallProject) -> None:
    """Of the same environment and subject: found, by this process and by workers."""
    assert project.run(KEEPS).code == 0
    again(project, "[('documented', 4000)]")
    again(project, "[('documented', 4000)]", "-n", "1")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('iter(["1.0.0"] * 9)', 'iter(["1.0.1"] * 9)'),
        ('"code_digest": None', '"code_digest": "sha256:1"'),
        ('name="test"', 'name="other"'),
        ('rehearsal=("a test",)', "rehearsal=()"),
        ('base_url="http://127.0.0.1:1"', 'base_url="http://127.0.0.1:2"'),
        ('return {"version": next(VERSIONS)', 'return {"version": None'),
    ],
)
def test_loads_of_another_subject_are_not_found(project: SmallProject, old: str, new: str) -> None:
    """Another version, code, environment, kind of run or endpoint."""
    assert project.run(KEEPS).code == 0
    project.conftest(old, new)
    output = again(project, "[]", code=2 if "None" in new and "version" in new else 0)
    assert "assert [" not in output


def test_runs_that_say_nothing_of_it(project: SmallProject) -> None:
    """One that was stopped, and one that had a fault; nor is any found by a run with a fault."""
    stopped = KEEPS + "\ndef test_z(evidence):\n    raise KeyboardInterrupt\n"
    project.run(stopped, expected={"it": 1, "z": 1})
    project.run(KEEPS, "--fault", "slow")
    (project.folder / "suites" / "checks.tsv").write_text(
        "id\tlayer\titems\tcases\nsmoke.it\tsmoke\tSIT-SMOKE-01\t1\n"
    )
    again(project, "[]")
    assert project.run(KEEPS).code == 0
    again(project, "[('documented', 4000)]")
    again(project, "[]", "--fault", "slow")


def test_an_altered_store_is_no_evidence(project: SmallProject) -> None:
    """A byte of an earlier run was changed: refused, exit 2, never read."""
    assert project.run(KEEPS).code == 0
    (file,) = (project.folder / "out" / "store" / "runs").iterdir()
    file.write_bytes(file.read_bytes() + b" ")
    assert "was altered" in again(project, "[]", code=2)
