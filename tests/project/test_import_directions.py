"""What may import what. The contracts stand in pyproject.toml; `lint-imports` reads them too."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# What has a clock, a file, a terminal or chance in it and needs no import to be called.
IMPURE_CALLS = {"open", "print", "input", "exec", "eval", "now", "today", "utcnow", "time"}


def test_imports_point_one_way() -> None:
    """suites -> fixtures, cli -> rendering -> judging -> evidence, and the rest: all kept."""
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [str(linter), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "module", sorted((ROOT / "reports" / "judging").glob("*.py")), ids=lambda path: str(path.name)
)
def test_judging_asks_no_clock_and_no_file(module: Path) -> None:
    """The core gets the time and the evidence as arguments: no call to either."""
    calls = {
        node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name)
    }
    assert calls & IMPURE_CALLS == set()


def test_nobody_imports_from_a_conftest_or_a_test() -> None:
    """Engines live in rooms of their own, not in files that pytest collects."""
    wrong = []
    for room in ("suites", "fixtures", "reference_service", "reports"):
        for module in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                names += [a.name for a in node.names] if isinstance(node, ast.Import) else []
                if any(name.split(".")[0] in {"conftest", "tests", "benchmarks"} for name in names):
                    wrong.append(f"{module.relative_to(ROOT)}: {names}")
    assert wrong == []


def test_the_node_finder_needs_no_package() -> None:
    """The noxfile asks for Node before anything is installed: standard library only."""
    asked = subprocess.run(
        [sys.executable, "-S", "-c", "import reports.rendering.node"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr
