"""The Allure 3 command line, installed once from the committed lock into a cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

from reports.rendering.external_tool import Say, run_tool
from reports.rendering.node import Node

PROJECT = Path(__file__).resolve().parents[2]
LOCKED_FILES = ("package.json", "package-lock.json", ".npmrc")
INSTALL_LIMIT_S = 300.0


def installed_cli(node: Node, *, fallback: Path, say: Say) -> Path:
    """The command line's script. Installs it first where no earlier run has.

    The folder is named after the digest of the lock, so a new lock is a new installation;
    ``fallback`` is used where the user's cache cannot be written. Raises ToolFailed, and
    FileNotFoundError where the project's lock is not beside its code.
    """
    contents = b"\0".join((PROJECT / name).read_bytes() for name in LOCKED_FILES)
    name = f"allure-{hashlib.sha256(contents).hexdigest()[:16]}"
    cache = _writable(user_cache()) or fallback
    folder = cache / name
    script = folder / "node_modules" / "allure" / "cli.js"
    if script.exists():
        return script
    say("Installing the Allure command line (once for this lock) …")
    cache.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=cache))
    try:
        for locked in LOCKED_FILES:
            shutil.copy(PROJECT / locked, draft / locked)
        run_tool(
            [*node.npm, "ci", "--ignore-scripts", "--no-progress"],
            cwd=draft,
            # npm starts `node` by name: this one has to come first.
            env=os.environ
            | {"PATH": os.pathsep.join([str(node.node.parent), *os.get_exec_path()])},
            limit_s=INSTALL_LIMIT_S,
            doing="installing the Allure command line",
            say=say,
        )
        try:
            draft.rename(folder)
        except OSError:
            # Another run was quicker; what it installed is the same.
            if not script.exists():
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return script


def user_cache() -> Path:
    """Where programs of this user keep what can be made again."""
    if os.name == "nt":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "promotion-gate"


def _writable(folder: Path) -> Path | None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return None
