"""A program of another maker: what it said is shown when it fails, and it cannot hang us."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from reports.rendering import external_tool
from reports.rendering.external_tool import ToolFailed, run_tool
from tests.rendering.allure_samples import say_nothing


def run(script: str, *, limit_s: float = 30.0, said: list[str] | None = None) -> str:
    """Run a line of Python as the tool."""
    return run_tool(
        [sys.executable, "-c", script],
        cwd=Path.cwd(),
        env=os.environ,
        limit_s=limit_s,
        doing="drawing",
        say=(said if said is not None else []).append,
    )


def test_output_is_returned() -> None:
    """A tool that succeeds quickly: its output, and no word about it."""
    said: list[str] = []
    assert run("print('drawn')", said=said) == "drawn\n"
    assert said == []


def test_a_failure_tells_command_code_and_both_streams() -> None:
    """Exit code 3: everything that is needed to see why."""
    with pytest.raises(ToolFailed) as failed:
        run("import sys; print('to out'); print('to err', file=sys.stderr); sys.exit(3)")
    for part in ("drawing: failed, exit code 3", sys.executable, "    to out", "    to err"):
        assert part in str(failed.value)


def test_long_output_is_cut() -> None:
    """A megabyte of output: its end is shown, not all of it."""
    with pytest.raises(ToolFailed) as failed:
        run("import sys; print('x' * 1_000_000 + 'the end'); sys.exit(1)")
    assert "the end" in str(failed.value)
    assert len(str(failed.value)) < 3 * external_tool.SHOWN_CHARACTERS


def test_a_tool_that_hangs_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits for ever: progress is told, and at the limit it is killed and said to be."""
    monkeypatch.setattr(external_tool, "QUIET_S", 0.05)
    said: list[str] = []
    with pytest.raises(ToolFailed, match=r"stopped after 0\.3 s"):
        run("import signal; signal.pause()", limit_s=0.3, said=said)
    assert said[0].startswith("drawing … ")


def test_a_tool_that_is_not_there() -> None:
    """A missing program is a failed tool, not a traceback."""
    with pytest.raises(ToolFailed, match="did not start"):
        run_tool(
            ["/nowhere/node"],
            cwd=Path.cwd(),
            env={},
            limit_s=1,
            doing="drawing",
            say=say_nothing,
        )
