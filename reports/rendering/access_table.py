"""Who was let in, as a table: a row an operation, a column a credential."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from reports.evidence.access import Access


class Cell(NamedTuple):
    """The worst attempt of a place. ``state``: good, otherwise (kept out in another way), bad."""

    state: str
    came: str
    expected: str
    attempts: int


class Table(NamedTuple):
    """``rows``: an operation with a cell a column, None where nothing was tried."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell | None, ...]], ...]
    attempts: int
    bad: int


def access_table(attempts: Sequence[Access]) -> Table | None:
    """All attempts of a run; None where there are none."""
    if not attempts:
        return None
    places: dict[tuple[str, str], list[Access]] = {}
    for one in attempts:
        places.setdefault((one.operation, one.column), []).append(one)
    columns = tuple(dict.fromkeys(one.column for one in attempts))
    operations = dict.fromkeys(one.operation for one in attempts)
    return Table(
        columns=columns,
        rows=tuple(
            (name, tuple(_cell(places.get((name, column), ())) for column in columns))
            for name in operations
        ),
        attempts=len(attempts),
        bad=sum(not one.good for one in attempts),
    )


def _cell(attempts: Sequence[Access]) -> Cell | None:
    if not attempts:
        return None
    worst = min(attempts, key=_goodness)
    state = ("bad", "otherwise", "good")[_goodness(worst)]
    return Cell(state, worst.came, worst.expected, len(attempts))


def _goodness(one: Access) -> int:
    """0: let in, or kept out, wrongly; 1: kept out in another way than was due; 2: as expected."""
    if one.good:
        return 2
    return 0 if one.refused == (one.expected == "in") else 1
