"""Text of a stranger's service, made safe and short enough for a terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence

_SPACE = re.compile(r"\s+")
_NUMBERED = re.compile(r"(.+-)(\d+)")


def plain(text: str, limit: int = 200) -> str:
    """One line without control characters, bidirectional marks or anything else unseen."""
    one_line = _SPACE.sub(" ", text[: limit * 4]).strip()
    seen = "".join(c if c.isprintable() else "?" for c in one_line)
    return seen if len(seen) <= limit else seen[: limit - 2] + ".."


def plain_lines(text: str, limit: int = 6000) -> str:
    """The same with its line ends, which are the only control characters that stay."""
    seen = "".join(c if c.isprintable() or c == "\n" else "?" for c in text[:limit])
    return seen if len(text) <= limit else f"{seen}\n… ({len(text)} characters)"


def item_ranges(items: Sequence[str]) -> str:
    """Plan items with consecutive numbers drawn together: ``SIT-SMOKE-01..10``."""
    runs: list[tuple[str, str, str]] = []  # what stands before the number, first, last
    for item in items:
        match = _NUMBERED.fullmatch(item)
        head, number = (match[1], match[2]) if match else (item, "")
        if number and runs and runs[-1][0] == head and int(runs[-1][2]) + 1 == int(number):
            runs[-1] = (head, runs[-1][1], number)
        else:
            runs.append((head, number, number))
    return ", ".join(
        head + first if first == last else f"{head}{first}..{last}" for head, first, last in runs
    )


def age(seconds: int) -> str:
    """``42 s``, ``7 min``, ``26 h`` or ``9 d``."""
    for limit, size, unit in ((120, 1, "s"), (7200, 60, "min"), (172800, 3600, "h")):
        if seconds < limit:
            return f"{seconds // size} {unit}"
    return f"{seconds // 86400} d"
