"""What a person is told when something is wrong: one clear message, the right exit code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.environment_files import environment_text, write_environment
from tests.hostile_service import hostile
from tests.reference_service.running import RunningService
from tests.run.harness import Ended, pytest_run

TOKEN = {"TEST_TOKEN": "opaque-token-of-a-test"}


@pytest.fixture(scope="module")
def sit() -> Iterator[RunningService]:
    """The reference service wearing SIT's names."""
    service = RunningService("--as", "sit")
    try:
        yield service
    finally:
        service.close()


def sit_run(report_dir: Path, sit: RunningService, *arguments: str, aws: bool = False) -> Ended:
    """Smoke against that service, by SIT's own file."""
    urls = [f"--base-url={sit.ready['base_url']}", f"--images-url={sit.ready['images_url']}"]
    if aws:
        urls.append(f"--aws-endpoint-url={sit.ready['aws_endpoint_url']}")
    token = sit.command({"token": "admin"})["token"]
    return pytest_run(
        report_dir, "-m", "smoke", "--env=sit", *urls, *arguments, variables={"SIT_TOKEN": token}
    )


def told(ended: Ended, code: int, message: str) -> None:
    """One message, the exit code, and no sign of a pass or of a traceback."""
    assert ended.code == code, ended.output
    assert message in ended.output, ended.output
    assert "Traceback" not in ended.output
    assert "INTERNALERROR" not in ended.output
    assert "PASS " not in ended.output
    assert "PROMOTE" not in ended.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-m", "smoke", "--env=sti"), "Did you mean sit?"),
        (("-m", "smoke", "--env=sit"), "SIT_TOKEN is not set"),
        (("--env=local",), "a run says which layers it judges"),
        (("-m", "not slow", "--env=local"), "names no layer"),
        (("-m", "smok", "--env=local"), "Did you mean smoke?"),
        (("-m", "load", "--env=prod"), "prod does not allow the layer load"),
        (("-m", "smoke", "--env=sit", "--gate=sit-deploymnet"), 'did you mean "sit-deployment"?'),
        (("-m", "smoke", "--env=dev", "--gate=sit-deployment"), "say --env=sit"),
        (("-m", "smoke", "--env=sit", "--gate=sit-deployment"), "--build VERSION"),
        (("-m", "smoke", "--env=local", "--rehearsal"), "--rehearsal goes with --gate"),
        (("-m", "smoke", "--env=sit", "--fault=stale-read"), "faults are for the embedded stack"),
        (("-m", "smoke", "--env=local", "--fault=stale-raed"), "stale-read"),
        (("-m", "smoke", "--env=prod", "--allow-writes=sit"), "--allow-writes prod"),
        (("-m", "smoke", "--env=sit", "--base-url=ftp://x"), "http(s)://host"),
        (("-m", "smoke", "--env=nowhere.toml"), "no such file"),
        (("-m", "smoke", "--env="), "--env is empty"),
        (("-m", "smoke", "-p", "no:reports.recorder"), "decides nothing"),
        (("-m", "smoke", "--env=local", "--fault="), "--fault is empty"),
        (("-m", "smoke", "--env=sit", "--base-url=http://a..b"), "http(s)://host"),
    ],
)
def test_usage(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    """The command line is wrong: exit 4, what would be right, and nothing is decided."""
    ended = pytest_run(tmp_path / "out", *arguments)
    told(ended, 4, message)
    assert ended.decided_nothing()


def test_a_seed_that_is_none(tmp_path: Path) -> None:
    """GATE_SEED is no whole number: exit 4, before anything starts."""
    ended = pytest_run(tmp_path, "-m", "smoke", "--env=local", variables={"GATE_SEED": "abc"})
    told(ended, 4, "it is a whole number of at most 18 digits")


def test_an_unknown_key_in_an_environment(tmp_path: Path) -> None:
    """A key of the environment file is misspelt: exit 4, with file, key and nearest name."""
    text = environment_text().replace("timeout_s", "timeuot_s")
    ended = pytest_run(tmp_path, "-m", "smoke", f"--env={write_environment(tmp_path, text)}")
    told(ended, 4, 'did you mean "timeout_s"?')


@pytest.mark.parametrize(
    ("behaviour", "came"),
    [
        ("down", "connection refused: nothing listens there"),
        ("html", "content type 'text/html'"),
        ("empty", "an empty body"),
        ("hangs", "no whole answer within 0.3 s"),
        ("resets", "connection broken"),
        ("redirects to itself", "302 to /v1.0/products/health"),
    ],
)
def test_a_service_that_does_not_work(tmp_path: Path, behaviour: str, came: str) -> None:
    """The service is broken in some way: its checks fail, exit 1, the message says how."""
    with hostile(behaviour) as origin:
        file = write_environment(tmp_path, environment_text(origin, origin, timeout_s=0.3))
        ended = pytest_run(tmp_path, "-m", "smoke", f"--env={file}", variables=TOKEN)
    told(ended, 1, came)
    assert "SIT-SMOKE-01" in ended.output
    assert ended.decision["verdict"] == "fail"


def test_a_build_is_named_and_the_service_is_down(tmp_path: Path) -> None:
    """--build is given and nobody answers: the service has failed, exit 1."""
    with hostile("down") as origin:
        file = write_environment(tmp_path, environment_text(origin, origin))
        ended = pytest_run(
            tmp_path, "-m", "smoke", f"--env={file}", "--build=1.0.0", variables=TOKEN
        )
    told(ended, 1, "connection refused")


def test_a_host_whose_name_does_not_resolve(tmp_path: Path) -> None:
    """Name resolution is broken: the harness could not look, exit 3."""
    origin = "http://no-such-host.invalid"
    file = write_environment(tmp_path, environment_text(origin, origin))
    ended = pytest_run(tmp_path, "-m", "smoke", f"--env={file}", variables=TOKEN)
    told(ended, 3, "does not resolve")


def test_sit_s_own_file_against_a_service_it_did_not_start(
    tmp_path: Path, sit: RunningService
) -> None:
    """SIT's file with three overrides: passes, is a rehearsal, and knows the code's digest."""
    ended = sit_run(tmp_path, sit, aws=True)
    assert ended.code == 0, ended.output
    assert ended.run.rehearsal == (
        "--base-url given",
        "--images-url given",
        "--aws-endpoint-url given",
    )
    assert ended.run.subject.code_digest
    assert ended.run.subject.code_digest == ended.run.subject.code_digest_after
    assert "rehearsal" in ended.output


def test_a_gate_refuses_a_rehearsal(tmp_path: Path, sit: RunningService) -> None:
    """The same run with --gate and without --rehearsal: refused, exit 4."""
    ended = sit_run(tmp_path, sit, "--gate=sit-deployment", "--build=1.0.0")
    told(ended, 4, "takes no evidence of a rehearsal")


def test_a_gate_is_rehearsed(tmp_path: Path, sit: RunningService) -> None:
    """With --rehearsal the gate decides, says REHEARSAL and what it left out; and after smoke
    alone it holds for the layers that were not run.
    """
    ended = sit_run(tmp_path, sit, "--gate=sit-deployment", "--rehearsal")
    assert ended.code == 2, ended.output
    assert "REHEARSAL" in ended.output
    results = {one["id"]: one["result"] for one in ended.decision["objectives"]}
    assert (results["smoke"], results["integration"]) == ("pass", "no_evidence")
    assert "not rehearsed" in ended.output
    assert ended.decision["rehearsal"]


def test_a_build_that_health_contradicts(tmp_path: Path, sit: RunningService) -> None:
    """The pipeline means another build than the one that answers: nothing is judged, exit 2."""
    told(sit_run(tmp_path, sit, "--build=v9.9.9-sit"), 2, "health reports 1.0.0")


def test_the_wrong_account(tmp_path: Path, sit: RunningService) -> None:
    """The caller is in another account than the file's: exit 4 before anything is looked at."""
    token = sit.command({"token": "admin"})["token"]
    ended = pytest_run(
        tmp_path,
        "-m",
        "smoke",
        "--env=dev",
        f"--base-url={sit.ready['base_url']}",
        f"--images-url={sit.ready['images_url']}",
        f"--aws-endpoint-url={sit.ready['aws_endpoint_url']}",
        variables={"DEV_TOKEN": token},
    )
    told(ended, 4, "AWS account 815856636111")
    assert "536580886816" in ended.output


def test_prod_is_only_read(tmp_path: Path, sit: RunningService) -> None:
    """An environment that may only be read: reading checks run, the others are not applicable."""
    origin, images = sit.ready["base_url"], sit.ready["images_url"]
    text = environment_text(origin, images, name="sit", writes=False, timeout_s=10)
    token = sit.command({"token": "admin"})["token"]
    sit.client("admin").create()
    ended = pytest_run(
        tmp_path,
        "-m",
        "smoke",
        f"--env={write_environment(tmp_path, text)}",
        variables={"TEST_TOKEN": token},
    )
    assert ended.code == 0, ended.output
    outcomes = {check.id: str(check.outcome) for check in ended.run.checks}
    assert outcomes["smoke.get_product"] == "pass"
    assert outcomes["smoke.create_product"] == "not_applicable"
    assert "writes" in ended.output


def test_a_fault_is_told_with_check_and_plan_item(tmp_path: Path) -> None:
    """--fault on the embedded stack: exit 1, the check, the plan item and a curl line."""
    ended = pytest_run(tmp_path, "-m", "smoke", "--env=local", "--fault=image-never-cached")
    told(ended, 1, "smoke.image_delivery")
    assert "SIT-SMOKE-10" in ended.output
    assert "curl -X GET" in ended.output


def test_altered_evidence_is_refused(tmp_path: Path, sit: RunningService) -> None:
    """A byte of stored evidence is flipped before the gate's next run: exit 2, the file named."""
    first = sit_run(tmp_path, sit, "--gate=sit-deployment", "--rehearsal")
    assert first.code == 2, first.output
    (stored,) = (tmp_path / "store" / "runs").iterdir()
    stored.write_bytes(stored.read_bytes().replace(b'"pass"', b'"fail"', 1))
    ended = sit_run(tmp_path, sit, "--gate=sit-deployment", "--rehearsal")
    told(ended, 2, "was altered")
    assert ended.decided_nothing()


def test_an_earlier_decision_is_not_left_behind(tmp_path: Path) -> None:
    """A run is refused for its command line: the decision of an earlier one is gone."""
    (tmp_path / "decision.json").write_text("{}")
    told(pytest_run(tmp_path, "-m", "smoke", "--env=sti"), 4, "Did you mean sit?")
    assert not (tmp_path / "decision.json").exists()


def test_help_groups_the_options(tmp_path: Path) -> None:
    """pytest --help shows every option of a run, in its group."""
    ended = pytest_run(tmp_path, "--help")
    assert ended.code == 0
    for text in ("gate: where to look", "--env=ENV", "--allow-writes=ENV", "--report-dir=DIR"):
        assert text in ended.output
