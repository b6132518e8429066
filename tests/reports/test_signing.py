"""Signed decisions: who signed, about what, and whose signature counts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from moto import mock_aws
from msgspec.structs import replace
from securesystemslib.dsse import Envelope

from reports import cli
from reports.deciding import decide, save
from reports.evidence.store import Store
from reports.gates.loading import LoadedPolicy
from reports.judging.decision import Decision
from reports.judging.result import Action
from reports.signing import Unsigned, signed, signer_of, verified
from reports.strict_toml import ConfigurationError
from tests.judging import samples
from tests.judging.samples import NOW

DIGEST = "sha256:" + "d" * 64


def key(folder: Path, name: str = "key.pem") -> tuple[str, str]:
    """A new key: the path of its file, and its public half in PEM."""
    private = Ed25519PrivateKey.generate()
    path = folder / name
    path.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return str(path), public.decode()


def decision() -> Decision:
    """One that promotes."""
    return samples.decide(samples.run())


def test_a_signature_counts(tmp_path: Path) -> None:
    """By the name of the trusted key, among others."""
    file, public = key(tmp_path)
    _, other = key(tmp_path, "other.pem")
    envelope = signed(decision(), DIGEST, signer_of(file))
    assert verified(envelope, DIGEST, {"other": other, "release": public}) == "release"
    statement = json.loads(envelope)
    assert statement["payloadType"] == "application/vnd.in-toto+json"


def altered(envelope: bytes, **changes: Any) -> bytes:
    """The envelope with another payload, signature or type."""
    return json.dumps({**json.loads(envelope), **changes}).encode()


def test_what_does_not_count(tmp_path: Path) -> None:
    """None, of another key, about another decision, altered, or no envelope at all."""
    file, public = key(tmp_path)
    _, other = key(tmp_path, "other.pem")
    envelope = signed(decision(), DIGEST, signer_of(file))
    changed = json.loads(envelope)["payload"].replace("A", "B", 1)
    for content, trusted, why in (
        (None, {"release": public}, "is not signed"),
        (envelope, {"other": other}, "by no key that this policy trusts"),
        (envelope, {}, "by no key that this policy trusts"),
        (altered(envelope, payload=changed), {"release": public}, "signature|signed|another"),
        (altered(envelope, payloadType="text/plain"), {"release": public}, "is none of a decision"),
        (b"{}", {"release": public}, "cannot be read"),
        (b"no json", {"release": public}, "cannot be read"),
        (b"[1]", {"release": public}, "cannot be read"),
        (altered(envelope, signatures=[1]), {"release": public}, "cannot be read"),
        (altered(envelope, signatures=[]), {"release": public}, "holds no signature"),
        (
            altered(envelope, signatures=[{"keyid": 1, "sig": "QUJD"}]),
            {"release": public},
            "key id is no text",
        ),
        (b" " * (1024 * 1024 + 1), {"release": public}, "bytes"),
    ):
        with pytest.raises(Unsigned, match=why):
            verified(content, DIGEST, trusted)
    with pytest.raises(Unsigned, match="about another decision"):
        verified(envelope, "sha256:" + "e" * 64, {"release": public})


def test_what_is_no_key(tmp_path: Path) -> None:
    """Said, with how one is made; nothing of the file is told."""
    (tmp_path / "no.pem").write_text("s3cret")
    for named in (str(tmp_path / "no.pem"), str(tmp_path / "none.pem")):
        with pytest.raises(ConfigurationError) as told:
            signer_of(named)
        assert "s3cret" not in str(told.value)


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A key in AWS KMS."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        made = boto3.client("kms").create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")
        yield str(made["KeyMetadata"]["KeyId"])


def test_a_key_in_kms(kms: str) -> None:
    """KMS knows the signature for its own. It is asked, for moto hashes a digest once more."""
    envelope = Envelope.from_dict(
        json.loads(signed(decision(), DIGEST, signer_of(f"awskms:{kms}")))
    )
    (signature,) = envelope.signatures.values()
    answer = boto3.client("kms").verify(
        KeyId=kms,
        Message=hashlib.sha256(envelope.pae()).digest(),
        MessageType="DIGEST",
        Signature=bytes.fromhex(signature.signature),
        SigningAlgorithm="ECDSA_SHA_256",
    )
    assert answer["SignatureValid"]
    with pytest.raises(ConfigurationError, match="--sign awskms:none"):
        signer_of("awskms:none")


def test_a_key_in_kms_is_asked_of_aws(kms: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable puts another service in its place: moto answers for AWS's addresses alone."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_KMS"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert signed(decision(), DIGEST, signer_of(f"awskms:{kms}"))


def test_a_gate_that_wants_signatures(tmp_path: Path) -> None:
    """It does not take an earlier decision before somebody whom it trusts has signed it."""
    file, public = key(tmp_path)
    store = Store(tmp_path / "store")
    store.put_run(samples.run())
    before = replace(decision(), gate="gate-before", decision=Action.PROMOTE)
    digest = save(store, before, tmp_path)
    policy = samples.policy(requires=("gate-before",), trusted_keys={"release": public})
    loaded = LoadedPolicy(policy, None, ("x = 1",))
    rows = "".join(
        f"{one.id}\t{one.layer}\t{','.join(one.items)}\t{one.cases}\n" for one in samples.EXPECTED
    )
    text = "id\tlayer\titems\tcases\n" + rows

    def decided() -> Decision:
        return decide(store, loaded, text, build="1.0.0", now=NOW)

    held = decided()
    assert held.exit_code == 2
    assert "is not signed" in held.sentence
    store.put_signature(digest, signed(before, digest, signer_of(file)))
    assert decided().decision is Action.PROMOTE


def test_the_command_signs_and_checks(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``--sign`` keeps the envelope; ``replay --check-only`` says that no trusted key did."""
    monkeypatch.setattr("reports.commands.decide.now", lambda: NOW)
    file, _ = key(tmp_path)
    place = f"--report-dir={tmp_path}"
    assert cli.exit_code(["decide", "dev", "--build=1.0.0", f"--sign={file}", place]) == 2
    store = Store(tmp_path / "store")
    (digest,) = store.decisions()
    assert store.signature(digest) is not None
    assert cli.exit_code(["replay", digest, "--check-only", place]) == 2
    said = capfd.readouterr().out
    assert "a signature, which no trusted key of the policy confirms (the policy of dev" in said
    assert cli.exit_code(["decide", "dev", "--build=1.0.0", "--sign=none.pem", place]) == 4
