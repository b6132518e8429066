"""Each fault changes what it says it changes, and the healthy service has none of it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
import requests
from PIL import Image

from reference_service.faults.registry import FAULTS, UnknownFaultError, named
from tests.reference_service.running import (
    ROOT,
    Client,
    RunningService,
    new_product,
    unique,
)

Expectation = Callable[[Client], bool]

SEAMS = {
    "handler",
    "catalog",
    "tokens",
    "image store",
    "edge",
    "clock",
    "function",
    "limits",
    "orders",
    "table",
    "front",
    "platform",
    "gateway",
    "resources",
    "TLS",
    "plan",
    "source",
}
SMOKE = [fault for fault in FAULTS if fault.check.startswith("smoke.")]
OTHERS = [fault for fault in FAULTS if fault not in SMOKE]


def _picture() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (16, 16), "green").save(written, "PNG")
    return written.getvalue()


def _upload(admin: Client, data: bytes) -> tuple[str, requests.Response]:
    path = f"/products/{admin.create_any()['product_id']}/image"
    return path, admin.post(path, files={"image": ("x.png", data)})


def _delivered(admin: Client) -> requests.Response:
    path, _ = _upload(admin, _picture())
    return requests.get(admin.get(path).json()["image_url"], timeout=5)


def _hit(admin: Client) -> bool:
    address = _delivered(admin).url
    marks = [requests.get(address, timeout=5).headers["X-Cache"] for _ in range(4)]
    return any(mark.startswith("Hit") for mark in marks)


def _updated(admin: Client, change: dict[str, Any]) -> tuple[dict[str, Any], requests.Response]:
    made = admin.create_any(description="Kept", inventory=7)
    return made, admin.put(f"/products/{made['product_id']}", json=change)


def _deleted(admin: Client) -> tuple[dict[str, Any], requests.Response]:
    made = admin.create_any(category=unique("Deleted"))
    return made, admin.delete(f"/products/{made['product_id']}")


def _created(admin: Client) -> tuple[dict[str, Any], requests.Response]:
    sent = new_product()
    return sent, admin.post("/products", json=sent)


def _read_back(admin: Client) -> bool:
    sent, response = _created(admin)
    read = admin.get(f"/products/{response.json()['product_id']}").json()
    return bool(read | sent == read)


def _second_refused(admin: Client) -> bool:
    sent, _ = _created(admin)
    return admin.post("/products", json=sent).status_code == 409


def _kept(admin: Client) -> bool:
    made, response = _updated(admin, {"price": 2.5})
    return bool(response.json()["description"] == made["description"])


def _update_read_back(admin: Client) -> bool:
    made, _ = _updated(admin, {"price": 2.5})
    return bool(admin.get(f"/products/{made['product_id']}").json()["price"] == 2.5)


def _got(admin: Client) -> requests.Response:
    return admin.get(f"/products/{admin.create_any()['product_id']}")


def _gone_from_list(admin: Client) -> bool:
    made, _ = _deleted(admin)
    return admin.listed(category=made["category"]) == []


def _in_category(admin: Client) -> tuple[set[str], list[dict[str, Any]]]:
    category = unique("Category")
    made = {admin.create_any(category=category)["product_id"] for _ in range(2)}
    admin.create_any(category=unique("Other"))
    return made, admin.listed(category=category)


def _only_category(admin: Client) -> bool:
    _, found = _in_category(admin)
    return len({product["category"] for product in found}) == 1


def _all_of_category(admin: Client) -> bool:
    made, found = _in_category(admin)
    return made <= {product["product_id"] for product in found}


def _in_range(admin: Client) -> tuple[set[str], list[dict[str, Any]]]:
    made = {admin.create_any(price=price)["product_id"] for price in (711, 712, 713)}
    return made, admin.listed(min_price=711, max_price=713)


def _only_range(admin: Client) -> bool:
    _, found = _in_range(admin)
    return all(711 <= product["price"] <= 713 for product in found)


def _all_of_range(admin: Client) -> bool:
    made, found = _in_range(admin)
    return made <= {product["product_id"] for product in found}


def _health(admin: Client) -> dict[str, Any]:
    health: dict[str, Any] = admin.get("/products/health").json()
    return health


def _stranger_refused(admin: Client) -> bool:
    return Client(admin.base_url, None).get("/products").status_code == 401


def _is_json(response: requests.Response) -> bool:
    return response.headers["Content-Type"].startswith("application/json")


# What each reason of a fault means at the API.
EXPECTATIONS: dict[str, Expectation] = {
    "health answers 200": lambda admin: admin.get("/products/health").status_code == 200,
    "health has its fields": lambda admin: (
        {"status", "version", "environment", "dependencies"} <= set(_health(admin))
    ),
    "health names the environment": lambda admin: _health(admin)["environment"] == "local",
    "health agrees with its dependencies": lambda admin: (
        set(_health(admin)["dependencies"].values()) == {_health(admin)["status"]}
    ),
    "list answers 200": lambda admin: admin.get("/products").status_code == 200,
    "list is JSON": lambda admin: _is_json(admin.get("/products")),
    "list has items and next_cursor": lambda admin: (
        {"items", "next_cursor"} <= set(admin.get("/products").json())
    ),
    "list without a token is refused": _stranger_refused,
    "create answers 201": lambda admin: _created(admin)[1].status_code == 201,
    "create returns what was sent": lambda admin: (
        _created(admin)[1].json().get("description") == new_product()["description"]
    ),
    "Location leads to the product": lambda admin: (
        admin.get(_created(admin)[1].headers["Location"]).status_code == 200
    ),
    "a created product is read back": _read_back,
    "a second product with the same sku is refused": _second_refused,
    "get answers 200": lambda admin: _got(admin).status_code == 200,
    "get is JSON": lambda admin: _is_json(_got(admin)),
    "get returns the product": lambda admin: _got(admin).json().get("category") == "Electronics",
    "get gives an ETag": lambda admin: "ETag" in _got(admin).headers,
    "an unknown id is 404": lambda admin: (
        admin.get(f"/products/{unique('unknown')}").status_code == 404
    ),
    "update answers 200": lambda admin: _updated(admin, {"price": 1})[1].status_code == 200,
    "update returns what was sent": lambda admin: (
        _updated(admin, {"price": 2.5})[1].json().get("price") == 2.5
    ),
    "update keeps what was not sent": _kept,
    "an update is read back": _update_read_back,
    "delete answers 204": lambda admin: _deleted(admin)[1].status_code == 204,
    "a deleted product is gone from get": lambda admin: (
        admin.get(f"/products/{_deleted(admin)[0]['product_id']}").status_code == 404
    ),
    "a deleted product is gone from list": _gone_from_list,
    "category list answers 200": lambda admin: (
        admin.get("/products?category=Electronics").status_code == 200
    ),
    "category list holds only the category": _only_category,
    "category list holds what the run made": _all_of_category,
    "price list answers 200": lambda admin: (
        admin.get("/products?min_price=1&max_price=2").status_code == 200
    ),
    "price list holds only prices in the range": _only_range,
    "price list leaves out nothing that the run made": _all_of_range,
    "upload answers 201": lambda admin: _upload(admin, _picture())[1].status_code == 201,
    "upload names the image": lambda admin: "image_url" in _upload(admin, _picture())[1].json(),
    "an image's record is read back": lambda admin: (
        admin.get(_upload(admin, _picture())[0]).status_code == 200
    ),
    "what is no image is refused": lambda admin: _upload(admin, b"none")[1].status_code == 415,
    "image answers 200": lambda admin: _delivered(admin).status_code == 200,
    "image comes back byte for byte": lambda admin: _delivered(admin).content == _picture(),
    "image has its content type": lambda admin: (
        _delivered(admin).headers["Content-Type"] == "image/png"
    ),
    "image has caching headers": lambda admin: "Cache-Control" in _delivered(admin).headers,
    "a repeated fetch is a hit": _hit,
}


@pytest.fixture(scope="module")
def spoilt() -> Iterator[RunningService]:
    """A service of its own, since faults change it for everyone."""
    running = RunningService()
    try:
        yield running
    finally:
        assert running.close() == (0, "")


@pytest.mark.parametrize("fault", SMOKE, ids=lambda fault: fault.name)
def test_a_fault_bites(spoilt: RunningService, fault: Any) -> None:
    """Healthy the fault's expectation holds, with the fault it does not, then it holds again."""
    holds, admin = EXPECTATIONS[fault.reason], spoilt.client("admin")
    assert holds(admin)
    assert spoilt.command({"fault": fault.name}) == {"fault": fault.name}
    try:
        assert not holds(admin)
    finally:
        spoilt.command({"fault": None})
    assert holds(admin)


