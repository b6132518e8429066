"""The suites know the contract and not our service: another one that keeps it passes them all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.other_service.running import OtherService, other_service
from tests.run.harness import pytest_run


@pytest.fixture(scope="module")
def other() -> Iterator[OtherService]:
    """The other service, on free ports."""
    with other_service() as service:
        yield service


@pytest.mark.parametrize("layers", ["smoke"])
def test_a_service_that_keeps_the_contract_passes(
    other: OtherService, tmp_path: Path, layers: str
) -> None:
    """Every check passes, except those of AWS, which its environment file declares absent."""
    environment = other.environment(tmp_path)
    ended = pytest_run(
        tmp_path / "out",
        "-m",
        layers,
        f"--env={environment}",
        "-n",
        "2",
        variables=other.variables,
    )
    assert ended.code == 0, ended.output
    assert other.mishaps == []
