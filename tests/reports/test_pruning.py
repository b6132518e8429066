"""What ``gate evidence prune`` removes: nothing that a decision rests on, or could rest on."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from reports.cli import exit_code
from reports.deciding import save
from reports.evidence.contents import Intent
from reports.evidence.record import Outcome, RunRecord
from reports.evidence.store import Store
from reports.judging.policy import Policy
from reports.judging.result import Action
from reports.pruning import prune
from reports.strict_toml import ConfigurationError
from tests.judging.samples import NOW, checks, decide, policy, run, subject

POLICIES = (policy(), policy(gate="longest", max_age="9d"))
OLDER = timedelta(days=10)


def kept(store: Store) -> set[str]:
    """The ids of the runs that are left."""
    return {one.run_id for _, one in store.runs()}


def filled(folder: Path, *runs: RunRecord) -> Store:
    """A store with these runs."""
    store = Store(folder / "store")
    for one in runs:
        store.put_run(one)
    return store


def test_old_runs_go_and_what_decisions_rest_on_stays(tmp_path: Path) -> None:
    """Younger ones stay as well."""
    rests = run("rests", hours_ago=500)
    store = filled(tmp_path, run("old", hours_ago=500), run("young"))
    digest = store.put_run(rests)
    made = decide(rests)
    save(store, replace(made, inputs=replace(made.inputs, runs=(digest,))), tmp_path)
    assert prune(store, OLDER, NOW, POLICIES) == (1, 2)
    assert kept(store) == {"rests", "young"}


def test_a_failure_that_still_counts_cannot_be_pruned(tmp_path: Path) -> None:
    """Neither while it counts at its own gate nor at the one that looks back the longest."""
    failed = run("failed", hours_ago=3, checks=checks(health=Outcome.FAIL))
    store = filled(tmp_path, failed)
    for older in (timedelta(hours=1), timedelta(days=8)):
        with pytest.raises(ConfigurationError, match=r"counts for 9d at longest.*--older 9d"):
            prune(store, older, NOW, POLICIES)
    assert prune(store, timedelta(days=9), NOW, POLICIES) == (0, 1)
    held = decide(*(one for _, one in store.runs()))
    assert held.decision is Action.HOLD


def test_no_age_makes_a_run_removable_that_still_counts(tmp_path: Path) -> None:
    """To the second: what is as old as evidence may be stays, and what is older does not count."""
    nine_days = 9.0 * 24
    at, beyond = run("at", hours_ago=nine_days), run("beyond", hours_ago=nine_days + 0.01)
    store = filled(tmp_path, at, beyond)
    assert prune(store, timedelta(days=9), NOW, POLICIES) == (1, 1)
    assert kept(store) == {"at"}
    (longest,) = [one for one in POLICIES if one.gate == "longest"]
    assert decide(at, policy=longest).decision is Action.PROMOTE
    assert decide(beyond, policy=longest).decision is Action.HOLD


def test_what_never_ended_stays(tmp_path: Path) -> None:
    """An intent without its run is no run to remove."""
    store = Store(tmp_path / "store")
    began = NOW - timedelta(days=90)
    store.begin(Intent("r", ("smoke",), "sit", build=None, started=began))
    assert prune(store, OLDER, NOW, POLICIES) == (0, 0)
    assert [one.run_id for one in store.contents().aborted] == ["r"]


@pytest.mark.parametrize("by", POLICIES, ids=lambda one: str(one.gate))
def test_what_holds_gates_by_being_malformed_stays(tmp_path: Path, by: Policy) -> None:
    """It is removed by somebody who looked at it; so is one of two with the same id."""
    old = 500.0
    naive = run("naive", hours_ago=old)
    naive = replace(naive, started=naive.started.replace(tzinfo=None))
    naive = replace(naive, ended=naive.ended.replace(tzinfo=None))
    store = filled(tmp_path, run("same", hours_ago=old), run("same"), naive)
    before = decide(*(one for _, one in store.runs()), policy=by)
    assert prune(store, OLDER, NOW, POLICIES) == (0, 3)
    assert decide(*(one for _, one in store.runs()), policy=by).sentence == before.sentence


def test_what_tells_the_build_of_an_import_stays(tmp_path: Path) -> None:
    """The last of ours before it, however old: without it, nothing would speak against it."""
    other = subject(build="0.9.0", version="0.9.0", version_after="0.9.0")
    imported = run("imported", hours_ago=5, subject=subject(version=None, version_after=None))
    imported = replace(imported, source=replace(imported.source, imported=("sha256:1",)))
    store = filled(
        tmp_path,
        run("older", hours_ago=600),
        run("before", hours_ago=500, subject=other),
        run("rehearsed", hours_ago=450, rehearsal=("--base-url given",)),
        imported,
        run("after", hours_ago=1),
    )
    assert prune(store, OLDER, NOW, POLICIES) == (1, 4)
    assert "older" not in kept(store)


def test_the_command_says_the_shortest(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """By the gates that there are: none looks back longer than ``prod-week``."""
    place = f"--report-dir={tmp_path}"
    assert exit_code(["evidence", "prune", "--older=2d", place]) == 4
    assert "--older 9d" in capfd.readouterr().err
    assert exit_code(["evidence", "prune", "--older=9d", place]) == 0
    assert capfd.readouterr().out == "0 runs removed, 0 kept\n"
