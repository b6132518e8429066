"""Faults in images that are delivered by signed URLs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from reference_service.faults.fault import Fault
from reference_service.local.signed_urls import SignedUrls
from reference_service.local.stack import Composition

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


def _signed_for_nothing(composition: Composition) -> Composition:
    """Addresses are signed, and nobody looks at it."""
    return msgspec.structs.replace(composition, function=SignedUrls().function)


def _signed_for_all(composition: Composition) -> Composition:
    """Who has one signature has all images: it is looked for, and no more."""

    def wrap(healthy: ASGIApp) -> ASGIApp:
        async def serving(scope: Scope, receive: Receive, send: Send) -> None:
            from starlette.responses import Response

            signed = scope["type"] != "http" or b"Signature=" in scope["query_string"]
            await (healthy if signed else Response(status_code=403))(scope, receive, send)

        return serving

    return msgspec.structs.replace(composition, function=SignedUrls().function, edge_app=wrap)


FAULTS: tuple[Fault, ...] = (
    Fault(
        name="signed-url-unchecked",
        seam="edge",
        check="security.signed_urls",
        reason="an image needs its own signed URL",
        description="Images' URLs are signed, and images are delivered without.",
        capability="signed_urls",
        install=_signed_for_nothing,
    ),
    Fault(
        name="signature-opens-all",
        seam="edge",
        check="security.signed_urls",
        reason="an image needs its own signed URL",
        description="Any signature opens any image.",
        capability="signed_urls",
        install=_signed_for_all,
    ),
)
