"""A small project with suites of its own, for what a run makes of what its checks do."""

from __future__ import annotations

import textwrap
from pathlib import Path

from tests.reference_service.running import ROOT
from tests.run.harness import Ended, pytest_run

_INI = """
[pytest]
testpaths = suites
addopts = --disable-plugin-autoload -p xdist -p allure_pytest --strict-markers
    --import-mode=importlib -p no:cacheprovider
filterwarnings = error
markers =
    smoke: a layer
    integration: a layer
    sla: a layer
    plan(*items): plan items
    severity(level): severity
    needs(*capabilities): capabilities
"""

_CONFTEST = """
import pytest

pytest_plugins = ["reports.recorder"]
FACTS = dict(
    name="test", file_digest="sha256:0", base_url="http://127.0.0.1:1",
    images_url="http://127.0.0.1:1", aws_endpoint_url=None, account="", region="",
    writes=True, absent=("vpc",), layers=("smoke", "integration"), rehearsal=("a test",),
)
VERSIONS = iter(["1.0.0"] * 9)


class NotApplicable(pytest.skip.Exception):
    capability = "vpc"


def pytest_addoption(parser):
    for name in ("--build", "--gate", "--fault"):
        parser.addoption(name)
    parser.addoption("--rehearsal", action="store_true")
    parser.addoption("--report-dir")


def pytest_gate_environment(config):
    return FACTS


def pytest_gate_ready(config):
    return FACTS


def pytest_gate_subject(config):
    return {"version": next(VERSIONS), "code_digest": None, "why": ""}


def pytest_gate_masked(config, text):
    return text.replace("s3cr3t", "***")


@pytest.fixture
def absent():
    raise NotApplicable("the environment has no vpc")
"""


class SmallProject:
    """``suites/LAYER/test_it.py`` with the given code, and a list of what is expected of it."""

    def __init__(self, folder: Path, layer: str = "smoke") -> None:
        self.folder = folder
        self.layer = layer
        (folder / "suites" / layer).mkdir(parents=True)
        (folder / "pytest.ini").write_text(_INI)
        (folder / "conftest.py").write_text(_CONFTEST)

    def conftest(self, old: str, new: str) -> None:
        """Change one thing in what stands for the environment."""
        text = (self.folder / "conftest.py").read_text()
        assert old in text
        (self.folder / "conftest.py").write_text(text.replace(old, new))

    def run(self, code: str, *arguments: str, expected: dict[str, int] | None = None) -> Ended:
        """Run it; ``expected`` are cases by the name of a check (default: one, "it").

        A name with a dot is of another layer.
        """
        (self.folder / "suites" / self.layer / "test_it.py").write_text(
            "import os, pytest\n" + textwrap.dedent(code)
        )
        rows = ["id\tlayer\titems\tcases"]
        for name, cases in sorted((expected or {"it": 1}).items()):
            check = name if "." in name else f"{self.layer}.{name}"
            rows.append(f"{check}\t{check.partition('.')[0]}\tSIT-SMOKE-01\t{cases}")
        (self.folder / "suites" / "checks.tsv").write_text("\n".join(rows) + "\n")
        return pytest_run(
            self.folder / "out",
            "-m",
            self.layer,
            *arguments,
            cwd=self.folder,
            variables={"PYTHONPATH": str(ROOT)},
        )
