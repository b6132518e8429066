"""TLS of the local stack: its own authority, one port for both, and terms that faults change."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from cryptography import x509

from fixtures.security.hello import OLD, Version, answered
from reference_service.local.certificates import Authority
from reference_service.local.entrance import Door, Encryption
from reference_service.local.terms import Terms
from tests.reference_service.running import RunningService

HEALTH = "/v1.0/products/health"


@pytest.fixture(scope="module")
def tls() -> Iterator[RunningService]:
    running = RunningService("--tls")
    try:
        yield running
    finally:
        files = Path(running.ready["ca_file"]).parent
        assert running.close() == (0, "")
        assert not files.exists()


def port(running: RunningService, name: str = "base_url") -> int:
    found: int | None = urlsplit(running.ready[name]).port
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "path", "status"),
    [
        ("base_url", HEALTH, 200),
        ("images_url", "/x.png", 403),
    ],
)
def test_both_hosts_speak_tls(tls: RunningService, name: str, path: str, status: int) -> None:
    """With the authority it is trusted, without it not; a plain request is sent to https."""
    url = tls.ready[name] + path
    answer = requests.get(url, verify=tls.ready["ca_file"], timeout=5)
    assert answer.status_code == status
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(url, timeout=5)
    plain = requests.get(url.replace("https", "http") + "?a=1", allow_redirects=False, timeout=5)
    assert (plain.status_code, plain.headers["Location"]) == (308, url + "?a=1")


def test_old_versions_are_refused(tls: RunningService) -> None:
    """TLS 1.2 is spoken, nothing before it; with a fault 1.0 is, and then it is not again."""

    def spoken() -> list[Version]:
        versions = (*OLD, Version.TLS_1_2)
        return [v for v in versions if answered("127.0.0.1", port(tls), v, 5) == "accepted"]

    assert spoken() == [Version.TLS_1_2]
    tls.command({"fault": "tls-1-0-accepted"})
    try:
        assert spoken() == [Version.TLS_1_0, Version.TLS_1_1, Version.TLS_1_2]
    finally:
        tls.command({"fault": None})
    assert spoken() == [Version.TLS_1_2]


def test_who_says_nothing_does_not_keep_others_waiting(tls: RunningService) -> None:
    """Connections without a byte, with nonsense, and broken off: the next one is served."""
    silent = socket.create_connection(("127.0.0.1", port(tls)), 5)
    gone = socket.create_connection(("127.0.0.1", port(tls)), 5)
    gone.close()
    broken = socket.create_connection(("127.0.0.1", port(tls)), 5)
    broken.sendall(b"\x16\x03\x01\x00\x05nonsense")
    try:
        url = tls.ready["base_url"] + HEALTH
        assert requests.get(url, verify=tls.ready["ca_file"], timeout=5).status_code == 200
    finally:
        silent.close()
        broken.close()


@pytest.mark.parametrize(
    ("terms", "names", "days"),
    [
        (Terms(), {"127.0.0.1", "localhost"}, 365),
        (Terms(names=("a.example",), days=3), {"a.example"}, 3),
    ],
)
def test_certificates_follow_the_terms(terms: Terms, names: set[str], days: int) -> None:
    """Names and days are the terms', the issuer is the authority; its files go with it."""
    authority = Authority()
    path = authority.issue(terms)
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        issuer = x509.load_pem_x509_certificate(authority.ca_file.read_bytes())
        certificate.verify_directly_issued_by(issuer)
        found: Any = certificate.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        ).value
        assert {str(name.value) for name in found} == names
        valid = certificate.not_valid_after_utc - certificate.not_valid_before_utc
        assert valid.days == days + 1
    finally:
        authority.remove()
    assert not path.exists()


def test_a_door_waits_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that never says what it wants is closed."""
    monkeypatch.setattr("reference_service.local.entrance._PATIENCE_S", 0.05)
    authority = Authority()
    encryption = Encryption(authority)
    encryption.agree(Terms())
    listener = socket.create_server(("127.0.0.1", 0))

    async def come_and_wait() -> bytes:
        door = asyncio.create_task(Door(listener, encryption, asyncio.Protocol).stand_open())
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        try:
            return await asyncio.wait_for(reader.read(), 5)
        finally:
            writer.close()
            door.cancel()

    try:
        assert asyncio.run(come_and_wait()) == b""
        assert encryption.context.minimum_version is ssl.TLSVersion.TLSv1_2
    finally:
        listener.close()
        authority.remove()
