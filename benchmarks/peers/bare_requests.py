"""The plan's ten requests as a team would first write them: pytest, requests, asserts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

URL = os.environ["BASE_URL"] + "/v1.0/products"
IMAGES = os.environ["IMAGES_URL"]
SKU = os.environ["SKU"]
IMAGE = Path(os.environ["IMAGE"]).read_bytes()
FIELDS = {
    "name": "SIT Test Product",
    "description": "Test product for SIT validation",
    "category": "Electronics",
    "price": 299.99,
    "currency": "USD",
    "inventory": 100,
    "sku": SKU,
    "image_url": "https://images.sit.kimmyai.io/test-product.jpg",
}
seen: dict[str, str] = {}


@pytest.fixture(scope="module")
def http() -> Iterator[requests.Session]:
    """One connection with a token."""
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {os.environ['SIT_TOKEN']}"
        yield session


def test_health(http: requests.Session) -> None:
    """Test 1."""
    answer = http.get(f"{URL}/health", timeout=10)
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"


def test_list(http: requests.Session) -> None:
    """Test 2."""
    answer = http.get(URL, timeout=10)
    assert answer.status_code == 200
    assert "items" in answer.json()


def test_create(http: requests.Session) -> None:
    """Test 3."""
    answer = http.post(URL, json=FIELDS, timeout=10)
    assert answer.status_code == 201
    assert answer.json()["sku"] == SKU
    seen["product"] = answer.json()["product_id"]


def test_get(http: requests.Session) -> None:
    """Test 4."""
    answer = http.get(f"{URL}/{seen['product']}", timeout=10)
    assert answer.status_code == 200
    assert answer.json()["name"] == FIELDS["name"]


def test_update(http: requests.Session) -> None:
    """Test 5."""
    answer = http.put(
        f"{URL}/{seen['product']}", json={"price": 279.99, "inventory": 95}, timeout=10
    )
    assert answer.status_code == 200
    assert answer.json()["inventory"] == 95


def test_category(http: requests.Session) -> None:
    """Test 7."""
    answer = http.get(URL, params={"category": "Electronics"}, timeout=10)
    assert answer.status_code == 200
    assert answer.json()["items"]


def test_price_range(http: requests.Session) -> None:
    """Test 8."""
    answer = http.get(URL, params={"min_price": 100, "max_price": 500}, timeout=10)
    assert answer.status_code == 200
    assert answer.json()["items"]


def test_upload(http: requests.Session) -> None:
    """Test 9."""
    files = {"image": ("test-image.png", IMAGE, "image/png")}
    answer = http.post(f"{URL}/{seen['product']}/image", files=files, timeout=10)
    assert answer.status_code == 201
    seen["image"] = answer.json()["image_url"]


def test_delivery(http: requests.Session) -> None:
    """Test 10."""
    path = "/" + seen["image"].split("/", 3)[3]
    answer = http.head(IMAGES + path, timeout=10)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/png"


def test_delete(http: requests.Session) -> None:
    """Test 6, last, so that nothing stays."""
    assert http.delete(f"{URL}/{seen['product']}", timeout=10).status_code == 204
