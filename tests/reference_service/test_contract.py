"""fixtures/contract/openapi.yaml and the service that keeps it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import openapi_spec_validator
import pytest
import requests
import yaml
from PIL import Image

from reference_service.handlers.app import ROUTES
from reference_service.handlers.selection import PARAMETERS, SORTS
from tests.reference_service.running import Client, RunningService, new_product

PATH = Path(__file__).parents[2] / "fixtures" / "contract" / "openapi.yaml"
CONTRACT: dict[str, Any] = yaml.safe_load(PATH.read_text(encoding="utf-8"))
METHODS = ("get", "put", "post", "delete")


def resolved(value: Any) -> Any:
    """What a reference into the contract leads to."""
    while isinstance(value, dict) and "$ref" in value:
        reference = value["$ref"]
        value = CONTRACT
        for step in reference.removeprefix("#/").split("/"):
            value = value[step]
    return value


def check(response: requests.Response, path: str, method: str) -> None:
    """The response is one that the contract promises for the operation."""
    responses = CONTRACT["paths"][path][method]["responses"]
    promised = resolved(responses.get(str(response.status_code)) or responses["default"])
    content = promised.get("content", {})
    for name, header in promised.get("headers", {}).items():
        assert name in response.headers
        schema = resolved(header)["schema"]
        jsonschema.validate(response.headers[name], schema)
    if not content:
        assert response.content == b""
        return
    schema = content[response.headers["Content-Type"]]["schema"]
    validator = jsonschema.Draft202012Validator({**schema, "components": CONTRACT["components"]})
    validator.validate(response.json())


def test_the_contract_is_valid_openapi() -> None:
    """openapi-spec-validator on the file."""
    openapi_spec_validator.validate(CONTRACT)


def test_contract_and_service_have_the_same_operations() -> None:
    """Each route of the service is promised, and each promised operation of the API routed."""
    promised = {
        (method.upper(), path)
        for path, operations in CONTRACT["paths"].items()
        for method in METHODS
        if method in operations and path != "/{image_path}"
    }
    routed = {(route.method, route.path.replace("<", "{").replace(">", "}")) for route in ROUTES}
    assert promised == routed


def test_contract_and_service_have_the_same_parameters() -> None:
    """The names and sorts of the list's parameters."""
    parameters = CONTRACT["paths"]["/products"]["get"]["parameters"]
    assert {parameter["name"] for parameter in parameters} == set(PARAMETERS)
    (sort,) = [each for each in parameters if each["name"] == "sort"]
    assert set(sort["schema"]["enum"]) == set(SORTS)


def test_examples_fit_their_schemas() -> None:
    """Every example of a request or response body validates."""
    seen = 0
    stack: list[Any] = [CONTRACT]
    while stack:
        value = stack.pop()
        if isinstance(value, list):
            stack += value
        if isinstance(value, dict):
            stack += value.values()
            if "schema" in value and "example" in value:
                schema = {**value["schema"], "components": CONTRACT["components"]}
                jsonschema.Draft202012Validator(schema).validate(value["example"])
                seen += 1
    assert seen >= 8


def test_the_service_keeps_the_contract(service: RunningService, admin: Client) -> None:
    """One good and several bad requests of each operation; every answer is a promised one."""
    products, one, image = (
        "/products",
        "/products/{product_id}",
        "/products/{product_id}/image",
    )
    stranger, reader = service.client(None), service.client("reader")
    example = CONTRACT["paths"][products]["post"]["requestBody"]["content"]["application/json"]
    made = admin.post("/products", json=example["example"])
    check(made, products, "post")
    path = made.headers["Location"]
    check(admin.get("/products/health"), "/products/health", "get")
    for client, body in ((admin, {}), (stranger, {}), (reader, {}), (admin, example["example"])):
        check(client.post("/products", json=body), products, "post")
    check(admin.post("/products", data=b"x"), products, "post")
    for query in ("", "?limit=0", "?cursor=x"):
        check(admin.get(f"/products{query}"), products, "get")
    check(stranger.get("/products"), products, "get")
    for where in (path, "/products/unknown"):
        check(admin.get(where), one, "get")
        check(admin.put(where, json={"price": 1.25}), one, "put")
        check(admin.put(where, json={"price": 1}, headers={"If-Match": '"0"'}), one, "put")
    check(admin.put(path, json={"price": "1"}), one, "put")
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    for data in (picture.getvalue(), b"junk"):
        check(admin.post(f"{path}/image", files={"image": ("x", data)}), image, "post")
    check(admin.post(f"{path}/image", files={"other": ("x", b"x")}), image, "post")
    check(admin.get(f"{path}/image"), image, "get")
    address = admin.get(f"{path}/image").json()["image_url"]
    delivered = requests.get(address, timeout=5)
    for name, header in CONTRACT["paths"]["/{image_path}"]["get"]["responses"]["200"][
        "headers"
    ].items():
        jsonschema.validate(delivered.headers[name], resolved(header)["schema"])
    for _ in range(2):
        check(admin.delete(f"{path}/image"), image, "delete")
        check(reader.delete(path), one, "delete")
    for _ in range(2):
        check(admin.delete(path), one, "delete")


def test_the_service_keeps_the_contract_around_products(
    service: RunningService, admin: Client
) -> None:
    """Bulk, categories, recommendations, orders and a limit: good and bad, all as promised."""
    bulk, orders = "/products/bulk", "/orders"
    stranger, reader = service.client(None), service.client("reader")
    item = new_product(category="Around/It", inventory=3)
    for method in ("post", "put"):
        for items in ([item], [item, {"sku": 1}, 2], [], [{**item, "price": -1}]):
            check(admin.request(method, bulk, json={"items": items}), bulk, method)
        for client in (stranger, reader):
            check(client.request(method, bulk, json={"items": [item]}), bulk, method)
        check(admin.request(method, bulk, data=b"x"), bulk, method)
    for client in (admin, stranger):
        check(client.get("/products/categories"), "/products/categories", "get")
    (made,) = admin.listed(q=item["sku"]) or admin.listed(category="Around")
    one = "/products/{product_id}/recommendations"
    for name in (made["product_id"], "unknown"):
        for query in ("", "?limit=3", "?limit=0"):
            check(admin.get(f"/products/{name}/recommendations{query}"), one, "get")
    for product_id, quantity in ((made["product_id"], 1), (made["product_id"], 9), ("x", 1)):
        for key in ("k", ""):
            lines = [{"product_id": product_id, "quantity": quantity}]
            headers = {"Idempotency-Key": key} if key else {}
            answer = admin.post(orders, json={"lines": lines}, headers=headers)
            check(answer, orders, "post")
    for body in ({}, {"lines": [{"product_id": "x", "quantity": 0}]}):
        check(admin.post(orders, json=body), orders, "post")
        check(reader.post(orders, json=body), orders, "post")
    limited = service.client("limited")
    answers = [limited.get("/products/unknown") for _ in range(40)]
    for refused in answers:
        check(refused, "/products/{product_id}", "get")
    assert {answer.status_code for answer in answers} == {404, 429}


@pytest.mark.parametrize("role", ["reader", "editor"])
def test_roles_are_those_of_the_contract(service: RunningService, role: str) -> None:
    """What the security scheme says of the roles holds."""
    client = service.client(role)
    assert client.get("/products").status_code == 200
    may_create = client.post("/products", json=new_product()).status_code
    assert may_create == (403 if role == "reader" else 201)
    assert client.delete("/products/unknown").status_code == 403
