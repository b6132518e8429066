"""The committed table of which checks each fault fails, and what it says of each check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from reports.strict_toml import ConfigurationError

Matrix = dict[str, tuple[str, ...]]  # fault -> the checks that fail, sorted
_HEADER = "fault\tfailing checks"


def read_matrix(file: Path) -> Matrix:
    """The table in ``file``; empty where there is none yet. Raises ConfigurationError."""
    if not file.is_file():
        return {}
    lines = file.read_text(encoding="utf-8").splitlines()
    if not lines or lines[0] != _HEADER:
        raise ConfigurationError(f"{file}: line 1 must be {_HEADER!r}")
    matrix: Matrix = {}
    for number, line in enumerate(lines[1:], start=2):
        name, tab, checks = line.partition("\t")
        if not tab or not name or name in matrix:
            raise ConfigurationError(f"{file}: line {number}: a fault's name, a tab, its checks")
        matrix[name] = tuple(checks.split(","))
    return matrix


def write_matrix(file: Path, matrix: Mapping[str, tuple[str, ...]]) -> None:
    """Put the table into ``file``."""
    rows = [f"{name}\t{','.join(checks)}" for name, checks in matrix.items()]
    file.write_text("\n".join([_HEADER, *rows]) + "\n", encoding="utf-8")


def differences(committed: Mapping[str, tuple[str, ...]], seen: Matrix) -> list[str]:
    """Where what was seen is not what is committed, a line each."""
    lines = []
    for name in sorted({*committed, *seen}):
        was, came = committed.get(name), seen.get(name)
        if was != came:
            lines.append(f"{name}: committed {_said(was)}, now {_said(came)}")
    return lines


def never_alone(matrix: Matrix, checks: Iterable[str]) -> list[str]:
    """The checks that no fault fails alone: nothing shows that they are needed."""
    alone = {failing[0] for failing in matrix.values() if len(failing) == 1}
    return sorted(set(checks) - alone)


def _said(checks: tuple[str, ...] | None) -> str:
    return ", ".join(checks) if checks else "nothing"
