"""The first message of a handshake, against servers that answer in every way."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fixtures.expectations import Inconclusive
from fixtures.security.handshakes import TlsHost, days_left
from fixtures.security.hello import Version, answered, client_hello
from reference_service.local.certificates import Authority
from reference_service.local.terms import Terms


class Kept:
    """An evidence that keeps titles."""

    def __init__(self) -> None:
        self.titles: list[str] = []

    def observe(self, what: str, details: object) -> None:
        self.titles.append(what)

    def left_behind(self, what: str) -> None:
        raise AssertionError(what)


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """A server that answers whatever comes with these bytes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(4096)
                connection.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


@contextmanager
def speaking(certificate: Path) -> Iterator[int]:
    """A server that shakes hands with Python's own TLS and says no more."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            try:
                context.wrap_socket(connection, server_side=True).close()
            except OSError:
                connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"", "nothing"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "nothing"),
        (b"\x15\x03\x01\x00\x02\x02\x46", "alert"),
        (b"\x16\x03\x01\x00\x31\x02\x00\x00\x2d\x03\x01" + bytes(40), "accepted"),
        (b"\x16\x03\x03\x00\x31\x02\x00\x00\x2d\x03\x03" + bytes(40), "alert"),
        (b"\x16\x03\x01\x00\x31\x02", "nothing"),
    ],
    ids=["silence", "plain HTTP", "alert", "accepted", "another version", "cut off"],
)
def test_answers_are_told_apart(answer: bytes, said: str) -> None:
    """TLS 1.0 is accepted only by a ServerHello that says TLS 1.0."""
    with answering(answer) as port:
        assert answered("127.0.0.1", port, Version.TLS_1_0, 2) == said


def test_the_host_is_named() -> None:
    """Servers behind one address need the name; an address is no name."""
    assert b"api.example.com" in client_hello(Version.TLS_1_2, "api.example.com")
    assert b"127.0.0.1" not in client_hello(Version.TLS_1_2, "127.0.0.1")


@pytest.mark.parametrize(
    ("terms", "wrong", "mismatch"),
    [
        (Terms(), "", False),
        (Terms(names=("api.example.com",)), "IP address mismatch", True),
        (Terms(days=0), "certificate has expired", False),
        (Terms(trusted=False), "unable to get local issuer certificate", False),
    ],
    ids=["healthy", "another host", "expired", "unknown authority"],
)
def test_certificates_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, terms: Terms, wrong: str, mismatch: bool
) -> None:
    """What is wrong is said in OpenSSL's words; how long it is valid is known all the same."""
    authority = Authority()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.ca_file))
    kept = Kept()
    try:
        with speaking(authority.issue(terms)) as port:
            shown = TlsHost(f"https://127.0.0.1:{port}", 5, kept).shake()
    finally:
        authority.remove()
    assert shown is not None
    assert wrong in shown.wrong
    assert bool(shown.wrong) == bool(wrong)
    assert shown.mismatch is mismatch
    assert round(days_left(shown)) == terms.days
    assert len(kept.titles) == 1


def test_where_nothing_is_spoken_nothing_is_concluded() -> None:
    """No TLS is None; silence even about TLS 1.2 is inconclusive."""
    with answering(b"") as port:
        host = TlsHost(f"https://127.0.0.1:{port}", 2, Kept())
        assert host.shake() is None
        with pytest.raises(Inconclusive, match=r"TLS 1\.2"):
            host.old_versions()


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("https://api.example.com", "http://api.example.com:80"),
        ("https://127.0.0.1:8443", "http://127.0.0.1:8443"),
    ],
)
def test_plain_http_is_looked_for_where_a_client_would(url: str, plain: str) -> None:
    """At port 80, or at the port that is said."""
    assert TlsHost(url, 1, Kept()).plain_url == plain
