"""Derives the verifier PostgreSQL and poolers keep of a password for SCRAM-SHA-256 (RFC 5803)."""

import base64
import hashlib
import hmac
import secrets

from forebay.postgres.secret import Secret


def scram_verifier(password: Secret, *, iterations: int, salt: bytes | None = None) -> Secret:
    """Return the verifier of an ASCII password; other passwords would need SASLprep first."""
    salt = secrets.token_bytes(16) if salt is None else salt
    salted = hashlib.pbkdf2_hmac("sha256", password.reveal().encode("ascii"), salt, iterations)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    salt_text, stored_text, server_text = (
        base64.b64encode(part).decode() for part in (salt, stored, server)
    )
    return Secret(f"SCRAM-SHA-256${iterations}:{salt_text}${stored_text}:{server_text}")
