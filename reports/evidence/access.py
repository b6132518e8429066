"""Who was let in: one attempt at one operation with one credential, and what came of it."""

from __future__ import annotations

from reports.evidence.structure import Record


class Access(Record, frozen=True):
    """``expected`` is ``in`` or the status of the refusal; ``came`` is the status, or a word.

    ``good``: it came as expected. ``refused``: it was kept out, in whatever way.
    """

    operation: str  # "GET /products/{product_id}"
    column: str  # the credential: a role, or what is wrong with the token
    expected: str
    came: str
    good: bool
    refused: bool