@pytest.mark.parametrize("fault", OTHERS, ids=lambda fault: fault.name)
def test_a_fault_leaves_most_as_it_is(spoilt: RunningService, fault: Any) -> None:
    """Whatever the fault, the service runs on: what it spoils is `gate prove`'s to say."""
    admin = spoilt.client("admin")
    assert spoilt.command({"fault": fault.name}) == {"fault": fault.name}
    try:
        assert admin.get("/products/health").json()["status"] == "ok"
        path = f"/products/{admin.create(category='Spoilt')['product_id']}"
        assert admin.get(path).status_code == 200
        assert admin.put(path, json={"inventory": 5}).status_code == 200
        assert admin.get("/products?limit=2&category=Spoilt").status_code == 200
        assert admin.delete(path).status_code == 204
    finally:
        spoilt.command({"fault": None})


def test_each_expectation_is_met_by_a_fault() -> None:
    """No expectation here, or reason of a fault, without the other."""
    assert {fault.reason for fault in SMOKE} == set(EXPECTATIONS)


def test_faults_are_told_apart() -> None:
    """Names are unique; every seam has a fault."""
    names = [fault.name for fault in FAULTS]
    assert len(names) == len(set(names))
    assert {fault.seam for fault in FAULTS} == SEAMS


@cache
def _text_of(layer: str) -> str:
    """All that is written in a layer's suites, and in what they are given."""
    folders = (ROOT / "suites" / layer, ROOT / "fixtures")
    files = [path for folder in folders for path in folder.rglob("*.py")]
    files.append(ROOT / "fixtures" / "security" / "rules.toml")  # the phrases of findings
    # A phrase may be written over two lines.
    return re.sub(r'"\n\s*f?"', "", "".join(path.read_text(encoding="utf-8") for path in files))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_names_a_check_and_its_words(fault: Any) -> None:
    """The check is a function of its layer's suites, and the reason stands there."""
    layer, _, name = fault.check.partition(".")
    assert f"def test_{name}(" in _text_of(layer)
    # The workflow's steps share the beginning of their reasons.
    assert fault.reason.removeprefix("workflow: ") in _text_of(layer)


@pytest.mark.parametrize("layer", ["smoke", "integration", "catalog", "load", "sla"])
def test_each_check_has_a_fault(layer: str) -> None:
    """No check of these layers that nothing is seeded for."""
    files = (ROOT / "suites" / layer).glob("test_*.py")
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    checks = {f"{layer}.{name}" for name in re.findall(r"^def test_(\w+)\(", text, re.MULTILINE)}
    assert checks == {fault.check for fault in FAULTS if fault.check.startswith(f"{layer}.")}


def test_an_unknown_fault_is_refused() -> None:
    """A near name is suggested."""
    assert named("no-etag").name == "no-etag"
    with pytest.raises(UnknownFaultError, match="Did you mean stale-read"):
        named("stale-reads")
