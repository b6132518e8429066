"""``suites/checks.tsv``: every check that a layer is expected to run.

One row a check: id, layer, plan items joined by commas, number of cases.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from reports.evidence.record import ExpectedCheck
from reports.strict_toml import ConfigurationError

HEADER = ("id", "layer", "items", "cases")


def read_checks(path: Path) -> tuple[ExpectedCheck, ...]:
    """The file's checks. Raises ConfigurationError naming file and line."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"{path}: cannot be read: {error.strerror}; `gate coverage --update` writes it"
        ) from error
    return parse_checks(text, str(path))


def parse_checks(text: str, where: str) -> tuple[ExpectedCheck, ...]:
    """The text of such a file. Raises ConfigurationError naming ``where`` and line."""
    lines = text.splitlines()
    if not lines or tuple(lines[0].split("\t")) != HEADER:
        raise ConfigurationError(
            f"{where}: line 1 must be the header {' '.join(HEADER)}, separated by tabs"
        )
    checks: dict[str, ExpectedCheck] = {}
    for number, line in enumerate(lines[1:], start=2):
        check = _row(line, f"{where}: line {number}")
        if check.id in checks:
            raise ConfigurationError(f"{where}: line {number}: {check.id} stands there twice")
        checks[check.id] = check
    return tuple(checks.values())


def write_checks(checks: Iterable[ExpectedCheck]) -> str:
    """The text of the file, sorted by id."""
    rows = [
        "\t".join((check.id, check.layer, ",".join(check.items), str(check.cases)))
        for check in sorted(checks, key=lambda check: check.id)
    ]
    return "\n".join(("\t".join(HEADER), *rows)) + "\n"


def _row(line: str, where: str) -> ExpectedCheck:
    cells = line.split("\t")
    if len(cells) != len(HEADER):
        raise ConfigurationError(
            f"{where}: has {len(cells)} cells, not {len(HEADER)}: {' '.join(HEADER)}"
        )
    name, layer, items, cases = cells
    if not name.startswith(f"{layer}.") or name == f"{layer}.":
        raise ConfigurationError(f"{where}: id {name!r} must begin with its layer, {layer}.")
    if not (cases.isascii() and cases.isdigit() and int(cases) > 0):
        raise ConfigurationError(f"{where}: cases is {cases!r}; it is a whole number above 0")
    return ExpectedCheck(
        id=name, layer=layer, items=tuple(items.split(",")) if items else (), cases=int(cases)
    )
