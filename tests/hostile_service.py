"""A server on loopback that answers every request in one wrong way."""

from __future__ import annotations

import contextlib
import gzip
import socket
import struct
import threading
from collections.abc import Callable, Iterator

CLOSE = b"Connection: close\r\n"


def _answer(status: str, body: bytes, *headers: str) -> bytes:
    lines = "".join(f"{header}\r\n" for header in headers)
    return (
        f"HTTP/1.1 {status}\r\n{lines}Content-Length: {len(body)}\r\n".encode()
        + CLOSE
        + b"\r\n"
        + body
    )


def _request(connection: socket.socket) -> bytes:
    """The head of one request."""
    head = b""
    while b"\r\n\r\n" not in head:
        got = connection.recv(65536)
        if not got:
            break
        head += got
    return head


def _html(connection: socket.socket, _: threading.Event) -> None:
    page = b"<html><body>Sign in</body></html>"
    connection.sendall(_answer("200 OK", page, "Content-Type: text/html"))


def _empty(connection: socket.socket, _: threading.Event) -> None:
    connection.sendall(_answer("200 OK", b"", "Content-Type: application/json"))


def _hang(connection: socket.socket, over: threading.Event) -> None:
    over.wait(30)


def _reset(connection: socket.socket, _: threading.Event) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _redirect(connection: socket.socket, _: threading.Event) -> None:
    connection.sendall(_answer("302 Found", b"", "Location: /v1.0/products/health"))


def _drip_headers(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not over.wait(0.02):
        connection.sendall(b"X-Drip: 1\r\n")


def _drip_body(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while not over.wait(0.02):
        connection.sendall(b"x")


def _endless(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n")
    for _ in range(200):
        if over.is_set():
            return
        connection.sendall(b"x" * 65536)


def _bomb(connection: socket.socket, _: threading.Event) -> None:
    body = gzip.compress(b"\0" * 64 * 1024 * 1024)
    connection.sendall(_answer("200 OK", body, "Content-Encoding: gzip"))


def _short(connection: socket.socket, _: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n" + CLOSE + b"\r\n{}")


def _no_http(connection: socket.socket, _: threading.Event) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.9\r\n")


BEHAVIOURS: dict[str, Callable[[socket.socket, threading.Event], None]] = {
    "html": _html,
    "empty": _empty,
    "hangs": _hang,
    "resets": _reset,
    "redirects to itself": _redirect,
    "drips headers": _drip_headers,
    "drips its body": _drip_body,
    "sends without end": _endless,
    "sends a bomb": _bomb,
    "stops short": _short,
    "speaks no HTTP": _no_http,
}


@contextlib.contextmanager
def hostile(behaviour: str) -> Iterator[str]:
    """Serve ``behaviour`` until left; its origin. ``down`` gives a port where nobody listens."""
    listener = socket.create_server(("127.0.0.1", 0))
    origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    if behaviour == "down":
        listener.close()
        yield origin
        return
    over = threading.Event()
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            if _request(connection):
                BEHAVIOURS[behaviour](connection, over)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=serve, args=(connection,), daemon=True)
            threads.append(thread)
            thread.start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield origin
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join(5)
        for thread in threads:
            thread.join(5)
