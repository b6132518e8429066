"""Faults in what the handlers answer."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response

from reference_service.faults.fault import Fault
from reference_service.faults.wrapping import answer, body, status, without_header
from reference_service.handlers.service import Call


def _as_text(_: Call, response: Response[Any]) -> Response[Any]:
    response.headers["Content-Type"] = "text/plain"
    return response


def _nowhere(_: Call, response: Response[Any]) -> Response[Any]:
    response.headers["Location"] = "/v1.0/products/nowhere"
    return response


def _unavailable_when_filtered(name: str) -> Any:
    def spoil(call: Call, response: Response[Any]) -> Response[Any]:
        if name in (call.event.query_string_parameters or {}):
            response.status_code = 503
        return response

    return spoil


def _lie(health: dict[str, Any]) -> None:
    health["dependencies"]["dynamodb"] = "down"


def _wrong_environment(health: dict[str, Any]) -> None:
    health["environment"] = "elsewhere"


def _fault(name: str, check: str, reason: str, description: str, install: Any) -> Fault:
    return Fault(
        name=name,
        seam="handler",
        check=check,
        reason=reason,
        description=description,
        install=install,
    )


FAULTS = (
    _fault(
        "health-unavailable",
        "smoke.health",
        "health answers 200",
        "Health answers 503 though all is well.",
        answer("health", status(503)),
    ),
    _fault(
        "health-loses-version",
        "smoke.health",
        "health has its fields",
        "Health does not say which version answers.",
        answer("health", body(lambda health: health.pop("version"))),
    ),
    _fault(
        "health-wrong-environment",
        "smoke.health",
        "health names the environment",
        "Health names another environment.",
        answer("health", body(_wrong_environment)),
    ),
    _fault(
        "health-lies",
        "smoke.health",
        "health agrees with its dependencies",
        "Health says ok while a dependency is down.",
        answer("health", body(_lie)),
    ),
    _fault(
        "list-unavailable",
        "smoke.list_products",
        "list answers 200",
        "The list answers 500.",
        answer("list", status(500)),
    ),
    _fault(
        "list-as-text",
        "smoke.list_products",
        "list is JSON",
        "The list is sent as text/plain.",
        answer("list", _as_text),
    ),
    _fault(
        "list-loses-cursor",
        "smoke.list_products",
        "list has items and next_cursor",
        "The list has no next_cursor.",
        answer("list", body(lambda page: page.pop("next_cursor"))),
    ),
    _fault(
        "create-answers-200",
        "smoke.create_product",
        "create answers 201",
        "A create that worked answers 200.",
        answer("create", status(200)),
    ),
    _fault(
        "create-answer-loses-field",
        "smoke.create_product",
        "create returns what was sent",
        "The answer to a create lacks the description, which is stored.",
        answer("create", body(lambda product: product.pop("description"))),
    ),
    _fault(
        "location-leads-nowhere",
        "smoke.create_product",
        "Location leads to the product",
        "The Location of a created product leads to no product.",
        answer("create", _nowhere),
    ),
    _fault(
        "get-answers-203",
        "smoke.get_product",
        "get answers 200",
        "A get that worked answers 203.",
        answer("get", status(203)),
    ),
    _fault(
        "get-as-text",
        "smoke.get_product",
        "get is JSON",
        "A product is sent as text/plain.",
        answer("get", _as_text),
    ),
    _fault(
        "get-loses-category",
        "smoke.get_product",
        "get returns the product",
        "A product is shown without its category.",
        answer("get", body(lambda product: product.pop("category"))),
    ),
    _fault(
        "no-etag",
        "smoke.get_product",
        "get gives an ETag",
        "A product is shown without an ETag.",
        answer("get", without_header("ETag")),
    ),
    _fault(
        "update-answers-202",
        "smoke.update_product",
        "update answers 200",
        "An update that worked answers 202.",
        answer("update", status(202)),
    ),
    _fault(
        "update-answer-loses-field",
        "smoke.update_product",
        "update returns what was sent",
        "The answer to an update lacks the price, which is stored.",
        answer("update", body(lambda product: product.pop("price"))),
    ),
    _fault(
        "delete-answers-200",
        "smoke.delete_product",
        "delete answers 204",
        "A delete that worked answers 200.",
        answer("delete", status(200)),
    ),
    _fault(
        "category-list-unavailable",
        "smoke.list_by_category",
        "category list answers 200",
        "A list by category answers 503.",
        answer("list", _unavailable_when_filtered("category")),
    ),
    _fault(
        "price-list-unavailable",
        "smoke.list_by_price",
        "price list answers 200",
        "A list by price answers 503.",
        answer("list", _unavailable_when_filtered("min_price")),
    ),
    _fault(
        "upload-answers-200",
        "smoke.upload_image",
        "upload answers 201",
        "An upload that worked answers 200.",
        answer("image_upload", status(200)),
    ),
    _fault(
        "upload-names-no-image",
        "smoke.upload_image",
        "upload names the image",
        "The answer to an upload does not say where the image is.",
        answer("image_upload", body(lambda image: image.pop("image_url"))),
    ),
)
