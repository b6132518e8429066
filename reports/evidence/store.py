"""Where evidence is kept: immutable files named by the digest of what they hold.

Layout under the store's folder, written through ``tmp/`` so that no interrupted write is
ever found under a name that is read::

    intents/<run id>.json   what a run set out to do, written before it does anything
    runs/<hex>.json         what it saw
    texts/<hex>             copies of the policies and check lists that were judged by
    decisions/<hex>.json    what was decided
    attestations/<hex>.json what a person said of an item of the plan
    waivers/<hex>.json      which objective somebody lets wait
    signatures/<hex>.json   who stands for the decision of that digest
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from reports.evidence.contents import Contents, Intent, Refused
from reports.evidence.digest import canonical, digest_of
from reports.evidence.record import RunRecord
from reports.evidence.word import Attestation, Grant

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_HEX = re.compile(r"[0-9a-f]{64}")
_R = TypeVar("_R", bound=msgspec.Struct)
_FOLDERS: dict[type, str] = {Attestation: "attestations", Grant: "waivers"}


class AlteredEvidence(Exception):  # noqa: N818 - the word for it
    """Stored bytes are not what their digest says, or are not there."""


class Store:
    """The store under one folder, which is made when it is first written to."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self, intent: Intent) -> None:
        """Record that a run begins. Raises ValueError for an id that is no file name or is used."""
        if not _RUN_ID.fullmatch(intent.run_id):
            raise ValueError(f"run id {intent.run_id!r} is no plain name")
        target = self.path / "intents" / f"{intent.run_id}.json"
        if target.exists():
            raise ValueError(f"run id {intent.run_id} is used already: {target}")
        self._write(target, canonical(intent))

    def put_run(self, run: RunRecord) -> str:
        """Keep a run; its digest. Raises ValueError for a record that would not read back."""
        content = canonical(run)
        try:
            whole = msgspec.json.decode(content, type=RunRecord) == run
        except msgspec.MsgspecError as error:
            raise ValueError(f"run {run.run_id} is malformed: {error}") from error
        if not whole:
            raise ValueError(f"run {run.run_id} is malformed: it would read back as another")
        return self._put("runs", ".json", content)

    def take(self, name: str, content: bytes) -> None:
        """Keep a file of another store under the same name, ``folder/file``."""
        self._write(self.path / name, content)

    def forget(self, digest: str, run_id: str) -> None:
        """Remove a run: the intent last, so that half of it reads as a run that did not end."""
        self._file("runs", ".json", digest).unlink(missing_ok=True)
        (self.path / "intents" / f"{run_id}.json").unlink(missing_ok=True)

    def put_text(self, text: str) -> str:
        """Keep a copy of a policy or check list; its digest."""
        return self._put("texts", "", text.encode())

    def put_decision(self, content: bytes) -> str:
        """Keep a decision's canonical bytes; their digest."""
        return self._put("decisions", ".json", content)

    def put_word(self, word: Attestation | Grant) -> str:
        """Keep what a person said; its digest."""
        return self._put(_FOLDERS[type(word)], ".json", canonical(word))

    def get_attestation(self, digest: str) -> Attestation:
        """The attestation of that digest. Raises AlteredEvidence."""
        return self._read("attestations", digest, Attestation)

    def get_grant(self, digest: str) -> Grant:
        """The waiver of that digest. Raises AlteredEvidence."""
        return self._read("waivers", digest, Grant)

    def attestations(self) -> list[tuple[str, Attestation]]:
        """All of them with their digests. Raises AlteredEvidence."""
        return [(one, self.get_attestation(one)) for one in self._digests("attestations")]

    def grants(self) -> list[tuple[str, Grant]]:
        """All waivers of objectives with their digests. Raises AlteredEvidence."""
        return [(one, self.get_grant(one)) for one in self._digests("waivers")]

    def get_text(self, digest: str) -> str:
        """The text of that digest. Raises AlteredEvidence."""
        return self._get("texts", "", digest).decode()

    def get_run(self, digest: str) -> RunRecord:
        """The run of that digest. Raises AlteredEvidence."""
        return self._read("runs", digest, RunRecord)

    def put_signature(self, digest: str, content: bytes) -> None:
        """Keep the envelope about a decision; a later one takes the place of an earlier."""
        self._write(self.signature_file(digest), content)

    def signature(self, digest: str) -> bytes | None:
        """The envelope about a decision, if there is one."""
        file = self.signature_file(digest)
        return file.read_bytes() if file.is_file() else None

    def signature_file(self, digest: str) -> Path:
        """Where the envelope about a decision lies, or would."""
        return self._file("signatures", ".json", digest)

    def get_decision(self, digest: str) -> bytes:
        """The decision of that digest. Raises AlteredEvidence."""
        return self._get("decisions", ".json", digest)

    def decisions(self) -> list[str]:
        """The digests of all decisions, sorted; their content is checked when it is read."""
        return self._digests("decisions")

    def runs(self) -> list[tuple[str, RunRecord]]:
        """All runs, oldest first. Raises AlteredEvidence; see ``contents`` for what is refused."""
        return list(self.contents().runs)

    def contents(self) -> Contents:
        """Everything that a decision has to take into account.

        Raises AlteredEvidence, naming file, expected and found, where bytes do not match.
        """
        runs: list[tuple[str, RunRecord]] = []
        refused: list[Refused] = []
        for file in _files(self.path / "runs"):
            if not _named(file, ".json"):
                refused.append(self._refusal(file, "not named by a digest"))
                continue
            digest = "sha256:" + file.stem
            run = self._decode(file, self._get("runs", ".json", digest), RunRecord, refused)
            if run is not None:
                runs.append((digest, run))
        runs.sort(key=lambda one: (one[1].ended.isoformat(), one[0]))
        aborted = self._aborted({run.run_id for _, run in runs}, refused)
        return Contents(runs=tuple(runs), aborted=tuple(aborted), refused=tuple(refused))

    def _aborted(self, finished: set[str], refused: list[Refused]) -> Iterator[Intent]:
        for file in _files(self.path / "intents"):
            if file.suffix != ".json" or file.stem in finished:
                if file.suffix != ".json":
                    refused.append(self._refusal(file, "no intent of a run"))
                continue
            intent = self._decode(file, file.read_bytes(), Intent, refused)
            if intent is not None:
                yield intent

    def _decode(
        self, file: Path, content: bytes, kind: type[_R], refused: list[Refused]
    ) -> _R | None:
        try:
            return msgspec.json.decode(content, type=kind)
        except msgspec.MsgspecError as error:
            refused.append(self._refusal(file, str(error)))
            return None

    def _digests(self, folder: str) -> list[str]:
        files = _files(self.path / folder)
        return sorted("sha256:" + file.stem for file in files if _named(file, ".json"))

    def _read(self, folder: str, digest: str, kind: type[_R]) -> _R:
        content = self._get(folder, ".json", digest)
        try:
            return msgspec.json.decode(content, type=kind)
        except msgspec.MsgspecError as error:
            raise AlteredEvidence(f"{self._file(folder, '.json', digest)}: {error}") from error

    def _refusal(self, file: Path, why: str) -> Refused:
        return Refused(file=file.relative_to(self.path).as_posix(), why=why)

    def _file(self, folder: str, suffix: str, digest: str) -> Path:
        return self.path / folder / (digest.removeprefix("sha256:") + suffix)

    def _get(self, folder: str, suffix: str, digest: str) -> bytes:
        file = self._file(folder, suffix, digest)
        try:
            content = file.read_bytes()
        except OSError as error:
            raise AlteredEvidence(f"{file}: {error.strerror}; expected {digest}") from error
        found = digest_of(content)
        if found != digest:
            raise AlteredEvidence(f"{file}: was altered: expected {digest}, found {found}")
        return content

    def _put(self, folder: str, suffix: str, content: bytes) -> str:
        digest = digest_of(content)
        target = self._file(folder, suffix, digest)
        if target.exists():
            self._get(folder, suffix, digest)  # raises where someone altered it meanwhile
        else:
            self._write(target, content)
        return digest

    def _write(self, target: Path, content: bytes) -> None:
        """All or nothing: a reader sees the whole file under its name, or no such name."""
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = self.path / "tmp"
        scratch.mkdir(exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=scratch)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _named(file: Path, suffix: str) -> bool:
    return file.suffix == suffix and _HEX.fullmatch(file.stem) is not None
