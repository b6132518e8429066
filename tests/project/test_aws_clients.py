"""Every client of AWS is made where no variable and no file can lead it elsewhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAKERS = {"reports/aws.py", "fixtures/aws.py"}
MADE_BY = {"Session", "client", "resource", "setup_default_session"}


def made_in(module: Path) -> Iterator[str]:
    """The calls of boto3 in it."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr in MADE_BY:
            base = node.value
            if isinstance(base, ast.Name) and base.id in ("boto3", "botocore"):
                yield node.attr


@pytest.mark.parametrize("folder", ["reports", "fixtures", "suites"])
def test_clients_are_made_in_one_place(folder: str) -> None:
    """The two modules that keep configured endpoints out."""
    makers = {
        module.relative_to(ROOT).as_posix()
        for module in (ROOT / folder).rglob("*.py")
        if set(made_in(module))
    }
    assert makers <= MAKERS
    for name in makers:
        assert "ignore_configured_endpoint_urls=True" in (ROOT / name).read_text(encoding="utf-8")
