"""The command line beside serve: help, tokens, the list of faults, errors."""

from __future__ import annotations

import json
import subprocess
import sys

import jwt
import pytest

from reference_service.faults.registry import FAULTS
from reference_service.local.tokens import ROLES
from tests.reference_service.running import ROOT, TIMEOUT, RunningService, scrubbed_environment


def run(*arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "reference_service", *arguments],
        cwd=ROOT,
        env=scrubbed_environment(),
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_help_teaches() -> None:
    """Each command's help has an example or says what it prints; every role is named."""
    code, shown, _ = run("--help")
    assert code == 0
    assert all(command in shown for command in ("serve", "token", "faults"))
    code, shown, _ = run("serve", "--help")
    assert code == 0
    assert "Example: reference-service serve" in shown
    code, shown, _ = run("token", "--help")
    words = "".join(shown.split())
    assert all(role in words for role in ROLES)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("serve", "--as", "sti"), "there is no environment 'sti'. Did you mean sit?"),
        (("serve", "--fault", "no-etga"), "there is no fault 'no-etga'. Did you mean no-etag?"),
        (("token", "--role", "admn", "--key-file", "x"), "Did you mean admin?"),
        (("token", "--role", "admin", "--key-file", "/nowhere"), "cannot read /nowhere"),
        (("token", "--role", "admin", "--key-file", __file__), "holds no private key"),
        (("serve", "--prot", "1"), "No such option"),
        (("serve", "--port", "70000"), "65535"),
        (("serve", "--capacity", "0"), "--capacity 0: requests a second are a number above 0"),
        (("serve", "--capacity=-1"), "a number above 0"),
        (("serve", "--capacity", "nan"), "a number above 0"),
        (("serve", "--capacity", "inf"), "a number above 0"),
        (("serve", "--capacity", "fast"), "Invalid value for '--capacity'"),
        (("sreve",), "No such command"),
    ],
)
def test_a_usage_error_is_4(arguments: tuple[str, ...], message: str) -> None:
    """A name or a value that does not fit: exit code 4, what was meant, no traceback."""
    code, shown, errors = run(*arguments)
    assert code == 4
    assert message in " ".join(errors.split())
    assert "Traceback" not in errors
    assert shown == ""


def test_a_token_from_the_command_line_is_accepted(service: RunningService) -> None:
    """`token` with the key file of a running service: one line, a token of that role."""
    code, shown, errors = run("token", "--role", "editor", "--key-file", service.ready["key_file"])
    assert (code, errors) == (0, "")
    client = service.client(None)
    client.headers["Authorization"] = f"Bearer {shown.strip()}"
    assert client.get("/products").status_code == 200
    assert jwt.decode(shown.strip(), options={"verify_signature": False})["roles"] == ["editor"]


def test_the_list_of_faults() -> None:
    """As JSON: every fault with name, seam, check, reason and description; as text: all names."""
    code, shown, _ = run("faults", "--json")
    listed = json.loads(shown)
    assert code == 0
    assert [fault["name"] for fault in listed] == [fault.name for fault in FAULTS]
    for fault in listed:
        assert list(fault) == [
            "name",
            "seam",
            "check",
            "reason",
            "description",
            "capability",
        ]
        assert all(value for name, value in fault.items() if name != "capability")
    code, shown, _ = run("faults")
    assert code == 0
    assert all(fault.name in shown for fault in FAULTS)
