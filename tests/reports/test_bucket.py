"""Stores that meet in a bucket, and writes that are cut off."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import boto3
import pytest
from moto import mock_aws

from reports.cli import exit_code
from reports.deciding import save
from reports.evidence.bucket import FOLDERS, Place, place_of, pull, push
from reports.evidence.contents import Intent
from reports.evidence.digest import digest_of
from reports.evidence.store import AlteredEvidence, Store
from reports.rendering.progress import progress
from tests.judging.samples import NOW, decide, run
from tests.judging.test_words import grant, word

PLACE = Place("evidence", "products/")


def quietly(_: str) -> None:
    """Nothing."""


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A bucket."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket=PLACE.bucket)
        yield client


def filled(folder: Path, *names: str) -> Store:
    """A store with these runs, a decision and two words."""
    store = Store(folder)
    for name in names:
        store.put_run(run(name))
    store.put_word(word())
    store.put_word(grant())
    save(store, decide(*(run(name) for name in names)), folder / "out")
    return store


def names(store: Store) -> set[str]:
    """The files of a store."""
    return {
        path.relative_to(store.path).as_posix()
        for path in store.path.rglob("*")
        if path.is_file() and path.parent.name not in ("out", "tmp")
    }


def test_two_machines_meet(tmp_path: Path, s3: Any) -> None:
    """Both push; a third has everything, and every digest that a decision names resolves."""
    one, two = filled(tmp_path / "one", "a", "b"), filled(tmp_path / "two", "b", "c")
    push(one, PLACE, s3, quietly)
    push(two, PLACE, s3, quietly)
    third = Store(tmp_path / "third")
    moved = pull(third, PLACE, s3, quietly)
    assert names(third) == names(one) | names(two)
    assert moved.moved == len(names(third))
    assert {one_run.run_id for _, one_run in third.runs()} == {"a", "b", "c"}
    assert pull(third, PLACE, s3, quietly).moved == 0
    assert push(third, PLACE, s3, quietly).moved == 0


def test_two_machines_at_once(tmp_path: Path, s3: Any) -> None:
    """Neither loses anything."""
    stores = [filled(tmp_path / name, name, "shared") for name in ("one", "two")]
    barrier = Barrier(2)

    def both(store: Store) -> None:
        barrier.wait()
        push(store, PLACE, s3, quietly)

    threads = [Thread(target=both, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    third = Store(tmp_path / "third")
    pull(third, PLACE, s3, quietly)
    assert names(third) == names(stores[0]) | names(stores[1])


def test_what_was_altered_there_is_refused(tmp_path: Path, s3: Any) -> None:
    """By its name, both ways; what no store would have is left alone."""
    store = filled(tmp_path / "one", "a")
    push(store, PLACE, s3, quietly)
    key = next(name for name in names(store) if name.startswith("runs/"))
    s3.put_object(Bucket=PLACE.bucket, Key=PLACE.prefix + "notes.txt", Body=b"x")
    s3.put_object(Bucket=PLACE.bucket, Key=PLACE.prefix + "runs/../../x", Body=b"x")
    s3.put_object(Bucket=PLACE.bucket, Key=PLACE.prefix + key, Body=b"{}")
    other = Store(tmp_path / "other")
    with pytest.raises(AlteredEvidence, match="was altered"):
        pull(other, PLACE, s3, quietly)
    (store.path / key).write_bytes(b"[]")
    s3.delete_object(Bucket=PLACE.bucket, Key=PLACE.prefix + key)
    with pytest.raises(AlteredEvidence, match="was altered"):
        push(store, PLACE, s3, quietly)
    assert not (tmp_path / "x").exists()


def test_an_intent_in_another_s_place(tmp_path: Path, s3: Any) -> None:
    """Two runs with one id: said, and none is overwritten."""
    stores = [Store(tmp_path / name) for name in ("one", "two")]
    for number, store in enumerate(stores):
        started = NOW + timedelta(hours=number)
        store.begin(
            Intent(run_id="r", layers=("smoke",), environment="sit", build=None, started=started)
        )
    push(stores[0], PLACE, s3, quietly)
    s3_blind = _Blind(s3)
    with pytest.raises(AlteredEvidence, match="holds sha256"):
        push(stores[1], PLACE, s3_blind, quietly)


def test_a_store_that_is_pruned_meanwhile(tmp_path: Path, s3: Any) -> None:
    """What is gone when its turn comes is left out, by either way."""
    store = Store(tmp_path / "one")
    digests = [store.put_run(run(name)) for name in ("a", "b", "c")]
    last = max(digests)

    class Pruning(_Blind):
        def put_object(self, **given: Any) -> Any:
            store.forget(last, "none")
            return s3.put_object(**given)

    assert push(store, PLACE, Pruning(s3), quietly).moved == 2
    assert pull(store, PLACE, s3, quietly) == (0, 2, ())


@pytest.mark.parametrize("folder", FOLDERS)
def test_names_that_no_store_would_have(tmp_path: Path, s3: Any, folder: str) -> None:
    """A text alone goes without a suffix; another would hold each store that took it."""
    content = b"x"
    name = f"{folder}/{digest_of(content).removeprefix('sha256:')}"
    s3.put_object(Bucket=PLACE.bucket, Key=PLACE.prefix + name, Body=content)
    store, other = Store(tmp_path / "one"), Store(tmp_path / "other")
    other.take(name, content)
    taken = int(folder == "texts")
    assert pull(store, PLACE, s3, quietly).moved == taken
    assert not store.contents().refused
    assert push(other, Place(PLACE.bucket, "other/"), s3, quietly).moved == taken


def test_what_was_altered_here_is_not_there_already(tmp_path: Path, s3: Any) -> None:
    """Though the bucket has its name, either way says so."""
    store = filled(tmp_path / "one", "a")
    push(store, PLACE, s3, quietly)
    for path in (store.path / name for name in names(store)):
        whole = path.read_bytes()
        path.write_bytes(b"{}")
        for move in (push, pull):
            with pytest.raises(AlteredEvidence, match=rf"{path}: was altered"):
                move(store, PLACE, s3, quietly)
        path.write_bytes(whole)
    assert push(store, PLACE, s3, quietly).moved == 0


@pytest.mark.parametrize("verb", ["push", "pull"])
def test_a_decision_that_was_signed_again(
    tmp_path: Path, s3: Any, capfd: pytest.CaptureFixture[str], verb: str
) -> None:
    """It is said which signature stands there otherwise, and both stay."""
    store = filled(tmp_path / "store", "a")
    (digest,) = store.decisions()
    store.put_signature(digest, b"one")
    push(store, PLACE, s3, quietly)
    assert push(store, PLACE, s3, quietly).differ == ()
    store.put_signature(digest, b"two")
    name = f"signatures/{digest.removeprefix('sha256:')}.json"
    assert push(store, PLACE, _Blind(s3), quietly).differ == (name,)
    words = ["evidence", verb, f"s3://{PLACE.bucket}/{PLACE.prefix}", f"--report-dir={tmp_path}"]
    assert exit_code(words) == 0
    assert f"{name}: the decision is signed otherwise" in capfd.readouterr().err
    held = s3.get_object(Bucket=PLACE.bucket, Key=PLACE.prefix + name)["Body"].read()
    assert (held, store.signature(digest)) == (b"one", b"two")


class _Blind:
    """A client whose listing is from before the other's put."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def get_paginator(self, _: str) -> Any:
        return self

    def paginate(self, **_: Any) -> list[Any]:
        return [{}]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


