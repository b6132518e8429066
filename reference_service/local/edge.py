"""The images host: what the CDN does in front of the bucket."""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import Response

from reference_service.local.sending import Pause, at_once

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from starlette.types import Receive, Scope, Send

_MAX_AGE = re.compile(r"(s-maxage|max-age)=(\d+)")

# What the template's ImagesHeaders adds to everything that is delivered.
_PROTECTION = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One object as the edge hands it out; a None body was refused by the bucket."""

    body: bytes | None
    content_type: str = ""
    cache_control: str = ""
    etag: str = ""


class Cache:
    """Keeps deliveries by path, the least recently used going first beyond `max_bytes`."""

    def __init__(self, *, max_bytes: int = 64 * 1024 * 1024) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._kept: OrderedDict[str, tuple[float, Delivery]] = OrderedDict()

    def get(self, path: str, now: float) -> Delivery | None:
        """What is kept for `path` and not yet out of date at `now` (seconds)."""
        kept = self._kept.get(path)
        if kept is None:
            return None
        if kept[0] <= now:
            self._drop(path)
            return None
        self._kept.move_to_end(path)
        return kept[1]

    def put(self, path: str, delivery: Delivery, until: float) -> None:
        """Keeps a delivery until that time, if it fits at all."""
        size = len(delivery.body or b"")
        if size > self._max_bytes:
            return
        if path in self._kept:
            self._drop(path)
        self._kept[path] = (until, delivery)
        self._bytes += size
        while self._bytes > self._max_bytes:
            self._drop(next(iter(self._kept)))

    def _drop(self, path: str) -> None:
        self._bytes -= len(self._kept.pop(path)[1].body or b"")


class Edge:
    """An ASGI application that delivers the bucket's images through a cache.

    `ttl` is the longest, in seconds, that it answers without asking the bucket,
    whatever Cache-Control allows; so long may a deleted image still be delivered.
    `finish` sees every response last; `pause` is awaited before it is sent; `client` asks
    the bucket. All three may be replaced while it runs.
    """

    def __init__(
        self,
        client: S3Client,
        bucket: str,
        *,
        ttl: int,
        executor: Executor,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.client = client
        self._bucket = bucket
        self._ttl = ttl
        self._executor = executor
        self._clock = clock
        self.cache = Cache()
        self.finish: Callable[[Response], Response] = lambda response: response
        self.pause: Pause = at_once

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            response = await self._respond(scope["method"], scope["path"])
            response.headers.update(_PROTECTION)
            response = self.finish(response)
            if scope["method"] == "HEAD":
                response.body = b""
            await self.pause(scope)
            await response(scope, receive, send)

    async def _respond(self, method: str, path: str) -> Response:
        if method not in ("GET", "HEAD"):
            return Response(status_code=405, headers={"Allow": "GET, HEAD"})
        delivery = self.cache.get(path, self._clock())
        mark = "Hit from edge"
        if delivery is None:
            mark = "Miss from edge"
            loop = asyncio.get_running_loop()
            delivery = await loop.run_in_executor(self._executor, self._fetch, path)
            allowed = _max_age(delivery.cache_control)
            if delivery.body is not None and allowed > 0:
                self.cache.put(path, delivery, self._clock() + min(self._ttl, allowed))
        if delivery.body is None:
            # The bucket tells a stranger neither what is missing nor what is forbidden.
            return Response(status_code=403, headers={"X-Cache": "Error from edge"})
        headers = {
            "Content-Type": delivery.content_type,
            "ETag": delivery.etag,
            "X-Cache": mark,
        }
        if delivery.cache_control:
            headers["Cache-Control"] = delivery.cache_control
        return Response(content=delivery.body, headers=headers)

    def _fetch(self, path: str) -> Delivery:
        from botocore.exceptions import BotoCoreError, ClientError

        key = path.removeprefix("/")
        if not key.startswith("products/"):
            return Delivery(body=None)
        try:
            found: Any = self.client.get_object(Bucket=self._bucket, Key=key)
        except (BotoCoreError, ClientError):
            return Delivery(body=None)
        return Delivery(
            body=found["Body"].read(),
            content_type=found["ContentType"],
            cache_control=found.get("CacheControl", ""),
            etag=found["ETag"],
        )


def _max_age(cache_control: str) -> int:
    """Seconds for which a cache may keep an answer with this header."""
    if re.search(r"no-store|no-cache|private", cache_control):
        return 0
    ages: dict[str, str] = dict(_MAX_AGE.findall(cache_control))
    return int(ages.get("s-maxage", ages.get("max-age", "0")))
