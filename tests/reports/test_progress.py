"""Progress of long work, on a terminal of some width and in a log."""

from __future__ import annotations

import io
import re

import pytest

from reports.rendering.progress import EVERY_S, progress

LONG = "12 pushed, 3 there already, and much more to say than the terminal is wide"


class Screen(io.StringIO):
    """A terminal that says so."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def test_a_terminal_has_one_line_of_its_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """Written over, cut with an ellipsis; without colour where that is asked for."""
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    screen, now = Screen(), [0.0]
    say = progress(screen, lambda: now[0])
    for at, text in ((3.0, LONG), (4.0, "short")):
        now[0] = at
        say(text)
    lines = screen.getvalue().split("\r\x1b[K")
    assert [line.strip() for line in lines[1:]] == [LONG[:39] + "\N{HORIZONTAL ELLIPSIS}", "short"]
    assert "\n" not in screen.getvalue()
    assert not re.search(r"\x1b\[\d", screen.getvalue())


def test_a_log_has_a_line_now_and_then() -> None:
    """Whole, however long, and not one for each step."""
    log, now = io.StringIO(), [0.0]
    say = progress(log, lambda: now[0])
    for at, text in ((3.0, LONG), (4.0, "left out"), (3.0 + EVERY_S, "again")):
        now[0] = at
        say(text)
    assert log.getvalue() == f"{LONG}\nagain\n"


def test_nothing_is_said_of_what_is_soon_done() -> None:
    """Two seconds are not worth a word."""
    log = io.StringIO()
    progress(log, lambda: 1.0)("soon done")
    assert log.getvalue() == ""
