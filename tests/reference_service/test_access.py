"""Who may do what: roles, and tokens that must be refused."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from reference_service.handlers.app import ROUTES
from reference_service.local import tokens
from tests.reference_service.running import Client, RunningService, new_product

RANKS = ("reader", "editor", "admin")


@pytest.mark.parametrize("role", RANKS)
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
def test_the_matrix_of_roles(service: RunningService, role: str, route: object) -> None:
    """Each operation with each role: 403 exactly where the role is too low, whatever the id."""
    needed = getattr(route, "role")  # noqa: B009 - parametrised objects are untyped
    path = getattr(route, "path").replace("<product_id>", "unknown")  # noqa: B009
    method = getattr(route, "method")  # noqa: B009
    response = service.client(role).request(method, path)
    if needed is not None and RANKS.index(role) < RANKS.index(needed):
        assert response.status_code == 403
        assert response.headers["Content-Type"] == "application/problem+json"
    else:
        assert response.status_code in (200, 400, 404, 415)


@pytest.mark.parametrize("kind", tokens.REFUSED)
def test_a_refused_token_is_401(service: RunningService, kind: str) -> None:
    """One thing wrong with a token of an admin: 401 with WWW-Authenticate, on read and write."""
    client = service.client(kind)
    for response in (client.get("/products"), client.post("/products", json=new_product())):
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer x.y.z", "Basic YTpi", "Bearer é", "null"]
)
def test_what_is_no_token_is_401(service: RunningService, header: str | None) -> None:
    """No token or junk, before the id or the body is looked at."""
    client = service.client(None)
    if header is not None:
        client.headers["Authorization"] = header.encode()
    assert client.get("/products").status_code == 401
    assert client.get("/products/unknown").status_code == 401
    assert client.post("/products", data=b"{").status_code == 401
    assert client.get("/products/health").status_code == 200


def _segment(value: object) -> bytes:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")


def _claims(**changes: object) -> dict[str, object]:
    now = int(time.time())
    return {
        "iss": tokens.ISSUER,
        "aud": tokens.AUDIENCE,
        "sub": "forger",
        "iat": now,
        "nbf": now,
        "exp": now + 600,
        "roles": ["admin"],
    } | changes


def test_forged_tokens_are_401(service: RunningService) -> None:
    """alg none, and HS256 with the public key as the secret: both made by hand."""
    key = load_pem_private_key(Path(service.ready["key_file"]).read_bytes(), password=None)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    for header in ({"alg": "none", "typ": "JWT"}, {"alg": "HS256", "typ": "JWT"}):
        signed = _segment(header) + b"." + _segment(_claims())
        mac = hmac.new(public, signed, hashlib.sha256).digest()
        signature = b"" if header["alg"] == "none" else base64.urlsafe_b64encode(mac).rstrip(b"=")
        client = Client(service.ready["base_url"], f"{signed.decode()}.{signature.decode()}")
        assert client.get("/products").status_code == 401


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({}, 200),
        ({"roles": ["unheard-of", "reader"]}, 200),
        ({"roles": []}, 403),
        ({"roles": "admin"}, 403),
        ({"roles": [["admin"]]}, 403),
        ({"roles": None}, 403),
        ({"exp": None}, 401),
        ({"sub": None}, 401),
        ({"aud": [tokens.AUDIENCE, "another"]}, 200),
        ({"exp": "soon"}, 401),
    ],
    ids=str,
)
def test_claims_of_a_signed_token(
    service: RunningService, claims: dict[str, object], status: int
) -> None:
    """A good signature under claims that are odd or missing (None leaves one out)."""
    key = Path(service.ready["key_file"]).read_bytes()
    kept = {name: value for name, value in _claims(**claims).items() if value is not None}
    if "exp" in claims and claims["exp"] == "soon":
        # PyJWT would not sign this one.
        unsigned = _segment({"alg": "RS256", "typ": "JWT"}) + b"." + _segment(kept)
        token = f"{unsigned.decode()}.AAAA"
    else:
        token = jwt.encode(kept, key, algorithm="RS256")
    client = Client(service.ready["base_url"], token)
    assert client.get("/products").status_code == status


def test_nobody_is_told_of_the_insides(service: RunningService) -> None:
    """Errors of every kind; no module, table, bucket or trace in any of them."""
    admin, stranger = service.client("admin"), service.client(None)
    for response in (
        stranger.get("/products"),
        admin.get("/products?cursor=x"),
        admin.post("/products", json={}),
        admin.get("/products/unknown"),
        admin.patch("/products"),
    ):
        text = response.text.lower()
        for secret in ("traceback", "boto", "dynamo", "msgspec", "products-local", "python"):
            assert secret not in text
