"""The ``gate`` command from end to end, on a store in a folder: decide, show, replay."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from reports import cli
from reports.commands import settings
from reports.evidence.checks_list import read_checks
from reports.evidence.contents import Intent
from reports.evidence.document import Document
from reports.evidence.record import CheckRecord, Outcome, RunRecord
from reports.evidence.store import Store
from reports.gates.loading import FOLDER
from tests.judging.load_samples import reads
from tests.judging.samples import NOW, check, run
from tests.judging.test_findings_objective import finding, scan, waiver

GATE = FOLDER / "sit-deployment.toml"
Gate = Callable[..., tuple[int, str, str]]


def everything(**outcomes: Outcome) -> tuple[CheckRecord, ...]:
    """Every check that is listed, passing except for those of smoke that are named."""
    return tuple(
        replace(
            check(
                row.id,
                outcomes.get(row.id.removeprefix("smoke."), Outcome.PASS),
                items=row.items,
                cases=row.cases,
            ),
            id=row.id,
            layer=row.layer,
        )
        for row in read_checks(settings.CHECKS)
    )


def rehearsed(**outcomes: Outcome) -> RunRecord:
    """A run of sit with its URLs overridden."""
    return run(
        layers=("readiness", "smoke", "integration", "catalog", "security", "sla"),
        rehearsal=("--base-url given",),
        checks=everything(**outcomes),
        loads=(reads(4000, profile="quick"),),
        scans=(scan(),),
    )


@pytest.fixture
def report_dir(tmp_path: Path) -> Path:
    """Where a run would have left its evidence."""
    return tmp_path / "out"


@pytest.fixture
def gate(
    report_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Gate:
    """The command, an hour after the runs: its exit code and both streams."""
    monkeypatch.setattr("reports.commands.decide.now", lambda: NOW)

    def command(*arguments: str) -> tuple[int, str, str]:
        code = cli.exit_code([*arguments, "--report-dir", str(report_dir)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


@pytest.fixture
def store(report_dir: Path) -> Store:
    """The store of that folder."""
    return Store(report_dir / "store")


def test_a_rehearsal_is_decided_and_says_so(gate: Gate, store: Store, report_dir: Path) -> None:
    """What passed is promoted as a rehearsal, and what was not rehearsed is told."""
    store.put_run(rehearsed())
    code, out, err = gate("decide", "sit-deployment", "--rehearsal")
    assert code == 0
    assert out.splitlines()[-1].startswith("PROMOTE  sit-deployment on sit, build 1.0.0")
    assert "(REHEARSAL)" in out
    assert "not rehearsed  after-sit-readiness" in out
    (digest,) = store.decisions()
    assert digest in err
    assert (report_dir / "decision.json").read_bytes() == store.get_decision(digest)


def test_a_gate_refuses_the_same_evidence(gate: Gate, store: Store) -> None:
    """Outside a rehearsal it holds, exit 2, and names why."""
    store.put_run(rehearsed())
    code, out, _ = gate("decide", "sit-deployment", "--build", "v1.0.0-sit")
    assert code == 2
    assert "a rehearsal (--base-url given), which this gate refuses" in " ".join(out.split())
    assert out.splitlines()[-1].endswith("[exit 2]")
    assert "HOLD  sit-deployment on sit, build 1.0.0" in out


def test_a_failure_is_exit_1(gate: Gate, store: Store) -> None:
    """The failing check is named with its plan item."""
    store.put_run(rehearsed(create_product=Outcome.FAIL))
    code, out, _ = gate("decide", "sit-deployment", "--rehearsal")
    assert code == 1
    assert "FAIL  smoke.create_product  SIT-SMOKE-03" in out


def test_a_build_has_to_be_named(gate: Gate, store: Store) -> None:
    """Outside a rehearsal always; inside one where no run tells it."""
    code, out, err = gate("decide", "sit-deployment")
    assert (code, out) == (4, "")
    assert err.startswith("gate: gate decide sit-deployment: say which build may move: --build")
    code, _, err = gate("decide", "sit-deployment", "--rehearsal")
    assert code == 4
    assert "holds no run that tells one" in err
    assert store.decisions() == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("decide", "sit-deploymnt", "--build", "1"), 'did you mean "sit-deployment"?'),
        (("decide",), "Missing argument"),
        (("decide", "sit-deployment", "--bild", "1"), "No such option"),
        (("dcide",), "No such command"),
        (("replay", "nothing.json"), "nothing.json: no such file, and no such digest"),
        (("show", "sti"), 'no gate, environment, run or decision; did you mean "sit"?'),
        (("replay", "x", "--check-only", "--policy", "y"), "choose one"),
    ],
)
def test_wrong_usage_is_exit_4(gate: Gate, arguments: tuple[str, ...], said: str) -> None:
    """One message on stderr, nothing on stdout, no traceback."""
    code, out, err = gate(*arguments)
    assert (code, out) == (4, "")
    assert said in err
    assert "Traceback" not in err


def test_a_broken_harness_is_exit_3(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that nobody expected: one line, and never a verdict."""

    def broken(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(Store, "contents", broken)
    code, out, err = gate("decide", "sit-deployment", "--build", "1")
    assert (code, out) == (3, "")
    assert err == "gate: the harness itself failed: KeyError: 'x'\n"


def decided(gate: Gate, store: Store, report_dir: Path, **outcomes: Outcome) -> str:
    """The file of a rehearsal's decision."""
    store.begin(
        Intent(run_id="gone", layers=("smoke",), environment="sit", build=None, started=NOW)
    )
    store.put_run(rehearsed(**outcomes))
    gate("decide", "sit-deployment", "--rehearsal")
    return str(report_dir / "decision.json")


@pytest.mark.parametrize("outcomes", [{}, {"create_product": Outcome.FAIL}])
def test_a_replay_is_identical(
    gate: Gate, store: Store, report_dir: Path, outcomes: dict[str, Outcome]
) -> None:
    """By file, by digest and by how the digest begins, whatever has come into the store since."""
    file = decided(gate, store, report_dir, **outcomes)
    (digest,) = store.decisions()
    store.put_run(run("later", checks=everything(health=Outcome.FAIL)))
    store.begin(Intent(run_id="x", layers=("smoke",), environment="sit", build=None, started=NOW))
    for named in (file, digest, digest.removeprefix("sha256:")[:12]):
        code, out, err = gate("replay", named)
        assert (code, err) == (1 if outcomes else 0, "")
        assert out.startswith(f"{digest}: judged again, byte for byte the same\n")
        code, out, _ = gate("replay", named, "--check-only")
        assert code == (1 if outcomes else 0)
        assert "the 4 inputs are what they were" in out


def with_policy(tmp_path: Path, old: str, new: str, count: int = 1) -> str:
    """The gate's policy with something else in it."""
    text = GATE.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "policy.toml"
    file.write_text(text.replace(old, new, count), encoding="utf-8")
    return str(file)


def test_a_changed_threshold_changes_its_objective_only(
    gate: Gate, store: Store, report_dir: Path, tmp_path: Path
) -> None:
    """Half of the handlers failed and the policy asks for half: that one objective passes."""
    file = decided(gate, store, report_dir, create_product=Outcome.FAIL)
    text = GATE.read_text(encoding="utf-8")
    head, _, tail = text.partition('id = "handlers"')
    policy = tmp_path / "policy.toml"
    policy.write_text(
        head + 'id = "handlers"' + tail.replace(">= 100%", ">= 80%", 1), encoding="utf-8"
    )
    code, out, _ = gate("replay", file, "--policy", str(policy))
    assert code == 1
    assert out.splitlines()[:2] == [
        f"by {policy}: 1 changed",
        "  handlers: fail (80%, limit >= 100%) -> pass (80%, limit >= 80%)",
    ]
    assert [line.split(":")[0] for line in out.splitlines()[2:]] == ["was", "is"]


def test_the_same_policy_changes_nothing(gate: Gate, store: Store, report_dir: Path) -> None:
    """The rehearsal stays one under the policy that is given."""
    file = decided(gate, store, report_dir)
    code, out, _ = gate("replay", file, "--policy", str(GATE))
    assert code == 0
    assert out.splitlines()[0] == f"by {GATE}: nothing changes"
    assert "(REHEARSAL)" in out.splitlines()[2]


def test_a_policy_that_is_wrong_is_exit_4(
    gate: Gate, store: Store, report_dir: Path, tmp_path: Path
) -> None:
    """An unknown key, and an unknown check."""
    file = decided(gate, store, report_dir)
    code, _, err = gate("replay", file, "--policy", with_policy(tmp_path, "max_age", "max_agge"))
    assert code == 4
    assert 'max_agge = "24h": unknown key; did you mean "max_age"?' in err
    wrong = with_policy(tmp_path, "smoke.get_product", "smoke.got_product")
    code, _, err = gate("replay", file, "--policy", wrong)
    assert code == 4
    assert 'no such check smoke.got_product; did you mean "smoke.get_product"?' in err


@pytest.mark.parametrize("folder", ["runs", "texts"])
@pytest.mark.parametrize("mode", [(), ("--check-only",)])
def test_a_flipped_byte_is_refused(
    gate: Gate, store: Store, report_dir: Path, folder: str, mode: tuple[str, ...]
) -> None:
    """Every input in turn: exit 2, and the file is named."""
    decision = decided(gate, store, report_dir)
    for file in (store.path / folder).iterdir():
        whole = file.read_bytes()
        file.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
        code, out, err = gate("replay", decision, *mode)
        assert (code, out) == (2, "")
        assert err.startswith(f"gate: {file}: was altered: expected sha256:{file.stem}, found ")
        file.write_bytes(whole)
    assert gate("replay", decision, *mode)[0] == 0


def test_deciding_refuses_altered_evidence(gate: Gate, store: Store) -> None:
    """A gate does not judge what someone touched."""
    store.put_run(rehearsed())
    (file,) = (store.path / "runs").iterdir()
    file.write_bytes(file.read_bytes() + b" ")
    code, out, err = gate("decide", "sit-deployment", "--build", "1.0.0")
    assert (code, out) == (2, "")
    assert f"{file}: was altered" in err


def test_an_altered_decision_is_refused(gate: Gate, store: Store, report_dir: Path) -> None:
    """A word changed, and kept as a decision: judged again it is another; what differs is named."""
    file = Path(decided(gate, store, report_dir, create_product=Outcome.FAIL))
    content = file.read_bytes()
    forged = json.loads(content)
    for line in forged["objectives"]:
        if line["id"] == "handlers":
            line["result"] = "pass"
    (kept,) = (store.path / "decisions").iterdir()
    changed = json.dumps(forged, sort_keys=True, separators=(",", ":")).encode()
    code, out, err = gate("replay", store.put_decision(changed))
    assert (code, out) == (2, "")
    assert "handlers: pass (80%, limit >= 100%) -> fail (80%, limit >= 100%)" in err
    assert "smoke:" not in err
    file.write_bytes(content + b"\n")
    assert "it is not in the form that was written" in gate("replay", str(file))[2]
    file.write_bytes(b"{}")
    assert "is no decision" in gate("replay", str(file))[2]
    kept.write_bytes(content + b"\n")
    code, _, err = gate("replay", str(kept))
    assert code == 2
    assert f"{kept}: was altered" in err


def test_a_decision_whose_words_changed_is_refused(
    gate: Gate, store: Store, report_dir: Path
) -> None:
    """Not an objective but the sentence was touched."""
    file = Path(decided(gate, store, report_dir))
    changed = file.read_bytes().replace(b"PROMOTE", b"promote")
    code, _, err = gate("replay", store.put_decision(changed))
    assert code == 2
    assert "no objective, but the record around them" in err


def test_show_explains_everything_in_full(gate: Gate, store: Store, report_dir: Path) -> None:
    """A decision, a run, a gate, its rehearsal, an environment."""
    file = decided(gate, store, report_dir, create_product=Outcome.FAIL)
    code, out, _ = gate("show", file)
    assert code == 0
    for part in (
        "fail         handlers  All 5 handlers functional  (SIT-SUCCESS-08)",
        "value 80%, limit >= 100%, headroom -20%",
        "n: 4 of 5 checks, 15 observations",
        "age: 60 min",
        "source: sha256:",
        "would flip it: a whole run of this build in which smoke.create_product pass",
        "expected: 201",
        "not rehearsed  after-sit-readiness  sit-readiness promoted this build",
        "note: run gone began",
        "REHEARSAL   --rehearsal, --base-url given",
        "inputs: 1 runs",
    ):
        assert part in out
    out = gate("show", "run-1")[1]
    for part in (
        "run run-1  readiness, smoke, integration, catalog, security, sla on sit",
        "rehearsal    --base-url given",
        "curl -X POST",
    ):
        assert part in out
    out = gate("show", "sit-deployment")[1]
    for part in (
        "deployed, self-reported refused",
        "rehearsals refused",
        "needs 5 checks, 5 cases",
        "after         sit-readiness promoted this build",
    ):
        assert part in out
    out = gate("show", "sit-deployment", "--rehearsal")[1]
    assert "REHEARSAL" in out.splitlines()[0]
    assert "self-reported taken" in out
    out = gate("show", "sit")[1]
    for part in ("https://api.sit.kimmyai.io/v1.0", "account 815856636111", "SIT_TOKEN_READER"):
        assert part in out


def test_several_decisions_that_begin_alike(gate: Gate, store: Store, report_dir: Path) -> None:
    """Too few digits are told; what is no digest finds nothing."""
    decided(gate, store, report_dir)
    folder = store.path / "decisions"
    first = next(folder.iterdir())
    twin = first.stem[:-1] + ("0" if first.stem[-1] != "0" else "1")
    (folder / f"{twin}.json").write_bytes(b"{}")
    code, _, err = gate("replay", first.stem[:10])
    assert code == 4
    assert "2 decisions begin so; give more digits" in err
    assert gate("replay", "sha256:")[0] == 4


def test_a_run_without_a_gate_is_no_gate_by_another_policy(
    gate: Gate, store: Store, report_dir: Path
) -> None:
    """It named no build, so a gate's policy cannot be tried on it."""
    from reports.deciding import decide, save
    from reports.gates.loading import layers_as_loaded
    from reports.judging.policy import layer_policy

    record = replace(rehearsed(), subject=replace(run().subject, build=None))
    kept = (store.put_run(record), record)
    decision = decide(
        store,
        layers_as_loaded(layer_policy(["smoke"], "sit", ["vpc"])),
        settings.checks_text(),
        build=None,
        now=NOW,
        only=[kept],
    )
    save(store, decision, report_dir)
    file = str(report_dir / "decision.json")
    assert gate("replay", file)[0] == decision.exit_code == 0
    code, _, err = gate("replay", file, "--policy", str(GATE))
    assert code == 4
    assert "a gate decides about one build; that run named none" in err


def test_check_only_does_not_vouch_for_an_edited_decision(
    gate: Gate, store: Store, report_dir: Path
) -> None:
    """A decision is edited and only its inputs are checked: the store does not have it."""
    file = Path(decided(gate, store, report_dir, create_product=Outcome.FAIL))
    file.write_bytes(file.read_bytes().replace(b'"exit_code":1', b'"exit_code":0'))
    code, _, err = gate("replay", str(file), "--check-only")
    assert code == 2
    assert "was altered" in err


@pytest.fixture
def waivers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of waivers in place of the one that ships."""
    one = waiver(gate="sit-deployment")
    file = tmp_path / "waivers.toml"
    file.write_text(
        f'[[waivers]]\nfingerprint = "{one.fingerprint}"\ngate = "{one.gate}"\n'
        f'owner = "{one.owner}"\nreason = "{one.reason}"\nuntil = {one.until}\n',
        encoding="utf-8",
    )
    monkeypatch.setattr("reports.gates.waivers.FILE", file)
    return file


def test_a_waiver_is_part_of_the_decision(
    gate: Gate, store: Store, report_dir: Path, waivers: Path
) -> None:
    """Without it the finding holds; with it, it is shown; replayed without the file, the same."""
    text = waivers.read_text(encoding="utf-8")
    waivers.write_text("")
    store.put_run(replace(rehearsed(), findings=(finding(),)))
    code, out, _ = gate("decide", "sit-deployment", "--rehearsal")
    assert code == 1
    assert "FAIL  severe-bugs" in out
    assert "to fix it: Encode it." in " ".join(out.split())
    waivers.write_text(text)
    code, out, _ = gate("decide", "sit-deployment", "--rehearsal")
    assert code == 0, out
    assert "by ann until 2026-01-21: behind a login" in " ".join(out.split())
    assert f"waived: {finding().fingerprint} by ann until" in gate("show", "sit-deployment")[1]
    waivers.write_text("")
    decision = str(report_dir / "decision.json")
    code, out, _ = gate("replay", decision)
    assert (code, "byte for byte the same" in out) == (0, True)
    assert f"waiver {finding().fingerprint} by ann" in gate("show", decision)[1]
    shown = gate("show", "run-1")[1]
    assert "scan         embedded 1, active, to its end: 100 requests, 9 operations" in shown
    assert f"      fix: Encode it.\n      {finding().fingerprint}" in shown


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            'gate = "sit-deploymnet"',
            (4, 'did you mean "sit-deployment"? Valid here: all, dev'),
        ),
        ('owner = ""', (4, "owner: a waiver of sha256")),
        ("until = 2026-01-20", (1, "waiver refused, it is expired: high: A thing")),
    ],
)
def test_a_waiver_that_is_wrong_is_refused(
    gate: Gate,
    store: Store,
    waivers: Path,
    line: str,
    expected: tuple[int, str],
) -> None:
    """What cannot be one: exit 4. An expired one: the finding holds, and the waiver is named."""
    store.put_run(replace(rehearsed(), findings=(finding(),)))
    text = waivers.read_text(encoding="utf-8")
    name = line.partition(" ")[0]
    waivers.write_text(re.sub(rf"(?m)^{name} = .*$", line, text), encoding="utf-8")
    code, out, err = gate("decide", "sit-deployment", "--rehearsal")
    assert code == expected[0]
    assert expected[1] in " ".join((out + err).split())


def test_checking_looks_at_documents_too(gate: Gate, store: Store) -> None:
    """A document that a run kept and that is altered or gone is named."""
    digest = store.put_text("a policy")
    store.put_run(
        replace(rehearsed(), documents=(Document(name="bucket policy of b", digest=digest),))
    )
    gate("decide", "sit-deployment", "--build=1.0.0", "--rehearsal")
    assert gate("replay", str(store.path.parent / "decision.json"), "--check-only")[0] in (0, 1, 2)
    file = store.path / "texts" / digest.removeprefix("sha256:")
    file.write_text("another policy")
    code, _, said = gate("replay", str(store.path.parent / "decision.json"), "--check-only")
    assert code == 2
    assert f"{file}: was altered" in said
