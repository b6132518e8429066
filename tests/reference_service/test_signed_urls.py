"""Signed URLs of the local stack."""

from __future__ import annotations

from urllib.parse import urlsplit

from reference_service.local.signed_urls import VALID_S, SignedUrls

URL = "https://images.example/products/p/x.png"


def test_a_signature_is_for_one_path_and_time() -> None:
    """It opens its own path until its time is up, nothing else, and nothing for others' keys."""
    now = [1000.0]
    signing = SignedUrls(lambda: now[0])
    parts = urlsplit(signing.signed(URL))
    assert signing.allows(parts.path, parts.query)
    assert not signing.allows(parts.path, "")
    assert not signing.allows("/products/p/y.png", parts.query)
    assert not signing.allows(parts.path, parts.query.replace("Signature=", "Signature=A"))
    assert not signing.allows(parts.path, parts.query.replace("Expires=4600", "Expires=9999"))
    assert not SignedUrls(lambda: now[0]).allows(parts.path, parts.query)
    now[0] += VALID_S
    assert not signing.allows(parts.path, parts.query)
