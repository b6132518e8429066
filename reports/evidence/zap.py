"""What OWASP ZAP says, as findings: an alert of its API, or its JSON report.

ZAP's risk is the severity; what ZAP itself holds for a false positive is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from reports.evidence.finding import Finding, Severity, bounded, fingerprint

NAME = "zap"
CLIENT_ERRORS = "100000"  # the plugin that tells of 4xx: no sign that anything was let in
_BY_RISK = {
    "3": Severity.HIGH,
    "2": Severity.MEDIUM,
    "1": Severity.LOW,
    "0": Severity.INFO,
    "high": Severity.HIGH,
    "medium": Severity.MEDIUM,
    "low": Severity.LOW,
    "informational": Severity.INFO,
}
_FALSE = {"0", "false positive"}
_NO_CWE = 693  # protection mechanism failure: what ZAP gives no number
_OWASP = {
    "API1:2023": {566, 639},
    "API2:2023": {255, 287, 288, 306, 345, 346, 347, 384, 521, 522, 565, 598, 613, 614},
    "API4:2023": {400, 770},
    "API5:2023": {284, 285, 862, 863},
    "API7:2023": {918},
}
_TAG = re.compile(r"<[^>]{0,200}>")


class NotZap(ValueError):  # noqa: N818  # what it is, not an error of the run
    """It is not what ZAP writes; says what is missing."""


def finding_of(alert: dict[str, Any]) -> Finding | None:
    """The finding of one alert of ``core/view/alerts``, None for a false positive.

    Raises NotZap.
    """
    if text(alert, "confidence").lower() in _FALSE:
        return None
    risk = text(alert, "risk", "riskcode").lower()
    if risk not in _BY_RISK:
        raise NotZap(f"an alert has the risk {risk[:40]!r}")
    plugin, url = text(alert, "pluginId", "pluginid"), text(alert, "url", "uri")
    title = text(alert, "alert", "name")
    if not plugin or not title:
        raise NotZap("an alert has no pluginId or no name")
    where = f"{text(alert, 'method') or 'GET'} {urlsplit(url).path or '/'}"
    where = f"{where} {text(alert, 'param')}".strip()
    number = text(alert, "cweid")
    cwe = int(number) if number.isdecimal() and int(number) > 0 else _NO_CWE
    seen = [f"{name}: {text(alert, name)}" for name in ("attack", "evidence") if text(alert, name)]
    rule = f"zap-{text(alert, 'alertRef') or plugin}"
    return Finding(
        rule=rule,
        title=bounded(title),
        severity=_BY_RISK[risk],
        cwe=cwe,
        owasp=next((entry for entry, numbers in _OWASP.items() if cwe in numbers), "API8:2023"),
        where=where[:300],
        evidence=bounded("\n".join(seen) or _words(text(alert, "description", "desc"))),
        remediation=bounded(_words(text(alert, "solution")) or f"See what ZAP says of {title}."),
        source=NAME,
        fingerprint=fingerprint(rule, where),
    )


def reported(report: Any) -> Iterator[dict[str, Any]]:
    """Each instance of each alert of a JSON report, as ``finding_of`` takes it. Raises NotZap."""
    sites = report.get("site") if isinstance(report, dict) else None
    if not isinstance(sites, list) or "@version" not in report:
        raise NotZap("it has no site and @version, as a JSON report of ZAP has")
    for site in sites:
        alerts = site.get("alerts") if isinstance(site, dict) else None
        if not isinstance(alerts, list):
            raise NotZap("a site has no alerts")
        for alert in alerts:
            if not isinstance(alert, dict) or not isinstance(alert.get("instances"), list):
                raise NotZap("an alert has no instances")
            whole = {name: value for name, value in alert.items() if name != "instances"}
            for instance in alert["instances"]:
                yield {**whole, **(instance if isinstance(instance, dict) else {})}


def of_host(alert: dict[str, Any], origins: tuple[str, ...]) -> bool:
    """Whether an alert is about one of the hosts that are meant, ``http(s)://host[:port]``."""
    parts = urlsplit(text(alert, "url", "uri"))
    return _origin(f"{parts.scheme}://{parts.netloc}") in {_origin(one) for one in origins}


def text(alert: dict[str, Any], *names: str) -> str:
    """The first of ``names`` that holds something, as text."""
    found = (alert.get(name) for name in names)
    return next((str(one) for one in found if isinstance(one, str | int) and str(one)), "")


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _words(html: str) -> str:
    return " ".join(unescape(_TAG.sub(" ", html)).split())
