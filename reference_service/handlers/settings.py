"""What the function is told by its environment variables."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One deployment's names and keys.

    `token_key` is a public key in PEM, or the https URL of a JWKS document.
    `images_url` has no trailing slash.
    """

    environment: str
    version: str
    table: str
    orders_table: str
    calls_table: str
    bucket: str
    images_url: str
    token_issuer: str
    token_audience: str
    token_key: str
    cursor_key: bytes

    @classmethod
    def from_variables(cls, variables: Mapping[str, str], *, cursor_key: bytes) -> Settings:
        """Reads the variables that template.yaml sets; KeyError names a missing one."""
        return cls(
            environment=variables["ENVIRONMENT"],
            version=variables["SERVICE_VERSION"],
            table=variables["TABLE_NAME"],
            orders_table=variables["ORDERS_TABLE_NAME"],
            calls_table=variables["CALLS_TABLE_NAME"],
            bucket=variables["IMAGES_BUCKET"],
            images_url=variables["IMAGES_URL"].rstrip("/"),
            token_issuer=variables["TOKEN_ISSUER"],
            token_audience=variables["TOKEN_AUDIENCE"],
            token_key=variables["TOKEN_KEY"],
            cursor_key=cursor_key,
        )
