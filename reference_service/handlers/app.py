"""Routes, the order of checks, and errors: one function in front of all handlers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from botocore.exceptions import ClientError

from reference_service.handlers import (
    bearer,
    create,
    delete,
    get,
    health,
    image,
    update,
)
from reference_service.handlers import list as listing
from reference_service.handlers.log import logger
from reference_service.handlers.problem import Problem
from reference_service.handlers.service import Call, Handler, Service

BASE_PATH = "/v1.0"

Function = Callable[[dict[str, Any], Any], dict[str, Any]]


class Route(msgspec.Struct, frozen=True):
    """One operation; `role` is the least that may call it, None for everyone."""

    method: str
    path: str
    operation: str
    role: str | None


ROUTES = (
    Route("GET", "/products/health", "health", None),
    Route("GET", "/products", "list", "reader"),
    Route("POST", "/products", "create", "editor"),
    Route("GET", "/products/<product_id>", "get", "reader"),
    Route("PUT", "/products/<product_id>", "update", "editor"),
    Route("DELETE", "/products/<product_id>", "delete", "admin"),
    Route("GET", "/products/<product_id>/image", "image_show", "reader"),
    Route("POST", "/products/<product_id>/image", "image_upload", "editor"),
    Route("DELETE", "/products/<product_id>/image", "image_remove", "editor"),
)

HANDLERS: Mapping[str, Handler] = {
    "health": health.health,
    "list": listing.list_products,
    "create": create.create,
    "get": get.get,
    "update": update.update,
    "delete": delete.delete,
    "image_show": image.show,
    "image_upload": image.upload,
    "image_remove": image.remove,
}

_THROTTLED = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "SlowDown",
    "ThrottlingException",
    "TransactionInProgressException",
}


def build(
    service: Service, resolver: type[APIGatewayRestResolver] = APIGatewayRestResolver
) -> Function:
    """The function that answers API Gateway's proxy events with `service`.

    Lambda hands a function one event at a time, and Powertools' resolver counts on
    it; whoever calls the function from several threads brings a resolver for that.
    """
    app = resolver(strip_prefixes=[BASE_PATH])
    for route in ROUTES:
        app.route(route.path, method=route.method)(_bound(app, route, service))

    @app.not_found
    def unknown(_: NotFoundError) -> Response[Any]:
        path = app.current_event.path.removeprefix(BASE_PATH)
        methods = sorted({route.method for route in ROUTES if _covers(route.path, path)})
        if methods and app.current_event.http_method not in methods:
            problem = Problem(
                405, "This method is not there.", headers={"Allow": ", ".join(methods)}
            )
        else:
            problem = Problem(404, "There is nothing at this path.")
        return _answer(app, problem)

    def failed(error: Exception) -> Response[Any]:
        return _answer(app, error if isinstance(error, Problem) else _hidden(error))

    app.exception_handler(Exception)(failed)
    return app.resolve


def _bound(
    app: APIGatewayRestResolver, route: Route, service: Service
) -> Callable[..., Response[Any]]:
    handler = service.handlers[route.operation]

    def operation(product_id: str = "") -> Response[Any]:
        started = time.perf_counter()
        event = app.current_event
        if not event.path.isprintable():
            # A route's pattern would match in front of a line break at the end.
            raise Problem(404, "There is nothing at this path.")
        if route.role is not None:
            role = service.tokens.role(event.headers.get("authorization"))
            bearer.permit(role, route.role)
        response = handler(Call(event=event, product_id=product_id), service)
        logger.info(
            "Answered",
            extra={
                "operation": route.operation,
                "status": response.status_code,
                "milliseconds": round((time.perf_counter() - started) * 1000, 1),
                "request_id": event.request_context.request_id,
            },
        )
        return response

    return operation


def _hidden(error: Exception) -> Problem:
    """What a caller may know of an error of ours; the log gets the rest."""
    if isinstance(error, ClientError) and error.response["Error"]["Code"] in _THROTTLED:
        return Problem(503, "Too busy; try again.", headers={"Retry-After": "1"})
    logger.error("A request failed", exc_info=error)
    return Problem(500, "Something went wrong here.")


def _covers(pattern: str, path: str) -> bool:
    """Whether `path` has the shape of the route `pattern`."""
    ours, theirs = pattern.split("/"), path.rstrip("/").split("/")
    return len(ours) == len(theirs) and all(
        mine == other or (mine.startswith("<") and other != "")
        for mine, other in zip(ours, theirs, strict=True)
    )


def _answer(app: APIGatewayRestResolver, problem: Problem) -> Response[Any]:
    event = app.current_event
    return problem.response(instance=event.path, request_id=event.request_context.request_id or "")
