"""What deploys, shifts and takes back: the scripts, with a program in place of AWS's own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"
# It keeps an alias in a file, refuses an old revision, and says what else it was asked.
AWS = r"""#!/bin/bash
set -eu
cd "$STATE"
echo "$@" >> says
case "$1 $2" in
    "lambda list-versions-by-function") cat versions ;;
    "lambda get-alias")
        [ ! -f problem ] || { cat problem >&2; exit 254; }
        case "$*" in *"--output text"*) jq -r .FunctionVersion alias ;; *) cat alias ;; esac ;;
    "lambda update-alias")
        shift 2
        while [ $# -gt 0 ]; do declare "given_$(tr - _ <<<"${1#--}")=$2"; shift 2; done
        [ "$given_revision_id" = "$(jq -r .RevisionId alias)" ]
        ! jq -e --arg version "$given_function_version" \
            '.AdditionalVersionWeights | has($version)' <<<"$given_routing_config"
        jq --arg version "$given_function_version" --argjson weights "$given_routing_config" \
            --arg description "${given_description-$(jq -r '.Description // ""' alias)}" \
            '.FunctionVersion = $version | .RoutingConfig = $weights | .RevisionId += "r"
             | .Description = $description' alias > new
        mv new alias ;;
    "s3 cp") echo template > "$4" ;;
esac
"""


class Function:
    """A function's versions and its alias ``live``, which the scripts see."""

    def __init__(self, folder: Path, builds: dict[str, str], live: str) -> None:
        self.folder = folder
        (folder / "bin").mkdir()
        program = folder / "bin" / "aws"
        program.write_text(AWS)
        program.chmod(0o755)
        (folder / "says").touch()
        alias = {"FunctionVersion": live, "RevisionId": "r"}
        (folder / "alias").write_text(json.dumps(alias))
        latest = {"Version": "$LATEST", "Description": list(builds.values())[-1]}
        versions = [{"Version": one, "Description": build} for one, build in builds.items()]
        (folder / "versions").write_text(json.dumps({"Versions": [latest, *versions]}))

    def traffic(self) -> tuple[str, dict[str, float]]:
        """The alias's version, and the weights beside it."""
        alias = json.loads((self.folder / "alias").read_text())
        return alias["FunctionVersion"], alias["RoutingConfig"]["AdditionalVersionWeights"]

    def says(self, asked: str) -> list[str]:
        """Each call of a kind."""
        lines = (self.folder / "says").read_text().splitlines()
        return [line for line in lines if line.startswith(asked)]

    def run(self, script: str, *words: str) -> subprocess.CompletedProcess[str]:
        """One of the scripts."""
        return subprocess.run(
            ["bash", str(DEPLOY / script), *words],
            env={
                "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
                "STATE": str(self.folder),
                "ARTIFACTS": "artifacts",
            },
            check=False,
            capture_output=True,
            text=True,
        )


def test_a_build_goes_back_to_what_served_before_it(tmp_path: Path) -> None:
    """Not to the version below, which is a build that was taken back itself."""
    function = Function(tmp_path, {"7": "1.0.0", "8": "1.0.1", "10": "1.0.2"}, "7")
    for share, traffic in (
        ("0.1", ("7", {"10": 0.1})),
        ("0.5", ("7", {"10": 0.5})),
        ("1", ("10", {})),
        ("1", ("10", {})),
    ):
        assert function.run("shift.sh", "prod", "1.0.2", share).returncode == 0
        assert function.traffic() == traffic
    assert function.run("rollback.sh", "prod", "1.0.2").returncode == 0
    assert function.traffic() == ("7", {})


def test_in_a_shift_only_the_weight_goes(tmp_path: Path) -> None:
    """The version that serves the rest serves all again."""
    function = Function(tmp_path, {"7": "1.0.0", "8": "1.0.1"}, "7")
    function.run("shift.sh", "prod", "1.0.1", "0.1")
    assert function.run("rollback.sh", "prod", "1.0.1").returncode == 0
    assert function.traffic() == ("7", {})


def test_a_rollback_that_is_repeated_leaves_the_next_build_alone(tmp_path: Path) -> None:
    """A build that takes no traffic has nothing to take back."""
    function = Function(tmp_path, {"7": "1.0.0", "8": "1.0.1", "9": "1.0.2"}, "7")
    function.run("shift.sh", "prod", "1.0.2", "0.1")
    again = function.run("rollback.sh", "prod", "1.0.1")
    assert again.returncode == 0
    assert "build 1.0.1 takes no traffic" in again.stdout
    assert function.traffic() == ("7", {"9": 0.1})


