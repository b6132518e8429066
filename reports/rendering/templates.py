"""The templates of the pages, and what all of them may call.

Everything that comes from evidence is escaped by the template.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from reports.rendering.plain import age, item_ranges, plain, plain_lines

if TYPE_CHECKING:
    import jinja2


@cache
def templates() -> jinja2.Environment:
    """The templates beside this module."""
    import jinja2

    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=jinja2.FileSystemLoader(Path(__file__).resolve().parent),
    )
    environment.filters |= {
        "plain": lambda text, limit=400: plain(str(text), limit),
        "lines": lambda text: plain_lines(str(text)),
        "share": _share,
        "items": item_ranges,
        "short_digest": lambda text: plain(str(text), 100).removeprefix("sha256:")[:12],
        "utc": _utc,
        "counts": _counts,
        "age": age,
        "ms": milliseconds,
    }
    return environment


def milliseconds(value: float | None) -> str:
    """A time to three digits."""
    if value is None:
        return "none"
    return f"{value:.0f} ms" if value >= 100 else f"{value:.3g} ms"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.3g}%" if whole else "none"


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _counts(counted: Iterable[tuple[str, int]]) -> str:
    """``200: 7982, 500: 18``"""
    return ", ".join(f"{plain(word, 40)}: {count}" for word, count in counted) or "none"
