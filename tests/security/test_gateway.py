"""What stands between a scanner and the service leads to the service alone."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from fixtures.contract.answers import contract
from fixtures.security.scanning import embedded
from fixtures.security.scanning.described import Described
from fixtures.security.scanning.gateway import Gateway
from fixtures.security.scanning.program import Missing, find, run

TOKEN = "the-real-token"
OURS = "0b6f8f0e-3f0f-4a53-9d1c-8a5c0a3d6f11"
OTHERS = "1c7f8f0e-3f0f-4a53-9d1c-8a5c0a3d6f11"
OPERATIONS = [("GET", "/products"), ("GET", "/products/{product_id}")]


class Host:
    """Notes what it is asked; sends everybody to ``away``, where one is named."""

    def __init__(self, away: str | None = None) -> None:
        self.seen: list[tuple[str, str, str | None]] = []
        host = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def __getattr__(self, name: str) -> object:
                if name.startswith("do_"):
                    return self.serve
                raise AttributeError(name)

            def serve(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                host.seen.append((self.command, self.path, self.headers.get("Authorization")))
                self.send_response(302 if away else 200)
                if away:
                    self.send_header("Location", away + self.path)
                body = b"" if self.command == "HEAD" else TOKEN.encode()
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@contextlib.contextmanager
def host(away: str | None = None) -> Iterator[Host]:
    """One, while the block lasts."""
    one = Host(away)
    try:
        yield one
    finally:
        one.server.shutdown()
        one.server.server_close()


def gateway(url: str, *, writes: bool = True) -> Gateway:
    """One before ``url``."""
    return Gateway(
        url,
        "/v1.0",
        TOKEN,
        operations=OPERATIONS,
        writes=writes,
        own=OURS.__eq__,
        made=lambda *_: None,
        timeout_s=5,
    )


def test_the_password_becomes_the_token_and_back() -> None:
    """Whoever brings neither has none; an answer that repeats the token does not tell it."""
    with host() as service, gateway(service.url) as one:
        with_password = {"Authorization": f"Bearer {one.password}"}
        answer = requests.get(f"{one.root}/products?q=%27", headers=with_password, timeout=5)
        requests.get(f"{one.root}/products/x", timeout=5)
    assert service.seen == [
        ("GET", "/v1.0/products?q=%27", f"Bearer {TOKEN}"),
        ("GET", "/v1.0/products/x", None),
    ]
    assert answer.text == one.password
    assert one.reached == {"GET /products", "GET /products/{product_id}"}


def test_other_hosts_are_out_of_reach() -> None:
    """By a proxied request, by a tunnel, and by a redirect that is followed through the proxy."""
    with host() as elsewhere, host(elsewhere.url) as service, gateway(service.url) as one:
        proxies = {"http": one.address, "https": one.address}
        with requests.Session() as session:
            session.trust_env = False
            session.proxies = proxies
            assert session.get(f"{elsewhere.url}/", timeout=5).status_code == 403
            with pytest.raises(requests.exceptions.ProxyError):
                session.get(elsewhere.url.replace("http:", "https:"), timeout=5)
            assert session.get(f"{one.root}/products", timeout=5).status_code == 403
    assert elsewhere.seen == []
    assert len(service.seen) == 1
    assert len(one.elsewhere) == 3


def test_products_of_others_are_not_written_to() -> None:
    """Nor anything where nothing may be written."""
    with host() as service, gateway(service.url) as one:
        assert requests.delete(f"{one.root}/products/{OTHERS}", timeout=5).status_code == 404
        assert requests.delete(f"{one.root}/products/{OURS}", timeout=5).status_code == 200
        assert requests.get(f"{one.root}/products/{OTHERS}", timeout=5).status_code == 200
    assert [method for method, _, _ in service.seen] == ["DELETE", "GET"]
    with host() as service, gateway(service.url, writes=False) as one:
        assert requests.post(f"{one.root}/products", timeout=5).status_code == 404
    assert service.seen == []


@pytest.mark.parametrize("name", ["schemathesis", "wapiti", "sqlmap"])
def test_no_scanner_follows_a_redirect_off_the_host(name: str) -> None:
    """The programs themselves, at a service that sends everybody to another port."""
    try:
        find(name)
    except Missing as missing:
        pytest.skip(str(missing))
    values = {"product_id": OURS}
    described = Described(contract().document, lambda method, _: method == "GET", values)
    with host() as elsewhere, host(elsewhere.url) as service, gateway(service.url) as one:
        (done,) = embedded.scan(
            one,
            described,
            active=True,
            seed=1,
            masked=str,
            say=lambda *_: None,
            only=(name,),
        )
    assert done.requests > 0, done
    assert service.seen
    assert elsewhere.seen == []
    assert TOKEN not in repr(done)
    assert one.password not in repr(done)


def test_a_program_that_does_not_end_is_ended(tmp_path: Path) -> None:
    """With what it started; and what is not there says what brings it."""
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; "
    code += "time.sleep(60)'])"
    began = time.monotonic()
    said = run([sys.executable, "-c", code], tmp_path, within_s=0.3, masked=str)
    assert said.why == "it did not end within 0.3 s"
    assert time.monotonic() - began < 20
    with pytest.raises(Missing, match="WAPITI_BIN is '/nowhere/wapiti'"):
        find("wapiti", {"WAPITI_BIN": "/nowhere/wapiti"})
