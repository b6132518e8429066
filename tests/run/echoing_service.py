"""A service on loopback that answers whatever it was sent, spelt in every way it can think of."""

from __future__ import annotations

import base64
import contextlib
import json
import textwrap
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

COOKIE = "c00kie-5d41402abc4b2a76b9719d911017c592"
SIGNATURE = "5d8f0e6c1b7a49d2b3c4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f607182930"


def _copies(token: str) -> str:
    """So many, and the last so near to where a report cuts a body, that masks must know a part."""
    return "y" * ((16_000 + 1) % len(token)) + token * (16_000 // len(token) + 2)


class _Echo(BaseHTTPRequestHandler):
    """200, 201, 404 and 500 in turn; every check finds something to show."""

    protocol_version = "HTTP/1.1"
    turn = 0

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        sent = self.rfile.read(length)[:2000]
        token = str(self.headers.get("Authorization", "")).removeprefix("Bearer ")
        type(self).turn += 1
        status = (200, 201, 404, 500)[self.turn % 4]
        body = json.dumps(
            {
                "status": "healthy",
                "version": "1.0.0",
                "token": token,
                "authorization": self.headers.get("Authorization"),
                "base64": base64.b64encode(token.encode()).decode(),
                "basic": base64.b64encode(f"user:{token}".encode()).decode(),
                "percent": quote(token, safe=""),
                "every": "".join(f"%{ord(one):02X}" for one in token),
                "twice": "".join(f"%25{ord(one):02x}" for one in token),
                "bytes": "".join(f"\\x{ord(one):02x}" for one in token),
                "octal": "".join(f"\\{ord(one):03o}" for one in token),
                "hex": token.encode().hex(),
                "base64 of base64": base64.b64encode(base64.b64encode(token.encode())).decode(),
                "lines": "\n".join(textwrap.wrap(token, 40)),
                "base64 in lines": base64.encodebytes(token.encode()).decode(),
                "no width": "\u200b".join(token),
                "entities": "".join(f"&#{ord(one)};" for one in token),
                "signature": token.rpartition(".")[2],
                "cookie": f"session={COOKIE}",
                "Set-Cookie": f"session={COOKIE}",
                "image_url": f"https://b.example/i.png?X-Amz-Signature={SIGNATURE}&X-Amz-Date=1",
                "sent": sent.decode("utf-8", "replace"),
            }
        )
        # Escaped as JSON may be, character by character.
        escaped = "".join(f"\\u{ord(one):04x}" for one in token)
        body = body[:-1] + f', "escaped": "{escaped}"}}'
        turns = self.turn // 4 % 3
        if turns == 1:  # as PHP spells JSON
            body = body.replace("/", "\\/")
        elif turns == 2 and token:
            body = _copies(token)
        content = body.encode()
        self.send_response(status)
        kind = "application/json" if status < 400 else "application/problem+json"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Set-Cookie", f"session={COOKIE}; HttpOnly")
        self.send_header("X-Echo", token)
        self.send_header("Location", f"/v1.0/products/{token}")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = _answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def echoing() -> Iterator[str]:
    """Its origin, until left."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
