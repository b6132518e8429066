"""The workflows: pinned actions, least permissions, nothing that a caller writes in a script."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from fixtures.environment import load_environment
from reports.gates.loading import load_policy
from reports.judging.policy import Policy

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"uses: ([\w./-]+)@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


def jobs(file: Path) -> dict[str, dict[str, Any]]:
    """The jobs of a workflow."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"]
    return found


def test_those_that_the_plan_names_are_there() -> None:
    """And the one that all gates share."""
    assert {file.stem for file in FILES} == {
        "deploy-dev",
        "gate",
        "prod-watch",
        "promote-prod",
        "promote-sit",
        "rollback-prod",
        "rollback-sit",
        "terraform-validate",
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_actions_are_pinned_and_permissions_least(file: Path) -> None:
    """By commit, with the version beside; nothing at the top, and what is needed in each job."""
    text = file.read_text(encoding="utf-8")
    for line in text.splitlines():
        if "uses: " in line and "uses: ./" not in line:
            assert PINNED.search(line), line
    assert "\npermissions: {}\n" in text
    for name, job in jobs(file).items():
        assert set(job["permissions"]) <= {"contents", "id-token", "security-events"}, name
        assert job["permissions"]["contents"] == "read"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_scripts_hold_no_expression(file: Path) -> None:
    """What a caller writes comes by a variable, so that it is never a command."""
    for job in jobs(file).values():
        for step in job.get("steps", []):
            assert "${{" not in step.get("run", ""), step


def gate_step(name: str) -> dict[str, Any]:
    """One step of the workflow that all gates share."""
    steps = jobs(ROOT / ".github" / "workflows" / "gate.yml")["gate"]["steps"]
    found: dict[str, Any] = next(step for step in steps if step.get("name") == name)
    return found


@pytest.mark.parametrize("name", ["dev", "sit", "prod"])
def test_a_run_is_given_every_variable_that_its_environment_names(name: str) -> None:
    """A token that is not handed on would hold each build."""
    environment = load_environment(name)
    named = {one.variable for one in environment.tokens.given().values()}
    named |= {one.variable for one in environment.refused_tokens.given().values()}
    named.add(environment.token_key.variable)
    given = gate_step("Run the layers")["env"]
    assert len(named) == 8
    for variable in named:
        assert given[variable] == f"${{{{ secrets.{variable} }}}}"


@pytest.mark.parametrize(
    ("layers", "groups"),
    [
        ("", {"load"}),
        ("smoke or integration", {"load"}),
        ("sla", {"load", "k6"}),
        ("security", {"load", "browser", "scan", "wapiti"}),
        ("catalog or security or load", {"load", "k6", "browser", "scan", "wapiti"}),
    ],
)
def test_a_gate_job_installs_what_its_layers_run(
    layers: str, groups: set[str], tmp_path: Path
) -> None:
    """The script of the step, with programs in place of Python's that say what they were asked."""
    says = tmp_path / "says"
    fake = f'#!/bin/sh\necho "$@" >> {says}\n'
    for program in ("bin/python", ".venv/bin/pip", ".nox/wapiti/bin/pip"):
        path = tmp_path / program
        path.parent.mkdir(parents=True)
        path.write_text(fake)
        path.chmod(0o755)
    subprocess.run(
        ["bash", "-e", "-c", gate_step("Install what this job runs")["run"]],
        cwd=tmp_path,
        env={
            "PATH": f"{tmp_path / 'bin'}:{os.defpath}",
            "LAYERS": layers,
            "GITHUB_PATH": str(tmp_path / "path"),
        },
        check=True,
    )
    asked = set(re.findall(r"-r requirements/(\w+)\.lock", says.read_text()))
    assert asked == groups
    assert all((ROOT / "requirements" / f"{group}.lock").exists() for group in groups)


def test_traffic_shifts_only_after_a_gate() -> None:
    """Each step waits for the gate of the one before; the rollback for what one of them said."""
    found = jobs(ROOT / ".github" / "workflows" / "promote-prod.yml")
    assert found["shift-10"]["needs"] == "readiness"
    assert found["shift-50"]["needs"] == "canary-10"
    assert found["shift-100"]["needs"] == "canary-50"
    assert found["critical-checks"]["needs"] == "canary-100"
    assert "outputs.decision, 'rollback'" in found["rollback"]["if"]
    for name in ("canary-10", "canary-50", "canary-100"):
        assert found[name]["with"]["gate"] == "prod-canary"


FAKE_GATE = """#!/bin/bash
echo "$@" >> says
case "$1 $2" in
    "evidence pull") exit "${PULL:-0}" ;;
    "evidence push") exit "${PUSH:-0}" ;;
    decide*)
        case "$*" in *--sign*) [ -z "$UNSIGNED" ] || exit "$UNSIGNED" ;; esac
        mkdir -p reports/out
        echo "{\\"decision\\": \\"$DECISION\\"}" > reports/out/decision.json
        exit "$CODE" ;;
    replay*)
        # What nobody signed is refused by the check, and judged again by the other.
        case "$*" in *--check-only) [ -z "$UNSIGNED" ] || exit 2 ;; esac
        exit "${REPLAY:-$CODE}" ;;
esac
"""


@pytest.mark.parametrize(
    ("decision", "given", "exits", "told"),
    [
        ("promote", {"CODE": "0"}, 0, True),
        ("hold", {"CODE": "2"}, 2, True),
        ("rollback", {"CODE": "5"}, 5, True),
        ("rollback", {"CODE": "5", "REPLAY": "2"}, 3, False),
        ("promote", {"CODE": "0", "PUSH": "3"}, 3, True),
        ("rollback", {"CODE": "5", "PUSH": "3"}, 3, True),
        ("promote", {"CODE": "0", "UNSIGNED": "4"}, 3, False),
        ("rollback", {"CODE": "5", "UNSIGNED": "4"}, 5, True),
        ("rollback", {"CODE": "5", "UNSIGNED": "3"}, 5, True),
        ("promote", {"CODE": "0", "PULL": "3"}, 3, False),
        ("rollback", {"CODE": "5", "PULL": "3"}, 5, True),
    ],
)
def test_a_gate_job_tells_a_rollback_whatever_else_fails(
    decision: str, given: dict[str, str], exits: int, told: bool, tmp_path: Path
) -> None:
    """And nothing moves on by a decision that was not signed, pushed, or made of all evidence."""
    gate = tmp_path / "bin" / "gate"
    gate.parent.mkdir()
    gate.write_text(FAKE_GATE)
    gate.chmod(0o755)
    output = tmp_path / "output"
    output.touch()
    ended = subprocess.run(
        ["bash", "-e", "-c", gate_step("Decide")["run"]],
        cwd=tmp_path,
        env={
            "PATH": f"{gate.parent}:{os.environ['PATH']}",
            "GATE": "prod-canary",
            "BUILD": "1.0.0",
            "EVIDENCE": "s3://bucket/prefix",
            "SIGNING_KEY": "awskms:KEY",
            "GITHUB_OUTPUT": str(output),
            "DECISION": decision,
            **given,
        },
        check=False,
        capture_output=True,
    )
    assert ended.returncode == exits
    assert output.read_text() == (f"decision={decision}\n" if told else "")
    says = (tmp_path / "says").read_text().splitlines()
    assert says[0] == "evidence pull s3://bucket/prefix"
    assert ("--sign awskms:KEY" in says[1]) is ("PULL" not in given)


def test_an_artifact_has_a_name_of_its_own(tmp_path: Path) -> None:
    """One run asks prod-canary three times, and also a job that decided nothing has a name."""
    step = gate_step("Name the artifact")
    output = tmp_path / "output"
    for _ in range(2):
        subprocess.run(
            ["bash", "-e", "-c", step["run"]],
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "GATE": "prod-canary",
                "BUILD": "1.0.0",
                "GITHUB_RUN_ATTEMPT": "1",
                "GITHUB_OUTPUT": str(output),
            },
            check=True,
        )
    first, second = output.read_text().splitlines()
    assert re.fullmatch(r"name=prod-canary-1\.0\.0-1-[0-9a-f]{12}", first)
    assert first != second
    assert step["if"] == "always()"


