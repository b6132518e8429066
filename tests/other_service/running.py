"""The other service on two free ports, and an environment file that leads to it."""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from tests.environment_files import environment_text, write_environment
from tests.other_service.app import api
from tests.other_service.catalog import Catalog
from tests.other_service.desk import Desk
from tests.other_service.gallery import Gallery, images_host

NAME = "other"
LAGS_S = (1.5,)
ROLES = {
    "TEST_TOKEN": "admin",
    "TEST_TOKEN_EDITOR": "editor",
    "TEST_TOKEN_READER": "reader",
    "TEST_TOKEN_LIMITED": "limited",
}


@dataclass(frozen=True)
class OtherService:
    """A running one. ``variables`` hold its tokens, ``mishaps`` what it did not expect."""

    base_url: str
    images_url: str
    variables: dict[str, str]
    mishaps: list[str]

    def environment(self, folder: Path) -> Path:
        """An environment file for it, under ``folder``: without AWS, with all it may leave out."""
        text = environment_text(self.base_url, self.images_url, name=NAME, timeout_s=10.0)
        return write_environment(folder, text)


class _Chunked(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing is logged."""


class _Plain(_Chunked):
    protocol_version = "HTTP/1.0"


@contextlib.contextmanager
def other_service(
    *, delay_s: float = 0.0, lags_s: tuple[float, ...] = LAGS_S
) -> Iterator[OtherService]:
    """Serve until left. ``delay_s``: before each answer; ``lags_s``: how late each replica is."""
    gallery = Gallery()
    app = Flask("other", static_folder=None)
    tokens = {variable: f"tk_{secrets.token_hex(12)}" for variable in ROLES}
    roles = {tokens[variable]: role for variable, role in ROLES.items()}
    desk = Desk(app, roles, delay_s)
    with _serving(images_host(gallery), _Plain) as images_url:
        gallery.url = images_url
        api(app, desk, Catalog(lags_s), gallery)
        with _serving(app, _Chunked) as base_url:
            yield OtherService(base_url, images_url, tokens, desk.mishaps)


@contextlib.contextmanager
def _serving(app: Flask, handler: type[WSGIRequestHandler]) -> Iterator[str]:
    server: BaseWSGIServer = make_server(
        "127.0.0.1", 0, app, threaded=True, request_handler=handler
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
