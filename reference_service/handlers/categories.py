"""GET /products/categories"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aws_lambda_powertools.event_handler import Response

from reference_service.handlers.selection import no_parameters
from reference_service.handlers.service import Call, Service, json_response


def categories(call: Call, service: Service) -> Response[Any]:
    """Every category that a product has, and each above it, once."""
    no_parameters(call.event.multi_value_query_string_parameters or {})
    return json_response(200, {"categories": hierarchy(service.catalog.categories())})


def hierarchy(paths: Iterable[str]) -> list[dict[str, Any]]:
    """The roots of the paths, each with what is below it; in order of their names."""
    nodes: dict[str, dict[str, Any]] = {}
    roots: list[dict[str, Any]] = []
    for path in sorted(paths):
        siblings, whole = roots, ""
        for name in path.split("/"):
            whole = f"{whole}/{name}" if whole else name
            if whole not in nodes:
                nodes[whole] = {"path": whole, "name": name, "children": []}
                siblings.append(nodes[whole])
            siblings = nodes[whole]["children"]
    return roots
