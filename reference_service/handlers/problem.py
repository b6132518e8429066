"""Errors as RFC 9457 problem details: what was wrong with the request, nothing about us."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote

import msgspec
from aws_lambda_powertools.event_handler import Response

MEDIA_TYPE = "application/problem+json"


class FieldError(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong with one part of the request."""

    where: str
    detail: str


class Problem(Exception):  # noqa: N818 - named as RFC 9457 names it
    """Ends a request with an error status.

    `detail` is shown to the caller: it speaks of the request, never of the insides.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: tuple[FieldError, ...] = (),
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})
        self.errors = errors

    def document(self, *, instance: str, request_id: str) -> dict[str, object]:
        """The problem of the request `request_id` for the path `instance`, in its JSON form."""
        body: dict[str, object] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            # A path may hold characters that no URI does.
            "instance": quote(instance),
            "request_id": request_id,
        }
        if self.errors:
            body["errors"] = self.errors
        return body

    def response(self, *, instance: str, request_id: str) -> Response[str]:
        """The problem as an answer to a request."""
        body = self.document(instance=instance, request_id=request_id)
        return Response(
            status_code=self.status,
            content_type=MEDIA_TYPE,
            body=msgspec.json.encode(body).decode(),
            headers={"Cache-Control": "no-store", **self.headers},
        )


def unauthorized(detail: str) -> Problem:
    return Problem(
        401, detail, headers={"WWW-Authenticate": 'Bearer realm="products", error="invalid_token"'}
    )


def busy(detail: str = "Too busy; try again.") -> Problem:
    return Problem(503, detail, headers={"Retry-After": "1"})


def sku_taken(sku: str) -> Problem:
    return Problem(409, f"There is a product with the sku {sku} already.")


def not_found() -> Problem:
    return Problem(404, "There is no such product.")
