"""GET /products"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response

from reference_service.handlers import cursor, selection
from reference_service.handlers.service import Call, Service, json_response


def list_products(call: Call, service: Service) -> Response[Any]:
    """A page of the products that the filters select, and where the next one starts."""
    parameters = call.event.multi_value_query_string_parameters or {}
    selected, page = selection.read(parameters)
    key = service.settings.cursor_key
    after = None if page.cursor is None else cursor.decode(page.cursor, selected, key=key)
    entries, position = service.catalog.page(selected, after=after, limit=page.limit)
    return json_response(
        200,
        {
            "items": [entry.product for entry in entries],
            "next_cursor": position and cursor.encode(position, selected, key=key),
        },
    )
