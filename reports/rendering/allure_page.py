"""Makes Allure's page ours: the decision at its top, and no outside host in it."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from reports.judging.decision import Decision, ObjectiveResult, Reason
from reports.judging.result import ExitCode
from reports.rendering.plain import item_ranges, plain

DECISION_PAGE = "decision.html"  # beside it
MOST_REASONS = 12
LONGEST = 1000  # characters of one text

# A browser that keeps to this asks no host for anything, whatever the page holds.
CONTENT_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'unsafe-inline' data: blob:",
        "style-src 'unsafe-inline' data:",
        "img-src data: blob:",
        "font-src data:",
        "media-src data: blob:",
        "connect-src data: blob:",
        "frame-src data: blob:",
        "worker-src data: blob:",
        "form-action 'none'",
    ]
)

ANALYTICS = (
    "googletagmanager",
    "google-analytics",
    "gtag(",
    "mc.yandex",
    "plausible.io",
    "matomo",
    "segment.com",
    "sentry.io",
    "hotjar",
)

_SCRIPT = re.compile(r"[ \t]*<script\b([^>]*)>(.*?)</script\s*>\n?", re.DOTALL | re.IGNORECASE)
_OUTSIDE_SOURCE = re.compile(r"\b(?:src|href|data|action)\s*=\s*[\"']?\s*(?:https?:)?//", re.I)
_FETCHING_TAG = re.compile(
    r"<(?:script|link|img|iframe|frame|source|video|audio|embed|object|base|form|use)\b[^>]*>",
    re.IGNORECASE,
)
_COLOURS = {
    ExitCode.PROMOTE: "#14783c",
    ExitCode.FAILED: "#b3261e",
    ExitCode.ROLLBACK: "#b3261e",
}
_OPEN_QUESTION = "#8a5a00"


Links = Sequence[tuple[str, str]]  # title and file name


class PageRefused(Exception):  # noqa: N818 - the word for it
    """The page would have a browser ask another host, or is not built as expected."""


def finish_page(page: str, decision: Decision | None, *, links: Links = ()) -> str:
    """Allure's single HTML file with the decision in it and outside tags out of it.

    ``links`` are the pages beside it that it links to.
    Raises PageRefused if one remains, or if ``page`` is not built as expected.
    """
    page = _SCRIPT.sub(lambda found: "" if _is_outside(found) else found[0], page)
    for anchor in ("<head>", '<div id="app"></div>'):
        if page.count(anchor) != 1:
            raise PageRefused(f"Allure's page has {page.count(anchor)} of {anchor}, expected one")
    policy = f'<meta http-equiv="Content-Security-Policy" content="{CONTENT_POLICY}">'
    page = page.replace("<head>", f"<head>\n    {policy}", 1)
    app = '<div id="app"></div>'
    page = page.replace(app, f"{decision_section(decision, links)}\n    {app}", 1)
    left = outside_tags(page)
    if left:
        raise PageRefused("the report still names other hosts: " + "; ".join(left))
    return page


def outside_tags(page: str) -> list[str]:
    """Tags and words with which a browser would ask another host, each cut short."""
    tags = [tag[0] for tag in _FETCHING_TAG.finditer(page) if _OUTSIDE_SOURCE.search(tag[0])]
    words = [word for word in ANALYTICS if word in page.lower()]
    return [part[:120] for part in (*tags, *words)]


def _is_outside(script: re.Match[str]) -> bool:
    attributes, body = script[1], script[2]
    return bool(_OUTSIDE_SOURCE.search(attributes)) or any(word in body for word in ANALYTICS)


def headline(decision: Decision | None) -> str:
    """The decision in a few words, for the page's title."""
    if decision is None:
        return "No decision"
    rehearsed = " (rehearsal)" if decision.rehearsal else ""
    build = f", build {decision.build}" if decision.build else ""
    what = decision.gate or ", ".join(decision.layers)
    return f"{_word(decision)}: {what} on {decision.environment}{build}{rehearsed}"


