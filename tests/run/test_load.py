"""k6 itself, for a few seconds, and what a command line says of load that cannot be driven."""

from __future__ import annotations

import base64
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from fixtures.environment import Environment, load_environment
from fixtures.load import driving
from fixtures.load.data_set import DataSet, data_set
from fixtures.load.driving import Drive, Driven, drive
from fixtures.load.profiles import PROFILES, Profile
from fixtures.load.program import find_k6
from fixtures.load.progress import Progress
from fixtures.load.reading import LoadReading
from fixtures.tokens import Tokens
from reports.evidence.load import LoadRecord, Stage
from reports.evidence.reducing import Live
from reports.judging.validity import doubts
from tests.fixtures.fake_k6 import silent_progress
from tests.other_service.running import other_service
from tests.reference_service.running import ROOT, RunningService, scrubbed_environment
from tests.run.harness import NO_AWS, pytest_run

ROLES = {
    "LOCAL_TOKEN": "admin",
    "LOCAL_TOKEN_EDITOR": "editor",
    "LOCAL_TOKEN_READER": "reader",
    "LOCAL_TOKEN_LIMITED": "limited",
}


class Served:
    """A running service and the products to drive load against."""

    def __init__(
        self, environment: Environment, data: DataSet, service: RunningService | None = None
    ) -> None:
        self.environment = environment
        self.data = data
        self.service = service

    def drive(
        self,
        profile: Profile,
        data: Any,
        generators: int = 1,
        progress: Progress | None = None,
    ) -> Driven:
        """Drive it with the real k6."""
        tokens = Tokens(self.environment)
        asked = Drive(
            k6=find_k6(),
            environment=self.environment,
            tokens={role: tokens.of(role).secret for role in ("reader", "editor", "admin")},
            seed=1,
            generators=generators,
            masked=tokens.masked,
        )
        return drive(asked, profile, data, progress or silent_progress())


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """The reference service, its tokens where the harness looks for them, and a data set."""
    service = RunningService()
    with pytest.MonkeyPatch.context() as patch:
        for variable, role in ROLES.items():
            patch.setenv(variable, service.command({"token": role})["token"])
        ready = service.ready
        environment = load_environment("local").at(
            ready["base_url"], ready["images_url"], ready["aws_endpoint_url"]
        )
        try:
            with data_set(environment, Tokens(environment), "a-test") as data:
                yield Served(environment, data, service)
        finally:
            service.close()


def short(seconds: float, rate: float = 80, name: str = "quick") -> Profile:
    """A profile that is over soon."""
    stages = (Stage(seconds=seconds, rate=rate),)
    return msgspec.structs.replace(PROFILES[name], stages=stages, warm_up_s=0, window_s=1)


def requests_of(load: LoadRecord) -> int:
    """All of them."""
    return sum(window.requests for one in load.operations for window in one.windows)


@pytest.mark.parametrize("generators", [1, 2])
def test_the_mixed_workload(served: Served, generators: int) -> None:
    """Three seconds of it: each operation answered rightly, each sample accounted for."""
    driven = served.drive(short(3), served.data.mixed(), generators)
    load = driven.load
    reading = LoadReading(load)
    reading.answers()
    reading.nothing_failed("nothing fails on a healthy service")
    reading.arrives()
    assert len(load.generators) == generators
    assert requests_of(load) == sum(one.requests for one in load.generators) >= 230
    reads = sum(w.requests for one in load.operations if one.kind == "read" for w in one.windows)
    assert 0.76 <= reads / requests_of(load) <= 0.84
    image = next(one for one in load.operations if one.name == "get_image")
    assert image.marks["hit"] >= 1


def test_a_service_that_keeps_the_contract_in_its_own_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lists that lag, pages of three, numbers printed otherwise: nothing fails, nothing is lost."""
    with other_service() as service:
        for variable, token in service.variables.items():
            monkeypatch.setenv(variable, token)
        environment = load_environment(str(service.environment(tmp_path)))
        with data_set(environment, Tokens(environment), "a-test") as data:
            other = Served(environment, data)
            mixed = LoadReading(other.drive(short(2), data.mixed()).load)
            mixed.answers()
            mixed.nothing_failed("nothing fails on a healthy service")
            hot = data.hot()
            ids = [product["id"] for product in hot["products"]]
            load = other.drive(short(2, name="concurrent-updates"), hot).load
            update = next(one for one in load.operations if one.name == "update_product")
            assert [data.inventory(name) - 1 for name in ids] == [
                update.marks.get(f"won-{n}", 0) for n in range(len(ids))
            ]
        assert service.mishaps == []
        assert data.left == []


def test_updates_at_once(served: Served) -> None:
    """Two seconds of them: winners and losers, and each product has what its winners added."""
    data = served.data.hot()
    load = served.drive(short(2, name="concurrent-updates"), data).load
    update = next(one for one in load.operations if one.name == "update_product")
    wins = {one["id"]: update.marks[f"won-{n}"] for n, one in enumerate(data["products"])}
    assert {name: served.data.inventory(name) - 1 for name in wins} == wins
    statuses = {status for window in update.windows for status in window.statuses}
    assert statuses == {"200", "412"}
    LoadReading(load).nothing_failed("concurrent updates are answered 200 or 412")


def test_a_staircase_that_ends_as_planned(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step is past limits that no service could keep: k6 is asked to end, by plan."""
    monkeypatch.setattr(driving, "EVERY_S", 0.3)
    monkeypatch.setattr("fixtures.load.beyond.LIMITS_MS", {"read": 0.001, "write": 0.001})
    stages = tuple(Stage(seconds=1, rate=rate) for rate in range(40, 70))
    stress = msgspec.structs.replace(PROFILES["stress"], stages=stages)
    load = served.drive(stress, served.data.mixed()).load
    (generator,) = load.generators
    assert (generator.partial, generator.exit_code) == (None, 105)
    assert 2 <= len(load.stages) < 15
    assert generator.arrived >= 0.9 * generator.scheduled
    assert not [doubt for doubt in doubts(load) if doubt.generator]


