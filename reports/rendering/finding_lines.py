"""Scans and findings of a run, line by line."""

from __future__ import annotations

from collections.abc import Iterator

from reports.evidence.record import RunRecord
from reports.rendering.plain import plain


def finding_lines(record: RunRecord) -> Iterator[str]:
    """Each scanner and how far it came; each finding with its place, fix and fingerprint."""
    for scan in record.scans:
        how = "to its end" if scan.complete else f"cut short: {plain(scan.why or 'not said why')}"
        yield (
            f"  scan         {plain(scan.name)} {plain(scan.version)}, {scan.mode}, {how}: "
            f"{scan.requests} requests, {scan.endpoints} operations of {plain(scan.target)}"
        )
        if scan.report_digest:
            yield f"      its report: {scan.report_digest}"
    for finding in record.findings:
        yield f"  {finding.severity.value:<12} {plain(finding.title)}, {plain(finding.where)}"
        about = f"{plain(finding.rule)}, CWE-{finding.cwe}, {finding.owasp}"
        yield f"      {about}, by {plain(finding.source)}"
        yield f"      seen: {plain(finding.evidence)}"
        yield f"      fix: {plain(finding.remediation, 400)}"
        yield f"      {finding.fingerprint}"
