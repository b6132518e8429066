"""A finding that somebody answers for: it stays visible and, for a time, does not hold a gate."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from reports.evidence.structure import Record

EVERY_GATE = "all"
_FINGERPRINT = re.compile(r"sha256:[0-9a-f]{64}")


class Waiver(Record, frozen=True):
    """One finding at one gate, or at ``all``. ``until`` is its last day, in UTC."""

    fingerprint: str
    gate: str
    owner: str
    reason: str
    until: date

    def __post_init__(self) -> None:
        if not _FINGERPRINT.fullmatch(self.fingerprint):
            raise ValueError(
                f'fingerprint "{self.fingerprint}": sha256: and 64 digits, as gate show lists it'
            )
        for name in ("gate", "owner", "reason"):
            if not getattr(self, name).strip():
                raise ValueError(f"{name}: a waiver of {self.short} says none")

    @property
    def short(self) -> str:
        """The fingerprint as a sentence has it."""
        return short(self.fingerprint)

    def concerns(self, gate: str) -> bool:
        """Whether it is about this gate."""
        return self.gate in (EVERY_GATE, gate)

    def expired(self, now: datetime) -> bool:
        """Whether its last day is over."""
        return now.astimezone(UTC).date() > self.until


class Waivers(Record, frozen=True):
    """All of them, as one file holds them."""

    waivers: tuple[Waiver, ...] = ()

    def __post_init__(self) -> None:
        seen: set[tuple[str, str]] = set()
        for one in self.waivers:
            if (one.fingerprint, one.gate) in seen:
                raise ValueError(f"{one.short} is waived twice for {one.gate}")
            seen.add((one.fingerprint, one.gate))


def short(fingerprint: str) -> str:
    """Its first digits, enough to find it by."""
    return fingerprint[:19]
