"""Environment files for tests: the project's own form, pointing at loopback."""

from __future__ import annotations

from pathlib import Path

from fixtures.environment import Environment, load_environment


def environment_text(
    base_url: str = "http://127.0.0.1:1",
    images_url: str = "http://127.0.0.1:1",
    *,
    name: str = "test",
    timeout_s: float = 2.0,
    writes: bool = True,
) -> str:
    """A valid file without AWS."""
    return f"""
name = "{name}"
layers = ["readiness", "smoke", "integration", "catalog", "security", "load", "sla"]
writes = {str(writes).lower()}

[service]
base_url = "{base_url}"
base_path = "/v1.0"
images_url = "{images_url}"
timeout_s = {timeout_s}

[tokens]
admin = {{ variable = "TEST_TOKEN" }}
editor = {{ variable = "TEST_TOKEN_EDITOR" }}
reader = {{ variable = "TEST_TOKEN_READER" }}
limited = {{ variable = "TEST_TOKEN_LIMITED" }}

[capabilities]
aws = false
cognito = false
multi_region = false
rate_limiting = true
recommendations = true
refused_tokens = false
signed_urls = false
tls = false
vpc = false
xray = false
"""


def write_environment(folder: Path, text: str) -> Path:
    """Put ``text`` where ``--env`` can name it."""
    path = folder / "test.toml"
    path.write_text(text, encoding="utf-8")
    return path


def loopback_environment(folder: Path, base_url: str, timeout_s: float = 2.0) -> Environment:
    """The environment of such a file."""
    text = environment_text(base_url, base_url, timeout_s=timeout_s)
    return load_environment(str(write_environment(folder, text)))
