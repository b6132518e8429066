"""What load generators measured: counts and histograms per operation and window of time.

Any number of generators adds up by sums, so no percentile is ever averaged.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from reports.evidence.structure import Record

Kind = Literal["read", "write", "outside"]


class Stage(Record, frozen=True):
    """``seconds`` at a steady ``rate`` of requests a second that were to arrive."""

    seconds: float
    rate: float


class OperationWindow(Record, frozen=True):
    """One operation's requests that ended in ``at <= time < at + window_s``.

    A request failed when it got no answer (status "0"), another status than the operation's,
    or a wrong answer. ``histogram`` holds the microseconds of those that did not fail.
    """

    at: int  # seconds since the epoch, a multiple of the record's window_s
    requests: int
    failed: int
    statuses: dict[str, int]
    errors: dict[str, int]  # why they failed -> how many
    histogram: str  # HdrHistogram V2, compressed, base64; empty where nothing succeeded


class Operation(Record, frozen=True):
    """An operation of the workload, its windows in order of time; ``outside`` has no limit."""

    name: str
    kind: Kind
    windows: tuple[OperationWindow, ...]
    marks: dict[str, int] = msgspec.field(
        default_factory=dict
    )  # counts beside success: "hit" and "miss" of the images host


class Generator(Record, frozen=True):
    """One k6 process. CPU times in seconds of one core, user and system together."""

    segment: str  # execution segment: "0:1" where it is alone
    program: str  # "k6 1.1.0"
    program_digest: str
    started: datetime
    ended: datetime
    exit_code: int
    partial: str | None  # why what it measured is not the whole of what was asked
    scheduled: int  # arrivals that its stages ask for
    arrived: int  # of those, the ones that began
    dropped: int
    requests: int  # as k6 counted them; more than the windows hold where samples were lost
    cpus: int  # of its machine
    cpu_s: float
    busiest: float  # the most that k6 used of the whole machine in any ten seconds, 0 to 1
    reducing_cpu_s: float  # what reading and reducing its samples cost the harness


class LoadRecord(Record, frozen=True):
    """One workload at one profile, all its generators together."""

    profile: str  # documented, quick, ...
    workload: str  # mixed, concurrent-updates
    script_digest: str
    seed: int
    stages: tuple[Stage, ...]
    began: datetime  # the first arrival
    warm_up_s: int  # what ended sooner after ``began`` is kept and not judged
    window_s: int
    operations: tuple[Operation, ...]
    generators: tuple[Generator, ...]
