"""What a store holds: runs, what was begun and never finished, and what cannot be read."""

from __future__ import annotations

from datetime import datetime

from reports.evidence.record import RunRecord
from reports.evidence.structure import Record


class Intent(Record, frozen=True):
    """What a run set out to do. One without its run was aborted, or is still going."""

    run_id: str
    layers: tuple[str, ...]
    environment: str
    build: str | None
    started: datetime


class Refused(Record, frozen=True):
    """A file in the store that cannot be read as what its place says it is."""

    file: str
    why: str


class Contents(Record, frozen=True):
    """All runs of a store, oldest first, what was begun and never finished, what is unreadable."""

    runs: tuple[tuple[str, RunRecord], ...]
    aborted: tuple[Intent, ...]
    refused: tuple[Refused, ...]
