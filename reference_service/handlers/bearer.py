"""Who calls: RS256 bearer tokens and the three roles."""

from __future__ import annotations

from typing import Any, Protocol

import jwt

from reference_service.handlers.problem import Problem, unauthorized
from reference_service.handlers.settings import Settings

ROLES = ("reader", "editor", "admin")


class Tokens(Protocol):
    """Turns an Authorization header into the highest role that it carries."""

    def role(self, authorization: str | None) -> str | None:
        """The role, None for a token without one; Problem 401 for anything else."""
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

    def role(self, authorization: str | None) -> str | None:
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise unauthorized("A bearer token is needed.")
        held = self._claims(token.strip()).get("roles")
        if not isinstance(held, list):
            return None
        return max((role for role in held if role in ROLES), key=ROLES.index, default=None)

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
