"""Which layers -m names, and when the recorder is active at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.selection import SelectionError, layers_named, touches_suites


@pytest.mark.parametrize(
    ("expression", "layers"),
    [
        ("smoke", ("smoke",)),
        ("integration or catalog", ("integration", "catalog")),
        ("smoke and not slow", ("smoke",)),
        ("smoke and slow", ("smoke",)),
        ("(smoke or sla) and not load", ("smoke", "sla")),
        ("not load and not sla", ("readiness", "smoke", "integration", "catalog", "security")),
    ],
)
def test_layers_of_an_expression(expression: str, layers: tuple[str, ...]) -> None:
    """Every layer that the expression can select is expected whole."""
    assert layers_named(expression) == layers


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("", "says which layers it judges"),
        ("smok", "Did you mean smoke"),
        ("slow", "names no layer"),
        ("smoke and load", "selects no layer"),
        ("smoke or", "smoke or"),
    ],
)
def test_expressions_without_a_layer(expression: str, message: str) -> None:
    """Nothing to judge is a usage error that says what would be right."""
    with pytest.raises(SelectionError, match=message):
        layers_named(expression)


@pytest.mark.parametrize(
    ("argument", "active"),
    [
        ("suites", True),
        ("suites/smoke/test_health.py::test_health", True),
        (".", True),
        ("tests", False),
        ("tests/run", False),
        ("suites.smoke", True),
        ("../elsewhere", False),
    ],
)
def test_where_the_recorder_is_active(tmp_path: Path, argument: str, active: bool) -> None:
    """Under suites/, and above it; not under tests/."""
    for folder in ("suites/smoke", "tests/run"):
        (tmp_path / folder).mkdir(parents=True)
    assert touches_suites([argument], tmp_path, tmp_path) is active
