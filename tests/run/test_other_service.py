"""The suites know the contract and not our service: another one that keeps it passes them all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from reports.evidence.record import Outcome
from tests.other_service.catalog import Catalog
from tests.other_service.running import OtherService, other_service
from tests.reference_service.running import Client, new_product
from tests.run.harness import pytest_run

LAYERS = ("smoke or integration or catalog", "security")
ABSENT = {"aws", "tls", "signed_urls", "refused_tokens"}  # by its environment file


@pytest.fixture(scope="module")
def other() -> Iterator[OtherService]:
    """The other service, on free ports."""
    with other_service() as service:
        yield service
    assert service.mishaps == []


@pytest.mark.parametrize("layers", LAYERS)
def test_a_service_that_keeps_the_contract_passes(
    other: OtherService, tmp_path: Path, layers: str
) -> None:
    """Every check passes, except those of what its environment file declares absent.

    No weakness is found, however low.
    """
    ended = pytest_run(
        tmp_path / "out",
        *("-m", layers, f"--env={other.environment(tmp_path)}", "-n", "2"),
        variables=other.variables,
    )
    assert ended.code == 0, ended.output
    others = {check.id: check for check in ended.run.checks if check.outcome != Outcome.PASS}
    assert {check.outcome for check in others.values()} <= {Outcome.NOT_APPLICABLE}
    assert {check.capability for check in others.values()} <= ABSENT
    assert [finding for finding in ended.run.findings if finding.severity != "info"] == []
    assert "- left behind -" not in ended.output


def test_it_has_habits_of_its_own() -> None:
    """Its answers are looked at as they come: they differ from ours, and from one another."""
    with other_service(lags_s=(0.0,)) as service:
        client = Client(service.base_url, service.variables["TEST_TOKEN"])
        posts = [client.post("/products", json=new_product(price=299.99)) for _ in range(12)]
        pages = [client.get("/products?limit=100")]
        while following := pages[-1].json()["next_cursor"]:
            pages.append(client.get("/products", params={"limit": "100", "cursor": following}))
    lengths = [len(page.json()["items"]) for page in pages]
    assert sum(lengths) == 12
    assert max(lengths) == 3
    assert min(lengths[:-1]) == 0, "one with a cursor is empty"
    assert {post.headers["Location"].startswith("/") for post in posts} == {True, False}
    assert all(post.headers["ETag"].startswith("W/") for post in posts)
    prices = {re.findall(r'"price"\s*:\s*([^\s,}]+)', post.text)[0] for post in posts}
    assert prices == {"299.99", "299.990", "2.9999E+2"}
    assert {page.headers.get("Content-Encoding") for page in pages} == {None, "gzip"}
    assert {page.headers.get("Transfer-Encoding") for page in pages} == {None, "chunked"}


def test_its_lists_are_late() -> None:
    """One of its replicas has heard of a product, and the other not yet."""
    catalog = Catalog((0.0, 60.0))
    added = catalog.add(new_product())
    assert [catalog.listed(), catalog.listed(), catalog.listed()] == [[added], [], [added]]
