"""A small ZAP: the answers of its API, in the shapes that its documentation has.

Shapes: the ZAP API reference (zaproxy.org/docs/api/) and the add-ons Replacer and OpenAPI Support.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

KEY = "a-key-of-zap"


class FakeZap:
    """What it was told, and what it answers; ``alerts`` and ``messages`` are its views."""

    def __init__(self, target: str, *, status: int = 200, finishes: bool = True) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.alerts: list[dict[str, str]] = []
        self.messages = [
            {
                "id": "1",
                "requestHeader": f"GET {target}/products?limit=20 HTTP/1.1\r\nhost: here\r\n\r\n",
                "responseHeader": f"HTTP/1.1 {status} said\r\ncontent-length: 0\r\n\r\n",
            }
        ]
        self.finishes = finishes
        self._progress = iter(["0", "55", "100"])

    def answer(self, path: str, said: dict[str, str], key: str | None) -> tuple[int, Any]:
        """Status and JSON."""
        self.asked.append((path, said))
        if key != KEY:
            return 400, {"code": "bad_api_key", "message": "Provided API key is incorrect or none"}
        first = int(said.get("start", "0")) == 0
        answers: dict[str, Any] = {
            "/JSON/core/view/version/": {"version": "2.16.1"},
            "/JSON/context/action/newContext/": {"contextId": "2"},
            "/OTHER/core/other/fileUpload/": {"Uploaded": "/home/zap/.ZAP/transfer/it.json"},
            "/JSON/openapi/action/importFile/": {"importFile": []},
            "/JSON/ascan/action/scan/": {"scan": "7"},
            "/JSON/ascan/view/scans/": {
                "scans": [{"id": "7", "reqCount": "1200", "state": "FINISHED", "progress": "100"}]
            },
            "/JSON/pscan/view/recordsToScan/": {"recordsToScan": "0"},
            "/JSON/core/view/alerts/": {"alerts": self.alerts if first else []},
            "/JSON/core/view/messages/": {"messages": self.messages if first else []},
        }
        if path == "/JSON/ascan/view/status/":
            return 200, {"status": next(self._progress) if self.finishes else "55"}
        return 200, answers.get(path, {"Result": "OK"})

    def calls(self) -> list[str]:
        """The paths, in order."""
        return [path for path, _ in self.asked]

    def said(self, path: str) -> dict[str, str]:
        """What the first call of that path was told."""
        return next(said for known, said in self.asked if known == path)


def alert(risk: str, name: str, url: str, **others: str) -> dict[str, str]:
    """An alert of ``core/view/alerts``."""
    return {
        "sourceid": "1",
        "pluginId": "40018",
        "alertRef": "40018",
        "cweid": "89",
        "wascid": "19",
        "confidence": "Medium",
        "risk": risk,
        "alert": name,
        "name": name,
        "url": url,
        "method": "GET",
        "param": "q",
        "attack": "' OR 1=1",
        "evidence": "HTTP/1.1 500",
        "description": "SQL injection may be possible.",
        "solution": "Do not trust client side input.",
        "reference": "https://cheatsheetseries.owasp.org/",
        "id": "3",
        **others,
    }


@contextlib.contextmanager
def serving(fake: FakeZap) -> Iterator[str]:
    """Its address, while the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
            said = {name: values[-1] for name, values in parse_qs(body).items()}
            status, answer = fake.answer(self.path, said, self.headers.get("X-ZAP-API-Key"))
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
