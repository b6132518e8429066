"""Signed decisions: an in-toto statement about a decision's bytes, in a DSSE envelope.

A digest finds an accident; only a signature finds a forger. Whose signature counts stands in the
policy, outside of the evidence.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reports.aws import for_libraries
from reports.judging.decision import Decision
from reports.strict_toml import ConfigurationError

if TYPE_CHECKING:
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer._signer import Signer

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://promotion-gate.invalid/decision/v1"
KMS = "awskms:"
_LARGEST = 1024 * 1024  # bytes of an envelope


class Unsigned(Exception):  # noqa: N818 - the word for it
    """Nobody who is trusted has signed the decision; the message says what is wrong."""


def signer_of(named: str) -> Signer:
    """The key of a PEM file, or ``awskms:ID`` of AWS KMS. Raises ConfigurationError."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from securesystemslib.signer._aws_signer import AWSSigner
    from securesystemslib.signer._crypto_signer import CryptoSigner

    if named.startswith(KMS):
        for_libraries()  # the signer makes its clients itself
        try:
            uri, key = AWSSigner.import_(named.removeprefix(KMS))
            return AWSSigner.from_priv_key_uri(uri, key)
        except Exception as problem:  # noqa: BLE001 - whatever AWS or a library says of a key
            raise ConfigurationError(f"--sign {named}: {problem}") from None
    try:
        private = load_pem_private_key(Path(named).read_bytes(), password=None)
        return CryptoSigner(private)
    except OSError as problem:
        raise ConfigurationError(f"--sign {named}: {problem.strerror}") from None
    except Exception as problem:  # noqa: BLE001 - whatever a library says of what is no key
        raise ConfigurationError(
            f"--sign {named}: no private key in PEM ({type(problem).__name__}); one is made by "
            "openssl genpkey -algorithm ed25519"
        ) from None


def signed(decision: Decision, digest: str, signer: Signer) -> bytes:
    """The envelope about the decision of that digest."""
    from securesystemslib.dsse import Envelope

    statement = {
        "_type": STATEMENT,
        "subject": [
            {
                "name": f"{decision.gate}/{decision.build}",
                "digest": {"sha256": digest.removeprefix("sha256:")},
            }
        ],
        "predicateType": PREDICATE,
        "predicate": {
            "gate": decision.gate,
            "environment": decision.environment,
            "build": decision.build,
            "decision": decision.decision,
            "rehearsal": list(decision.rehearsal),
            "decidedAt": decision.decided_at.isoformat(),
        },
    }
    payload = json.dumps(statement, sort_keys=True, separators=(",", ":")).encode()
    envelope = Envelope(payload, PAYLOAD_TYPE, {})
    envelope.sign(signer)
    return json.dumps(envelope.to_dict(), sort_keys=True, separators=(",", ":")).encode()


def key_of(pem: str, keyid: str) -> Any:
    """A trusted key, public and in PEM, under the id of a signature. Raises ConfigurationError."""
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from securesystemslib.signer._key import SSlibKey

    try:
        return SSlibKey.from_crypto(load_pem_public_key(pem.encode()), keyid=keyid)
    except ValueError as problem:
        raise ConfigurationError(f"trusted_keys: no public key in PEM: {problem}") from None


def envelope_about(content: bytes, digest: str) -> Envelope:
    """The envelope about the decision of that digest, whoever signed it. Raises Unsigned."""
    from securesystemslib.dsse import Envelope

    if len(content) > _LARGEST:
        raise Unsigned(f"the signature of {digest[:19]} is {len(content)} bytes")
    try:
        envelope = Envelope.from_dict(json.loads(content))
        statement = json.loads(envelope.payload)
        subjects = [one["digest"]["sha256"] for one in statement["subject"]]
        kind = statement["_type"]
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as problem:
        raise Unsigned(f"the signature of {digest[:19]} cannot be read: {problem}") from None
    if envelope.payload_type != PAYLOAD_TYPE or kind != STATEMENT:
        raise Unsigned(f"the signature of {digest[:19]} is none of a decision")
    if subjects != [digest.removeprefix("sha256:")]:
        raise Unsigned(f"the signature is about another decision than {digest[:19]}")
    if not all(isinstance(keyid, str) for keyid in envelope.signatures):
        raise Unsigned(f"the signature of {digest[:19]} cannot be read: a key id is no text")
    if not envelope.signatures:
        raise Unsigned(f"the envelope about {digest[:19]} holds no signature")
    return envelope


def verified(content: bytes | None, digest: str, trusted: Mapping[str, str]) -> str:
    """The name of the trusted key that signed the decision of that digest.

    ``trusted``: names -> public keys in PEM. Raises Unsigned.
    """
    from securesystemslib.exceptions import VerificationError

    if content is None:
        raise Unsigned(f"{digest[:19]} is not signed")
    envelope = envelope_about(content, digest)
    for name, pem in trusted.items():
        for keyid in envelope.signatures:
            with suppress(VerificationError):
                envelope.verify([key_of(pem, keyid)], 1)
                return name
    raise Unsigned(f"{digest[:19]} is signed, by no key that this policy trusts")
