"""The lock files: hashed, consistent with each other, and silent about where to install from."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON_LOCKS = [ROOT / "requirements.lock", *sorted((ROOT / "requirements").glob("*.lock"))]
TOGETHER = {"requirements", "browser", "report", "load", "scan", "dev"}
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^]]*\])?==([^\s;]+)( ;[^\\]*)?(.*)$")


def pins(lock: Path) -> dict[str, set[str]]:
    """The versions that a lock file pins of each package."""
    found: dict[str, set[str]] = {}
    for line in lock.read_text().splitlines():
        pin = PIN.match(line)
        if pin:
            found.setdefault(pin[1], set()).add(pin[2])
    return found


@pytest.mark.parametrize(
    "lock", [*PYTHON_LOCKS, ROOT / "package-lock.json"], ids=lambda path: str(path.name)
)
def test_no_lock_file_names_a_host(lock: Path) -> None:
    """A lock is installed behind a company mirror: it must hold no index of ours."""
    assert re.findall(r"https?://\S+|--(?:extra-)?index-url.*", lock.read_text()) == []


@pytest.mark.parametrize("lock", PYTHON_LOCKS, ids=lambda path: str(path.name))
def test_every_pin_has_a_hash(lock: Path) -> None:
    """Each package of a lock is pinned and followed by a hash at least."""
    lines = lock.read_text().splitlines()
    packages = [i for i, line in enumerate(lines) if line and not line.startswith(" ")]
    assert packages
    for index in packages:
        assert PIN.match(lines[index]), lines[index]
        assert lines[index + 1].strip().startswith("--hash=sha256:"), lines[index]


def test_each_group_has_its_lock() -> None:
    """pyproject.toml gains or loses a group: its lock comes and goes with it."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    assert {lock.stem for lock in PYTHON_LOCKS} == {"requirements", *groups}


def test_locks_that_share_an_environment_agree() -> None:
    """Runtime, report, load, scan and dev go into one environment: one version of each package."""
    seen: dict[str, dict[str, set[str]]] = {}
    for lock in PYTHON_LOCKS:
        if lock.stem in TOGETHER:
            for package, versions in pins(lock).items():
                seen.setdefault(package, {})[lock.stem] = versions
    differing = {
        package: where
        for package, where in seen.items()
        if len({frozenset(v) for v in where.values()}) > 1
    }
    assert differing == {}


def test_the_runtime_lock_holds_what_the_project_names() -> None:
    """A dependency added to pyproject.toml without `nox -s lock` is noticed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for lock, wanted in {
        "requirements.lock": project["project"]["dependencies"],
        **{f"requirements/{name}.lock": group for name, group in groups_of(project).items()},
    }.items():
        pinned = pins(ROOT / lock) | pins(ROOT / "requirements.lock")
        for requirement in wanted:
            name = re.split(r"[\[<>=!~ ]", requirement)[0].lower().replace("_", "-")
            assert name in pinned, f"{lock} does not hold {requirement}: run `nox -s lock`"


def groups_of(project: dict[str, dict[str, list[str]]]) -> dict[str, list[str]]:
    """The dependency groups of a parsed pyproject.toml."""
    return project["dependency-groups"]


def test_the_node_lock_is_that_of_package_json() -> None:
    """What `npm ci` installs is what package.json names, each package with its hash."""
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    package = json.loads((ROOT / "package.json").read_text())
    assert locked[""]["dependencies"] == package["dependencies"]
    assert [name for name, entry in locked.items() if name and "integrity" not in entry] == []
