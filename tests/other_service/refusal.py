"""A request that is refused, for a reason that has a status."""

from __future__ import annotations


class Refused(Exception):  # noqa: N818 - the word for it
    """The answer is a problem of this status; ``remark`` says why, to the caller."""

    def __init__(self, status: int, remark: str) -> None:
        super().__init__(remark)
        self.status = status
        self.remark = remark