def calls(action: str) -> list[tuple[str, dict[str, Any]]]:
    """Each step, of whichever workflow, whose script holds that word."""
    return [
        (file.stem, step)
        for file in FILES
        for job in jobs(file).values()
        for step in job.get("steps", [])
        if action in step.get("run", "")
    ]


def test_whatever_deploys_is_told_where_the_artifacts_are() -> None:
    """The script refuses to run without."""
    found = calls("release.sh")
    assert {name for name, _ in found} == {
        "deploy-dev",
        "promote-prod",
        "promote-sit",
        "rollback-sit",
    }
    assert all(step["env"]["ARTIFACTS"] == "${{ vars.ARTIFACTS }}" for _, step in found)


def test_a_build_is_published_before_it_takes_traffic() -> None:
    """After the gate before the deployment, and before its first share."""
    steps = jobs(ROOT / ".github" / "workflows" / "promote-prod.yml")["shift-10"]["steps"]
    scripts = [step["run"] for step in steps if "run" in step]
    assert scripts[:2] == [
        './deploy/release.sh prod "$BUILD"',
        './deploy/shift.sh prod "$BUILD" 0.1',
    ]


def test_dev_calls_a_build_as_later_gates_do(tmp_path: Path) -> None:
    """The tag's version without its v, in the deployment and in the decision."""
    found = jobs(ROOT / ".github" / "workflows" / "deploy-dev.yml")
    name = next(step for step in found["deploy"]["steps"] if step.get("id") == "build")
    output = tmp_path / "output"
    subprocess.run(
        ["bash", "-e", "-c", name["run"]],
        env={"GITHUB_REF_NAME": "v1.0.0", "GITHUB_OUTPUT": str(output)},
        check=True,
    )
    assert output.read_text() == "build=1.0.0\n"
    assert found["gate"]["with"]["build"] == "${{ needs.deploy.outputs.build }}"
    (deploy,) = (step for name, step in calls("release.sh") if name == "deploy-dev")
    assert deploy["env"]["BUILD"] == "${{ steps.build.outputs.build }}"


