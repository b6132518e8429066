"""What a k6 elsewhere left behind: its samples, its summary, and what its machine says.

Three files a generator, named alike: ``NAME.csv`` or ``NAME.csv.gz``, as k6 writes it;
``NAME.summary.json``, from suites/load/k6/elsewhere.js; ``NAME.machine.json``, from
deploy/k6-operator/measured-k6.sh. Whoever wrote them is not trusted: sizes are bounded, and
whatever does not add up is refused with the file, the line and what would be right.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeVar, cast

import msgspec

from reports.evidence.load import Stage
from reports.evidence.reducing import Reduced, Reducer
from reports.evidence.structure import Record

SUMMARY_SCHEMA = "promotion-gate/generator/1"
MACHINE_SCHEMA = "promotion-gate/machine/1"
MOST_BYTES = 64 * 2**30  # of samples of one generator, unpacked
MOST_JSON = 256 * 1024
_EARLIEST_S, _LATEST_S = 1_500_000_000, 4_000_000_000
_PIECE = 1 << 16
_SUBJECT = re.compile(rb"subject,(\d+),[^,]*,(before|after)\|([\w.+-]{1,100}),")
_MOST_SUBJECTS = 2
_R = TypeVar("_R")


class ImportRefused(Exception):  # noqa: N818 - the word for it
    """Files that are no evidence: the message names file and line, and says what would be right."""


class Summary(Record, frozen=True):
    """What a generator was told and what its k6 counted."""

    schema: str
    requests: int
    iterations: int
    dropped: int
    run_ms: float
    segment: str
    sequence: str
    profile: str
    scripts: str
    base_url: str
    images_url: str
    stages: tuple[Stage, ...]
    seed: int
    mark: str


class Machine(Record, frozen=True):
    """What it was and what it cost; times in seconds since the epoch."""

    schema: str
    program: str
    program_digest: str
    exit_code: int
    started: int
    ended: int
    cpus: float
    cpu_s: float
    busiest: float


class GeneratorFiles(NamedTuple):
    """One generator, read and checked by itself. Versions are None where it saw none."""

    samples: Path
    summary: Summary
    machine: Machine
    reduced: Reduced
    before: str | None
    after: str | None
    digests: tuple[str, ...]  # of its three files
    reducing_cpu_s: float


def sample_files(named: list[Path]) -> list[Path]:
    """The files of samples among what was named; a folder stands for all that it holds.

    Raises ImportRefused.
    """
    found: list[Path] = []
    for path in named:
        if path.is_dir():
            inside = sorted(one for one in path.iterdir() if _is_samples(one))
            if not inside:
                raise ImportRefused(f"{path}: no *.csv or *.csv.gz is in it")
            found += inside
        elif not path.is_file():
            raise ImportRefused(f"{path}: no such file")
        elif _is_samples(path):
            found.append(path)
        elif not path.name.endswith((".summary.json", ".machine.json")):
            raise ImportRefused(
                f"{path}: samples of k6 are named NAME.csv or NAME.csv.gz, with NAME.summary.json "
                "and NAME.machine.json beside them"
            )
    twice = {one.resolve() for one in found}
    if len(twice) < len(found):
        raise ImportRefused("a file of samples is named twice: each counts once")
    if not found:
        raise ImportRefused("no file of samples is named: NAME.csv or NAME.csv.gz")
    return found


def summary_of(samples: Path) -> tuple[Summary, str]:
    """The summary beside a file of samples, and its digest. Raises ImportRefused."""
    file = _beside(samples, "summary")
    summary, digest = _json(file, Summary, "suites/load/k6/elsewhere.js writes it at its end")
    if summary.schema != SUMMARY_SCHEMA:
        raise ImportRefused(f"{file}: schema {summary.schema[:60]!r}, not {SUMMARY_SCHEMA}")
    if min(summary.requests, summary.iterations, summary.dropped) < 0:
        raise ImportRefused(f"{file}: counts are 0 or more")
    return summary, digest


def read_generator(samples: Path, window_s: int) -> GeneratorFiles:
    """Read the three files of one generator, in bounded memory. Raises ImportRefused."""
    summary, summary_digest = summary_of(samples)
    machine_file = _beside(samples, "machine")
    machine, machine_digest = _json(
        machine_file,
        Machine,
        "deploy/k6-operator/measured-k6.sh writes it; without it nobody can say that the "
        "generator had time to spare",
    )
    _check(machine_file, machine)
    began = time.process_time()
    reduced, versions, digest = _reduced(samples, window_s)
    cost = time.process_time() - began
    for what, counted, there in (
        ("requests", summary.requests, reduced.samples),
        ("dropped arrivals", summary.dropped, reduced.dropped),
    ):
        if counted != there:
            raise ImportRefused(
                f"{samples}: holds {there} {what}, and k6 counted {counted}: "
                "the two are of one run, and whole"
            )
    if not reduced.samples:
        raise ImportRefused(f"{samples}: not one sample of a request: nothing was measured")
    return GeneratorFiles(
        samples=samples,
        summary=summary,
        machine=machine,
        reduced=reduced,
        before=versions.get(b"before"),
        after=versions.get(b"after"),
        digests=(digest, summary_digest, machine_digest),
        reducing_cpu_s=round(cost, 3),
    )


def _beside(samples: Path, what: str) -> Path:
    stem = samples.name.removesuffix(".gz").removesuffix(".csv")
    return samples.with_name(f"{stem}.{what}.json")


def _is_samples(path: Path) -> bool:
    return path.name.endswith((".csv", ".csv.gz"))


def _json(file: Path, kind: type[_R], what: str) -> tuple[_R, str]:
    try:
        with file.open("rb") as opened:
            content = opened.read(MOST_JSON + 1)
    except OSError as problem:
        raise ImportRefused(f"{file}: {problem.strerror}: {what}") from None
    if len(content) > MOST_JSON:
        raise ImportRefused(f"{file}: larger than {MOST_JSON} bytes: {what}")
    try:
        found = msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise ImportRefused(f"{file}: {problem}: {what}") from None
    return found, f"sha256:{hashlib.sha256(content).hexdigest()}"


def _check(file: Path, machine: Machine) -> None:
    if machine.schema != MACHINE_SCHEMA:
        raise ImportRefused(f"{file}: schema {machine.schema[:60]!r}, not {MACHINE_SCHEMA}")
    used = 0 < machine.cpu_s < 1e9 and 0 <= machine.busiest <= 1.5
    if not used or not 0 < machine.cpus <= 10_000:
        raise ImportRefused(
            f"{file}: cpus {machine.cpus}, cpu_s {machine.cpu_s}, busiest {machine.busiest}: "
            "what k6 used of its machine is more than nothing and at most all"
        )
    if not _EARLIEST_S < machine.started <= machine.ended < _LATEST_S:
        raise ImportRefused(
            f"{file}: from {machine.started} to {machine.ended}: a start and a later end, in "
            "seconds since the epoch"
        )


def _reduced(samples: Path, window_s: int) -> tuple[Reduced, dict[bytes, str], str]:
    """Windows, the versions that were seen, and the file's digest."""
    reducer, subjects = Reducer(window_s), _Subjects()
    digest = hashlib.sha256()
    try:
        with samples.open("rb") as raw:
            for piece in iter(lambda: raw.read(1 << 20), b""):
                digest.update(piece)
        for piece in _pieces(samples):
            reducer.feed(piece)
            subjects.feed(piece)
            if reducer.malformed:
                break
        reduced = reducer.finish()
    except ValueError as problem:
        raise ImportRefused(_where(samples, window_s) or f"{samples}: {problem}") from None
    if reduced.malformed:
        raise ImportRefused(
            _where(samples, window_s) or f"{samples}: {reduced.malformed} rows cannot be read"
        )
    return reduced, subjects.found(samples), f"sha256:{digest.hexdigest()}"


