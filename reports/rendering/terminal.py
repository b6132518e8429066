"""A decision on one screen: the objectives, what went wrong, and the decision in one line."""

from __future__ import annotations

import io
import os
import shutil
from typing import IO, TYPE_CHECKING

from reports.judging.decision import Decision, ObjectiveResult, Reason
from reports.judging.result import Result
from reports.rendering.plain import item_ranges, plain

if TYPE_CHECKING:
    from rich.console import Console

MOST_FAILURES = 3
_STYLE = {
    Result.PASS: "green",
    Result.FAIL: "bold red",
    Result.NO_EVIDENCE: "yellow",
    Result.INCONCLUSIVE: "yellow",
}


def summary(decision: Decision, *, width: int = 80, color: bool = False) -> str:
    """The text of the summary, ending with the decision in one line.

    Lines are at most ``width`` long, except for that one and for curl lines, which stay whole.
    """
    text = io.StringIO()
    console = _console(text, width, color)
    _heading(console, decision)
    console.print(_table(decision))
    _failures(console, decision)
    _unproven(console, decision)
    _asides(console, decision)
    said = f"{decision.sentence}  [exit {decision.exit_code}]"
    _line(console, said, 4 * width, _verdict_style(decision), whole=True)
    return text.getvalue()


def summary_for(decision: Decision, stream: IO[str]) -> str:
    """The summary as ``stream`` can show it: plain unless it is a terminal, as wide as that."""
    if not stream.isatty():
        return summary(decision)
    columns = max(40, shutil.get_terminal_size((80, 24)).columns)
    return summary(decision, width=columns, color="NO_COLOR" not in os.environ)


def _console(text: io.StringIO, width: int, color: bool) -> Console:
    from rich.console import Console

    return Console(
        file=text,
        width=width,
        color_system="standard" if color else None,
        force_terminal=color,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )


def _heading(console: Console, decision: Decision) -> None:
    title = f"{decision.gate} ({decision.title})" if decision.gate else ", ".join(decision.layers)
    parts = [title, f"on {decision.environment}"]
    if decision.build:
        parts.append(f"build {decision.build}")
    if decision.rehearsal:
        word = "REHEARSAL" if decision.gate else "rehearsal"
        parts.append(f"{word}: {', '.join(decision.rehearsal)}")
    _line(console, "  ".join(parts), 240)


def _table(decision: Decision) -> object:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for name in ("result", "objective", "value", "limit", "headroom", "n (seen)", "plan items"):
        table.add_column(name, overflow="fold", no_wrap=name in ("result", "limit"))
    for line in decision.objectives:
        table.add_row(
            Text(line.result.value.replace("_", " "), style=_STYLE[line.result]),
            *(Text(plain(cell, 60)) for cell in _cells(line)),
        )
    return table


def _cells(line: ObjectiveResult) -> tuple[str, ...]:
    count = f"{line.passed}/{line.checks} ({line.observations})" if line.checks else "-"
    if line.n is not None:
        count = f"{line.n}, {line.over} over"
    interval = f" ({line.low} to {line.high})" if line.value and line.low and line.high else ""
    return (
        line.id,
        (line.value or "-") + interval,
        line.limit,
        line.headroom or "-",
        count,
        item_ranges(line.items) or "-",
    )


def _failures(console: Console, decision: Decision) -> None:
    failures = _reasons(decision, Result.FAIL)
    for who, reason in failures[:MOST_FAILURES]:
        _line(console, f"FAIL  {who}  {item_ranges(reason.items)}", 120, "bold red")
        _line(console, f"      {plain(reason.expectation or reason.why)}", 160)
        if reason.expected is not None:
            _line(console, f"      expected: {plain(reason.expected)}", 160)
        if reason.actual is not None:
            _line(console, f"      came: {plain(reason.actual)}", 160)
        if reason.curl is not None:
            _line(console, f"      {plain(reason.curl, 1000)}", 1000, whole=True)
    rest = [who for who, _ in failures[MOST_FAILURES:]]
    more = sum(line.more_reasons for line in decision.objectives)
    if rest:
        _line(console, f"FAIL  and {', '.join(rest)}", 160, "bold red")
    if more:
        _line(console, f"      and {more} reasons more", 80)


def _unproven(console: Console, decision: Decision) -> None:
    """What was not shown, one line a reason with all that it applies to."""
    for result in (Result.NO_EVIDENCE, Result.INCONCLUSIVE):
        grouped: dict[str, list[str]] = {}
        for who, reason in _reasons(decision, result):
            grouped.setdefault(reason.why, []).append(who)
        for why, whose in grouped.items():
            named = [who for who in whose if who]
            more = f" and {len(named) - 4} more" if len(named) > 4 else ""
            said = f"{', '.join(named[:4])}{more}: " if named else ""
            word = result.value.replace("_", " ")
            _line(console, f"{word}  {said}{plain(why)}", 240, "yellow")


def _asides(console: Console, decision: Decision) -> None:
    absent: dict[str, list[str]] = {}
    notes: dict[str, None] = {}
    for line in decision.objectives:
        notes.update(dict.fromkeys(line.notes))
        for one in line.not_applicable:
            checks = absent.setdefault(one.capability, [])
            checks += [one.check] if one.accepted and one.check not in checks else []
    for capability, checks in absent.items():
        if checks:
            said = f"{', '.join(checks)}: declared absent: {capability}"
            _line(console, f"not applicable  {said}", 240, "dim")
    whys: dict[str, list[str]] = {}
    for left in decision.left_out:
        whys.setdefault(left.why, []).append(f"{left.id} ({item_ranges(left.items)})")
    for why, ids in whys.items():
        _line(console, f"not rehearsed  {', '.join(ids)}: {why}", 240, "dim")
    for note in list(notes)[:MOST_FAILURES]:
        _line(console, f"note  {note}", 160, "dim")


def _reasons(decision: Decision, result: Result) -> list[tuple[str, Reason]]:
    """(check or objective, reason): each once, though objectives may rest on the same check."""
    found: dict[tuple[str, str], Reason] = {}
    for line in decision.objectives:
        looks_at_loads = not line.checks and line.limit != "holds"
        for reason in line.reasons:
            if reason.result is result:
                own = looks_at_loads or reason.expectation is not None  # not of a whole run
                who = reason.check or (line.id if own else "")
                found.setdefault((who, reason.why), reason)
    return [(who, reason) for (who, _), reason in found.items()]


def _verdict_style(decision: Decision) -> str:
    return "bold " + ("green" if decision.exit_code == 0 else "red")


def _line(console: Console, text: str, limit: int, style: str = "", *, whole: bool = False) -> None:
    """Print one line, wrapped at words; a ``whole`` one is left to be copied or searched for."""
    from rich.text import Text

    indent = text[: len(text) - len(text.lstrip(" "))]
    # Two spaces after a word in capitals are the layout's own, so each part is cleaned apart.
    parts = [plain(part, limit) for part in text.strip().split("  ") if part]
    console.print(Text(indent + "  ".join(parts), style=style, overflow="fold"), soft_wrap=whole)
