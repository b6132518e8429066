"""Certificates of a certificate authority that lives as long as the process."""

from __future__ import annotations

import datetime
import ipaddress
import shutil
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from reference_service.local.terms import Terms


class Authority:
    """Signs certificates; `ca_file` holds its own in PEM, for clients to trust.

    The directory, of mode 0700, also holds the certificate in use and its key.
    """

    def __init__(self) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="reference-service-tls-"))
        self.ca_file = self._directory / "ca.pem"
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = _authority(self._key)
        self.ca_file.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, terms: Terms) -> Path:
        """A file with a new certificate and its key in PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        issuer_key, issuer = self._key, self._certificate
        if not terms.trusted:
            issuer_key = ec.generate_private_key(ec.SECP256R1())
            issuer = _authority(issuer_key)
        certificate = _leaf(key, issuer, issuer_key, terms)
        path = self._directory / "server.pem"
        path.touch(mode=0o600)
        path.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return path

    def remove(self) -> None:
        """Takes the files and their directory away."""
        shutil.rmtree(self._directory, ignore_errors=True)


def _authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = _name("Reference service, local authority")
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        _dated(3650)
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _leaf(
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate,
    issuer_key: ec.EllipticCurvePrivateKey,
    terms: Terms,
) -> x509.Certificate:
    names: list[x509.GeneralName] = []
    for name in terms.names:
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            names.append(x509.DNSName(name))
    return (
        _dated(terms.days)
        .subject_name(_name(terms.names[0]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
        .sign(issuer_key, hashes.SHA256())
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _dated(days: int) -> x509.CertificateBuilder:
    """Valid from yesterday, so that clocks may differ, until `days` from now."""
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=days))
    )
