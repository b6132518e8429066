"""What a fault is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from reference_service.local.stack import Composition

# Wraps what it spoils and leaves the rest of the composition as it is.
Wrapper = Callable[["Composition"], "Composition"]


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """A named misbehaviour of the service.

    `seam` says where it is installed; `check` is the id of the check that must fail
    and `reason` the expectation that must fail in it. A `capability` is one that the service
    has with the fault alone, so that the check applies.
    """

    name: str
    seam: str
    check: str
    reason: str
    description: str
    install: Wrapper
    capability: str = ""


Named = Callable[[str, str, str, Wrapper], Fault]


def faults(seam: str, check: str) -> Named:
    """What makes the faults of one seam for one check, of name, reason, description, wrapper."""

    def named(name: str, reason: str, description: str, install: Wrapper) -> Fault:
        return Fault(
            name=name,
            seam=seam,
            check=check,
            reason=reason,
            description=description,
            install=install,
        )

    return named
