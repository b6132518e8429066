"""Replaces methods of moto, or of what stands in for it, for a fault, and puts them back."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

_replaced: list[tuple[Any, str, Any]] = []


def replace(owner: type[Any], name: str, make: Callable[[Any], Any]) -> None:
    """The method is from now on what `make` makes of it, until `undo`."""
    inner = getattr(owner, name)
    _replaced.append((owner, name, inner))
    setattr(owner, name, wraps(inner)(make(inner)))


def replace_property(owner: type[Any], name: str, make: Callable[[Any], property]) -> None:
    """The same for a property: `make` gets the one that stood there."""
    inner = vars(owner)[name]
    _replaced.append((owner, name, inner))
    setattr(owner, name, make(inner))


def undo() -> None:
    """Every method is its own again."""
    while _replaced:
        setattr(*_replaced.pop())