@pytest.mark.parametrize(
    ("builds", "code", "words"),
    [
        ({"8": "1.0.1"}, 4, "no version of another build than 1.0.1"),
        ({"7": "1.0.0", "8": "1.0.1"}, 0, ""),
        ({"6": "0.9.0", "7": "1.0.0", "8": "1.0.1"}, 4, "may be any of 6 7"),
    ],
)
def test_where_nobody_noted_what_served_before(
    builds: dict[str, str], code: int, words: str, tmp_path: Path
) -> None:
    """The only other version it can be; of several none is guessed."""
    function = Function(tmp_path, builds, "8")
    ended = function.run("rollback.sh", "prod", "1.0.1")
    assert ended.returncode == code
    assert words in ended.stderr
    assert len(function.says("lambda update-alias")) == (1 if code == 0 else 0)


def test_what_is_noted_outlives_the_next_build(tmp_path: Path) -> None:
    """The next build is taken back in its canary, and then the one that served all along."""
    function = Function(tmp_path, {"7": "1.0.0", "8": "1.0.1", "9": "1.0.2", "10": "1.0.3"}, "7")
    function.run("shift.sh", "prod", "1.0.2", "1")
    for _ in range(2):
        function.run("shift.sh", "prod", "1.0.3", "0.1")
        function.run("rollback.sh", "prod", "1.0.3")
        assert function.traffic() == ("9", {})
    alias = json.loads((tmp_path / "alias").read_text())
    assert alias["Description"] == "before 1.0.3: version 9; before 1.0.2: version 7"
    assert function.run("rollback.sh", "prod", "1.0.2").returncode == 0
    assert function.traffic() == ("7", {})


def test_no_more_is_noted_than_fits(tmp_path: Path) -> None:
    """AWS takes 256 characters; the newest stay, and what somebody else wrote does not."""
    function = Function(tmp_path, {"7": "1.0.0", "8": "1.0.1"}, "7")
    notes = [f"before {number:040}: version {number}" for number in range(9)]
    alias = json.loads((tmp_path / "alias").read_text())
    alias["Description"] = "; ".join(["the live one", *notes])
    (tmp_path / "alias").write_text(json.dumps(alias))
    assert function.run("shift.sh", "prod", "1.0.1", "0.1").returncode == 0
    said = json.loads((tmp_path / "alias").read_text())["Description"]
    assert said == "; ".join(["before 1.0.1: version 7", *notes[:3]])


def test_a_note_about_another_build_is_none(tmp_path: Path) -> None:
    """Such as where the alias was led by hand afterwards."""
    function = Function(tmp_path, {"7": "1.0.0", "8": "1.0.1", "9": "1.0.2"}, "7")
    function.run("shift.sh", "prod", "1.0.1", "1")
    alias = json.loads((tmp_path / "alias").read_text())
    (tmp_path / "alias").write_text(json.dumps(alias | {"FunctionVersion": "9"}))
    assert function.run("rollback.sh", "prod", "1.0.2").returncode == 4


def test_what_changed_meanwhile_is_not_overruled(tmp_path: Path) -> None:
    """Both scripts change the alias at the revision that they read."""
    function = Function(tmp_path, {"7": "1.0.0", "8": "1.0.1"}, "7")
    function.run("shift.sh", "prod", "1.0.1", "0.1")
    function.run("rollback.sh", "prod", "1.0.1")
    asked = function.says("lambda update-alias")
    assert len(asked) == 2
    assert "--revision-id r " in asked[0]
    assert "--revision-id rr " in asked[1]


@pytest.mark.parametrize(
    ("build", "share", "words"),
    [
        ("1.0.9", "0.1", "no published version of build 1.0.9"),
        ("1.0.0", "0.1", "version 7 of build 1.0.0 already takes the traffic"),
    ],
)
def test_a_shift_that_cannot_be(build: str, share: str, words: str, tmp_path: Path) -> None:
    """It says so, and changes nothing."""
    function = Function(tmp_path, {"7": "1.0.0", "8": "1.0.1"}, "7")
    ended = function.run("shift.sh", "prod", build, share)
    assert ended.returncode == 4
    assert words in ended.stderr
    assert function.says("lambda update-alias") == []


@pytest.mark.parametrize(
    ("problem", "code", "live"),
    [
        (None, 0, "7"),
        ("ResourceNotFoundException: Cannot find alias", 0, ""),
        ("TooManyRequestsException: Rate exceeded", 3, None),
    ],
)
def test_a_release_to_production_leaves_the_alias_where_it_leads(
    problem: str | None, code: int, live: str | None, tmp_path: Path
) -> None:
    """Where that cannot be read, nothing is deployed; there is none before the first time."""
    function = Function(tmp_path, {"7": "1.0.0"}, "7")
    if problem is not None:
        (tmp_path / "problem").write_text(problem)
    ended = function.run("release.sh", "prod", "1.0.1")
    assert ended.returncode == code
    assert (problem or "") in ended.stderr
    deployed = function.says("cloudformation deploy")
    if live is None:
        assert deployed == []
    else:
        assert deployed[0].endswith(f"ServiceVersion=1.0.1 LiveVersion={live}")
