"""What is sent exactly arrives exactly; what environments say of refused tokens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from fixtures.environment import load_environment
from fixtures.security.tricks import spellings
from fixtures.tokens import Tokens
from fixtures.transport import Transport
from reports.strict_toml import ConfigurationError
from tests.environment_files import environment_text, loopback_environment, write_environment


@pytest.fixture
def heard() -> Iterator[tuple[str, list[str]]]:
    """A server's URL, and the paths that it is asked for, as they came."""
    paths: list[str] = []

    class Hears(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            # The handler's own path has its leading slashes folded.
            paths.append(self.requestline.split(" ")[1])
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing is logged."""

    server = HTTPServer(("127.0.0.1", 0), Hears)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", paths
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_every_spelling_arrives_as_it_is(heard: tuple[str, list[str]], tmp_path: Path) -> None:
    """Dots, slashes and escapes: nothing on this side makes the path what it pretends to be."""
    url, paths = heard
    transport = Transport(2.0, Tokens(loopback_environment(tmp_path, url)))
    sent = [f"/v1.0{spelling.path}" for spelling in spellings("/products/p1")]
    for path in sent:
        transport.send("GET", url + path, exact=True)
    transport.close()
    assert [path.lower() for path in paths] == [path.lower() for path in sent]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("", "needs the table"),
        ("[refused_tokens]\nexpired = {}\n", "names either variable, or all of"),
        ('[refused_tokens]\nexpird = { variable = "X" }\n', 'did you mean "expired"'),
        (
            (
                '[refused_tokens]\nexpired = { variable = "X" }\n'
                '[token_key]\njwks_url = "http://issuer.example/keys"\n'
            ),
            "must be an https address",
        ),
        (
            (
                '[refused_tokens]\nexpired = { variable = "X" }\n'
                '[token_key]\nvariable = "K"\njwks_url = "https://issuer.example/keys"\n'
            ),
            "either variable or jwks_url",
        ),
    ],
)
def test_a_bad_source_is_told(tmp_path: Path, table: str, told: str) -> None:
    """Which file, which table, and what would be right."""
    text = environment_text().replace("refused_tokens = false", "refused_tokens = true")
    text = text.replace("[capabilities]", f"{table}\n[capabilities]")
    with pytest.raises(ConfigurationError, match=r"test\.toml") as problem:
        load_environment(str(write_environment(tmp_path, text)))
    assert told in str(problem.value)


def test_what_cannot_be_had_is_absent(tmp_path: Path) -> None:
    """A kind that is left out makes its check not applicable; all do without the capability."""
    text = environment_text()
    kinds = {"expired_token", "not_yet_valid_token", "wrong_audience_token", "wrong_issuer_token"}
    assert kinds <= set(load_environment(str(write_environment(tmp_path, text))).absent())
    text = text.replace("refused_tokens = false", "refused_tokens = true").replace(
        "[capabilities]", '[refused_tokens]\nexpired = { variable = "X" }\n\n[capabilities]'
    )
    absent = set(load_environment(str(write_environment(tmp_path, text))).absent())
    assert absent & kinds == kinds - {"expired_token"}
