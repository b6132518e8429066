"""Routes, the order of checks, and errors: one function in front of all handlers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from botocore.exceptions import ClientError

from reference_service.handlers import (
    bearer,
    bulk,
    categories,
    create,
    delete,
    get,
    health,
    image,
    order,
    recommend,
    update,
)
from reference_service.handlers import list as listing
from reference_service.handlers.log import logger
from reference_service.handlers.problem import Problem, busy
from reference_service.handlers.protection import protected
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
    Route("POST", "/products/bulk", "bulk_add", "admin"),
    Route("PUT", "/products/bulk", "bulk_put", "admin"),
    Route("GET", "/products/categories", "categories", "reader"),
    Route("GET", "/products/<product_id>", "get", "reader"),
    Route("PUT", "/products/<product_id>", "update", "editor"),
    Route("DELETE", "/products/<product_id>", "delete", "admin"),
    Route("GET", "/products/<product_id>/image", "image_show", "reader"),
    Route("POST", "/products/<product_id>/image", "image_upload", "editor"),
    Route("DELETE", "/products/<product_id>/image", "image_remove", "editor"),
    Route("GET", "/products/<product_id>/recommendations", "recommend", "reader"),
    Route("POST", "/orders", "order", "editor"),
)

HANDLERS: Mapping[str, Handler] = {
    "health": health.health,
    "list": listing.list_products,
    "create": create.create,
    "bulk_add": bulk.add,
    "bulk_put": bulk.put,
    "categories": categories.categories,
    "get": get.get,
    "update": update.update,
    "delete": delete.delete,
    "image_show": image.show,
    "image_upload": image.upload,
    "image_remove": image.remove,
    "recommend": recommend.recommend,
    "order": order.place,
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
        methods = _methods(app.current_event.path.removeprefix(BASE_PATH))
        if methods and app.current_event.http_method not in methods:
            return _answer(app, _not_allowed(methods))
        return _answer(app, Problem(404, "There is nothing at this path."))

    def failed(error: Exception) -> Response[Any]:
        return _answer(app, error if isinstance(error, Problem) else _hidden(error))

    app.exception_handler(Exception)(failed)
    return lambda event, context: protected(app.resolve(event, context))


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
        methods = _methods(event.path.removeprefix(BASE_PATH))
        if route.method not in methods:
            # A path of its own, such as /products/bulk, and no product.
            raise _not_allowed(methods)
        caller = None
        if route.role is not None:
            caller = service.tokens.caller(event.headers.get("authorization"))
            if (wait := service.limits.wait(caller)) is not None:
                raise Problem(429, "Too many requests.", headers={"Retry-After": str(wait)})
            bearer.permit(caller.role, route.role)
        response = handler(Call(event=event, caller=caller, product_id=product_id), service)
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
        return busy()
    logger.error("A request failed", exc_info=error)
    return Problem(500, "Something went wrong here.")


def _methods(path: str) -> list[str]:
    """The methods of what is at `path`, where a path of its own goes before a pattern."""
    own = {route.method for route in ROUTES if route.path == path.rstrip("/")}
    return sorted(own or {route.method for route in ROUTES if _covers(route.path, path)})


def _not_allowed(methods: Sequence[str]) -> Problem:
    return Problem(405, "This method is not there.", headers={"Allow": ", ".join(methods)})


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
