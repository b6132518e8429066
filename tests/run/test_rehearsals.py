"""Rehearsals: when they run, what refuses them, and what is left of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.rehearsals.leftovers import noted, object_prefix, prefix, table_name
from reports.evidence.record import Outcome
from reports.evidence.store import Store
from tests.reference_service.running import ROOT, RunningService, scrubbed_environment
from tests.run.harness import NO_AWS, pytest_run

RUN = "20260110t110000-0a1b2c"
OTHER = "20260110t110000-0a1b2d"
TABLE = "products-sit"
BUCKET = "bbws-product-images-sit"
LIVE = {"FunctionName": "product-handler-sit", "Name": "live"}
REHEARSED = "readiness.rehearse_alias_rollback"


@pytest.fixture
def sit() -> Iterator[RunningService]:
    """The reference service wearing SIT's names."""
    service = RunningService("--as", "sit")
    try:
        yield service
    finally:
        service.close()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-m", "readiness", "--env=prod"), "forbids writing (writes = false)"),
        (("-m", "readiness", "--env=prod", "--allow-writes=prod"), "does not change that"),
        (("-m", "readiness", "--env=local", "-n", "2"), "-n with --rehearse"),
        (("-m", "smoke", "--env=local"), "--rehearse goes with the layer readiness"),
    ],
)
def test_a_rehearsal_that_is_refused(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    """Exit 4 before anything is asked, with what would be right."""
    ended = pytest_run(tmp_path, *arguments, "--rehearse", variables={"PROD_TOKEN": "t"})
    assert ended.code == 4, ended.output
    assert message in ended.output
    assert "Traceback" not in ended.output


def test_without_it_the_run_says_what_was_not_done(tmp_path: Path) -> None:
    """They are recorded as not asked for, and named."""
    ended = pytest_run(tmp_path, "-m", "readiness", "--env=local", "-k", "test_rehearse")
    outcomes = {one.id: one.outcome for one in ended.run.checks}
    assert outcomes[REHEARSED] is Outcome.NOT_ASKED
    assert set(outcomes.values()) == {Outcome.NOT_ASKED}
    assert "done only with --rehearse" in ended.output


def test_with_it_each_time_is_kept(tmp_path: Path) -> None:
    """In the evidence and on the terminal."""
    ended = pytest_run(tmp_path, "-m", "readiness", "--env=local", "--rehearse", "-k", "alias_roll")
    outcomes = {one.id: one.outcome for one in ended.run.checks}
    assert outcomes == {REHEARSED: Outcome.PASS}, ended.output
    metrics = [one.metric for one in ended.run.series if one.namespace == "rehearsal"]
    assert metrics == [
        "rollback of the alias, from version 2 to 1",
        "return of the alias, from version 1 to 2",
    ]
    assert "the API reported 0.9.0 while rolled back, 1.0.0 after" in ended.output


def test_what_was_interrupted_is_cleared_up(sit: RunningService, tmp_path: Path) -> None:
    """Ctrl-C while the alias is rolled back: it leads back before the run ends."""
    functions = sit.aws("lambda")
    before = functions.get_alias(**LIVE)
    sit.command({"fault": "api-past-the-alias"})  # so that the rehearsal waits, bounded by a minute
    token = sit.command({"token": "admin"})["token"]
    command = [sys.executable, "-m", "pytest", "-m", "readiness", "--env=sit", "--rehearse"]
    command += ["-k", "alias_roll", f"--report-dir={tmp_path}"]
    for option in ("base_url", "images_url", "aws_endpoint_url"):
        command.append(f"--{option.replace('_', '-')}={sit.ready[option]}")
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**scrubbed_environment(), **NO_AWS, "SIT_TOKEN": token},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        end = time.monotonic() + 30
        while time.monotonic() < end and functions.get_alias(**LIVE)["FunctionVersion"] != "1":
            pass
        assert functions.get_alias(**LIVE)["FunctionVersion"] == "1"
        os.kill(process.pid, signal.SIGINT)
        output, _ = process.communicate(timeout=30)
    finally:
        process.kill()
    after = functions.get_alias(**LIVE)
    assert (after["FunctionVersion"], after["Description"]) == ("2", before["Description"]), output
    assert process.returncode == 2, output
    ((_, run),) = Store(tmp_path / "store").runs()
    assert (run.complete, run.stopped) == (False, "interrupted")


