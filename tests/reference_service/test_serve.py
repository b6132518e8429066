"""The process: its first line, its commands, its end."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.reference_service.running import (
    ROOT,
    TIMEOUT,
    Client,
    RunningService,
    scrubbed_environment,
)


def test_the_first_line_says_all() -> None:
    """Start with a fault; the line has every field, the key is private, the end is clean."""
    running = RunningService("--fault", "no-etag", "--version", "9.9.9")
    ready = running.ready
    assert list(ready) == [
        "environment",
        "version",
        "base_url",
        "images_url",
        "aws_endpoint_url",
        "key_file",
        "public_key",
        "fault",
        "pid",
        "ca_file",
    ]
    assert (ready["environment"], ready["version"]) == ("local", "9.9.9")
    assert (ready["fault"], ready["pid"]) == ("no-etag", running.process.pid)
    key = Path(ready["key_file"])
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
    assert running.close() == (0, "")
    assert not key.parent.exists()


def test_control_answers_each_line() -> None:
    """Faults on and off, tokens, and commands that are none: one answer each, data stay."""
    running = RunningService()
    try:
        admin = running.client("admin")
        path = f"/products/{admin.create()['product_id']}"
        assert running.command({"fault": "no-etag"}) == {"fault": "no-etag"}
        assert "ETag" not in admin.get(path).headers
        assert running.command({"fault": None}) == {"fault": None}
        assert "ETag" in admin.get(path).headers
        assert "Did you mean no-etag" in running.command({"fault": "no-etags"})["error"]
        assert "reader" in running.command({"token": "root"})["error"]
        for line in (b"{", b"[]", b"{}", b'{"token": null}', b'{"fault": 1}', b'{"stop": "x"}'):
            assert list(running.command_line(line)) == ["error"]
    finally:
        assert running.close() == (0, "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(number: signal.Signals) -> None:
    """With requests behind it: exit code 0, nothing on stderr, no key left."""
    running = RunningService()
    key = Path(running.ready["key_file"])
    admin = running.client("admin")
    admin.create()
    running.aws("sts").get_caller_identity()
    os.kill(running.process.pid, number)
    assert running.process.wait(TIMEOUT) == 0
    assert running.close() == (0, "")
    assert not key.parent.exists()


def test_it_serves_without_control_until_a_signal() -> None:
    """No --control: the end of stdin is no end; SIGTERM is."""
    command = [sys.executable, "-m", "reference_service", "serve"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=scrubbed_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        health = Client(ready["base_url"], None).get("/products/health")
        assert health.status_code == 200
        process.terminate()
        assert process.wait(TIMEOUT) == 0


def test_the_ambient_environment_does_not_leak_in(tmp_path: Path) -> None:
    """A profile, keys, a region and proxies of the caller: the stack takes none of them."""
    ambient = {
        "AWS_PROFILE": "nobody",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "ambient",
        "MOTO_ACCOUNT_ID": "111111111111",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "https_proxy": "http://127.0.0.1:9",
        "POWERTOOLS_LOG_LEVEL": "DEBUG",
        "HOME": str(tmp_path),
    }
    command = [sys.executable, "-m", "reference_service", "serve", "--control", "--as", "sit"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**scrubbed_environment(), **ambient},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        health = Client(ready["base_url"], None).get("/products/health")
        assert health.json()["dependencies"] == {"dynamodb": "ok", "s3": "ok"}
        _, errors = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, errors) == (0, b"")


def test_a_taken_port_is_said() -> None:
    """The port belongs to another process: exit code 4, one line, no traceback, no key left."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "reference_service", "serve", "--port", str(port)],
            cwd=ROOT,
            env=scrubbed_environment(),
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    assert done.returncode == 4
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert str(port) in done.stderr


def test_seeded_products_are_the_same_each_time() -> None:
    """Start twice with forty products: the same forty, listed in full."""
    seen = []
    for _ in range(2):
        running = RunningService("--seed-products", "40")
        seen.append(running.client("reader").listed(sort="created_at"))
        running.close()
    assert seen[0] == seen[1]
    assert len({product["sku"] for product in seen[0]}) == 40
