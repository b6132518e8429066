"""Tokens that a fault believes although something about them is wrong."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any

import jwt
import msgspec

from reference_service.handlers.bearer import ROLES, Caller, Tokens
from reference_service.handlers.problem import Problem

Claims = dict[str, Any]


class Told(msgspec.Struct, frozen=True):
    """What a token says, unverified, and the bytes that its signature is over."""

    header: Claims
    claims: Claims
    signature: bytes
    signed: bytes
    token: str


# Sees what a token says and the key that it ought to be signed with.
Believes = Callable[[Told, str], bool]


class Credulous:
    """Believes what the healthy one refuses, where `believes` says so."""

    def __init__(self, inner: Tokens, believes: Believes, key: str) -> None:
        self._inner = inner
        self._believes = believes
        self._key = key

    def caller(self, authorization: str | None) -> Caller:
        try:
            return self._inner.caller(authorization)
        except Problem:
            told = told_by(authorization)
            if told is None or not self._believes(told, self._key):
                raise
            return caller_of(told.claims)


def told_by(authorization: str | None) -> Told | None:
    """What a bearer token says, None where it is no JWT."""
    token = (authorization or "").partition(" ")[2]
    segments = token.split(".")
    if len(segments) != 3:
        return None
    try:
        header, claims = (msgspec.json.decode(_bytes(part)) for part in segments[:2])
        signature = _bytes(segments[2])
    except (binascii.Error, ValueError, msgspec.DecodeError):
        return None
    if not (isinstance(header, dict) and isinstance(claims, dict)):
        return None
    return Told(header, claims, signature, token.rpartition(".")[0].encode(), token)


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def caller_of(claims: Mapping[str, Any]) -> Caller:
    """Who the claims speak for."""
    known = [role for role in claims.get("roles", []) if role in ROLES]
    return Caller(subject=str(claims["sub"]), role=max(known, key=ROLES.index, default=None))


def without(*claims: str) -> Believes:
    """The signature and all times have to be right, but for these claims."""

    def believes(told: Told, key: str) -> bool:
        options: Any = {f"verify_{name}": name not in claims for name in ("exp", "nbf")}
        audience = None if "aud" in claims else "products-api"
        issuer = None if "iss" in claims else "https://identity.example/products"
        options |= {"verify_aud": audience is not None, "verify_iss": issuer is not None}
        try:
            jwt.decode(
                told.token,
                key,
                algorithms=["RS256"],
                audience=audience,
                issuer=issuer,
                options=options,
            )
        except jwt.PyJWTError:
            return False
        return True

    return believes


def no_signature(told: Told, _: str) -> bool:
    """Whether it says RS256 and is not signed."""
    return told.header.get("alg") == "RS256" and told.signature == b""


def another_spelling_of_none(told: Told, _: str) -> bool:
    """Whether its algorithm is None or NONE, and not none."""
    alg = str(told.header.get("alg"))
    return alg.lower() == "none" and alg != "none"


def public_key_as_secret(told: Told, key: str) -> bool:
    """Whether it is signed HS256 with the public key as its secret."""
    right = hmac.new(key.encode(), told.signed, hashlib.sha256).digest()
    return told.header.get("alg") == "HS256" and hmac.compare_digest(right, told.signature)


def key_of_its_own(told: Told, _: str) -> bool:
    """Whether it is signed with the key in its header."""
    if not isinstance(told.header.get("jwk"), dict):
        return False
    own = jwt.PyJWK(told.header["jwk"]).key
    try:
        jwt.decode(told.token, own, algorithms=["RS256"], options={"verify_aud": False})
    except jwt.PyJWTError:
        return False
    return True
