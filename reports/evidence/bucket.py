"""A store's files in a bucket, where runs of different days and machines meet.

Keys are the store's own paths below a prefix. A file is named by the digest of what it holds (an
intent by its run), so nothing is ever overwritten: a put is made on the condition that the key is
free, and where it is not, what stands there has to be the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from reports.evidence.digest import digest_of
from reports.evidence.store import AlteredEvidence, Store

# What others rest on comes first.
FOLDERS = ("texts", "attestations", "waivers", "intents", "runs", "signatures", "decisions")
# Named by a run or by a decision, not by what they hold.
_OTHERWISE = ("intents", "signatures")
_SIGNATURES = "signatures/"
LARGEST = 256 * 1024 * 1024  # bytes of one file
_NAMED = re.compile(r"([0-9a-f]{64})\.json")
_TEXT = re.compile(r"([0-9a-f]{64})(?:\.json)?")
_INTENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\.json")
_TAKEN = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")
Say = Callable[[str], None]


class Place(NamedTuple):
    """``s3://bucket/prefix``; the prefix ends in a slash, or is empty."""

    bucket: str
    prefix: str


class Moved(NamedTuple):
    """How many files went, how many were there already, and which of those say something else."""

    moved: int
    there: int
    differ: tuple[str, ...] = ()


def place_of(address: str) -> Place:
    """Raises ValueError for what is no such address."""
    parts = urlsplit(address)
    if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment:
        raise ValueError(f"{address}: a place looks like s3://bucket/prefix")
    prefix = parts.path.strip("/")
    return Place(parts.netloc, f"{prefix}/" if prefix else "")


def push(store: Store, place: Place, client: Any, say: Say) -> Moved:
    """Put every file of the store there. Raises AlteredEvidence where another stands in its place.

    Files that others rest on go first: whoever pulls meanwhile finds nothing that points nowhere.
    """
    there = {key for key, _ in _listed(client, place)}
    moved = kept = 0
    differ: list[str] = []
    for folder in FOLDERS:
        for path in _files(store.path / folder):
            name = f"{folder}/{path.name}"
            content = _content(path) if _is_a_store_s(name) else None
            if content is None:
                continue
            # Also where the name is there: it says nothing of what lies here.
            _check(name, content, str(path))
            if name not in there and _put(client, place, name, content):
                moved += 1
            else:
                kept += 1
                if not _same(client, place, name, content):
                    differ.append(name)
            say(f"{moved} pushed, {kept} there already")
    return Moved(moved, kept, tuple(differ))


def pull(store: Store, place: Place, client: Any, say: Say) -> Moved:
    """Take every file from there. Raises AlteredEvidence where one is not what its name says."""
    moved = kept = 0
    differ: list[str] = []
    for name, size in _listed(client, place):
        target = store.path / name
        held = _content(target)
        if held is not None:
            _check(name, held, str(target))
            kept += 1
            if not _same(client, place, name, held):
                differ.append(name)
            continue
        if size > LARGEST:
            raise AlteredEvidence(f"s3://{place.bucket}/{place.prefix}{name}: {size} bytes")
        content = _got(client, place, name)
        _check(name, content, f"s3://{place.bucket}/{place.prefix}{name}")
        store.take(name, content)
        moved += 1
        say(f"{moved} pulled, {kept} there already")
    return Moved(moved, kept, tuple(differ))


def _put(client: Any, place: Place, name: str, content: bytes) -> bool:
    """Whether it went; False where the same stands there already, or another signature."""
    from botocore.exceptions import ClientError

    key = place.prefix + name
    try:
        client.put_object(Bucket=place.bucket, Key=key, Body=content, IfNoneMatch="*")
    except ClientError as problem:
        if str(problem.response["Error"]["Code"]) not in _TAKEN:
            raise
        held = _got(client, place, name)
        if held != content and not name.startswith(_SIGNATURES):
            raise AlteredEvidence(
                f"s3://{place.bucket}/{key}: holds {digest_of(held)}, not {digest_of(content)}"
            ) from None
        return False
    return True


def _got(client: Any, place: Place, name: str) -> bytes:
    answer = client.get_object(Bucket=place.bucket, Key=place.prefix + name)
    content: bytes = answer["Body"].read(LARGEST + 1)
    return content


def _same(client: Any, place: Place, name: str, content: bytes) -> bool:
    """Whether it is what stands there under its name, which a signature's does not tell.

    A decision may be signed again, so neither of two is wrong, and neither takes the other's place.
    """
    return not name.startswith(_SIGNATURES) or _got(client, place, name) == content


def _listed(client: Any, place: Place) -> Iterator[tuple[str, int]]:
    """Names below the prefix that a store would have, with their sizes."""
    pages = client.get_paginator("list_objects_v2").paginate(
        Bucket=place.bucket, Prefix=place.prefix
    )
    for page in pages:
        for one in page.get("Contents", []):
            name = str(one["Key"]).removeprefix(place.prefix)
            if _is_a_store_s(name):
                yield name, int(one["Size"])


def _is_a_store_s(name: str) -> bool:
    """Whether a store would have it: one that finds another name in a folder holds its gates."""
    folder, _, file = name.partition("/")
    pattern = {"intents": _INTENT, "texts": _TEXT}.get(folder, _NAMED)
    return folder in FOLDERS and pattern.fullmatch(file) is not None


def _check(name: str, content: bytes, where: str) -> None:
    """What is named by a digest has it."""
    folder, _, file = name.partition("/")
    found = _TEXT.fullmatch(file)
    if folder in _OTHERWISE or found is None:
        return
    if digest_of(content) != f"sha256:{found[1]}":
        raise AlteredEvidence(f"{where}: was altered: found {digest_of(content)}")


def _files(folder: Path) -> list[Path]:
    return sorted(one for one in folder.iterdir() if one.is_file()) if folder.is_dir() else []


def _content(path: Path) -> bytes | None:
    """None where it is gone, as when another prunes the store meanwhile."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
