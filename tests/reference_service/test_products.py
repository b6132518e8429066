"""Products through the API, from create to delete."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.reference_service.running import Client, RunningService, new_product, unique

VARIANT = {"sku": "v", "name": "x", "inventory": 1}


def test_a_created_product_is_read_back(admin: Client) -> None:
    """Create with every field; the answer, its Location and a get show the same product."""
    sent = new_product(
        image_url="https://images.example/a.jpg",
        variants=[
            {"sku": "R", "name": "Red", "price": 10.50, "inventory": 3, "attributes": {"a": "b"}},
            {"sku": "B", "name": "Blue", "inventory": 0, "attributes": {}},
        ],
    )
    response = admin.post("/products", json=sent)
    made = response.json()
    assert response.status_code == 201
    assert made | sent == made
    assert made["availability"] == "in_stock"
    assert made["created_at"] == made["updated_at"]
    assert made["created_at"].endswith("Z")
    read = admin.get(response.headers["Location"])
    assert read.json() == made
    assert read.headers["ETag"] == response.headers["ETag"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("299.99", "299.99"),
        ("0", "0"),
        ("0.1", "0.1"),
        ("1e2", "100"),
        ("5.0", "5"),
        ("299.900", "299.9"),
        ("123456789012.123456", "123456789012.123456"),
        ("-0.0", "0"),
    ],
)
def test_a_price_is_exact(admin: Client, sent: str, kept: str) -> None:
    """A decimal, as text in JSON; the very number comes back on create, get and list."""
    category = unique("Exact")
    body = (
        '{"name":"p","category":"%s","price":%s,"currency":"USD","sku":"%s"}'  # noqa: UP031
        % (category, sent, unique("E"))
    )
    response = admin.post("/products", data=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 201, response.text
    assert f'"price":{kept},' in response.text
    assert f'"price":{kept},' in admin.get(response.headers["Location"]).text
    assert f'"price":{kept},' in admin.get("/products", params={"category": category}).text


def test_an_update_keeps_what_was_not_sent(admin: Client) -> None:
    """Change price and inventory; all else stays, availability follows, the ETag changes."""
    made = admin.create()
    before = admin.get(f"/products/{made['product_id']}").headers["ETag"]
    response = admin.put(f"/products/{made['product_id']}", json={"price": 1.5, "inventory": 0})
    changed = response.json()
    assert response.status_code == 200
    assert response.headers["ETag"] != before
    assert changed == made | {
        "price": 1.5,
        "inventory": 0,
        "availability": "out_of_stock",
        "updated_at": changed["updated_at"],
    }
    assert changed["updated_at"] > made["updated_at"]
    assert admin.get(f"/products/{made['product_id']}").json() == changed


def test_updates_of_different_fields_both_survive(admin: Client) -> None:
    """Twenty updates of one product at once, none with If-Match; every field ends changed."""
    product_id = admin.create(inventory=0)["product_id"]
    changes: list[dict[str, Any]] = [
        {"name": "New name"},
        {"description": "New"},
        {"price": 7.25},
        {"inventory": 9},
    ] * 5
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda c: admin.put(f"/products/{product_id}", json=c), changes))
    assert {answer.status_code for answer in answers} == {200}
    now = admin.get(f"/products/{product_id}").json()
    assert (now["name"], now["description"], now["price"], now["inventory"]) == (
        "New name",
        "New",
        7.25,
        9,
    )


def test_if_match_guards_updates_and_deletes(admin: Client) -> None:
    """Of twenty updates with one ETag one succeeds; an old ETag changes and deletes nothing."""
    path = f"/products/{admin.create()['product_id']}"
    etag = admin.get(path).headers["ETag"]

    def rename(number: int) -> int:
        body = {"name": f"Name {number}"}
        return admin.put(path, json=body, headers={"If-Match": etag}).status_code

    with ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(rename, range(20)))
    assert sorted(statuses) == [200] + [412] * 19
    assert admin.delete(path, headers={"If-Match": etag}).status_code == 412
    assert admin.put(path, json={"name": "x"}, headers={"If-Match": "junk"}).status_code == 412
    assert admin.put(path, json={"name": "x"}, headers={"If-Match": "*"}).status_code == 200
    now = admin.get(path).headers["ETag"]
    assert admin.delete(path, headers={"If-Match": now}).status_code == 204


def test_a_deleted_product_is_gone_and_its_sku_free(admin: Client) -> None:
    """Delete; get, update and a second delete are 404; the sku can be used again."""
    made = admin.create(category=unique("Gone"))
    path = f"/products/{made['product_id']}"
    response = admin.delete(path)
    assert (response.status_code, response.content) == (204, b"")
    assert admin.get(path).status_code == 404
    assert admin.put(path, json={"name": "x"}).status_code == 404
    assert admin.delete(path).status_code == 404
    assert admin.listed(category=made["category"]) == []
    admin.create(sku=made["sku"])


def test_a_sku_belongs_to_one_product(admin: Client) -> None:
    """Of twenty creates of one sku at once one succeeds; an update cannot take it either."""
    sku = unique("S")
    with ThreadPoolExecutor(8) as threads:
        answers = list(
            threads.map(
                lambda _: admin.post("/products", json=new_product(sku=sku)).status_code, range(20)
            )
        )
    assert sorted(answers) == [201] + [409] * 19
    other = admin.create()
    path = f"/products/{other['product_id']}"
    assert admin.put(path, json={"sku": sku}).status_code == 409
    assert admin.get(path).json()["sku"] == other["sku"]


def test_a_sku_can_change(admin: Client) -> None:
    """Update the sku; the old one is free, the new one taken, the rest of the body applied."""
    made = admin.create()
    new = unique("N")
    path = f"/products/{made['product_id']}"
    response = admin.put(path, json={"sku": new, "price": 3})
    assert (response.status_code, response.json()["sku"], response.json()["price"]) == (200, new, 3)
    admin.create(sku=made["sku"])
    assert admin.post("/products", json=new_product(sku=new)).status_code == 409
    assert admin.put(path, json={"sku": new}).status_code == 200
    old_etag = {"If-Match": '"1"'}
    assert admin.put(path, json={"sku": unique("M")}, headers=old_etag).status_code == 412


@pytest.mark.parametrize(
    "field",
    [
        {"price": "299.99"},
        {"price": True},
        {"price": None},
        {"price": -0.01},
        {"price": 1e13},
        {"price": 0.0000001},
        {"inventory": -1},
        {"inventory": 1.5},
        {"inventory": "1"},
        {"name": ""},
        {"name": "   "},
        {"name": "x" * 201},
        {"name": None},
        {"category": "A//B"},
        {"category": "/A"},
        {"currency": "usd"},
        {"currency": "USD\n"},
        {"sku": ""},
        {"sku": "a b"},
        {"image_url": "javascript:alert(1)"},
        {"variants": {}},
        {"variants": [{**VARIANT, "nam": "x"}]},
        {"variants": [{**VARIANT, "price": "1"}]},
        {"variants": [{**VARIANT, "price": None}]},
        {"variants": [{**VARIANT, "inventory": -1}]},
        {"variants": [{**VARIANT, "sku": ""}]},
        {"variants": [{**VARIANT, "attributes": {"a": 1}}]},
        {"variants": [{"sku": "v", "name": "x"}]},
        {"variants": [VARIANT, {**VARIANT, "name": "y"}]},
        {"variants": [{**VARIANT, "sku": f"v{number}"} for number in range(101)]},
        {"product_id": "mine"},
        {"unheard_of": 1},
    ],
    ids=str,
)
def test_a_bad_field_is_400(admin: Client, field: dict[str, Any]) -> None:
    """One field does not fit, in a create and in an update; the problem says where."""
    created = admin.post("/products", json=new_product(**field))
    assert created.status_code == 400, created.text
    assert created.headers["Content-Type"] == "application/problem+json"
    assert created.json()["errors"][0]["where"].startswith("/")
    updated = admin.put(f"/products/{admin.create()['product_id']}", json=field)
    assert updated.status_code == 400, updated.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"{}",
        b'{"name": "\xff"}',
        b'{"price": NaN}',
        b'{"inventory": 1' + b"0" * 5000 + b"}",
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b'{"name": "\\ud800"}',
    ],
)
def test_a_bad_body_is_400(admin: Client, body: bytes) -> None:
    """What is no JSON object, or no product; never 500."""
    json_type = {"Content-Type": "application/json"}
    assert admin.post("/products", data=body, headers=json_type).status_code == 400
    path = f"/products/{admin.create()['product_id']}"
    assert admin.put(path, data=body, headers=json_type).status_code == 400


def test_other_media_types_and_large_bodies_are_refused(admin: Client) -> None:
    """415 for what is not JSON, 413 above the limit of bodies and above the gateway's own."""
    assert admin.post("/products", data="a=b").status_code == 415
    assert admin.post("/products", data=b"x" * 300_000).status_code == 415
    large = new_product(description="x" * 300_000)
    assert admin.post("/products", json=large).status_code == 413
    huge = admin.post(
        "/products", data=b"x" * (11 * 1024 * 1024), headers={"Content-Type": "application/json"}
    )
    assert huge.status_code == 413
    assert huge.headers["Content-Type"] == "application/problem+json"


