"""A pass of a scanner over the service: which one, how far it came, and what it was told."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from reports.evidence.structure import Record

Mode = Literal["active", "passive", "imported"]
_Count = Annotated[int, msgspec.Meta(ge=0)]


class Scan(Record, frozen=True):
    """One scanner's pass. What it found stands in the run's findings, by its name as ``source``.

    ``complete`` is False where it crashed, was cut short or reached nothing, and ``why`` says
    which. ``report_digest`` is that of its own raw report.
    """

    name: str  # "zap", "embedded"
    version: str
    mode: Mode
    target: str  # the URL that it was pointed at
    requests: _Count
    endpoints: _Count  # operations that answered it with something else than a refusal
    complete: bool
    why: str | None = None
    report_digest: str | None = None

    @property
    def reached(self) -> bool:
        """Whether it came to its end and saw the service at all.

        A report that is imported need not tell how many requests it took.
        """
        asked = self.requests > 0 or self.mode == "imported"
        return self.complete and asked and self.endpoints > 0
