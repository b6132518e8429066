"""Images by signed URLs, as a distribution with a trusted key group delivers them.

Where a deployment has them, the function signs what it shows of images, and the edge refuses
what is not signed for its path and time.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from reference_service.handlers.app import Function

VALID_S = 3600


class SignedUrls:
    """Signs addresses of images, and knows its own signatures."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._key = secrets.token_bytes(32)
        self._clock = clock

    def signed(self, url: str) -> str:
        """The address with what CloudFront's signed URLs have in their query."""
        expires = str(int(self._clock()) + VALID_S)
        signature = self._signature(urlsplit(url).path, expires)
        query = {"Expires": expires, "Signature": signature, "Key-Pair-Id": "LOCAL"}
        return f"{url}?{urlencode(query)}"

    def allows(self, path: str, query: str) -> bool:
        """Whether the query is a signature for this path that is not out of date."""
        given = {name: values[-1] for name, values in parse_qs(query).items()}
        expires, signature = given.get("Expires", ""), given.get("Signature", "")
        return (
            hmac.compare_digest(signature.encode(), self._signature(path, expires).encode())
            and float(expires) > self._clock()
        )

    def function(self, healthy: Function) -> Function:
        """The function, its answers about images with signed addresses."""

        def answering(event: dict[str, Any], context: Any) -> dict[str, Any]:
            answer = healthy(event, context)
            if event["path"].endswith("/image") and answer["statusCode"] in (200, 201):
                shown = json.loads(answer["body"])
                shown["image_url"] = self.signed(shown["image_url"])
                answer["body"] = json.dumps(shown)
            return answer

        return answering

    def edge(self, healthy: ASGIApp) -> ASGIApp:
        """The edge, for signed requests alone."""

        async def serving(scope: Scope, receive: Receive, send: Send) -> None:
            from starlette.responses import Response

            signed = scope["type"] != "http" or self.allows(
                scope["path"], scope["query_string"].decode("latin-1")
            )
            await (healthy if signed else Response(status_code=403))(scope, receive, send)

        return serving

    def _signature(self, path: str, expires: str) -> str:
        made = hmac.new(self._key, f"{path}\n{expires}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(made).decode().rstrip("=")
