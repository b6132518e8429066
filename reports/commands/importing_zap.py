"""A JSON report of OWASP ZAP, as the record of a run of the security layer."""

from __future__ import annotations

import hashlib
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from reports.commands.facts import facts
from reports.evidence.finding import Finding
from reports.evidence.generator_files import ImportRefused
from reports.evidence.record import SCHEMA, EnvironmentRecord, RunRecord, Source, Subject
from reports.evidence.scan import Scan
from reports.evidence.zap import CLIENT_ERRORS, NAME, NotZap, finding_of, of_host, reported, text

if TYPE_CHECKING:
    from fixtures.environment import Environment

_MOST = 64 * 1024 * 1024  # bytes of a report


def imported_scan(path: Path, environment: Environment, *, build: str) -> RunRecord:
    """The record of what the report holds; the same file always gives the same run id.

    Raises ImportRefused for a report that is none, or is about another service.
    """
    try:
        if path.stat().st_size > _MOST:
            raise ImportRefused(f"{path}: larger than {_MOST // 1024**2} MiB")
        content = path.read_bytes()
        report = msgspec.json.decode(content)
        alerts = list(reported(report))
    except OSError as problem:
        raise ImportRefused(f"{path}: {problem.strerror}") from None
    except (msgspec.DecodeError, NotZap, RecursionError) as problem:
        raise ImportRefused(f"{path}: no JSON report of ZAP: {problem}") from None
    if environment.base_url is None:
        raise ImportRefused(f"{path}: {environment.name} is embedded, and ends with its run")
    origins = (environment.base_url, str(environment.images_url))
    ours = [alert for alert in alerts if of_host(alert, origins)]
    if not ours:
        raise ImportRefused(f"{path}: it says nothing of {environment.base_url}")
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    made = _made(report, path)
    scan = _scan(report, ours, f"{environment.base_url}{environment.base_path}", digest)
    return RunRecord(
        schema=SCHEMA,
        run_id=f"{made:%Y%m%dt%H%M%S}-{digest[7:13]}",
        layers=("security",),
        subject=Subject(build=build, version=None, version_after=None),
        environment=EnvironmentRecord(**facts(environment)),
        rehearsal=environment.rehearsal,
        fault=None,
        started=made,
        ended=made,
        complete=True,
        stopped=None,
        expected_digest="",
        source=Source(
            harness=version("promotion-gate"),
            python=platform.python_version(),
            pytest="none",
            imported=(digest,),
        ),
        checks=(),
        findings=_findings(ours, path),
        scans=(scan,),
    )


def _findings(alerts: list[dict[str, Any]], path: Path) -> tuple[Finding, ...]:
    """Each weakness once, the worst first."""
    found: dict[str, Finding] = {}
    try:
        for alert in alerts:
            finding = finding_of(alert)
            if finding is not None:
                found.setdefault(finding.fingerprint, finding)
    except NotZap as problem:
        raise ImportRefused(f"{path}: {problem}") from None
    return tuple(sorted(found.values(), key=lambda one: (one.severity.rank, one.rule, one.where)))


def _scan(report: Any, alerts: list[dict[str, Any]], target: str, digest: str) -> Scan:
    """What the report tells of how far ZAP came: where it saw something beside a refusal."""
    reached = {
        (text(alert, "method"), urlsplit(text(alert, "uri")).path)
        for alert in alerts
        if text(alert, "pluginid") != CLIENT_ERRORS
    }
    return Scan(
        name=NAME,
        version=str(report["@version"]),
        mode="imported",
        target=target,
        requests=0,
        endpoints=len(reached),
        complete=bool(reached),
        why=None if reached else "it tells of nothing but refusals",
        report_digest=digest,
    )


def _made(report: Any, path: Path) -> datetime:
    """When ZAP wrote it. Raises ImportRefused: evidence has an age."""
    said = str(report.get("@generated", ""))
    created = str(report.get("created", ""))
    if created:
        try:
            moment = datetime.fromisoformat(created)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        except ValueError:
            pass
    for form in ("%a, %d %b %Y %H:%M:%S", "%a, %d %b %Y, %H:%M:%S"):
        try:
            return datetime.strptime(said, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise ImportRefused(f"{path}: @generated is {said[:60]!r}, which is no time as ZAP writes it")
