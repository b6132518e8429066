"""No secret is in any byte that a run leaves behind, whatever the service does with it."""

from __future__ import annotations

import base64
import gzip
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest

from reports import cli
from tests.run.echoing_service import COOKIE, SIGNATURE, echoing
from tests.run.harness import Ended, pytest_run

ROLES = {
    "LOCAL_TOKEN": "admin",
    "LOCAL_TOKEN_EDITOR": "editor",
    "LOCAL_TOKEN_READER": "reader",
    "LOCAL_TOKEN_LIMITED": "limited",
}
OPAQUE = "k9/Xq2+Vb7/Lm4Tz8Rw1Yp5Nc3Hd6Js0Qa=="
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{40,}={0,2}")


@pytest.fixture(scope="module")
def tokens() -> dict[str, str]:
    """One JWT a role, signed with a key that nobody else has; the admin's has no parts."""
    key = base64.b64encode(Path(__file__).read_bytes()[:48]).decode()
    made = {name: jwt.encode({"sub": role}, key, "HS256") for name, role in ROLES.items()}
    return {**made, "LOCAL_TOKEN": OPAQUE}


@pytest.fixture(scope="module")
def left(tokens: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """What a run against the echo leaves, with its report drawn."""
    folder = tmp_path_factory.mktemp("echo") / "out"
    with echoing() as origin:
        ended = pytest_run(
            folder,
            *("-m", "smoke or integration", "-k", "not test_contract_fuzzing", "--env=local"),
            *(f"--base-url={origin}", f"--images-url={origin}", "-n", "2"),
            variables=tokens,
        )
    assert ended.code in (1, 3), ended.output
    assert cli.exit_code(["report", f"--report-dir={folder}"]) == 0
    return ended


def layers(content: bytes, depth: int = 3) -> Iterator[bytes]:
    """The bytes, and what is packed in them: archives, gzip, base64; as deep as that."""
    yield content
    if not depth:
        return
    if content[:2] == b"\x1f\x8b":
        yield from layers(gzip.decompress(content), depth - 1)
    if content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield from layers(archive.read(name), depth - 1)
    for found in _BASE64.finditer(content):
        packed = found[0].rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        packed = packed[: len(packed) - (len(packed) % 4 == 1)]
        yield from layers(base64.b64decode(packed + b"=" * (-len(packed) % 4)), depth - 1)


def spellings(tokens: dict[str, str]) -> dict[str, bytes]:
    """What must be nowhere, by what it is."""
    found = {"cookie": COOKIE.encode(), "signature of a URL": SIGNATURE.encode()}
    for name, token in tokens.items():
        signature = token.rpartition(".")[2]
        found |= {
            name: token.encode(),
            f"signature of {name}": signature.encode(),
            f"half the signature of {name}": signature[: len(signature) // 2].encode(),
            f"{name} in JSON as PHP has it": token.replace("/", "\\/").encode(),
            f"{name} in percent, twice": "".join(
                f"%25{ord(one):02x}" for one in signature
            ).encode(),
            f"{name} in bytes": "".join(f"\\x{ord(one):02x}" for one in signature).encode(),
            f"{name} in octal": "".join(f"\\{ord(one):03o}" for one in signature).encode(),
            f"{name} in hex": signature.encode().hex().encode(),
            f"{name}, no width between": "\u200b".join(signature).encode(),
            f"{name}, the same in JSON": "\\u200b".join(signature).encode(),
            f"{name} in percent": "".join(f"%{ord(one):02x}" for one in signature).encode(),
            f"{name} in JSON": "".join(f"\\u{ord(one):04x}" for one in signature).encode(),
            f"{name} in JSON, twice": "".join(f"\\\\u{ord(one):04x}" for one in signature).encode(),
            f"{name} in HTML": "".join(f"&#{ord(one)};" for one in signature).encode(),
        }
    return found


def held(content: bytes, tokens: dict[str, str]) -> set[str]:
    """Which secrets it holds, in whatever layer."""
    wanted = spellings(tokens)
    return {
        name
        for layer in layers(content)
        for name, secret in wanted.items()
        if secret.lower() in layer.lower()
    }


def test_no_file_holds_a_secret(left: Ended, tokens: dict[str, str]) -> None:
    """Evidence, results and their attachments, pages, JUnit, SARIF: byte by byte, unpacked."""
    files = [file for file in left.report_dir.rglob("*") if file.is_file()]
    assert {"decision.html", "report.html", "decision.json", "junit.xml"} <= {f.name for f in files}
    assert len(files) > 100
    told = {
        f"{file.relative_to(left.report_dir)}: {name}"
        for file in files
        for name in held(file.read_bytes(), tokens)
    }
    assert told == set()


def test_the_terminal_shows_none(left: Ended, tokens: dict[str, str]) -> None:
    """Standard output and error of the run."""
    assert held(left.output.encode(), tokens) == set()


def test_the_search_would_find_one(tokens: dict[str, str]) -> None:
    """The control: each spelling, plain and packed."""
    token = tokens["LOCAL_TOKEN"]
    for text in (
        f"x{token}x",
        token.rpartition(".")[2],
        "".join(f"%{ord(one):02X}" for one in token),
        "".join(f"\\u{ord(one):04x}" for one in token),
        token.replace("/", "\\/"),
        token[:-1],
        COOKIE,
        SIGNATURE,
    ):
        for content in (
            text.encode(),
            gzip.compress(text.encode()),
            base64.b64encode(text.encode() + b"x" * 40),
        ):
            assert held(content, tokens), text