@pytest.mark.parametrize("where", ["bucket/x", "s3://", "https://b/x", "s3://b/x?y"])
def test_what_is_no_place(where: str) -> None:
    """Said with what one looks like."""
    with pytest.raises(ValueError, match="s3://bucket/prefix"):
        place_of(where)
    assert exit_code(["evidence", "push", where]) == 4


@pytest.mark.usefixtures("s3")
def test_a_bucket_is_aws_s_unless_an_option_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A variable that names another AWS is not heard; moto answers for AWS's own addresses."""
    filled(tmp_path / "store", "a")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    words = ["evidence", "push", f"s3://{PLACE.bucket}/x", f"--report-dir={tmp_path}"]
    assert exit_code(words) == 0
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    capfd.readouterr()
    assert exit_code([*words, "--aws-endpoint-url=http://127.0.0.1:9"]) == 4
    assert "127.0.0.1:9" in capfd.readouterr().err


class Killed(BaseException):
    """As if by SIGKILL: nothing more is done."""


POINTS = ("mkdir", "mkstemp", "fdopen", "fsync", "replace", "open")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # nobody closes
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("after", [False, True])
def test_a_write_that_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str, after: bool
) -> None:
    """At every step, before and after it: what was there stays, and nothing is half there."""
    store = Store(tmp_path / "store")
    first = store.put_run(run("first"))
    owner: Any = {"mkstemp": __import__("tempfile"), "mkdir": Path, "replace": Path}.get(point, os)
    real = getattr(owner, point)

    def cut(*given: Any, **named: Any) -> Any:
        if after:
            real(*given, **named)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(owner, point, cut)
        patched.setattr(Path, "unlink", lambda *_, **__: None)  # the dead clean nothing up
        with pytest.raises(Killed):
            store.put_run(run("second"))
    contents = store.contents()
    assert contents.refused == ()
    found = {one.run_id: digest for digest, one in contents.runs}
    assert found["first"] == first
    assert set(found) <= {"first", "second"}
    store.put_run(run("second"))
    assert {one.run_id for _, one in store.runs()} == {"first", "second"}


class Stream:
    """A terminal, or a log."""

    def __init__(self, *, terminal: bool) -> None:
        self.told: list[str] = []
        self._terminal = terminal

    def isatty(self) -> bool:
        """Whether somebody looks."""
        return self._terminal

    def write(self, text: str) -> int:
        """Keeps it."""
        self.told.append(text)
        return len(text)

    def flush(self) -> None:
        """Nothing."""


@pytest.mark.parametrize(("terminal", "lines"), [(True, 90), (False, 3)])
def test_progress(terminal: bool, lines: int) -> None:
    """Nothing within two seconds; then often on a terminal, and seldom in a log."""
    now = [0.0]
    stream: Any = Stream(terminal=terminal)
    say = progress(stream, lambda: now[0])
    for step in range(300):
        now[0] = step / 10
        say(str(step))
        assert now[0] >= 2 or not stream.told
    said = [one for one in stream.told if one.strip().isdigit()]
    assert len(said) in range(lines - 1, 150 if terminal else lines + 1)
