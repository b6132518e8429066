"""What one client sends along must not decide what the next one gets (ROLLBACK-TRIGGER-07)."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from fixtures.api import ProductApi, product_path
from fixtures.images import make_image
from fixtures.products import Products
from fixtures.security.findings import Findings
from fixtures.security.surface import Surface, media_type
from fixtures.transport import Exchange

pytestmark = [pytest.mark.needs("writes"), pytest.mark.active]


@dataclass(frozen=True)
class Poison:
    """What a client sends along that is no part of a cache's key, or should be."""

    what: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    method: str = "GET"


def poisons(mark: str, elsewhere: str) -> tuple[Poison, ...]:
    """Headers and queries that have poisoned caches; ``elsewhere`` is another image's path."""
    evil = f"{mark}.invalid"
    return (
        Poison("X-Forwarded-Host", {"X-Forwarded-Host": evil, "X-Host": evil}),
        Poison("Forwarded", {"Forwarded": f"host={evil};proto=http", "X-Forwarded-Server": evil}),
        Poison("X-Forwarded-Scheme", {"X-Forwarded-Scheme": "nothttps"}),
        Poison("X-Forwarded-Proto", {"X-Forwarded-Proto": "http", "X-Forwarded-Port": "81"}),
        Poison("X-Original-URL", {"X-Original-URL": elsewhere, "X-Rewrite-URL": elsewhere}),
        Poison("X-HTTP-Method-Override", {"X-HTTP-Method-Override": "POST"}),
        Poison("Accept", {"Accept": f"text/html;{mark}=1", "Accept-Language": mark}),
        Poison("Accept-Encoding", {"Accept-Encoding": f"{mark}, identity;q=0"}),
        Poison("Origin", {"Origin": f"https://{evil}"}),
        Poison("Range", {"Range": "bytes=0-3"}),
        Poison("If-None-Match", {"If-None-Match": "*", "Cookie": f"session={mark}"}),
        Poison("a header of 8 kB", {"X-Oversized": mark * 500}),
        Poison("query", query=f"utm_content={mark}&{mark}=1"),
        Poison("response-content-type", query="response-content-type=text/html"),
        Poison("HEAD", method="HEAD"),
        Poison("POST", method="POST"),
    )


@pytest.mark.plan("ROLLBACK-TRIGGER-07")
@pytest.mark.severity("blocker")
def test_cache_poisoning(
    api: ProductApi, products: Products, surface: Surface, findings: Findings
) -> None:
    """New images are asked for first by a client that sends something along, then by others.

    The others get the image, whole, as what it is, and nothing of what was sent along.
    """
    product_id = products.make()["product_id"]
    mark = "m" + secrets.token_hex(8)
    other = _upload(api, surface, products.make()["product_id"], make_image("PNG").content)
    for poison in poisons(mark, other):
        content = make_image("JPEG").content
        path = _upload(api, surface, product_id, content)
        joint = ("&" if "?" in path else "?") if poison.query else ""
        surface.ask(
            "images", path + joint + poison.query, method=poison.method, headers=poison.headers
        )
        for _ in range(2):
            answer = surface.ask("images", path)
            if wrong := _poisoned(answer, content, mark):
                findings.report(
                    "cache-poisoned",
                    where="images host",
                    evidence=f"after a request with {poison.what}: {wrong}",
                    key=poison.what,
                    exchange=answer,
                )
                break
        after = surface.ask("images", f"{path}{'&' if '?' in path else '?'}harness=1")
        if after.status < 400 and mark in _all(after):
            findings.report(
                "cache-poisoned",
                where="images host",
                evidence=f"after a request with {poison.what}: it comes back with another query",
                key=poison.what,
                exchange=after,
            )
    _is_not_shared(api, products, mark, findings)


def _upload(api: ProductApi, surface: Surface, product_id: str, content: bytes) -> str:
    """The path of a new image, which no cache has seen."""
    path = product_path(product_id) + "/image"
    uploaded = api.send("POST", path, files={"image": ("x.jpg", content, "image/jpeg")})
    uploaded.must_answer(201, "an image is taken")
    return surface.path(uploaded.json_object("an image is taken").get("image_url"))


def _poisoned(answer: Exchange, content: bytes, mark: str) -> str:
    """What is wrong with what an ordinary client gets; empty for nothing."""
    if answer.status != 200:
        return f"{answer.status} {answer.headers.get('Location', '')}"
    if answer.body != content:
        return f"{len(answer.body)} bytes instead of {len(content)}, or others"
    if not media_type(answer).startswith("image/"):
        return f"content type {media_type(answer)}"
    return "what was sent along comes back" if mark in _all(answer) else ""


def _all(answer: Exchange) -> str:
    headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    return headers + answer.body.decode("latin-1")


def _is_not_shared(api: ProductApi, products: Products, mark: str, findings: Findings) -> None:
    """A product is read by a client that sends something along, then by another."""
    path = product_path(products.make()["product_id"])
    evil = {"X-Forwarded-Host": f"{mark}.invalid", "X-Original-URL": f"/{mark}"}
    api.send("GET", path, headers=evil)
    answer = api.send("GET", path)
    answer.must_answer(200, "a product is read by the next client")
    if mark in _all(answer):
        findings.report(
            "cache-poisoned",
            where="GET /v1.0/products/{product_id}",
            evidence="what another client sent along comes back",
            exchange=answer,
        )
    kept = answer.headers.get("Cache-Control", "").lower()
    shared = any(word in kept for word in ("public", "s-maxage"))
    if shared and "no-store" not in kept:
        findings.report(
            "answer-shared",
            where="GET /v1.0/products/{product_id}",
            evidence=f"Cache-Control: {kept}",
            exchange=answer,
        )