def decision_section(decision: Decision | None, links: Links = ()) -> str:
    """The block that a person sees first. Everything in it is escaped."""
    link = "".join(f'<p><a href="{_text(file)}">{_text(title)}</a></p>' for title, file in links)
    if decision is None:
        return _section(
            _OPEN_QUESTION,
            "NO DECISION",
            "There is no decision beside these results: they show what ran and decide nothing.",
            link,
            "",
        )
    facts = [
        ("Environment", decision.environment),
        ("Build", decision.build or "not named"),
        ("Gate", decision.gate or "none: judged by its layers"),
        ("Decided", f"{decision.decided_at:%Y-%m-%d %H:%M:%S %Z}"),
        ("Exit code", str(decision.exit_code)),
    ]
    if decision.rehearsal:
        facts.insert(0, ("REHEARSAL", "; ".join(decision.rehearsal)))
    if decision.harness_error:
        facts.insert(0, ("The harness failed", decision.harness_error))
    listed = "".join(f"<div><dt>{_text(k)}</dt><dd>{_text(v)}</dd></div>" for k, v in facts)
    rows = "".join(_row(objective) for objective in decision.objectives)
    left = "".join(
        f"<tr><td>not rehearsed</td><td>{_text(one.title)}</td>"
        f'<td colspan="5">{_text(one.why)}</td><td>{_text(item_ranges(one.items))}</td></tr>'
        for one in decision.left_out
    )
    colour = _COLOURS.get(ExitCode(decision.exit_code), _OPEN_QUESTION)
    sentence = decision.sentence.removeprefix(_word(decision)).lstrip(" :")
    return _section(colour, _word(decision), sentence, f"<dl>{listed}</dl>{link}", rows + left)


def _section(colour: str, word: str, sentence: str, facts: str, rows: str) -> str:
    heads = ("Result", "Objective", "Value", "Limit", "Headroom", "n (seen)", "Why", "Plan items")
    table = (
        f"<table><thead><tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr></thead>"
        f"<tbody>{rows}</tbody></table>"
        if rows
        else ""
    )
    return (
        f"<style>{_STYLE}</style>\n"
        f'    <section id="gate-decision" style="border-color:{colour}">'
        f'<h1><strong style="background:{colour}">{_text(word)}</strong> {_text(sentence)}</h1>'
        f"{facts}{table}</section>"
    )


def _row(objective: ObjectiveResult) -> str:
    reasons = [*map(_reason, objective.reasons[:MOST_REASONS])]
    more = objective.more_reasons + len(objective.reasons[MOST_REASONS:])
    reasons += [_text(note) for note in objective.notes]
    reasons += [
        _text(f"{one.check}: not applicable ({one.capability})") for one in objective.not_applicable
    ]
    if more:
        reasons.append(f"and {more} more")
    if objective.flip:
        reasons.append(_text(f"What would flip it: {objective.flip}"))
    cells = (
        _text(objective.result.replace("_", " ")),
        _text(objective.title),
        _text(objective.value or "none"),
        _text(objective.limit),
        _text(objective.headroom or ""),
        _text(f"{objective.passed}/{objective.checks} ({objective.observations})"),
        "<br>".join(reasons),
        _text(item_ranges(objective.items)),
    )
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _reason(reason: Reason) -> str:
    told = reason.why
    if reason.expected is not None or reason.actual is not None:
        told += f" (expected {reason.expected}, came {reason.actual})"
    if reason.check is None:
        return _text(told)
    # Allure makes no link of an address without a host, so this block has those to the page.
    there = _text(f"{DECISION_PAGE}#check-{reason.check}")
    return f'<a href="{there}">{_text(reason.check)}</a>: {_text(told)}'


def _word(decision: Decision) -> str:
    return str(decision.decision or decision.verdict).replace("_", " ").upper()


def _text(text: str) -> str:
    return html.escape(plain(text, LONGEST))


_STYLE = """
#gate-decision{margin:16px auto;max-width:1120px;padding:16px 20px;border-left:8px solid;
border-radius:8px;background:#fff;color:#22252a;font:14px/20px Arial,Helvetica,sans-serif}
#gate-decision h1{margin:0 0 8px;font-size:18px;line-height:28px;overflow-wrap:anywhere}
#gate-decision h1 strong{color:#fff;padding:2px 10px;border-radius:4px}
#gate-decision dl{display:flex;flex-wrap:wrap;gap:4px 28px;margin:0 0 8px}
#gate-decision dt{font-size:12px;color:#5a6270}
#gate-decision dd{margin:0;font-weight:bold;overflow-wrap:anywhere}
#gate-decision a{color:inherit}
#gate-decision table{border-collapse:collapse;width:100%}
#gate-decision th,#gate-decision td{text-align:left;vertical-align:top;padding:4px 10px 4px 0;
border-top:1px solid #d9dce3;overflow-wrap:anywhere}
#gate-decision th{font-size:12px;color:#5a6270}
#gate-decision th,#gate-decision td:nth-child(-n+6):not(:nth-child(2)):not([colspan])
{white-space:nowrap}
@media(prefers-color-scheme:dark){#gate-decision{background:#2a2a2e;color:#e5e5e7}
#gate-decision dt,#gate-decision th{color:#a9afbb}
#gate-decision th,#gate-decision td{border-color:#44474f}}
"""
