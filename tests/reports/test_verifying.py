"""What ``gate replay`` and ``gate report`` refuse: a decision, or an input, that is not as it was.

Two gates are put in place of those that ship: ``second`` requires ``first``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from reports import cli
from reports.deciding import decide, read_decision, save
from reports.evidence.digest import canonical, digest_of
from reports.evidence.record import Outcome
from reports.evidence.store import Store
from reports.gates import loading
from reports.judging.decision import BaselineInput, Decision
from reports.signing import signed, signer_of
from tests.judging import samples
from tests.judging.samples import NOW
from tests.reports.test_replay import everything
from tests.reports.test_signing import altered, key

Gate = Callable[..., tuple[int, str, str]]
POLICY = """
gate = "{gate}"
title = "A gate"
environment = "sit"
subject = "deployed"
accept_self_reported = false
max_age = "24h"
{more}
[[objectives]]
id = "smoke"
title = "Smoke"
layer = "smoke"
criterion = ">= 100%"
{keys}
"""
EVERY_WAY = [(), ("--check-only",), ("--policy", "first.toml")]


def put_policy(folder: Path, gate: str, *, trusted: str = "", more: str = "") -> None:
    """The policy of a gate that trusts that key, if one is given."""
    keys = f'[trusted_keys]\nrelease = """{trusted}"""\n' if trusted else ""
    text = POLICY.format(gate=gate, more=more, keys=keys)
    (folder / f"{gate}.toml").write_text(text, encoding="utf-8")


@pytest.fixture
def gates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the policies, which trust no key."""
    folder = tmp_path / "gates"
    folder.mkdir()
    put_policy(folder, "first")
    put_policy(folder, "second", more='requires = ["first"]')
    monkeypatch.setattr(loading, "FOLDER", folder)
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with a run in which everything passed."""
    made = Store(tmp_path / "out" / "store")
    made.put_run(samples.run(checks=everything()))
    return made


@pytest.fixture
def gate(
    gates: Path,
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Gate:
    """The command: its exit code and both streams."""
    monkeypatch.setattr("reports.commands.decide.now", lambda: NOW)
    monkeypatch.chdir(gates)

    def command(*arguments: str) -> tuple[int, str, str]:
        code = cli.exit_code([*arguments, "--report-dir", str(tmp_path / "out")])
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


def decided(gate: Gate, name: str, *options: str) -> str:
    """The digest of a decision that promotes."""
    code, _, said = gate("decide", name, "--build=1.0.0", *options)
    assert code == 0, said
    return said.split()[1].rstrip(",")


def decision_of(store: Store, digest: str) -> Decision:
    """As the store has it."""
    return read_decision(store.get_decision(digest), digest)


def stored(store: Store, digest: str) -> Path:
    """The decision's file in the store."""
    return store.path / "decisions" / f"{digest.removeprefix('sha256:')}.json"


def forged(store: Store, digest: str) -> tuple[Path, str]:
    """A file beside the store with another decision, in the form that decisions have."""
    content = canonical(replace(decision_of(store, digest), build="6.6.6"))
    file = store.path.parent / "forged.json"
    file.write_bytes(content)
    return file, digest_of(content)


@pytest.mark.parametrize("mode", EVERY_WAY)
def test_the_stored_copy_has_to_be_whole(gate: Gate, store: Store, mode: tuple[str, ...]) -> None:
    """Overwritten in the store while decision.json beside it is as it was."""
    file = stored(store, decided(gate, "first"))
    file.write_bytes(b'{"forged":1}')
    code, out, err = gate("replay", str(store.path.parent / "decision.json"), *mode)
    assert (code, out) == (2, "")
    assert f"{file}: was altered" in err


@pytest.mark.parametrize("mode", EVERY_WAY)
@pytest.mark.parametrize("named_in_the_store", [True, False])
def test_a_forged_decision_is_refused(
    gate: Gate, store: Store, mode: tuple[str, ...], named_in_the_store: bool
) -> None:
    """Also where an empty file of its name was put into the store."""
    file, digest = forged(store, decided(gate, "first"))
    if named_in_the_store:
        stored(store, digest).write_bytes(b"")
    code, out, err = gate("replay", str(file), *mode)
    assert (code, out) == (2, "")
    assert "was altered" in err