class Killing(Progress):
    """Kills a service when its first answers are seen."""

    def __init__(self, service: RunningService) -> None:
        self._service = service

    def say(self, live: Live, over_s: float, left_s: float) -> None:
        """Look, and say nothing."""
        if live.requests > live.failed:
            self._service.process.kill()

    def end(self) -> None:
        """Nothing was said."""


def test_a_service_that_dies_in_mid_run(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is killed while k6 runs: measured to the end, what it did not answer failed."""
    monkeypatch.setattr(driving, "EVERY_S", 0.3)
    data = served.data.mixed()
    assert served.service is not None
    load = served.drive(short(4), data, progress=Killing(served.service)).load
    errors = {error for one in load.operations for window in one.windows for error in window.errors}
    assert errors & {"refused", "reset"}, errors
    assert load.generators[0].partial is None
    failed = sum(window.failed for one in load.operations for window in one.windows)
    assert 0 < failed < requests_of(load)


@pytest.mark.parametrize(
    ("arguments", "variables", "says"),
    [
        (("--load-profile=fast",), {}, "There are quick, documented, stress"),
        (("--generators=0",), {}, "a whole number from 1 to 16"),
        (("--allow-load=prod",), {}, "driving load there must be said"),
        (("-n", "2"), {}, "load runs alone"),
        ((), {"K6_BIN": "/nowhere/k6"}, "three ways to have one"),
    ],
)
def test_load_that_cannot_be_driven(
    tmp_path: Path, arguments: tuple[str, ...], variables: dict[str, str], says: str
) -> None:
    """A mistake on the command line, or no k6: exit 4 before anything runs, and what to do."""
    ended = pytest_run(tmp_path, "-m", "load", "--env=local", *arguments, variables=variables)
    assert ended.code == 4, ended.output
    assert says in ended.output
    assert "Traceback" not in ended.output
    assert ended.decided_nothing()


def test_a_token_that_would_expire(tmp_path: Path) -> None:
    """An admin's token lasts an hour and the soak more: exit 4, and nothing was decided."""
    payload = base64.urlsafe_b64encode(b'{"exp": %d}' % (time.time() + 3600)).decode().rstrip("=")
    tokens = dict.fromkeys(ROLES, f"eyJhbGciOiJSUzI1NiJ9.{payload}.c2ln")
    nowhere = [f"--{name}=http://127.0.0.1:9" for name in ("base-url", "images-url")]
    ended = pytest_run(
        tmp_path, "-m", "load", "--env=local", "--load-profile=soak", *nowhere, variables=tokens
    )
    assert ended.code == 4, ended.output
    assert "expires in 60 minutes" in ended.output
    assert ended.decided_nothing()


def test_prod_has_no_load(tmp_path: Path) -> None:
    """Its environment file has no such layer: exit 4, with those that it has."""
    ended = pytest_run(tmp_path, "-m", "load", "--env=prod")
    assert ended.code == 4, ended.output
    assert "prod does not allow the layer load" in ended.output


def test_ctrl_c_keeps_what_was_measured(tmp_path: Path) -> None:
    """A run is interrupted while k6 runs: its record is partial, it holds, and no k6 is left."""
    command = [sys.executable, "-m", "pytest", "-m", "load", "--env=local"]
    command += ["--load-profile=concurrent-updates", f"--report-dir={tmp_path}"]
    run = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**scrubbed_environment(), **NO_AWS},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert run.stdout
    said: list[str] = []
    started: list[psutil.Process] = []
    for line in run.stdout:
        said.append(line)
        if "concurrent-updates: " in line:
            started = psutil.Process(run.pid).children(recursive=True)
            run.send_signal(signal.SIGTERM)
            break
    output = "".join(said) + run.communicate(timeout=60)[0]
    assert run.returncode == 2, output
    assert "interrupted by SIGTERM" in output
    assert len(started) >= 2, "the stack and k6"
    assert [one for one in started if one.is_running() and one.status() != "zombie"] == []
