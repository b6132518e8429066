"""``gate`` on loads, from end to end: decide, show, replay at another limit, the baseline."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from reports import cli
from reports.evidence.load import LoadRecord
from reports.evidence.store import Store
from reports.gates import loading
from tests.judging.load_samples import load, operation, window
from tests.judging.samples import NOW, run
from tests.judging.test_baseline import service
from tests.judging.test_failure_point import queue, staircase

Gate = Callable[..., tuple[int, str, str]]
POLICY = """
gate = "levels"
title = "Levels"
environment = "sit"
subject = "deployed"
accept_self_reported = false
max_age = "7d"

[[objectives]]
id = "reads"
title = "Reads"
indicator = "latency"
operations = ["reads"]
profiles = ["documented"]
criterion = "p(95) < 500ms"
items = ["VAL-FINAL-05"]

[[objectives]]
id = "change"
title = "Change"
indicator = "baseline"
operations = ["reads"]
profiles = ["documented"]
criterion = "p(95) <= +10%"
"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """The store of a report directory."""
    return Store(tmp_path / "out" / "store")


@pytest.fixture
def gate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Gate:
    """The command, with one gate more than there is; each decision a minute after the last."""
    (tmp_path / "gates").mkdir()
    (tmp_path / "gates" / "levels.toml").write_text(POLICY, encoding="utf-8")
    monkeypatch.setattr(loading, "FOLDER", tmp_path / "gates")
    minutes = iter(range(100))
    monkeypatch.setattr(
        "reports.commands.decide.now", lambda: NOW + timedelta(minutes=next(minutes))
    )

    def command(*arguments: str) -> tuple[int, str, str]:
        code = cli.exit_code([*arguments, "--report-dir", str(tmp_path / "out")])
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


def measured(factor: float, *, seed: int = 1) -> LoadRecord:
    """p95 near 228 ms times ``factor``."""
    return service(factor, seed=seed)


def keep(store: Store, record: LoadRecord, run_id: str, *, build: str = "1.0.0") -> None:
    """A run of the load layer of that build."""
    one = run(run_id, layers=("load",), checks=(), loads=(record,))
    subject = replace(one.subject, build=build, version=build, version_after=build)
    store.put_run(replace(one, subject=subject))


def decision(tmp_path: Path) -> str:
    """The last decision's file."""
    return str(tmp_path / "out" / "decision.json")


def policy(tmp_path: Path, old: str, new: str) -> str:
    """The gate's policy with one thing else in it."""
    assert POLICY.count(old) == 1
    file = tmp_path / "other.toml"
    file.write_text(POLICY.replace(old, new), encoding="utf-8")
    return str(file)


def test_decided_shown_and_replayed(gate: Gate, store: Store, tmp_path: Path) -> None:
    """A level with its interval and counts, on the terminal and in full; byte for byte again."""
    keep(store, measured(1.0), "a")
    code, out, _ = gate("decide", "levels", "--build", "1.0.0")
    assert code == 0, out
    said = " ".join(out.split())
    assert "p(95) < 500ms" in said
    assert "12000, " in said
    code, out, _ = gate("show", decision(tmp_path))
    assert "limit p(95) < 500ms, headroom" in out
    assert "n: 12000 requests, " in out
    assert " to " in out
    assert "more of 12000 requests over the limit" in out
    assert "no baseline yet" in out
    assert gate("replay", decision(tmp_path))[0] == 0


def test_judged_again_at_another_limit(gate: Gate, store: Store, tmp_path: Path) -> None:
    """p95 near 450 ms: passes at 500 ms, fails at 400 ms, from the same histograms."""
    keep(store, measured(1.97), "a")
    assert gate("decide", "levels", "--build", "1.0.0")[0] == 0
    file = policy(tmp_path, "500ms", "400ms")
    code, out, err = gate("replay", decision(tmp_path), "--policy", file)
    assert code == 1, err
    assert "reads: pass (" in out
    assert "limit p(95) < 400ms)" in out


