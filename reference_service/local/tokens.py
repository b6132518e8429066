"""Bearer tokens for the local service: three roles, a limited one, five that it must refuse."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

ISSUER = "https://identity.example/products"
AUDIENCE = "products-api"
LIFETIME_SECONDS = 8 * 3600

VALID = ("reader", "editor", "admin", "limited")
REFUSED = ("expired", "not-yet-valid", "wrong-audience", "wrong-issuer", "wrong-key")
ROLES = VALID + REFUSED


def token(role: str, key: RSAPrivateKey) -> str:
    """A token of `role`, signed RS256; one of REFUSED carries admin and one thing wrong.

    The role limited is a reader who may not make many requests.
    """
    import jwt

    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": f"local-{role}",
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME_SECONDS,
        "roles": [role if role in VALID else "admin"],
    }
    if role == "limited":
        claims |= {"roles": ["reader"], "plan": "limited"}
    elif role == "expired":
        claims |= {"iat": now - 7200, "nbf": now - 7200, "exp": now - 3600}
    elif role == "not-yet-valid":
        claims |= {"nbf": now + 3600, "exp": now + 7200}
    elif role == "wrong-audience":
        claims["aud"] = "another-api"
    elif role == "wrong-issuer":
        claims["iss"] = "https://identity.example/another"
    elif role == "wrong-key":
        from cryptography.hazmat.primitives.asymmetric import rsa

        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return jwt.encode(claims, key, algorithm="RS256")
