"""Faults in how the service speaks TLS, and in how what rests is encrypted."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any

import msgspec
from starlette.responses import Response

from reference_service.faults.fault import Fault, Wrapper, faults
from reference_service.handlers.app import Function
from reference_service.local.protection import Resources
from reference_service.local.stack import Composition


def _terms(**changed: Any) -> Wrapper:
    """TLS on other terms."""
    return lambda composition: msgspec.structs.replace(
        composition, terms=msgspec.structs.replace(composition.terms, **changed)
    )


def _resources(spoil: Callable[[Resources], None]) -> Wrapper:
    """Something else in AWS than the template says."""
    return lambda composition: msgspec.structs.replace(composition, resources=spoil)


def _without_hsts(composition: Composition) -> Composition:
    """The API's answers do not say that they want TLS the next time."""

    def wrap(healthy: Function) -> Function:
        def answering(event: dict[str, Any], context: Any) -> dict[str, Any]:
            answer = healthy(event, context)
            answer["multiValueHeaders"].pop("Strict-Transport-Security")
            return answer

        return answering

    return msgspec.structs.replace(composition, function=wrap)


def _edge_hsts_for_a_day(response: Response) -> Response:
    response.headers["strict-transport-security"] = "max-age=86400"
    return response


def _table_in_clear(resources: Resources) -> None:
    resources.encrypt_table("ProductsTable", encrypted=False)


def _bucket_in_clear(resources: Resources) -> None:
    resources.client("s3").delete_bucket_encryption(Bucket=resources.bucket)


def _backup_in_clear(resources: Resources) -> None:
    """A backup was made while the table was not encrypted."""
    resources.encrypt_table("ProductsTable", encrypted=False)
    table = resources.template.properties("ProductsTable")["TableName"]
    resources.client("dynamodb").create_backup(TableName=table, BackupName="before-encryption")
    resources.encrypt_table("ProductsTable", encrypted=True)


def _logs_key_disabled(resources: Resources) -> None:
    keys = resources.client("kms")
    key = keys.create_key()["KeyMetadata"]["KeyId"]
    resources.encrypt_logs(key)
    keys.disable_key(KeyId=key)


_transit = faults("TLS", "security.encryption_in_transit")
_rest = faults("resources", "security.encryption_at_rest")

FAULTS: tuple[Fault, ...] = (
    _transit(
        "tls-1-0-accepted",
        "TLS before 1.2 is refused",
        "TLS 1.0 and 1.1 are spoken with whoever wants them.",
        _terms(oldest=ssl.TLSVersion.TLSv1),
    ),
    _transit(
        "certificate-expires-soon",
        "the certificate is valid for 30 days more",
        "The certificate expires in twelve days.",
        _terms(days=12),
    ),
    _transit(
        "certificate-of-another-host",
        "the certificate names the host",
        "The certificate is made out to another host.",
        _terms(names=("api.example.com",)),
    ),
    _transit(
        "certificate-of-nobody",
        "the certificate is trusted",
        "The certificate comes from an authority that nobody knows.",
        _terms(trusted=False),
    ),
    _transit(
        "certificate-out-of-date",
        "the certificate is trusted",
        "The certificate expired this morning.",
        _terms(days=0),
    ),
    _transit(
        "http-not-redirected",
        "plain HTTP is refused or redirected",
        "Requests without TLS are answered like any other.",
        _terms(plain=True),
    ),
    faults("function", "security.encryption_in_transit")(
        "hsts-missing",
        "answers over TLS forbid plain HTTP",
        "The API's answers carry no Strict-Transport-Security.",
        _without_hsts,
    ),
    faults("edge", "security.encryption_in_transit")(
        "hsts-for-a-day",
        "answers over TLS forbid plain HTTP",
        "The images host asks for TLS for a day only.",
        lambda composition: msgspec.structs.replace(composition, edge=_edge_hsts_for_a_day),
    ),
    _rest(
        "table-not-encrypted",
        "the table is encrypted with a key of the account",
        "The products table has no key of the account.",
        _resources(_table_in_clear),
    ),
    _rest(
        "bucket-not-encrypted",
        "the bucket encrypts what it keeps",
        "The images bucket has no default encryption.",
        _resources(_bucket_in_clear),
    ),
    _rest(
        "backup-not-encrypted",
        "backups are encrypted with a key of the account",
        "A backup of the products table has no key of the account.",
        _resources(_backup_in_clear),
    ),
    _rest(
        "logs-key-disabled",
        "the key of the logs can be used",
        "The log group is encrypted with a key that was disabled.",
        _resources(_logs_key_disabled),
    ),
)
