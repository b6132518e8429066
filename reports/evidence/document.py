"""A document that a run made or read, kept whole in the store under the digest of its text."""

from __future__ import annotations

from reports.evidence.structure import Record


class Document(Record, frozen=True):
    """``name`` says what it is, such as ``bucket policy of bbws-product-images-sit``."""

    name: str
    digest: str