def left_by(sit: RunningService, run_id: str, *, switched: bool) -> tuple[str, str]:
    """What a killed run leaves: a restored table, a backup, objects, and an alias elsewhere."""
    dynamodb, s3 = sit.aws("dynamodb"), sit.aws("s3")
    backup = dynamodb.create_backup(TableName=TABLE, BackupName=prefix(run_id))["BackupDetails"]
    name = table_name(TABLE, run_id, "backup")
    dynamodb.restore_table_from_backup(TargetTableName=name, BackupArn=backup["BackupArn"])
    for content in (b"right", b"wrong"):
        s3.put_object(Bucket=BUCKET, Key=f"{object_prefix(run_id)}x.jpg", Body=content)
    s3.delete_object(Bucket=BUCKET, Key=f"{object_prefix(run_id)}x.jpg")
    if switched:
        sit.aws("lambda").update_alias(
            **LIVE, FunctionVersion="1", Description=noted(prefix(run_id), "2", "as it was")
        )
    return name, backup["BackupArn"]


def there(sit: RunningService, run_id: str) -> tuple[bool, bool, int]:
    """Whether a run's table and backup are there, and how many versions of objects."""
    dynamodb = sit.aws("dynamodb")
    tables = dynamodb.list_tables()["TableNames"]
    backups = dynamodb.list_backups(TableName=TABLE)["BackupSummaries"]
    listed: Any = sit.aws("s3").list_object_versions(Bucket=BUCKET, Prefix=object_prefix(run_id))
    return (
        table_name(TABLE, run_id, "backup") in tables,
        prefix(run_id) in {one["BackupName"] for one in backups},
        len(listed.get("Versions", [])) + len(listed.get("DeleteMarkers", [])),
    )


def sweep(sit: RunningService, *arguments: str) -> tuple[int, str]:
    """``gate evidence sweep`` of the run: exit code, and all that it printed."""
    command = [sys.executable, "-m", "reports.cli", "evidence", "sweep", "--env", "sit"]
    command += ["--run", RUN, "--base-url", sit.ready["base_url"]]
    command += ["--images-url", sit.ready["images_url"], *arguments]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={
            **scrubbed_environment(),
            **NO_AWS,
            "SIT_TOKEN": sit.command({"token": "admin"})["token"],
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


def test_a_sweep_removes_what_a_killed_run_left(sit: RunningService) -> None:
    """All of the run's own, and nothing of another's; the alias leads back."""
    left_by(sit, RUN, switched=True)
    left_by(sit, OTHER, switched=False)
    code, said = sweep(sit, "--aws-endpoint-url", sit.ready["aws_endpoint_url"])
    assert code == 0, said
    assert there(sit, RUN) == (False, False, 0)
    assert there(sit, OTHER) == (True, True, 3)
    alias = sit.aws("lambda").get_alias(**LIVE)
    assert (alias["FunctionVersion"], alias["Description"]) == ("2", "as it was")


def test_a_sweep_leaves_an_alias_that_another_run_switched(sit: RunningService) -> None:
    """It is in the middle of a rehearsal of its own."""
    left_by(sit, OTHER, switched=True)
    code, said = sweep(sit, "--aws-endpoint-url", sit.ready["aws_endpoint_url"])
    assert code == 0, said
    assert sit.aws("lambda").get_alias(**LIVE)["FunctionVersion"] == "1"


def test_a_sweep_without_aws_says_so(sit: RunningService) -> None:
    """Nothing in AWS was looked at."""
    code, said = sweep(sit)
    assert code == 0, said
    assert "AWS is not in reach" in said
