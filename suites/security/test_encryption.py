"""Encryption on the way and at rest (VAL-SEC-06)."""

import re
import secrets

import pytest

from fixtures.expectations import Unmet
from fixtures.security.at_rest import AtRest
from fixtures.security.findings import Findings
from fixtures.security.handshakes import TlsHost, days_left
from fixtures.security.surface import Surface
from fixtures.transport import Exchange

DAYS = 30  # for which a certificate has to be valid
HSTS_S = 180 * 86400  # the contract: at least


@pytest.mark.plan("VAL-SEC-06")
@pytest.mark.severity("blocker")
@pytest.mark.needs("tls")
def test_encryption_in_transit(
    tls_hosts: dict[str, TlsHost], surface: Surface, findings: Findings
) -> None:
    """API and images host are met with TLS of today, with TLS of yesterday, and without any.

    Today's is spoken, with a certificate that is trusted, made out to the host and valid for
    a month to come; yesterday's is refused; answers forbid plain HTTP; and plain HTTP is
    refused or sent to https.
    """
    health = f"{surface.base_path}/products/health"
    paths = {"API": health, "images host": f"/absent-{secrets.token_hex(4)}.png"}
    for name, host in tls_hosts.items():
        shown = host.shake() if host.secure else None
        if shown is None:
            findings.report("tls-not-spoken", where=name, evidence=f"{host.url} speaks no TLS")
            continue
        if shown.wrong:
            rule = "certificate-mismatch" if shown.mismatch else "certificate-untrusted"
            findings.report(rule, where=name, evidence=shown.wrong)
        elif days_left(shown) < DAYS:
            findings.report(
                "certificate-expiring", where=name, evidence=f"valid until {shown.ends:%F}"
            )
        for version in host.old_versions():
            findings.report(
                "old-tls-accepted",
                where=name,
                evidence=f"{version.name} accepted",
                key=version.name,
            )
        if not shown.wrong:
            _forbids_plain(surface.send("GET", host.url + paths[name]), findings, name)
        _has_no_plain_answer(surface, host, paths[name], findings, name)


def _forbids_plain(answer: Exchange, findings: Findings, name: str) -> None:
    said = answer.headers.get("Strict-Transport-Security", "")
    age = re.search(r'max-age\s*=\s*"?(\d+)', said, re.IGNORECASE)
    if age is None or int(age[1]) < HSTS_S:
        findings.report(
            "hsts-missing",
            where=name,
            evidence=f"Strict-Transport-Security: {said or '(none)'}",
            exchange=answer,
        )


def _has_no_plain_answer(
    surface: Surface, host: TlsHost, path: str, findings: Findings, name: str
) -> None:
    try:
        answer = surface.send("GET", host.plain_url + path)
    except Unmet:
        return  # nothing answers there: as good as a refusal
    away = answer.headers.get("Location", "").lower().startswith("https://")
    if answer.status < 300 or (answer.status < 400 and not away):
        findings.report(
            "plain-http-answered",
            where=name,
            evidence=f"{answer.status} {answer.headers.get('Location', '')}",
            exchange=answer,
        )


@pytest.mark.plan("VAL-SEC-06")
@pytest.mark.needs("aws")
def test_encryption_at_rest(at_rest: AtRest, findings: Findings) -> None:
    """GIVEN the table, its backups, the images bucket and the log group
    WHEN AWS is asked how each is encrypted
    THEN each is, and table and backups with a key whose use the account can see.
    """
    names = at_rest.names
    if at_rest.table_key() is None:
        findings.report(
            "table-not-encrypted",
            where=f"table {names.products_table}",
            evidence="describe_table shows no SSEDescription that is ENABLED",
        )
    for backup in at_rest.unencrypted_backups():
        findings.report("backup-not-encrypted", where=f"backup {backup}", evidence="no KMS key")
    if at_rest.bucket_algorithm() is None:
        findings.report(
            "bucket-not-encrypted",
            where=f"bucket {names.images_bucket}",
            evidence="no default encryption",
        )
    for key in at_rest.unencrypted_objects():
        findings.report(
            "bucket-not-encrypted",
            where=f"bucket {names.images_bucket}",
            evidence=f"{key} has no ServerSideEncryption",
            key="object",
        )
    state = at_rest.log_key_state()
    if state != "Enabled":
        findings.report("log-key-unusable", where=f"log group {names.log_group}", evidence=state)
