"""A decision in the forms that other tools read: JSON, JUnit, Markdown, and GitHub's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from xml.etree import ElementTree as ET

import msgspec

from reports.judging.decision import Decision, ObjectiveResult
from reports.judging.result import Result
from reports.rendering.plain import item_ranges, plain

_MARKS = {
    Result.PASS: "✅ pass",
    Result.FAIL: "❌ fail",
    Result.NO_EVIDENCE: "❔ no evidence",
    Result.INCONCLUSIVE: "❔ inconclusive",
}
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|])")
_NO_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


def as_json(decision: Decision) -> str:
    """The record, indented."""
    return msgspec.json.format(msgspec.json.encode(decision, order="sorted")).decode() + "\n"


def as_junit(decision: Decision) -> str:
    """A test case an objective, and one a pending word: failed, or an error where unproven."""
    suite = ET.Element("testsuite", name=f"{decision.gate or 'layers'} on {decision.environment}")
    counts = {"tests": 0, "failures": 0, "errors": 0}
    for line in decision.objectives:
        case = _case(suite, line.id, counts)
        if line.result is not Result.PASS and not _waived(decision, line):
            failed = line.result is Result.FAIL
            counts["failures" if failed else "errors"] += 1
            why = line.reasons[0].why if line.reasons else line.result.value
            ET.SubElement(case, "failure" if failed else "error", message=_xml(why))
    for word in decision.attestations:
        case = _case(suite, word.item, counts)
        if not word.given:
            counts["failures" if word.denied else "errors"] += 1
            kind = "failure" if word.denied else "error"
            ET.SubElement(case, kind, message=_xml(word.why or "pending"))
    for name, number in counts.items():
        suite.set(name, str(number))
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=False) + "\n"


def as_markdown(decision: Decision) -> str:
    """A page for a pull request or a step summary."""
    return "\n".join(_markdown(decision)) + "\n"


def as_github(decision: Decision) -> str:
    """Workflow commands: an error for each line that holds, a notice where none does."""
    return "\n".join(_commands(decision)) + "\n"


def _markdown(decision: Decision) -> Iterator[str]:
    yield f"## {_md(decision.sentence.replace('  ', ' '))}"
    yield ""
    if decision.rehearsal:
        yield f"**Rehearsal**: {_md(', '.join(decision.rehearsal))}"
        yield ""
    yield "| Result | Objective | Value | Limit | n | Plan items |"
    yield "|---|---|---|---|---|---|"
    for line in decision.objectives:
        mark = _MARKS[line.result] + (" (waived)" if _waived(decision, line) else "")
        count = str(line.n) if line.n is not None else f"{line.passed}/{line.checks}"
        cells = (line.id, line.value or "-", line.limit, count, item_ranges(line.items) or "-")
        yield f"| {mark} | " + " | ".join(_md(cell) for cell in cells) + " |"
    for line in decision.objectives:
        for reason in line.reasons[:3]:
            who = f"{reason.check}: " if reason.check else ""
            yield f"- **{_md(line.id)}**: {_md(who + (reason.expectation or reason.why))}"
    if decision.attestations:
        yield ""
        yield "| Item | Role | Word |"
        yield "|---|---|---|"
        for word in decision.attestations:
            by = f"{word.by.name}, {word.by.known_by}" if word.by else ""
            said = f"✅ {by}" if word.given else f"❔ {word.why}"
            yield f"| {_md(word.item)} | {_md(word.role)} | {_md(said)} |"


def _commands(decision: Decision) -> Iterator[str]:
    holding = 0
    for line in decision.objectives:
        if line.result is Result.PASS or _waived(decision, line):
            continue
        holding += 1
        reason = line.reasons[0] if line.reasons else None
        why = (reason.expectation or reason.why) if reason else line.result.value
        level = "error" if line.result is Result.FAIL else "warning"
        yield f"::{level} title={_property(line.id)}::{_data(why)}"
    for word in decision.attestations:
        if not word.given:
            holding += 1
            yield f"::warning title={_property(word.item)}::{_data(word.why or 'pending')}"
    yield f"::{'error' if holding else 'notice'} title=gate::{_data(decision.sentence)}"


def _case(suite: ET.Element, name: str, counts: dict[str, int]) -> ET.Element:
    counts["tests"] += 1
    return ET.SubElement(suite, "testcase", classname=suite.get("name", ""), name=_xml(name))


def _waived(decision: Decision, line: ObjectiveResult) -> bool:
    return any(one.objective == line.id and one.refused is None for one in decision.waived)


def _md(text: str) -> str:
    """One line, in which nothing of a service is markup."""
    return _SPECIAL.sub(r"\\\1", plain(text, 300))


def _xml(text: str) -> str:
    return _NO_XML.sub(" ", plain(text, 1000))


def _data(text: str) -> str:
    """As workflow commands want their data: what would end it is encoded."""
    return plain(text, 1000).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


FORMATS: Mapping[str, Callable[[Decision], str]] = {
    "json": as_json,
    "junit": as_junit,
    "markdown": as_markdown,
    "github": as_github,
}