def test_a_forged_decision_is_not_drawn(gate: Gate, store: Store) -> None:
    """Neither as that of the last run, nor by its file."""
    file, digest = forged(store, decided(gate, "first"))
    assert gate("report", str(file))[0] == 2
    stored(store, digest).write_bytes(b"")
    assert gate("report", str(file))[0] == 2
    (store.path.parent / "decision.json").write_bytes(file.read_bytes())
    code, _, err = gate("report")
    assert code == 2
    assert f"{stored(store, digest)}: was altered" in err
    assert not list(store.path.parent.glob("decision*.html"))


@pytest.mark.parametrize("mode", [(), ("--check-only",)])
def test_a_decision_that_leaves_out_a_run_is_refused(
    gate: Gate, store: Store, mode: tuple[str, ...]
) -> None:
    """Judged from fewer runs than there are, it comes to the same bytes and is no decision."""
    whole = decided(gate, "first")
    failed = samples.run("failed", hours_ago=0.5, checks=everything(health=Outcome.FAIL))
    store.put_run(failed)
    code, _, said = gate("decide", "first", "--build=1.0.0")
    assert code == 1, said
    honest = stored(store, whole)
    file = store.path.parent / "forged.json"
    file.write_bytes(honest.read_bytes())
    honest.unlink()
    code, out, err = gate("replay", str(file), *mode)
    assert (code, out) == (2, "")
    assert "altered, or made elsewhere" in err


@pytest.mark.parametrize("content", [b"rubbish", b"", b"[1]", b'{"signatures": [1]}', b"[" * 9999])
def test_what_is_no_signature_is_refused(gate: Gate, store: Store, content: bytes) -> None:
    """Though no key is trusted: what lies there is no envelope about this decision."""
    digest = decided(gate, "first")
    store.put_signature(digest, content)
    code, out, err = gate("replay", digest, "--check-only")
    assert (code, out) == (2, "")
    assert f"{store.signature_file(digest)}: the signature of" in err


def test_an_envelope_without_a_signature_is_refused(
    gate: Gate, store: Store, tmp_path: Path
) -> None:
    """Likewise one about another decision."""
    digest = decided(gate, "first", f"--sign={key(tmp_path)[0]}")
    envelope = store.signature(digest)
    assert envelope is not None
    store.put_signature(digest, altered(envelope, signatures=[]))
    assert "holds no signature" in gate("replay", digest, "--check-only")[2]
    _, other = forged(store, digest)
    made = decision_of(store, digest)
    store.put_signature(digest, signed(made, other, signer_of(key(tmp_path)[0])))
    code, _, err = gate("replay", digest, "--check-only")
    assert code == 2
    assert "about another decision" in err


def test_a_signature_that_nobody_confirms_is_not_called_signed(
    gate: Gate, store: Store, tmp_path: Path
) -> None:
    """There is one, and that is all that can be said; without one that is said."""
    digest = decided(gate, "first")
    said = "not signed (the policy of first trusts no key)"
    assert said in gate("replay", digest, "--check-only")[1]
    made = decision_of(store, digest)
    store.put_signature(digest, signed(made, digest, signer_of(key(tmp_path)[0])))
    code, out, _ = gate("replay", digest, "--check-only")
    assert code == 0
    assert "there is a signature, which no trusted key of the policy confirms" in out
    assert "signed with" not in out


def test_trust_stands_in_the_policy_and_not_in_the_evidence(
    gate: Gate, gates: Path, store: Store, tmp_path: Path
) -> None:
    """A stranger's key stands in the stored copy of the policy: it opens nothing."""
    _, honest = key(tmp_path)
    file, strange = key(tmp_path, "strange.pem")
    put_policy(gates, "first", trusted=strange)
    digest = decided(gate, "first", f"--sign={file}")
    assert "signed with release" in gate("replay", digest, "--check-only")[1]
    put_policy(gates, "first", trusted=honest)
    code, out, err = gate("replay", digest, "--check-only")
    assert (code, out) == (2, "")
    assert f"{store.signature_file(digest)}: {digest[:19]} is signed, by no key" in err
    (gates / "first.toml").unlink()
    code, out, _ = gate("replay", digest, "--check-only")
    assert code == 0
    assert "no trusted key of the policy confirms (there is no gate first here" in out


