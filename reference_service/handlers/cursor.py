"""Cursors that say where a list goes on: opaque, signed, and bound to their list."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

import msgspec

from reference_service.handlers.problem import Problem
from reference_service.handlers.selection import Selection

_MAC_BYTES = 16


class Position(msgspec.Struct, frozen=True, array_like=True):
    """The last product of a page: the value it is ordered by, then its id."""

    value: str
    product_id: str


def _mac(key: bytes, selection: Selection, payload: bytes) -> bytes:
    bound = hashlib.sha256(msgspec.json.encode(selection)).digest()
    return hmac.new(key, bound + payload, hashlib.sha256).digest()[:_MAC_BYTES]


def encode(position: Position, selection: Selection, *, key: bytes) -> str:
    payload = msgspec.json.encode(position)
    sealed = _mac(key, selection, payload) + payload
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def decode(text: str, selection: Selection, *, key: bytes) -> Position:
    """Problem 400 for a cursor that this list did not give out, or that was altered."""
    refusal = Problem(400, "The cursor does not belong to this list.")
    try:
        # The padding is ours alone: a cursor has one spelling.
        sealed = base64.b64decode(
            text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True
        )
    except (binascii.Error, ValueError) as error:
        raise refusal from error
    if base64.urlsafe_b64encode(sealed).rstrip(b"=") != text.encode():
        raise refusal
    mac, payload = sealed[:_MAC_BYTES], sealed[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(key, selection, payload)):
        raise refusal
    return msgspec.json.decode(payload, type=Position)
