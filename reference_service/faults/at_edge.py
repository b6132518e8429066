"""Faults in how images are delivered."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from starlette.responses import Response

from reference_service.faults.fault import Fault
from reference_service.local.stack import Composition


def _corrupted(response: Response) -> Response:
    if response.status_code == 200 and response.body:
        data = bytearray(response.body)
        data[len(data) // 2] ^= 0xFF
        response.body = bytes(data)
    return response


def _never_cached(response: Response) -> Response:
    if "x-cache" in response.headers:
        response.headers["x-cache"] = "Miss from edge"
    return response


def _without_caching_headers(response: Response) -> Response:
    if "cache-control" in response.headers:
        del response.headers["cache-control"]
    return response


def _wrong_content_type(response: Response) -> Response:
    response.headers["content-type"] = "application/octet-stream"
    return response


def _fault(
    name: str, reason: str, description: str, finish: Callable[[Response], Response]
) -> Fault:
    def install(composition: Composition) -> Composition:
        return msgspec.structs.replace(composition, edge=finish)

    return Fault(
        name=name,
        seam="edge",
        check="smoke.image_delivery",
        reason=reason,
        description=description,
        install=install,
    )


FAULTS = (
    _fault(
        "image-corrupted",
        "image comes back byte for byte",
        "One byte of each image is flipped on delivery.",
        _corrupted,
    ),
    _fault(
        "image-never-cached",
        "a repeated fetch is a hit",
        "No delivery is ever marked as a hit.",
        _never_cached,
    ),
    _fault(
        "image-no-cache-headers",
        "image has caching headers",
        "Images are delivered without Cache-Control.",
        _without_caching_headers,
    ),
    _fault(
        "image-wrong-content-type",
        "image has its content type",
        "Images are delivered as application/octet-stream.",
        _wrong_content_type,
    ),
)