def test_the_last_promotion_is_the_baseline(gate: Gate, store: Store, tmp_path: Path) -> None:
    """Build 1 is promoted; build 2 is a fifth slower and held; a replay compares with the same."""
    keep(store, measured(1.0, seed=2), "a", build="1.0.0")
    assert gate("decide", "levels", "--build", "1.0.0")[0] == 0
    keep(store, measured(1.25), "b", build="2.0.0")
    code, out, _ = gate("decide", "levels", "--build", "2.0.0")
    assert code == 1
    assert "is surely more than p(95) <= +10%" in " ".join(out.split())
    assert gate("replay", decision(tmp_path))[0] == 1
    looser = policy(tmp_path, "+10%", "+50%")
    code, out, _ = gate("replay", decision(tmp_path), "--policy", looser)
    assert code == 0, out
    keep(store, measured(1.02, seed=5), "c", build="3.0.0")
    assert gate("decide", "levels", "--build", "3.0.0")[0] == 0
    code, out, _ = gate("show", decision(tmp_path))
    assert "build 1.0.0" in out


def test_the_same_build_is_compared_with_another_one(
    gate: Gate, store: Store, tmp_path: Path
) -> None:
    """Deciding again about a build that was promoted does not make it its own measure."""
    keep(store, measured(1.0, seed=2), "a", build="1.0.0")
    assert gate("decide", "levels", "--build", "1.0.0")[0] == 0
    keep(store, measured(1.01), "b", build="2.0.0")
    assert gate("decide", "levels", "--build", "2.0.0")[0] == 0
    assert gate("decide", "levels", "--build", "2.0.0")[0] == 0
    assert "build 1.0.0" in gate("show", decision(tmp_path))[1]


def test_a_baseline_that_was_altered_is_refused(gate: Gate, store: Store, tmp_path: Path) -> None:
    """The runs of the last promotion are inputs as well."""
    keep(store, measured(1.0, seed=2), "a", build="1.0.0")
    assert gate("decide", "levels", "--build", "1.0.0")[0] == 0
    (before,) = (store.path / "runs").iterdir()
    keep(store, measured(1.01), "b", build="2.0.0")
    before.write_bytes(before.read_bytes() + b" ")
    code, _, err = gate("decide", "levels", "--build", "2.0.0")
    assert code == 2
    assert "was altered" in err


def test_what_a_gate_needs(gate: Gate) -> None:
    """Samples, rate and minutes of each statistical objective."""
    code, out, _ = gate("show", "levels")
    assert code == 0
    assert "latency p(95) < 500ms of reads, profile documented" in out
    assert (
        "needs 59 requests if none is over the limit: "
        "1 s at 150 requests a second, 80% of them reads" in out
    )
    assert "needs 361 to pass with probability 0.8 if 2.5% are over the limit: 4 s" in out
    assert "needs 30 windows of time on either side, and an earlier promotion" in out


def test_a_run_is_shown_with_its_loads(gate: Gate, store: Store) -> None:
    """Counts, doubts, and the staircase of a stress load."""
    keep(store, queue(150.0, staircase(), dropped=12), "a")
    code, out, _ = gate("show", "a")
    assert code == 0
    assert "load stress, mixed, seed 1" in out
    assert "doubt: 12 of " in out
    assert "requests a second held, " in out
    assert "first: latency (" in out
    assert "20/s  answered 20.0/s  p95 reads " in out


def test_an_inconclusive_level_is_told(gate: Gate, store: Store) -> None:
    """Exit 2, and the objective with its reason."""
    keep(store, load(operation("search", window(0, 40))), "a")
    code, out, _ = gate("decide", "levels", "--build", "1.0.0")
    assert code == 2
    assert "inconclusive  reads" in out
    assert "40 requests were judged, 59 are needed" in " ".join(out.split())


def test_without_the_libraries_of_load(
    gate: Gate, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One message that says what to install, exit 4."""
    keep(store, measured(1.0), "a")
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    code, _, err = gate("decide", "levels", "--build", "1.0.0")
    assert code == 4
    assert "loads are judged with scipy.special, which is not installed: run `nox -s load`" in err
