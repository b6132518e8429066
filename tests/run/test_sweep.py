"""What a killed run leaves in a service is removed by its id, and nothing of anyone else's."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from fixtures.products import sku_prefix
from tests.reference_service.running import ROOT, RunningService, scrubbed_environment
from tests.run.harness import NO_AWS

RUN = "20260110t110000-0a1b2c"
OTHER = "20260110t110000-0a1b2d"


@pytest.fixture(scope="module")
def sit() -> Iterator[RunningService]:
    """The reference service wearing SIT's names."""
    service = RunningService("--as", "sit")
    try:
        yield service
    finally:
        service.close()


def sweep(sit: RunningService, *arguments: str) -> tuple[int, str]:
    """``gate evidence sweep`` against that service: exit code, and all that it printed."""
    command = [sys.executable, "-m", "reports.cli", "evidence", "sweep", *arguments]
    command += ["--base-url", sit.ready["base_url"], "--images-url", sit.ready["images_url"]]
    token = sit.command({"token": "admin"})["token"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**scrubbed_environment(), **NO_AWS, "SIT_TOKEN": token, "PROD_TOKEN": token},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


def test_only_the_run_s_own_products_go(sit: RunningService) -> None:
    """Beside a run's leftovers stand another run's and one that only mentions it: both stay."""
    client = sit.client("admin")
    mark = f"Made by test run {RUN}; safe to delete"
    ours = [
        client.create(sku=sku_prefix(RUN) + name, description=mark)["product_id"] for name in "ab"
    ]
    theirs = [
        client.create(sku=sku_prefix(OTHER) + "a")["product_id"],
        client.create(sku="MINE-1", description=f"copied from {mark}")["product_id"],
    ]
    code, said = sweep(sit, "--env", "sit", "--run", RUN)
    assert code == 0, said
    assert "removed 2, could not remove 0" in said
    assert [client.get(f"/products/{name}").status_code for name in ours] == [404, 404]
    assert [client.get(f"/products/{name}").status_code for name in theirs] == [200, 200]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--env", "sit", "--run", "2026"), "is no run's id"),
        (("--env", "sit", "--run", ""), "is no run's id"),
        (("--env", "prod", "--run", RUN), "say --allow-writes prod"),
        (("--env", "sti", "--run", RUN), "Did you mean sit?"),
    ],
)
def test_a_sweep_that_is_refused(
    sit: RunningService, arguments: tuple[str, ...], message: str
) -> None:
    """No whole id, or an environment that may not be written to: exit 4, and nothing is asked."""
    code, said = sweep(sit, *arguments)
    assert code == 4, said
    assert message in said
    assert "Traceback" not in said
