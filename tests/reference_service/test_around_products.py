"""What stands around the products: categories, recommendations, limits, paths of their own."""

from __future__ import annotations

import time
from typing import Any

import pytest

from reference_service.handlers.categories import hierarchy
from tests.reference_service.running import Client, RunningService, unique


def test_the_hierarchy_of_paths() -> None:
    """Parents without products, names that begin alike, a name on two levels: each once."""
    roots = hierarchy({"A/B/C", "A", "A-1/B", "A/B 2", "D/D"})
    shown: list[Any] = []

    def walk(nodes: list[Any], depth: int) -> None:
        for node in nodes:
            shown.append((depth, node["path"], node["name"]))
            walk(node["children"], depth + 1)

    walk(roots, 0)
    assert sorted(shown) == [
        (0, "A", "A"),
        (0, "A-1", "A-1"),
        (0, "D", "D"),
        (1, "A-1/B", "B"),
        (1, "A/B", "B"),
        (1, "A/B 2", "B 2"),
        (1, "D/D", "D"),
        (2, "A/B/C", "C"),
    ]


def test_categories_follow_the_products(admin: Client) -> None:
    """A product comes, changes its category and goes."""
    top = unique("Top")

    def shown() -> list[Any]:
        roots = admin.get("/products/categories").json()["categories"]
        return [root for root in roots if root["path"].startswith(top)]

    path = f"/products/{admin.create(category=f'{top}/A')['product_id']}"
    (root,) = shown()
    assert [child["path"] for child in root["children"]] == [f"{top}/A"]
    admin.put(path, json={"category": f"{top}2"})
    assert shown() == [{"path": f"{top}2", "name": f"{top}2", "children": []}]
    admin.delete(path)
    assert shown() == []
    assert admin.get("/products/categories?limit=1").status_code == 400


def test_recommendations(admin: Client) -> None:
    """Of the own category first, then of the root; in stock, never itself, never too many."""
    top = unique("Top")
    one = admin.create(category=f"{top}/A/B")["product_id"]
    near = {admin.create(category=f"{top}/A/B")["product_id"] for _ in range(2)}
    far = {admin.create(category=f"{top}/C")["product_id"] for _ in range(3)}
    admin.create(category=f"{top}/A/B", inventory=0)
    admin.create(category=f"{top}x")

    def recommended(query: str = "") -> list[str]:
        response = admin.get(f"/products/{one}/recommendations{query}")
        assert response.status_code == 200, response.text
        return [item["product_id"] for item in response.json()["items"]]

    everything = recommended("?limit=20")
    assert set(everything[:2]) == near
    assert set(everything[2:]) == far
    assert len(everything) == 5
    assert set(recommended("?limit=2")) == near
    assert len(recommended("?limit=3")) == 3
    assert recommended() == everything
    for query in ("?limit=0", "?limit=21", "?limit=x", "?sort=price"):
        assert admin.get(f"/products/{one}/recommendations{query}").status_code == 400
    assert admin.get("/products/unknown/recommendations").status_code == 404
    alone = admin.create(category=unique("Alone"))["product_id"]
    assert admin.get(f"/products/{alone}/recommendations").json() == {"items": []}


def test_a_limited_token(service: RunningService) -> None:
    """More than ten in a second of the clock: 429, which passes; others are not touched."""
    limited, reader = service.client("limited"), service.client("reader")
    statuses = []
    end = time.monotonic() + 5
    while 429 not in statuses and time.monotonic() < end:
        refused = limited.get("/products/unknown")
        statuses.append(refused.status_code)
        assert reader.get("/products/unknown").status_code == 404
    assert set(statuses) == {404, 429}
    assert len(statuses) > 10
    assert refused.headers["Retry-After"] == "1"
    assert refused.headers["Content-Type"] == "application/problem+json"
    while limited.get("/products/unknown").status_code == 429:
        assert time.monotonic() < end


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/products/bulk", "POST, PUT"),
        ("DELETE", "/products/bulk", "POST, PUT"),
        ("PUT", "/products/health", "GET"),
        ("DELETE", "/products/categories", "GET"),
        ("GET", "/orders", "POST"),
        ("POST", "/products/x/recommendations", "GET"),
        ("PATCH", "/products/x", "DELETE, GET, PUT"),
    ],
)
def test_a_path_of_its_own_is_no_product(
    admin: Client, method: str, path: str, allowed: str
) -> None:
    """A method that only a product's path would have: 405."""
    refused = admin.request(method, path)
    assert refused.status_code == 405
    assert refused.headers["Allow"] == allowed
