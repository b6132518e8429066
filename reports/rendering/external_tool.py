"""Runs a program of another maker: bounded in time, with progress, loud when it fails."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

QUIET_S = 2.0  # what takes no longer needs no word
REPEAT_S = 5.0
SHOWN_CHARACTERS = 4000

Say = Callable[[str], None]


class ToolFailed(Exception):  # noqa: N818 - the word for it
    """The message holds the command, its exit code and the end of both its streams."""


def run_tool(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    limit_s: float,
    doing: str,
    say: Say,
) -> str:
    """Run to the end and return standard output. Raises ToolFailed.

    ``doing`` says to a person what it is for; ``say`` hears of it once it takes longer
    than QUIET_S seconds. At ``limit_s`` seconds the program and its children are killed.
    """
    started = time.monotonic()
    try:
        process = subprocess.Popen(
            list(command),
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise ToolFailed(f"{doing}: {shlex.join(command)} did not start: {error}") from error
    wait = min(QUIET_S, limit_s)
    try:
        while True:
            try:
                out, err = process.communicate(timeout=wait)
                break
            except subprocess.TimeoutExpired:
                past = time.monotonic() - started
                if past >= limit_s:
                    _kill(process)
                    out, err = process.communicate()
                    raise ToolFailed(
                        _told(command, f"stopped after {limit_s:g} s", out, err, doing)
                    ) from None
                say(f"{doing} … {past:.0f} s")
                wait = min(REPEAT_S, limit_s - past)
    except BaseException:
        _kill(process)
        raise
    if process.returncode != 0:
        raise ToolFailed(_told(command, f"exit code {process.returncode}", out, err, doing))
    return out


def _kill(process: subprocess.Popen[str]) -> None:
    """End the program and what it started."""
    if process.poll() is not None:
        return
    if os.name == "nt":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)


def _told(command: Sequence[str], how: str, out: str, err: str, doing: str) -> str:
    return "\n".join(
        [
            f"{doing}: failed, {how}",
            f"  command: {shlex.join(command)}",
            f"  standard output:\n{_end(out)}",
            f"  standard error:\n{_end(err)}",
        ]
    )


def _end(stream: str) -> str:
    text = stream.strip()
    if not text:
        return "    (empty)"
    cut = "… " if len(text) > SHOWN_CHARACTERS else ""
    return "\n".join(f"    {line}" for line in (cut + text[-SHOWN_CHARACTERS:]).splitlines())