@pytest.mark.parametrize(
    ("code", "cases", "passes"),
    [
        (2, '<testcase name="test_terraform_plan"/>', True),
        (2, '<testcase name="test_terraform_plan"><skipped/></testcase>', False),
        (2, '<testcase name="test_terraform_plan"><failure/></testcase>', False),
        (2, "", False),
        (1, '<testcase name="test_terraform_plan"><failure/></testcase>', False),
        (4, "", False),
    ],
)
def test_a_plan_that_was_never_judged_is_no_pass(
    code: int, cases: str, passes: bool, tmp_path: Path
) -> None:
    """A run of one check ends with 2 whether it passed or not; what it saw says which."""
    (step,) = (step for name, step in calls("test_terraform_plan"))
    junit = f"<testsuites><testsuite>{cases}</testsuite></testsuites>"
    programs = {
        "bin/python3": "#!/bin/sh\n",
        ".venv/bin/pip": "#!/bin/sh\n",
        ".venv/bin/pytest": f"#!/bin/sh\necho '{junit}' > reports/out/junit.xml\nexit {code}\n",
        ".venv/bin/python": f'#!/bin/sh\nexec {sys.executable} "$@"\n',
    }
    for name, text in programs.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
    (tmp_path / "reports" / "out").mkdir(parents=True)
    (tmp_path / "terraform").mkdir()
    (tmp_path / "terraform" / "sit.expected.toml").touch()
    ended = subprocess.run(
        ["bash", "-e", "-c", step["run"]],
        cwd=tmp_path,
        env={"PATH": f"{tmp_path / 'bin'}:{os.defpath}", "RUNNER_TEMP": str(tmp_path)},
        check=False,
        capture_output=True,
    )
    assert (ended.returncode == 0) is passes


def test_the_review_of_a_plan_is_given_what_its_environment_names() -> None:
    """Without a token that SIT names, the run would end before it looked at the plan."""
    (step,) = (step for name, step in calls("test_terraform_plan"))
    given = gate_step("Run the layers")["env"]
    assert step["env"] == {name: one for name, one in given.items() if name.startswith("SIT_")}


WATCHED = ("prod-24h", "prod-soak", "prod-week")  # by a variable, one after the other


def gates_that_are_asked() -> list[tuple[str, str, str]]:
    """Each job that calls the shared workflow: where, the gate, and the layers that it runs."""
    return [
        (f"{file.stem}.{name}", gate, job["with"]["layers"])
        for file in FILES
        for name, job in jobs(file).items()
        if job.get("uses") == "./.github/workflows/gate.yml"
        for gate in (
            WATCHED if job["with"]["gate"] == "${{ vars.WATCHED_GATE }}" else (job["with"]["gate"],)
        )
    ]


def layers_of(policy: Policy) -> set[str]:
    """Those whose runs the objectives look at."""
    needed = set()
    for one in policy.objectives:
        needed |= {check.partition(".")[0] for check in one.checks}
        if one.observed:
            needed.add("sla")
        elif one.profiles:
            needed.add("load")
        elif one.layer is not None:
            needed.add(one.layer)
    return needed


@pytest.mark.parametrize(("job", "gate", "layers"), gates_that_are_asked())
def test_a_gate_runs_what_it_asks_for(job: str, gate: str, layers: str) -> None:
    """What no other run makes as evidence would be missing for ever.

    The plan's review and rehearsals are made elsewhere, but in a layer that its gate runs too.
    """
    policy = load_policy(gate).policy
    missing = layers_of(policy) - set(layers.split(" or "))
    assert not missing, f"{job} asks the gate {gate}, and no run of {', '.join(sorted(missing))}"
