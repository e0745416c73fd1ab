"""Passwords of roles: never in the clear in a statement, which PostgreSQL may log, nor in an error."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

import psycopg

_SCRAM = re.compile(r"SCRAM-SHA-256\$(\d+):([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)")
_MD5 = re.compile(r"md5[0-9a-f]{32}")


def is_verifier(password: str) -> bool:
    """Whether `password` is what PostgreSQL itself stores, a SCRAM-SHA-256 verifier or an MD5 hash, and no clear text.

    The forms: https://www.postgresql.org/docs/current/catalog-pg-authid.html
    """
    return bool(_SCRAM.fullmatch(password) or _MD5.fullmatch(password))


def verifier(connection: psycopg.Connection, role: str, password: str) -> str:
    """What to send for `password`: itself if it is a verifier, else a SCRAM-SHA-256 verifier made here."""
    if is_verifier(password):
        return password
    return connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()


def matches(role: str, password: str, stored: str) -> bool:
    """Whether `stored`, from the catalog, is a verifier of the clear text `password` of `role`."""
    if _MD5.fullmatch(stored):
        digest = hashlib.md5((password + role).encode(), usedforsecurity=False).hexdigest()
        return hmac.compare_digest(stored, f"md5{digest}")
    found = _SCRAM.fullmatch(stored)
    if not found:
        return False
    if not password.isascii():
        return True  # RFC 4013 normalizes such a password first. We leave that to PostgreSQL and take it for unchanged
    iterations, salt, stored_key, _ = found.groups()
    # RFC 5802, section 3: StoredKey = H(HMAC(SaltedPassword, "Client Key"))
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), int(iterations))
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    return hmac.compare_digest(hashlib.sha256(client_key).digest(), base64.b64decode(stored_key))
