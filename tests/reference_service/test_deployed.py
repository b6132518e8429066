"""What is deployed, by itself: the handlers and nothing beside them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.reference_service.running import ROOT, TIMEOUT, scrubbed_environment


def test_the_entry_point_answers_without_the_local_stack(tmp_path: Path) -> None:
    """A copy of handlers/ alone, called as Lambda calls it: answers, metrics, nothing missing."""
    package = tmp_path / "reference_service"
    shutil.copytree(ROOT / "reference_service" / "handlers", package / "handlers")
    shutil.copy(ROOT / "reference_service" / "__init__.py", package)
    program = shutil.copy(ROOT / "tests" / "reference_service" / "lambda_invocation.py", tmp_path)
    command = [sys.executable, program]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**scrubbed_environment(), "PYTHONPATH": str(tmp_path), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    health, unknown, image = [line for line in lines if "statusCode" in line]
    # There is no bucket: the service says so.
    assert health["statusCode"] == 503
    assert json.loads(health["body"]) == {
        "status": "degraded",
        "version": "1.2.3",
        "environment": "sit",
        "dependencies": {"dynamodb": "ok", "s3": "down"},
    }
    assert (unknown["statusCode"], image["statusCode"]) == (404, 404)
    assert json.loads(unknown["body"])["request_id"] == "r-1"
    metrics = [line for line in lines if "_aws" in line]
    assert [line["Requests"] for line in metrics] == [1] * 3
    assert [line["ServerErrors"] for line in metrics] == [1, 0, 0]
    assert [line["Kind"] for line in metrics] == ["outside", "read", "outside"]
