"""What the security layer sends goes to the environment's hosts; all else is counted: none."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.reference_service.running import ROOT, scrubbed_environment
from tests.run.harness import NO_AWS

ALONE = ("unshare", "-rn", sys.executable, "-m", "tests.run.alone")
ELSEWHERE = """
import contextlib, socket
with contextlib.suppress(OSError):
    socket.create_connection(("203.0.113.5", 8081), timeout=0.2)
with socket.create_server(("127.0.0.1", 0)) as here:
    socket.create_connection(here.getsockname()).close()
"""


def alone(*command: str) -> dict[str, Any]:
    """What the command ended with, and what it meant for other hosts."""
    if shutil.which("unshare") is None:
        pytest.skip("no unshare here: a network namespace takes util-linux")
    tried = subprocess.run([*ALONE, "true"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"no network namespace may be made here: {tried.stderr[-200:]}")
    done = subprocess.run(
        [*ALONE, *command],
        cwd=ROOT,
        env={**scrubbed_environment(), **NO_AWS},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told | {"output": done.stdout + done.stderr}


def test_what_is_meant_for_another_host_is_seen() -> None:
    """A connection to a documentation address; one to the loopback is nobody's concern."""
    told = alone(sys.executable, "-c", ELSEWHERE)
    assert (told["exit"], told["left"]) == (0, ["tcp 203.0.113.5 8081"])


def test_the_security_layer_sends_nothing_elsewhere(tmp_path: Path) -> None:
    """All of it, the scanners and the browser too, at a service that redirects to another host."""
    told = alone(
        *(sys.executable, "-m", "pytest", "-m", "security", "--env=local", "-n", "2"),
        *("--fault=search-redirects", f"--report-dir={tmp_path / 'out'}"),
    )
    assert told["left"] == []
    assert told["exit"] == 1, told["output"]
    assert "nobody is sent to another host" in told["output"]
