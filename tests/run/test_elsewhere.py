"""From what is handed out to what is read back: the real k6, started as another machine would."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.load.command import SCRIPTS, arguments
from fixtures.load.handing_out import TOKENS
from fixtures.load.program import find_k6
from reports.evidence.generator_files import read_generator, sample_files
from reports.evidence.segments import segment_edges, what_is_wrong
from tests.reference_service.running import ROOT, RunningService, scrubbed_environment
from tests.run.harness import NO_AWS

WRAPPER = ROOT / "deploy" / "k6-operator" / "measured-k6.sh"
ROLES = ("reader", "editor", "admin")


@pytest.fixture(scope="module")
def sit() -> Iterator[RunningService]:
    """The reference service wearing SIT's names."""
    service = RunningService("--as", "sit")
    try:
        yield service
    finally:
        service.close()


def prepare(sit: RunningService, folder: Path, *more: str) -> tuple[int, str]:
    """``gate evidence import --prepare``: exit code, and all that it printed."""
    command = [sys.executable, "-m", "reports.cli", "evidence", "import", "--prepare", str(folder)]
    command += ["--base-url", sit.ready["base_url"], "--images-url", sit.ready["images_url"], *more]
    tokens = {
        name: sit.command({"token": role})["token"]
        for name, role in (
            ("SIT_TOKEN", "admin"),
            ("SIT_TOKEN_EDITOR", "editor"),
            ("SIT_TOKEN_READER", "reader"),
            ("SIT_TOKEN_LIMITED", "limited"),
        )
    }
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**scrubbed_environment(), **NO_AWS, **tokens},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


def settings(folder: Path) -> dict[str, str]:
    """load.env."""
    lines = (folder / "load.env").read_text(encoding="utf-8").splitlines()
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


def test_generators_elsewhere_leave_what_can_be_imported(
    sit: RunningService, tmp_path: Path
) -> None:
    """Two halves of three seconds: handed out, driven and measured by the wrapper, read back."""
    handed_out, results = tmp_path / "handed-out", tmp_path / "results"
    code, said = prepare(sit, handed_out, "--env", "sit", "--profile", "documented")
    assert code == 0, said
    assert "gate evidence sweep --env sit --run " in said
    told = settings(handed_out)
    assert told["GATE_LOAD_STAGES"] == "630:150"
    assert told["GATE_LOAD_PROFILE"] == "documented"
    assert not set(told) & {*TOKENS, "HOME"}
    text = (handed_out / "load.env").read_text() + (handed_out / "data.json").read_text()
    assert "eyJ" not in text  # no token

    results.mkdir()
    started = []
    for number, segment in enumerate((("0:1/2", "0,1/2,1"), ("1/2:1", "0,1/2,1"))):
        command = arguments("k6", SCRIPTS / "elsewhere.js", segment)[1:]
        at = command.index("--out")
        del command[at : at + 2]  # K6_OUT names a file
        variables = {
            **told,
            "PATH": "/usr/bin:/bin",
            "HOME": str(tmp_path),
            "GATE_LOAD_STAGES": "3:20",
            "GATE_LOAD_DATA": str(handed_out / "data.json"),
            "GATE_LOAD_SUMMARY": str(results / f"part-{number}.summary.json"),
            "GATE_LOAD_MACHINE": str(results / f"part-{number}.machine.json"),
            "K6_OUT": f"csv={results / f'part-{number}.csv.gz'}",
            "K6_PROGRAM": find_k6().path,
            **{
                name: sit.command({"token": role})["token"]
                for name, role in zip(TOKENS, ROLES, strict=True)
            },
        }
        started.append(
            subprocess.Popen(
                ["sh", str(WRAPPER), *command],
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        )
    for process in started:
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0, out.decode()

    read = [read_generator(file, 1) for file in sample_files([results])]
    edges = [segment_edges(one.summary.segment) for one in read]
    assert what_is_wrong(edges) is None
    assert sum(one.reduced.samples for one in read) == pytest.approx(60, abs=3)
    for one in read:
        assert (one.before, one.after) == ("1.0.0", "1.0.0")
        assert one.summary.base_url == sit.ready["base_url"] + "/v1.0"
        assert one.summary.requests == one.reduced.samples
        assert one.machine.program == find_k6().name
        assert one.machine.program_digest == find_k6().digest
        assert 0 < one.machine.cpu_s < 20
        assert 0 < one.machine.busiest <= 1
        assert one.machine.exit_code == 0
        failed = sum(w.failed for o in one.reduced.operations for w in o.windows)
        assert failed == 0


def test_the_wrapper_hands_on_what_is_no_run(tmp_path: Path) -> None:
    """Whatever else k6 is asked, it answers by itself, with its own exit code."""
    script = tmp_path / "k6"
    script.write_text('#!/bin/sh\necho "asked $*"\nexit 7\n')
    script.chmod(0o755)
    done = subprocess.run(
        ["sh", str(WRAPPER), "archive", "x.js"],
        env={"PATH": "/usr/bin:/bin", "K6_PROGRAM": str(script), "GATE_LOAD_MACHINE": "/none"},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (done.returncode, done.stdout) == (7, "asked archive x.js\n")


def test_the_wrapper_says_how_k6_ended(tmp_path: Path) -> None:
    """Exit code, program and cost, also of one that failed; a signal reaches k6."""
    script = tmp_path / "k6"
    script.write_text(
        '#!/bin/sh\n[ "$1" = version ] && echo "k6 v9.9.9 (commit/x)" && exit 0\n'
        'trap "exit 105" TERM\necho ready\nwhile :; do sleep 0.1; done\n'
    )
    script.chmod(0o755)
    machine = tmp_path / "machine.json"
    process = subprocess.Popen(
        ["sh", str(WRAPPER), "run", "x.js"],
        env={
            "PATH": "/usr/bin:/bin",
            "K6_PROGRAM": str(script),
            "GATE_LOAD_MACHINE": str(machine),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.terminate()
    assert process.wait(timeout=20) == 105
    process.stdout.close()
    told = json.loads(machine.read_text())
    assert told["exit_code"] == 105
    assert told["program"] == "k6 9.9.9"
    assert told["cpus"] >= 1


@pytest.mark.parametrize(
    ("arguments_", "said"),
    [
        (("--env", "sit", "--profile", "stress"), "drive the mixed workload to its end"),
        (("--env", "sit", "--profile", "quik"), "Did you mean quick?"),
        (("--env", "prod"), "--allow-writes prod"),
    ],
)
def test_what_cannot_be_handed_out(
    sit: RunningService, tmp_path: Path, arguments_: tuple[str, ...], said: str
) -> None:
    """Exit 4 with what would be right, and nothing is made."""
    code, printed = prepare(sit, tmp_path / "out", *arguments_)
    assert code == 4, printed
    assert said in printed
    assert not (tmp_path / "out").exists()