def _pieces(samples: Path) -> Iterator[bytes]:
    """The samples, unpacked, piece by piece. Raises ImportRefused."""
    length = 0
    try:
        with _opened(samples) as opened:
            while piece := opened.read(_PIECE):
                length += len(piece)
                if length > MOST_BYTES:
                    raise ImportRefused(f"{samples}: more than {MOST_BYTES} bytes, unpacked")
                yield piece
    except EOFError:
        raise ImportRefused(
            f"{samples}: cut off after {length} bytes: copy it again once its k6 has ended"
        ) from None
    except (OSError, zlib.error) as problem:
        raise ImportRefused(
            f"{samples}: cannot be read after {length} bytes: {problem}; a name that ends in .gz "
            "is packed with gzip, any other is not packed"
        ) from None


def _opened(samples: Path) -> BinaryIO:
    if samples.name.endswith(".gz"):
        return cast(BinaryIO, gzip.open(samples, "rb"))
    return samples.open("rb")


def _where(samples: Path, window_s: int) -> str | None:
    """The first line that cannot be read, found by reading once more, line by line."""
    reducer, number, rest = Reducer(window_s), 0, b""
    for piece in _pieces(samples):
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            number += 1
            try:
                reducer.feed(line + b"\n")
                why = "no row as suites/load/k6 writes it" if reducer.malformed else None
            except ValueError as problem:
                why = str(problem)
            if why:
                shown = line[:120].decode("ascii", "replace")
                return f"{samples}, line {number}: {why}: {shown!r}"
        if len(rest) > _PIECE:
            return f"{samples}, line {number + 1}: longer than any row of k6"
    return f"{samples}, line {number + 1}: cut off: copy it again once its k6 has ended"


class _Subjects:
    """Finds the rows in which a generator says which version it saw."""

    def __init__(self) -> None:
        self._rest = b""
        self._seen: list[tuple[bytes, bytes]] = []

    def feed(self, piece: bytes) -> None:
        """Take more bytes; a row may begin in one piece and end in the next."""
        text = self._rest + piece
        start = 0
        while (at := text.find(b"subject,", start)) >= 0:
            end = text.find(b"\n", at)
            if end < 0:
                break
            start = end
            if (at == 0 or text[at - 1 : at] == b"\n") and len(self._seen) <= _MOST_SUBJECTS:
                found = _SUBJECT.match(text, at)
                self._seen.append((found[2], found[3]) if found else (b"?", b""))
        self._rest = text[max(text.rfind(b"\n"), 0) :][-4096:]

    def found(self, samples: Path) -> dict[bytes, str]:
        """The version before and after. Raises ImportRefused where it says one twice."""
        versions = dict(self._seen)
        if len(versions) < len(self._seen) or b"?" in versions:
            raise ImportRefused(
                f"{samples}: its rows of the metric subject are not one before and one after"
            )
        return {when: version.decode("ascii") for when, version in versions.items()}
