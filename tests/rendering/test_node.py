"""Which Node draws the report, and what is said when there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.rendering import node
from reports.rendering.node import NodeMissing, find_node, node_on_path


def place(folder: Path, name: str, answer: str) -> Path:
    """A program that answers every question alike."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{answer}'\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH of one folder with npm in it; no NODE, no packaged Node."""
    folder = tmp_path / "bin"
    place(folder, "npm", "11.0.0")
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("NODE", raising=False)
    monkeypatch.setattr(node, "_packaged_node", lambda: None)
    return folder


@pytest.mark.parametrize("version", ["v20.19.0", "v20.20.2", "v24.1.0"])
def test_a_recent_node_on_path_is_taken(path: Path, version: str) -> None:
    """20.19 and later: it is used with the npm beside it."""
    program = place(path, "node", version)
    found = find_node()
    assert (found.node, found.npm) == (program, (str(path / "npm"),))


@pytest.mark.parametrize("version", ["v20.18.9", "v18.20.0", "not a version", ""])
def test_an_old_or_strange_node_is_not(path: Path, version: str) -> None:
    """Allure would crash on it: none is found."""
    place(path, "node", version)
    assert node_on_path() is None


def test_a_node_without_npm_is_not_enough(path: Path) -> None:
    """The command line is installed with npm."""
    place(path, "node", "v24.0.0")
    (path / "npm").unlink()
    assert node_on_path() is None


def test_node_variable_comes_first(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NODE names another one, with an npm of its own."""
    place(path, "node", "v24.0.0")
    named = place(tmp_path / "other", "node", "v22.1.0")
    npm = place(tmp_path / "other", "npm", "10.0.0")
    monkeypatch.setenv("NODE", str(named))
    found = find_node()
    assert (found.node, found.npm, found.version) == (named, (str(npm),), (22, 1))


@pytest.mark.usefixtures("path")
def test_none_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing anywhere: what is needed, what was looked at, the line that installs it."""
    with pytest.raises(NodeMissing) as missing:
        find_node()
    assert "20.19" in str(missing.value)
    assert "requirements/report.lock" in str(missing.value)
    monkeypatch.setenv("NODE", "/nowhere/node")
    with pytest.raises(NodeMissing, match="NODE=/nowhere/node is not one"):
        find_node()
