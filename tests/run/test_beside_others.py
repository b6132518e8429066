"""Runs beside each other, and runs that are killed: nobody else's data is touched."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fixtures.polling import eventually
from tests.reference_service.running import ROOT, RunningService, scrubbed_environment
from tests.run.harness import NO_AWS, Ended, pytest_run


@pytest.fixture
def sit() -> Iterator[RunningService]:
    """The reference service wearing SIT's names, with products of others in it."""
    service = RunningService("--as", "sit", "--seed-products", "50")
    try:
        yield service
    finally:
        service.close()


def variables(sit: RunningService) -> dict[str, str]:
    """SIT's tokens."""
    names = {"SIT_TOKEN": "admin", "SIT_TOKEN_EDITOR": "editor", "SIT_TOKEN_READER": "reader"}
    return {name: sit.command({"token": role})["token"] for name, role in names.items()}


def options(sit: RunningService) -> list[str]:
    """Where that service is."""
    return [
        f"--base-url={sit.ready['base_url']}",
        f"--images-url={sit.ready['images_url']}",
        f"--aws-endpoint-url={sit.ready['aws_endpoint_url']}",
    ]


def catalog(sit: RunningService) -> dict[str, str]:
    """Every product of the service: id and all it says, to compare."""
    listed = sit.client("admin").listed(limit=100)
    return {item["product_id"]: json.dumps(item, sort_keys=True) for item in listed}


def test_two_runs_at_once(tmp_path: Path, sit: RunningService) -> None:
    """Two runs of smoke at the same time: both pass, and what others have is as it was."""
    before, tokens = catalog(sit), variables(sit)

    def run(name: str) -> Ended:
        arguments = ("-m", "smoke", "--env=sit", *options(sit))
        return pytest_run(tmp_path / name, *arguments, variables=tokens)

    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(run, ("one", "two")))
    assert [one.code for one in ended] == [0, 0], ended[0].output + ended[1].output
    assert catalog(sit) == before


def test_a_killed_run_is_swept(tmp_path: Path, sit: RunningService) -> None:
    """A run is killed in the middle: sweeping by its id leaves the catalog as it was before."""
    before, tokens = catalog(sit), {**scrubbed_environment(), **NO_AWS, **variables(sit)}
    command = [sys.executable, "-m", "pytest", "-m", "integration", "--env=sit", *options(sit)]
    process = subprocess.Popen(
        [*command, f"--report-dir={tmp_path}"],
        cwd=ROOT,
        env=tokens,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with contextlib.closing(sit.client("admin")) as client:
        eventually(
            lambda: len(client.listed(limit=100)), until=lambda n: n > len(before), within_s=30
        )
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    assert len(catalog(sit)) > len(before)
    (intent,) = (tmp_path / "store" / "intents").iterdir()

    sweep = [sys.executable, "-m", "reports.cli", "evidence", "sweep", "--env=sit"]
    done = subprocess.run(
        [*sweep, f"--run={intent.stem}", *options(sit)[:2]],
        cwd=ROOT,
        env=tokens,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert catalog(sit) == before
