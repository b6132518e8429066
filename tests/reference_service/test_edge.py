"""The images edge by itself: what it keeps, how long, and how much."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from reference_service.local.edge import Cache, Delivery, Edge


class Bucket:
    """Objects by key, as S3's client would give them out."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, str]] = {}
        self.asked = 0

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto3's
        self.asked += 1
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": io.BytesIO(b"image"), "ETag": '"1"', **self.objects[Key]}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as threads:
        yield threads


def get(edge: Edge, path: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of one request."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    scope = {"type": "http", "method": method, "path": path, "headers": []}
    asyncio.run(edge(scope, receive, send))
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, sent[1]["body"]


def test_a_deleted_image_is_refused_when_its_time_is_up(executor: ThreadPoolExecutor) -> None:
    """Fetch, delete, fetch: a hit until the ttl, however long Cache-Control allows, then 403."""
    bucket, clock = Bucket(), Clock()
    edge = Edge(bucket, "b", ttl=30, executor=executor, clock=clock)  # type: ignore[arg-type]
    bucket.objects["products/a.png"] = {
        "ContentType": "image/png",
        "CacheControl": "public, max-age=31536000, immutable",
    }
    assert get(edge, "/products/a.png")[1]["x-cache"] == "Miss from edge"
    bucket.objects.clear()
    clock.now = 29
    assert get(edge, "/products/a.png")[1]["x-cache"] == "Hit from edge"
    clock.now = 31
    assert get(edge, "/products/a.png")[0] == 403


@pytest.mark.parametrize(
    ("cache_control", "asked"),
    [
        ("", 2),
        ("no-store", 2),
        ("private, max-age=60", 2),
        ("max-age=0", 2),
        ("max-age=5", 2),
        ("max-age=60", 1),
        ("max-age=0, s-maxage=60", 1),
    ],
)
def test_cache_control_is_honoured(
    executor: ThreadPoolExecutor, cache_control: str, asked: int
) -> None:
    """Two fetches ten seconds apart; how often the bucket is asked."""
    bucket, clock = Bucket(), Clock()
    edge = Edge(bucket, "b", ttl=30, executor=executor, clock=clock)  # type: ignore[arg-type]
    bucket.objects["products/a.png"] = {
        "ContentType": "image/png",
        **({"CacheControl": cache_control} if cache_control else {}),
    }
    get(edge, "/products/a.png")
    clock.now = 10
    get(edge, "/products/a.png")
    assert bucket.asked == asked


def test_refusals_are_not_kept(executor: ThreadPoolExecutor) -> None:
    """Fetch before and after the upload: the second one finds it."""
    bucket = Bucket()
    edge = Edge(bucket, "b", ttl=30, executor=executor)  # type: ignore[arg-type]
    assert get(edge, "/products/a.png")[0] == 403
    bucket.objects["products/a.png"] = {"ContentType": "image/png"}
    assert get(edge, "/products/a.png")[0] == 200


def test_head_has_no_body_and_fills_the_cache(executor: ThreadPoolExecutor) -> None:
    """HEAD, then GET: the same headers but for the mark, the body only on GET."""
    bucket = Bucket()
    edge = Edge(bucket, "b", ttl=30, executor=executor)  # type: ignore[arg-type]
    bucket.objects["products/a.png"] = {"ContentType": "image/png", "CacheControl": "max-age=9"}
    _, head, nothing = get(edge, "/products/a.png", "HEAD")
    _, full, body = get(edge, "/products/a.png")
    assert (nothing, body) == (b"", b"image")
    assert head | {"x-cache": "Hit from edge"} == full


def test_the_cache_is_bounded() -> None:
    """More bytes than it may hold: the least recently used goes; what fits never is not kept."""
    cache = Cache(max_bytes=10)
    for name in ("a", "b"):
        cache.put(name, Delivery(body=b"12345"), 100.0)
    assert cache.get("a", 0.0) is not None
    cache.put("c", Delivery(body=b"12345"), 100.0)
    assert [cache.get(name, 0.0) is not None for name in "abc"] == [True, False, True]
    cache.put("d", Delivery(body=b"12345678901"), 100.0)
    assert cache.get("d", 0.0) is None
    cache.put("a", Delivery(body=b"1234567"), 100.0)
    assert [cache.get(name, 0.0) is not None for name in "ac"] == [True, False]
