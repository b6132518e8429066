"""Images are for the CDN to deliver, and for nobody else (VAL-SEC-07, VAL-SEC-08)."""

import secrets
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from fixtures.api import ProductApi
from fixtures.environment import Environment
from fixtures.expectations import require
from fixtures.images import make_image
from fixtures.products import Products
from fixtures.security.findings import Findings
from fixtures.security.storage import Storage
from fixtures.security.surface import Surface

REFUSED = (401, 403, 404)
SAFE = ("redirect-to-https", "https-only")


@pytest.mark.plan("VAL-SEC-07")
@pytest.mark.severity("blocker")
@pytest.mark.needs("aws")
def test_bucket_access(storage: Storage, findings: Findings) -> None:
    """GIVEN the images bucket
    WHEN its policy, ACL, public access block and website configuration are read
    THEN nothing of it is public, and nothing could become so by mistake.
    """
    where = f"bucket {storage.bucket}"
    if (policy := storage.public_by_policy()) is not None:
        findings.report("bucket-policy-public", where=where, evidence=policy)
    if (acl := storage.public_by_acl()) is not None:
        findings.report("bucket-acl-public", where=where, evidence=acl)
    for block in storage.open_blocks():
        findings.report("bucket-block-off", where=where, evidence=f"{block} is off", key=block)
    if storage.is_website():
        findings.report("bucket-website", where=where, evidence="it has a website configuration")


@pytest.mark.plan("VAL-SEC-07")
@pytest.mark.severity("blocker")
@pytest.mark.needs("aws")
def test_delivery_by_the_cdn_alone(
    api: ProductApi,
    products: Products,
    environment: Environment,
    storage: Storage,
    findings: Findings,
) -> None:
    """GIVEN an image in the bucket, and the distribution in front of it
    WHEN the bucket is asked for it without a signature, and the distribution's settings are read
    THEN the bucket refuses, and the distribution asks it as itself and its own clients for TLS.
    """
    if environment.writes:
        api.upload_image(products.make()["product_id"], make_image("PNG"))
    key = next(storage.keys(), None)
    if key is None:
        pytest.skip("the bucket is empty and nothing may be written: there is nothing to ask for")
    for asked in (key, None):
        status = storage.stranger_gets(asked)
        if status not in REFUSED:
            findings.report(
                "object-without-cdn",
                where=f"bucket {storage.bucket}",
                evidence=f"{status} for {'an object' if asked else 'the listing'}",
                key="object" if asked else "listing",
            )
    distributions = storage.distributions()
    require(
        bool(distributions),
        "a distribution delivers the bucket",
        expected=f"a distribution with an origin {storage.bucket}.s3...",
        actual="none",
    )
    for distribution in distributions:
        _asks_as_itself(storage, distribution, findings)
        _wants_tls(distribution, findings)


def _asks_as_itself(storage: Storage, distribution: Any, findings: Findings) -> None:
    for origin in filter(storage.is_origin, distribution["Origins"]["Items"]):
        control = origin.get("OriginAccessControlId") or ""
        identity = origin.get("S3OriginConfig", {}).get("OriginAccessIdentity") or ""
        if not identity and not (control and storage.signs_always(control)):
            findings.report(
                "distribution-without-access-control",
                where=f"origin {origin['Id']} of the distribution",
                evidence=f"OriginAccessControlId {control or '(none)'}",
            )


def _wants_tls(distribution: Any, findings: Findings) -> None:
    behaviours = [
        distribution["DefaultCacheBehavior"],
        *distribution.get("CacheBehaviors", {}).get("Items", []),
    ]
    for behaviour in behaviours:
        if behaviour["ViewerProtocolPolicy"] not in SAFE:
            findings.report(
                "distribution-plain-http",
                where=f"behaviour {behaviour.get('PathPattern', 'default')} of the distribution",
                evidence=f"ViewerProtocolPolicy {behaviour['ViewerProtocolPolicy']}",
            )
    viewer = distribution.get("ViewerCertificate", {})
    oldest = str(viewer.get("MinimumProtocolVersion", ""))
    # With CloudFront's own certificate, which no environment's host has, AWS fixes the version.
    if not viewer.get("CloudFrontDefaultCertificate") and not oldest.startswith("TLSv1.2"):
        findings.report(
            "distribution-old-tls",
            where="viewer certificate of the distribution",
            evidence=f"MinimumProtocolVersion {oldest or '(none)'}",
        )


@pytest.mark.plan("VAL-SEC-08")
@pytest.mark.severity("blocker")
@pytest.mark.needs("signed_urls", "writes")
def test_signed_urls(
    api: ProductApi, products: Products, surface: Surface, findings: Findings
) -> None:
    """Two images are uploaded, and the first is fetched by its signed URL and by others like it.

    It comes by its own alone: not without the signature, nor with it altered, out of date or
    the other image's, and not under another path.
    """
    urls = []
    for _ in range(2):
        uploaded = api.upload_image(products.make()["product_id"], make_image("PNG"))
        uploaded.must_answer(201, "an image is taken")
        urls.append(surface.path(uploaded.json_object("an image is taken").get("image_url")))
    (path, query), (other, other_query) = (
        (urlsplit(url).path, urlsplit(url).query) for url in urls
    )
    surface.ask("images", f"{path}?{query}").must_answer(200, "a signed URL delivers its image")
    for what, asked in {
        "unsigned": path,
        "altered": f"{path}?{_altered(query)}",
        "expired": f"{path}?{_expired(query)}",
        "with another image's signature": f"{path}?{other_query}",
        "for another path": f"{other}?{query}",
    }.items():
        answer = surface.ask("images", asked)
        if answer.status not in REFUSED:
            findings.report(
                "signed-url-unchecked",
                where="images host",
                evidence=f"{answer.status} for a URL that is {what}",
                key=what,
                exchange=answer,
            )


def _altered(query: str) -> str:
    """The query with another signature of the same length."""
    fields = dict(parse_qsl(query))
    name = next((one for one in ("Signature", "X-Amz-Signature") if one in fields), None)
    require(
        name is not None,
        "an image's URL is signed",
        expected="a URL with Signature or X-Amz-Signature in its query",
        actual=sorted(fields),
    )
    assert name is not None
    length = len(fields[name])
    return urlencode({**fields, name: secrets.token_urlsafe(length)[:length]})


def _expired(query: str) -> str:
    """The query of a URL that was valid yesterday."""
    fields = dict(parse_qsl(query))
    return urlencode({**fields, "Expires": "1600000000", "X-Amz-Date": "20200913T122640Z"})
