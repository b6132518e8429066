"""What everything that is stored is made of."""

from __future__ import annotations

import msgspec


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of everything that evidence is made of: frozen, and an unknown field is an error."""
