"""What one run saw: the record that is stored, digested and judged.

Every structure is frozen and strict: an unknown or missing field is an error,
so that evidence of another shape is refused rather than half read.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from reports.evidence.access import Access
from reports.evidence.document import Document
from reports.evidence.finding import Finding
from reports.evidence.load import LoadRecord
from reports.evidence.observation import Observation
from reports.evidence.scan import Scan
from reports.evidence.series import Series
from reports.evidence.structure import Record

SCHEMA = "promotion-gate/run/1"


class Outcome(StrEnum):
    """How the cases of one check ended, worst first where they differ."""

    ERROR = "error"  # the harness itself failed: an exception that is not about the service
    FAIL = "fail"
    LOST = "lost"  # began, or was handed to a worker, and never reported
    SKIPPED = "skipped"
    XFAILED = "xfailed"  # expected to fail, whatever happened: never evidence of a pass
    UNSEEN = "unseen"  # ended without a failure, and without one recorded observation
    INCONCLUSIVE = "inconclusive"  # saw too little, or too doubtful things, to tell
    NOT_ASKED = "not_asked"  # acts, so it runs only where the command line says so, and it did not
    NOT_APPLICABLE = "not_applicable"
    PASS = "pass"  # noqa: S105


class Failure(Record, frozen=True):
    """One expectation that the service did not meet, and the exchange that shows it."""

    expectation: str
    expected: str
    actual: str
    curl: str | None = None
    request: str | None = None
    response: str | None = None


class CheckRecord(Record, frozen=True):
    """One check: all its cases together. ``reason`` says why it did not simply pass or fail."""

    id: str
    layer: str
    items: tuple[str, ...]
    outcome: Outcome
    cases: int
    observations: int
    duration_s: float
    reason: str = ""
    # With not_applicable: what the environment declares absent; with not_asked: what asks for it.
    capability: str | None = None
    failure: Failure | None = None


class Subject(Record, frozen=True):
    """The build under test: ``build`` is what the pipeline means, the rest is what answered."""

    build: str | None
    version: str | None
    version_after: str | None
    code_digest: str | None = None
    code_digest_after: str | None = None
    binding: str = "self-reported"


class EnvironmentRecord(Record, frozen=True):
    """Where the run looked: effective endpoints, and the digest of the environment file."""

    name: str
    file_digest: str
    base_url: str
    images_url: str
    aws_endpoint_url: str | None
    account: str
    region: str
    writes: bool
    absent: tuple[str, ...] = ()  # capabilities that the environment file declares absent


class Source(Record, frozen=True):
    """What made the record."""

    harness: str
    python: str
    pytest: str  # "none" where the record was imported
    imported: tuple[str, ...] = ()  # digests of the files that it was made from


class RunRecord(Record, frozen=True):
    """One run of one or more layers. ``rehearsal`` holds the reasons; empty means it is none."""

    schema: str
    run_id: str
    layers: tuple[str, ...]
    subject: Subject
    environment: EnvironmentRecord
    rehearsal: tuple[str, ...]
    fault: str | None
    started: datetime
    ended: datetime
    complete: bool
    stopped: str | None  # why the run ended before its checks did
    expected_digest: str  # of suites/checks.tsv, as it stood
    source: Source
    checks: tuple[CheckRecord, ...]
    loads: tuple[LoadRecord, ...] = ()
    series: tuple[Series, ...] = ()
    findings: tuple[Finding, ...] = ()
    scans: tuple[Scan, ...] = ()
    observations: tuple[Observation, ...] = ()
    access: tuple[Access, ...] = ()
    documents: tuple[Document, ...] = ()


class ExpectedCheck(Record, frozen=True):
    """A row of ``suites/checks.tsv``."""

    id: str
    layer: str
    items: tuple[str, ...]
    cases: int
