"""Spares moto what it does to each answer, whatever it holds.

moto lists the methods of its class anew for each call, looks through each answer for the place
where XML has a request id, and writes DynamoDB's JSON with the standard library. Here the list
is kept, the search is made where there is something to find, and msgspec writes. What is read
from the JSON is the same; its spaces are not. Tested against moto as it comes; with any other
version than the one tested, nothing is changed.
"""

from __future__ import annotations

from functools import cache, wraps
from typing import Any

import msgspec

from reference_service.local.quick_serializer import TESTED_VERSION


@cache
def install() -> None:
    """Puts the shortcuts in place, once for the life of the process."""
    import moto
    from moto.core import responses
    from moto.core.serialize import BaseJSONSerializer

    if moto.__version__ != TESTED_VERSION:
        return
    module: Any = responses
    module.method_names_from_class = cache(module.method_names_from_class)
    _shorten_request_ids(module.BaseResponse)
    _shorten_json(BaseJSONSerializer)


def _shorten_request_ids(response: Any) -> None:
    stock = response._enrich_response

    @wraps(stock)
    def quick(headers: dict[str, str], body: Any) -> tuple[dict[str, str], Any]:
        if type(body) is str and "<RequestId>" not in body:
            return stock(headers, "")[0], body
        enriched: tuple[dict[str, str], Any] = stock(headers, body)
        return enriched

    response._enrich_response = staticmethod(quick)


def _shorten_json(serializer: Any) -> None:
    stock = serializer._serialize_body

    @wraps(stock)
    def quick(self: Any, body: Any) -> str:
        if not self.pretty_print and self.service_model.service_name == "dynamodb":
            try:
                return msgspec.json.encode(body).decode()
            except UnicodeEncodeError:
                # Half a surrogate pair: the standard library can write that.
                pass
        written: str = stock(self, body)
        return written

    serializer._serialize_body = quick