def test_a_run_without_a_gate_trusts_nobody(gate: Gate, store: Store) -> None:
    """It has no policy that could."""
    policy = samples.policy(gate=None, requires=())
    loaded = loading.layers_as_loaded(policy)
    text = "id\tlayer\titems\tcases\nsmoke.health\tsmoke\tSIT-SMOKE-01\t1\n"
    only = [(one, run) for one, run in store.runs()]
    made = decide(store, loaded, text, build=None, now=NOW, only=only)
    digest = save(store, made, store.path.parent)
    assert "not signed (a run without a gate" in gate("replay", digest, "--check-only")[1]


def both(gate: Gate, gates: Path, tmp_path: Path) -> tuple[str, str]:
    """Decisions of the first gate and of the second, which trusts the key that signed them."""
    file, public = key(tmp_path)
    first = decided(gate, "first", f"--sign={file}")
    put_policy(gates, "second", trusted=public, more='requires = ["first"]')
    return first, decided(gate, "second", f"--sign={file}")


def test_signatures_of_earlier_decisions_are_checked(
    gate: Gate, gates: Path, store: Store, tmp_path: Path
) -> None:
    """That of the first is altered or gone: what the second rests on is not what it was."""
    first, second = both(gate, gates, tmp_path)
    assert gate("replay", second, "--check-only")[0] == 0
    assert gate("replay", second)[0] == 0
    file = store.signature_file(first)
    for spoil in (lambda: file.write_bytes(b"rubbish"), file.unlink):
        spoil()
        for mode in ((), ("--check-only",)):
            code, out, err = gate("replay", second, *mode)
            assert (code, out) == (2, "")
            assert f"gate: {file}: " in err


def test_a_doubt_that_was_recorded_is_no_change(
    gate: Gate, gates: Path, store: Store, tmp_path: Path
) -> None:
    """The second gate held, since the first was not signed: so it stays, signed later or not."""
    file, public = key(tmp_path)
    first = decided(gate, "first")
    put_policy(gates, "second", trusted=public, more='requires = ["first"]')
    assert gate("decide", "second", "--build=1.0.0", f"--sign={file}")[0] == 2
    decision = str(store.path.parent / "decision.json")
    for _ in range(2):
        for mode in ((), ("--check-only",)):
            code, out, _ = gate("replay", decision, *mode)
            assert (code, "the same" in out or "are what they were" in out) == (2, True)
        made = decision_of(store, first)
        store.put_signature(first, signed(made, first, signer_of(file)))


def test_another_policy_trusts_its_own_keys(
    gate: Gate, gates: Path, store: Store, tmp_path: Path
) -> None:
    """Tried with a key that signed nothing, the earlier decision is not taken."""
    _, second = both(gate, gates, tmp_path)
    tried = tmp_path / "tried"
    tried.mkdir()
    put_policy(tried, "second", trusted=key(tmp_path)[1], more='requires = ["first"]')
    code, out, _ = gate("replay", second, "--policy", str(tried / "second.toml"))
    assert code == 2
    assert "after-first: pass (" in out
    assert "is signed, by no key that this policy trusts" in out


@pytest.mark.parametrize("mode", EVERY_WAY)
@pytest.mark.parametrize("folder", ["decisions", "runs"])
def test_the_baseline_is_an_input(
    gate: Gate, store: Store, mode: tuple[str, ...], folder: str
) -> None:
    """The promotion that was compared with, and the run that it rested on."""
    run = store.put_run(samples.run("before", hours_ago=9, checks=everything()))
    made = decision_of(store, decided(gate, "first"))
    before = store.put_decision(canonical(replace(made, decided_at=NOW - timedelta(hours=8))))
    other = replace(
        made,
        inputs=replace(
            made.inputs,
            runs=tuple(one for one in made.inputs.runs if one != run),
            baseline=BaselineInput(decision=before, build="1.0.0", runs=(run,)),
        ),
    )
    digest = save(store, other, store.path.parent)
    code, out, _ = gate("replay", digest, "--check-only")
    assert (code, "the 5 inputs are what they were" in out) == (0, True)
    name = (before if folder == "decisions" else run).removeprefix("sha256:")
    file = store.path / folder / f"{name}.json"
    file.write_bytes(json.dumps({"overwritten": True}).encode())
    code, out, err = gate("replay", digest, *mode)
    assert (code, out) == (2, "")
    assert f"{file}: was altered" in err
