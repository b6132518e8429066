"""The store: all or nothing, named by content, and nothing skipped in silence."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from reports.evidence.contents import Intent, Refused
from reports.evidence.digest import canonical, digest_of, is_digest
from reports.evidence.store import AlteredEvidence, Store
from tests.judging.samples import NOW, check, run

INTENT = Intent(run_id="run-1", layers=("smoke",), environment="sit", build=None, started=NOW)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store."""
    return Store(tmp_path / "store")


def stored(store: Store, folder: str) -> list[Path]:
    """The files of one folder of the store."""
    return sorted((store.path / folder).iterdir())


def test_canonical_bytes_do_not_depend_on_order() -> None:
    """Keys are sorted at every depth, without spaces; the digest has its form."""
    one, other = {"b": {"d": 1, "c": 2}, "a": 3}, {"a": 3, "b": {"c": 2, "d": 1}}
    assert canonical(one) == canonical(other) == b'{"a":3,"b":{"c":2,"d":1}}'
    assert digest_of(b"") == (
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
    assert is_digest(digest_of(b"x"))
    assert not is_digest(digest_of(b"x").upper())
    assert not is_digest(digest_of(b"x") + "0")


def test_an_empty_store_has_nothing(store: Store) -> None:
    """Reading makes no folder and finds nothing."""
    assert store.runs() == []
    assert store.decisions() == []
    assert store.contents().refused == ()
    assert not store.path.exists()


def test_a_run_is_kept_and_found(store: Store) -> None:
    """Its digest is that of its bytes; keeping it twice keeps it once."""
    digest = store.put_run(run())
    assert digest == digest_of(canonical(run())) == store.put_run(run())
    assert store.runs() == [(digest, run())]
    assert store.get_run(digest) == run()
    assert len(stored(store, "runs")) == 1
    assert stored(store, "tmp") == []


def test_runs_come_oldest_first(store: Store) -> None:
    """By when they ended, not by their names."""
    for name, hours in (("a", 1), ("b", 3), ("c", 2)):
        store.put_run(run(name, hours_ago=hours))
    assert [one.run_id for _, one in store.runs()] == ["b", "c", "a"]


@pytest.mark.parametrize("duration", [float("nan"), float("inf")])
def test_a_run_that_would_not_read_back_is_refused(store: Store, duration: float) -> None:
    """JSON has no NaN: such a record is refused when it is written, not when it is judged."""
    with pytest.raises(ValueError, match="run run-1 is malformed"):
        store.put_run(run(checks=(check("health", duration_s=duration),)))
    assert not store.path.exists()


def test_texts_and_decisions_are_kept(store: Store) -> None:
    """Both by the digest of their bytes."""
    text = store.put_text("gate = 'ü'\n")
    assert store.get_text(text) == "gate = 'ü'\n"
    decision = store.put_decision(b"{}")
    assert store.get_decision(decision) == b"{}"
    assert store.decisions() == [decision]


def test_a_flipped_bit_is_found(store: Store) -> None:
    """Any byte of a run that is another one: the file is named, and both digests."""
    digest = store.put_run(run())
    (file,) = stored(store, "runs")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    for read in (store.runs, store.contents, lambda: store.get_run(digest)):
        with pytest.raises(AlteredEvidence) as told:
            read()
        assert str(told.value) == (
            f"{file}: was altered: expected {digest}, found {digest_of(bytes(content))}"
        )
    with pytest.raises(AlteredEvidence, match="was altered"):
        store.put_run(run())


def test_what_is_gone_is_found_missing(store: Store) -> None:
    """A named input that is not there any more."""
    digest = store.put_text("x")
    stored(store, "texts")[0].unlink()
    with pytest.raises(AlteredEvidence, match=f"No such file or directory; expected {digest}"):
        store.get_text(digest)


@pytest.mark.parametrize("name", ["notes.txt", "abc.json", "a" * 64, ".hidden", "A" * 64 + ".json"])
def test_foreign_files_are_refused_visibly(store: Store, name: str) -> None:
    """They are neither read nor passed over: whoever decides has to see them."""
    digest = store.put_run(run())
    (store.path / "runs" / name).write_text("{}")
    contents = store.contents()
    assert [one for one, _ in contents.runs] == [digest]
    assert contents.refused == (Refused(file=f"runs/{name}", why="not named by a digest"),)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "Input data was truncated"),
        (b"{}", "missing required field"),
        (b"not json", "JSON is malformed"),
        (canonical({**msgspec.to_builtins(run()), "more": 1}), "unknown field `more`"),
    ],
)
def test_a_record_of_another_shape_is_refused_visibly(
    store: Store, content: bytes, why: str
) -> None:
    """Its digest is right, its content is no run."""
    folder = store.path / "runs"
    folder.mkdir(parents=True)
    digest = digest_of(content)
    name = digest.removeprefix("sha256:") + ".json"
    (folder / name).write_bytes(content)
    (refused,) = store.contents().refused
    assert refused.file == f"runs/{name}"
    assert why in refused.why
    with pytest.raises(AlteredEvidence, match=name):
        store.get_run(digest)


def test_an_intent_without_its_run_is_seen(store: Store) -> None:
    """A run that began and left nothing is aborted; once its run is there it is not."""
    store.begin(INTENT)
    assert store.contents().aborted == (INTENT,)
    store.put_run(run())
    assert store.contents().aborted == ()


def test_an_intent_that_cannot_be_read_is_refused_visibly(store: Store) -> None:
    """Half a file or a foreign one may be the trace of a run."""
    store.begin(INTENT)
    folder = store.path / "intents"
    (folder / "broken.json").write_text("{")
    (folder / "notes.txt").write_text("")
    refused = store.contents().refused
    assert [one.file for one in refused] == ["intents/broken.json", "intents/notes.txt"]
    assert refused[1].why == "no intent of a run"


@pytest.mark.parametrize("run_id", ["", ".", "../x", "a/b", "a b", "x" * 129, "-x", "ü"])
def test_a_run_id_is_a_plain_name(store: Store, run_id: str) -> None:
    """It becomes a file's name, so it can be nothing else."""
    with pytest.raises(ValueError, match="is no plain name"):
        store.begin(replace(INTENT, run_id=run_id))
    assert not store.path.exists()


def test_a_run_id_is_used_once(store: Store) -> None:
    """A second run of the same id would hide the first."""
    store.begin(INTENT)
    with pytest.raises(ValueError, match="run id run-1 is used already"):
        store.begin(INTENT)


@pytest.mark.parametrize("broken", ["write", "fsync", "replace"])
def test_an_interrupted_write_leaves_nothing_that_reads_as_whole(
    store: Store, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """Interrupted at any step: no run is there, none is refused, and a second try succeeds."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        if broken == "replace":
            patched.setattr(Path, "replace", interrupted)
        else:
            patched.setattr(os, "fdopen" if broken == "write" else "fsync", interrupted)
        with pytest.raises(KeyboardInterrupt):
            store.put_run(run())
    contents = store.contents()
    assert (contents.runs, contents.refused) == ((), ())
    assert stored(store, "tmp") == []
    digest = store.put_run(run())
    assert [one for one, _ in store.runs()] == [digest]


def test_what_a_killed_write_leaves_is_not_read(store: Store) -> None:
    """A process that was killed leaves its scratch file, which nothing takes for evidence."""
    store.put_run(run())
    (store.path / "tmp" / "half").write_bytes(canonical(run("other"))[:50])
    assert len(store.runs()) == 1
    assert store.contents().refused == ()
