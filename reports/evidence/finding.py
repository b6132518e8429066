"""A weakness that a check or a scanner saw: one shape and one scale, whoever found it."""

from __future__ import annotations

import hashlib
import re
from enum import StrEnum
from typing import Annotated

import msgspec

from reports.evidence.structure import Record

SHOWN = 1000  # characters of a finding's evidence that are kept
_GENERATED = re.compile(
    r"(?<![\w-])(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{16,}|\d{4,})(?![\w-])"
)


class Severity(StrEnum):
    """How bad it is, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)

    @property
    def fails(self) -> bool:
        """Whether it fails the check that found it: medium or worse."""
        return self.rank <= Severity.MEDIUM.rank


# An entry of the OWASP API Security Top 10 of 2023.
Owasp = Annotated[str, msgspec.Meta(pattern=r"^API([1-9]|10):2023$")]
Cwe = Annotated[int, msgspec.Meta(gt=0)]


class Finding(Record, frozen=True):
    """One weakness at one place. ``source`` is what saw it: a check's id, or a scanner's name."""

    rule: str
    title: str
    severity: Severity
    cwe: Cwe
    owasp: Owasp
    where: str  # "GET /v1.0/products/{product_id} path product_id"
    evidence: str  # bounded, without secrets
    remediation: str
    source: str
    fingerprint: str


def fingerprint(rule: str, where: str, key: str = "") -> str:
    """What names a weakness in every run, whoever finds it: sha256 over rule, place and key.

    ``key`` tells apart what is wrong at one place in several ways, such as the credential. Ids
    and numbers that differ from run to run count as one; so do case and white space.
    """
    said = "\n".join(" ".join(_GENERATED.sub("#", part.lower()).split()) for part in (where, key))
    return "sha256:" + hashlib.sha256(f"{rule}\n{said}".encode()).hexdigest()


def bounded(text: str) -> str:
    """At most SHOWN characters, none of them a control character beside a line's end."""
    text = "".join(c if c.isprintable() or c == "\n" else " " for c in text)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(text)} characters)"
