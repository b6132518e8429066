"""Where each check stands in Allure's page: what it is called in the page's address."""

from __future__ import annotations

import base64
import re

import msgspec

_RESULT = re.compile(r'd\("data/test-results/([0-9a-f]{32})\.json","([A-Za-z0-9+/=]*)"\)')
_WORST_FIRST = ("failed", "broken", "unknown", "skipped", "passed")


class _Label(msgspec.Struct):
    name: str
    value: str = ""


class _Result(msgspec.Struct):
    status: str
    labels: list[_Label]


def results_by_check(page: str) -> dict[str, str]:
    """Check id -> fragment of Allure's single file, that of its worst case.

    Allure makes these ids itself when it draws, so they are read off the page; what cannot be
    read has no link.
    """
    found: dict[str, tuple[int, str]] = {}
    for identity, packed in _RESULT.findall(page):
        try:
            result = msgspec.json.decode(base64.b64decode(packed), type=_Result)
            rank = _WORST_FIRST.index(result.status)
        except (ValueError, msgspec.MsgspecError):
            continue
        for label in result.labels:
            if label.name == "check":
                found[label.value] = min(found.get(label.value, (rank, identity)), (rank, identity))
    return {check: identity for check, (_, identity) in found.items()}
