"""What the recorder asks of whoever knows the environment: hooks, so that it imports nobody."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.hookspec(firstresult=True)
def pytest_gate_environment(config: pytest.Config) -> dict[str, Any]:  # type: ignore[empty-body]
    """Resolve the environment from the command line, once a process.

    Returns the fields of EnvironmentRecord, and ``layers`` (those that may run there) and
    ``rehearsal`` (reasons; empty means none). Raises pytest.UsageError.
    """


@pytest.hookspec
def pytest_gate_accept(config: pytest.Config, layers: tuple[str, ...]) -> None:
    """Refuse layers that cannot run as they are asked for. Raises pytest.UsageError."""


@pytest.hookspec
def pytest_gate_start(config: pytest.Config) -> None:
    """Begin to start what the environment embeds; must not block."""


@pytest.hookspec(firstresult=True)
def pytest_gate_ready(config: pytest.Config) -> dict[str, Any]:  # type: ignore[empty-body]
    """Wait until checks can run; returns the same fields with effective endpoints."""


@pytest.hookspec(firstresult=True)
def pytest_gate_subject(config: pytest.Config) -> dict[str, Any]:  # type: ignore[empty-body]
    """Look at the subject: ``version`` and ``code_digest`` (or None), ``why``, ``binding``."""


@pytest.hookspec
def pytest_gate_over(config: pytest.Config) -> None:
    """Nothing more will be asked of the service."""


@pytest.hookspec(firstresult=True)
def pytest_gate_masked(config: pytest.Config, text: str) -> str:  # type: ignore[empty-body]
    """``text`` without secrets."""