def test_methods_and_paths_that_are_not_there(admin: Client) -> None:
    """405 names the methods that are; 404 for other paths, with or without the base path."""
    response = admin.patch("/products/some-id")
    assert (response.status_code, response.headers["Allow"]) == (405, "DELETE, GET, PUT")
    assert admin.delete("/products").headers["Allow"] == "GET, POST"
    assert admin.post("/products/health").status_code == 405
    assert admin.get("/elsewhere").status_code == 404
    assert admin.get("/v1.0").status_code == 404


@pytest.mark.parametrize(
    "product_id",
    ["unknown", "sku%23T-1", "..%2f..", "%00", "x" * 3000, "a%22b", "%F0%9F%92%A9", "a b", "%0a"],
)
def test_an_unknown_id_is_404(admin: Client, product_id: str) -> None:
    """Ids that no product has, of any shape; a problem with a request id."""
    for response in (
        admin.get(f"/products/{product_id}"),
        admin.put(f"/products/{product_id}", json={"name": "x"}),
        admin.delete(f"/products/{product_id}"),
    ):
        assert response.status_code == 404, response.text
        problem = response.json()
        assert problem["status"] == 404
        assert problem["request_id"]
        assert {"type", "title", "detail"} <= set(problem)


def test_requests_at_the_same_time_do_not_mix(admin: Client, service: RunningService) -> None:
    """Forty gets of eight products from eight threads; each is answered with its own."""
    made = [admin.create(name=f"Product {number}") for number in range(8)]
    with ThreadPoolExecutor(8) as threads:
        read = list(
            threads.map(lambda each: admin.get(f"/products/{each['product_id']}").json(), made * 5)
        )
    assert read == made * 5


def test_health_tells_build_and_place(service: RunningService) -> None:
    """No token; status, version, environment and dependencies."""
    response = service.client(None).get("/products/health")
    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "version": "1.0.0",
        "environment": "local",
        "dependencies": {"dynamodb": "ok", "s3": "ok"},
    }
