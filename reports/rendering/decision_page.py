"""One page a decision: whether to sign in a minute, and why something failed in five.

One file that opens from disk or from a mail, asks no host for anything, and shows what the
decision and its evidence say. It decides nothing. The one script in it filters and opens what a
link leads to; without it everything is there to read.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from reports.evidence.document import Document
from reports.evidence.finding import Finding
from reports.evidence.observation import Observation
from reports.evidence.record import CheckRecord, Outcome
from reports.gates.plan_items import PlanItem
from reports.judging.decision import Decision, ObjectiveResult
from reports.judging.findings_objective import refusal
from reports.judging.policy import Policy
from reports.judging.result import Result
from reports.judging.waiver import Waiver
from reports.rendering.access_table import Table, access_table
from reports.rendering.allure_page import headline
from reports.rendering.gate_chain import Link
from reports.rendering.interval import Drawing, drawing
from reports.rendering.plan_checklist import OPEN, checklist, count_states
from reports.rendering.templates import templates

if TYPE_CHECKING:
    from reports.rendering.performance_parts import LoadSummary

MOST_REASONS = 12  # of an objective
MOST_HOLDING = 12
MOST_FAILING = 60  # checks shown with request and response
MOST_FINDINGS = 200
MOST_LOADS = 6
MOST_RUNS = 200
MOST_WINDOWS = 200
MOST_DOCUMENTS = 200
SIGNS = {
    "pass": "\N{CHECK MARK}",
    "fail": "\N{BALLOT X}",
    "no evidence": "?",
    "inconclusive": "\N{ALMOST EQUAL TO}",
    "pending": "\N{HORIZONTAL ELLIPSIS}",
    "waived": "\N{BLACK FLAG}",
    "not asked": "\N{EN DASH}",
    "not applicable": "\N{EN DASH}",
    "not rehearsed": "\N{EN DASH}",
    "elsewhere": "\N{RIGHTWARDS ARROW}",
    "promote": "\N{CHECK MARK}",
    "hold": "\N{BALLOT X}",
    "rollback": "\N{LEFTWARDS ARROW WITH HOOK}",
}
_ORDER = (Result.FAIL, Result.NO_EVIDENCE, Result.INCONCLUSIVE, Result.PASS)
_SCRIPT = Path(__file__).with_name("decision_page.js")
# What did not pass, and is no mere absence that was declared or accepted.
_OPEN_OUTCOMES = frozenset(Outcome) - {Outcome.PASS, Outcome.NOT_APPLICABLE, Outcome.NOT_ASKED}


class Beside(NamedTuple):
    """What else is there: pages in the same folder by file name, and who signed, if anybody."""

    pages: tuple[tuple[str, str], ...] = ()  # title, file name
    decisions: frozenset[str] = frozenset()  # digests of decisions whose pages are there
    allure: Mapping[str, str] = {}  # check -> fragment of report.html, where that is beside it
    signed: bool = False
    loads: tuple[LoadSummary, ...] | None = None  # None: what draws them is not installed


class Line(NamedTuple):
    """An objective as the page shows it."""

    result: ObjectiveResult
    state: str
    drawing: Drawing | None
    trigger: bool


class Seen(NamedTuple):
    """A check, and the run that it was seen in."""

    check: CheckRecord
    run: str
    run_id: str


def decision_page(
    chain: Mapping[str, Link], items: Sequence[PlanItem], policy: Policy, beside: Beside
) -> str:
    """The page on the first decision of ``chain``; the others are those that it rests on.

    ``policy`` is the one that it was made by.
    """
    link = next(iter(chain.values()))
    decision = link.decision
    word = str(decision.decision or decision.verdict).replace("_", " ")
    script = _SCRIPT.read_text(encoding="utf-8")
    sections = checklist(items, chain)
    seen = _seen(link)
    open_checks = [one for one in seen if one.check.outcome in _OPEN_OUTCOMES]
    windows = _windows(link)
    findings = _findings(link)
    refusals = _refusals(link, policy)
    return (
        templates()
        .get_template("decision.html.j2")
        .render(
            content_policy=_content_policy(script),
            script=script,
            headline=headline(decision),
            word=word,
            sentence=decision.sentence.removeprefix(word.upper()).lstrip(" :"),
            decision=decision,
            digest=link.digest,
            beside=beside,
            signs=SIGNS,
            holding=tuple(_holding(decision))[:MOST_HOLDING],
            objectives=_lines(decision),
            sections=sections,
            states=count_states(sections),
            open_states=OPEN,
            failing=open_checks[:MOST_FAILING],
            more_failing=len(open_checks[MOST_FAILING:]),
            checks=seen,
            matrix=_matrix(link),
            findings=findings[:MOST_FINDINGS],
            more_findings=len(findings[MOST_FINDINGS:]),
            refusals=refusals,
            waived=frozenset(
                one.fingerprint for one in decision.inputs.waivers if one not in refusals
            ),
            refused={one.fingerprint: why for one, why in refusals.items()},
            windows=windows[:MOST_WINDOWS],
            more_windows=len(windows[MOST_WINDOWS:]),
            runs=link.runs[:MOST_RUNS],
            more_runs=len(link.runs[MOST_RUNS:]),
            documents=_documents(link)[:MOST_DOCUMENTS],
            earlier=[one for one in chain.values() if one is not link],
            most_reasons=MOST_REASONS,
            href=_href,
            page_of=page_of,
        )
    )


def page_of(digest: str) -> str:
    """The file name of the page of any decision of a store."""
    return f"decision-{digest.removeprefix('sha256:')[:12]}.html"


def _content_policy(script: str) -> str:
    """Nothing but this page's own style and this very script."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "form-action 'none'; base-uri 'none'"
    )


