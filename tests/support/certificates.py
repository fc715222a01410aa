"""Certificates for one test: an authority, what it signs, and what nobody should accept."""

import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True)
class Pair:
    """The files of a certificate and its key."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates and writes them into a folder, as PEM files."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._folder = folder
        self._authority = trustme.CA(organization_name=name)
        self.file = folder / f"{name}.pem"
        self._authority.cert_pem.write_to_path(self.file)

    def issue(
        self,
        name: str,
        *hosts: str,
        common_name: str | None = None,
        days: float = 365,
        rsa: bool = False,
    ) -> Pair:
        """Make a certificate for these hosts or this user, which ends in so many days."""
        made = self._authority.issue_cert(
            *hosts,
            common_name=common_name,
            not_before=datetime.now(UTC) - timedelta(days=1000),
            not_after=datetime.now(UTC) + timedelta(days=days),
            key_type=trustme.KeyType.RSA if rsa else trustme.KeyType.ECDSA,
        )
        pair = Pair(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        pair.certificate.write_bytes(b"".join(part.bytes() for part in made.cert_chain_pems))
        made.private_key_pem.write_to_path(pair.key)
        pair.key.chmod(0o600)
        return pair

    def context(self) -> ssl.SSLContext:
        """Return what a Python client needs to trust this authority."""
        return ssl.create_default_context(cafile=self.file)


def without_extensions(pair: Pair) -> Pair:
    """Make one of version 1 out of a certificate, signed by its own key, as OpenSSL does."""
    key = serialization.load_pem_private_key(pair.key.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    certificate = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
    # The version and the extensions bear tags of their own.
    parts = [
        part for part in _parts(certificate.tbs_certificate_bytes) if part[0] not in (0xA0, 0xA3)
    ]
    _serial, algorithm, *_rest = parts
    signed = _tagged(0x30, b"".join(parts))
    signature = _tagged(0x03, b"\0" + key.sign(signed, ec.ECDSA(hashes.SHA256())))
    made = Pair(pair.certificate.with_suffix(".v1.pem"), pair.key)
    whole = _tagged(0x30, signed + algorithm + signature)
    made.certificate.write_text(ssl.DER_cert_to_PEM_cert(whole))
    assert x509.load_pem_x509_certificate(made.certificate.read_bytes()).version.name == "v1"
    return made


def _tagged(tag: int, content: bytes) -> bytes:
    size = len(content)
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    length = bytes([size]) if size < 0x80 else bytes([0x80 | len(octets)]) + octets
    return bytes([tag]) + length + content


def _parts(der: bytes) -> list[bytes]:
    """Split what a SEQUENCE holds."""
    parts = []
    rest = der[_header(der) :]
    while rest:
        size = _header(rest)
        length = rest[1] if rest[1] < 0x80 else int.from_bytes(rest[2:size], "big")
        parts.append(rest[: size + length])
        rest = rest[size + length :]
    return parts


def _header(der: bytes) -> int:
    """Return how many bytes the tag and the length take."""
    return 2 if der[1] < 0x80 else 2 + (der[1] & 0x7F)


def client_settings(pair: Pair, sslmode: str = "prefer", **more: str) -> dict[str, str]:
    """Return a gateway's settings for TLS with clients."""
    return {
        "client_tls_sslmode": sslmode,
        "client_tls_cert_file": str(pair.certificate),
        "client_tls_key_file": str(pair.key),
        **more,
    }


def number(pair: Pair) -> int:
    """Return the number of the first certificate in a file."""
    return x509.load_pem_x509_certificate(pair.certificate.read_bytes()).serial_number


def replace(pair: Pair, other: Pair) -> None:
    """Put another certificate and key into the same files."""
    pair.certificate.write_bytes(other.certificate.read_bytes())
    pair.key.write_bytes(other.key.read_bytes())


def shown(port: int) -> int:
    """Return the number of the certificate that is shown on a port of this machine."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # Direct TLS, which Python's client can begin by itself.
    context.set_alpn_protocols(["postgresql"])
    with (
        socket.create_connection(("127.0.0.1", port), timeout=120) as plain,
        context.wrap_socket(plain) as wrapped,
    ):
        certificate = wrapped.getpeercert(binary_form=True)
    assert certificate is not None
    return x509.load_der_x509_certificate(certificate).serial_number
