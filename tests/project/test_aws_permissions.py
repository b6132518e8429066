"""The policies in deploy/aws: exactly what the suites call, and nothing that writes among it."""

from __future__ import annotations

import json

import pytest

from tests.project.aws_actions import ROOT, actions

READS = ("Get", "List", "Describe", "Filter", "Query", "Scan", "GET")
PAGE = ROOT / "docs" / "aws-permissions.md"


def allowed(name: str) -> set[str]:
    """The actions of a policy's one statement."""
    document = json.loads((ROOT / "deploy" / "aws" / f"{name}.json").read_text())
    (statement,) = document["Statement"]
    assert statement["Effect"] == "Allow"
    return set(statement["Action"])


def test_a_read_only_role_suffices() -> None:
    """Each action that is called, no other, and none that changes anything."""
    assert allowed("read-only-policy") == actions(rehearsals=False)
    for action in allowed("read-only-policy"):
        assert action.partition(":")[2].startswith(READS), action


def test_rehearsals_need_more() -> None:
    """What they call beside that."""
    assert allowed("rehearsals-policy") == actions(rehearsals=True) - actions(rehearsals=False)


@pytest.mark.parametrize("name", ["read-only-policy", "rehearsals-policy"])
def test_the_page_names_both(name: str) -> None:
    """With its path."""
    assert f"deploy/aws/{name}.json" in PAGE.read_text(encoding="utf-8")