def _lines(decision: Decision) -> list[Line]:
    """What does not pass first, in the policy's order otherwise."""
    waived = {one.objective for one in decision.waived if one.refused is None}
    lines = sorted(decision.objectives, key=lambda one: _ORDER.index(one.result))
    return [
        Line(
            one,
            "waived"
            if one.id in waived and one.result is not Result.PASS
            else one.result.value.replace("_", " "),
            drawing(one),
            one.id in decision.fired,
        )
        for one in lines
    ]


def _holding(decision: Decision) -> Iterator[tuple[str, str, str]]:
    """What stands between this build and a promotion: state, anchor, words."""
    for line in _lines(decision):
        if line.state in ("pass", "waived"):
            continue
        first = next(iter(line.result.reasons), None)
        why = first.why if first else line.state
        who = f"{first.check}: " if first and first.check else ""
        yield line.state, f"objective-{line.result.id}", f"{line.result.title}: {who}{why}"
    for word in decision.attestations:
        if not word.given:
            state = "fail" if word.denied else "pending"
            yield state, f"word-{word.item}", f"{word.item}, {word.role}: {word.why or 'pending'}"


def _seen(link: Link) -> list[Seen]:
    """Every check once, as the newest run saw it; what did not pass first."""
    ids = {digest: run.run_id for digest, run in link.runs}
    found = [Seen(check, run, ids[run]) for run, check in link.latest().values()]
    return sorted(found, key=lambda one: (one.check.outcome is Outcome.PASS, one.check.id))


def _matrix(link: Link) -> Table | None:
    """That of the newest run that tried."""
    return next((access_table(run.access) for _, run in link.runs if run.access), None)


def _findings(link: Link) -> list[Finding]:
    """Of all runs that counted, each once, the worst first."""
    found: dict[str, Finding] = {}
    for _, run in link.runs:
        for one in run.findings:
            found.setdefault(one.fingerprint, one)
    return sorted(found.values(), key=lambda one: (one.severity.rank, one.rule, one.where))


def _refusals(link: Link, policy: Policy) -> dict[Waiver, str]:
    """The waivers of findings that the decision did not take, and why not.

    As the judge does, of what the runs saw that an objective rests on, each time it was seen: one
    critical sighting is enough.
    """
    decision = link.decision
    now, waivers = decision.decided_at, decision.inputs.waivers
    refused = {one: "it is expired" for one in waivers if one.expired(now)}
    sources = {line.id: line.source for line in decision.objectives}
    for objective in policy.objectives:
        seen = [
            finding
            for digest, run in link.runs
            if objective.indicator == "findings" and digest in sources.get(objective.id, ())
            for finding in run.findings
            if finding.severity in objective.severities
        ]
        for one in waivers:
            of_it = (finding for finding in seen if finding.fingerprint == one.fingerprint)
            whys = (refusal(one, finding, objective, now) for finding in of_it)
            refused.update((one, why) for why in whys if why is not None)
    return refused


def _windows(link: Link) -> list[Observation]:
    """Looks at production, newest first."""
    windows = [one for _, run in link.runs for one in run.observations]
    return sorted(windows, key=lambda one: one.ended.isoformat(), reverse=True)


def _documents(link: Link) -> list[tuple[str, Document]]:
    """Each digest once, with the id of the newest run that kept it."""
    found: dict[str, tuple[str, Document]] = {}
    for _, run in link.runs:
        for one in run.documents:
            found.setdefault(one.digest, (run.run_id, one))
    return list(found.values())


def _href(link: str | None) -> str | None:
    """A person's link where it is one to a page; anything else is no link."""
    if link is None:
        return None
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    return link if parts.scheme in ("http", "https") and parts.netloc else None
