"""The key that signs local tokens: made at each start, gone at the end."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


class SigningKey:
    """An RSA key (2048 bits) in a file of mode 0600 in a directory of mode 0700."""

    def __init__(self) -> None:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa

        self.private: RSAPrivateKey = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.public_pem = (
            self.private.public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .decode()
        )
        self._directory = Path(tempfile.mkdtemp(prefix="reference-service-"))
        self.path = self._directory / "key.pem"
        self.path.touch(mode=0o600)
        self.path.write_bytes(
            self.private.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )

    def remove(self) -> None:
        """Takes the file and its directory away."""
        shutil.rmtree(self._directory, ignore_errors=True)
