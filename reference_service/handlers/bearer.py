"""Who calls: RS256 bearer tokens, their subject, the three roles and the plan."""

from __future__ import annotations

import hashlib
from typing import Any, Protocol

import jwt
import msgspec

from reference_service.handlers.problem import Problem, unauthorized
from reference_service.handlers.settings import Settings

ROLES = ("reader", "editor", "admin")


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who a valid token speaks for: `role` is the highest that it carries, None for none.

    `plan` says how many requests it may make, None for any number; `token` is a digest.
    """

    subject: str
    role: str | None = None
    plan: str | None = None
    token: str = ""


class Tokens(Protocol):
    """Turns an Authorization header into the caller that it speaks for."""

    def caller(self, authorization: str | None) -> Caller:
        """The caller; Problem 401 for anything but a valid token."""
        ...


class SignedTokens:
    """Checks signature, issuer, audience and times against the deployment's settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._jwks = (
            jwt.PyJWKClient(settings.token_key, cache_keys=True, timeout=3)
            if settings.token_key.startswith("https://")
            else None
        )
        self._pem: Any = None

    def caller(self, authorization: str | None) -> Caller:
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise unauthorized("A bearer token is needed.")
        claims = self._claims(token.strip())
        held, plan = claims.get("roles"), claims.get("plan")
        known = [role for role in held if role in ROLES] if isinstance(held, list) else []
        return Caller(
            subject=str(claims["sub"]),
            role=max(known, key=ROLES.index, default=None),
            plan=plan if isinstance(plan, str) else None,
            token=hashlib.sha256(token.strip().encode()).hexdigest(),
        )

    def _claims(self, token: str) -> dict[str, Any]:
        try:
            return jwt.decode(
                token,
                self._key(token),
                algorithms=["RS256"],
                audience=self._settings.token_audience,
                issuer=self._settings.token_issuer,
                options={"require": ["iss", "aud", "sub", "iat", "nbf", "exp"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise unauthorized("The token has expired.") from error
        except jwt.PyJWKClientConnectionError as error:
            raise Problem(
                503, "Tokens cannot be checked now.", headers={"Retry-After": "1"}
            ) from error
        except (jwt.PyJWTError, ValueError) as error:
            raise unauthorized("The token is not valid here.") from error

    def _key(self, token: str) -> Any:
        if self._jwks is not None:
            return self._jwks.get_signing_key_from_jwt(token).key
        if self._pem is None:
            from cryptography.hazmat.primitives.serialization import load_pem_public_key

            self._pem = load_pem_public_key(self._settings.token_key.encode())
        return self._pem


def permit(role: str | None, needed: str) -> None:
    """Problem 403 unless `role` is at least `needed`."""
    if role is None or ROLES.index(role) < ROLES.index(needed):
        raise Problem(403, f"This needs the role {needed}.")
