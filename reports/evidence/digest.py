"""Canonical bytes and the digest that names them."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import msgspec

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def canonical(record: Any) -> bytes:
    """UTF-8 JSON with sorted keys and no spaces: the same record always gives the same bytes."""
    return msgspec.json.encode(record, order="sorted")


def digest_of(content: bytes) -> str:
    """``sha256:`` and 64 hexadecimal digits."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def is_digest(text: str) -> bool:
    """Whether ``text`` has the form of a digest."""
    return _DIGEST.fullmatch(text) is not None
