"""All faults, by name."""

from __future__ import annotations

import difflib

from reference_service.faults import (
    at_catalog,
    at_edge,
    at_handlers,
    at_images,
    at_lists,
    at_tokens,
)
from reference_service.faults.fault import Fault

FAULTS: tuple[Fault, ...] = (
    *at_handlers.FAULTS,
    *at_catalog.FAULTS,
    *at_lists.FAULTS,
    *at_tokens.FAULTS,
    *at_images.FAULTS,
    *at_edge.FAULTS,
)


class UnknownFaultError(Exception):
    """A name that no fault has; the message says which are near."""


def named(name: str) -> Fault:
    """The fault of that name, or UnknownFaultError."""
    for fault in FAULTS:
        if fault.name == name:
            return fault
    names = [fault.name for fault in FAULTS]
    close = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    raise UnknownFaultError(
        f"there is no fault {name!r}.{hint} `reference-service faults` lists them."
    )
