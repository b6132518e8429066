"""One running service for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.reference_service.running import Client, RunningService


@pytest.fixture(scope="session")
def service() -> Iterator[RunningService]:
    running = RunningService()
    try:
        yield running
    finally:
        running.close()


@pytest.fixture(scope="session")
def admin(service: RunningService) -> Client:
    return service.client("admin")
