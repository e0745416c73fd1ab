"""A password that is given or generated once, and what a server may be told of it instead: a verifier.

PostgreSQL accepts a SCRAM verifier wherever it accepts a password, so that no password in the clear reaches a
statement, and with it the server's log or another session's pg_stat_activity.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Any, Literal

import pulumi
from pulumi import dynamic

from infra.resources import Provider

Scheme = Literal["scram-sha-256", "argon2id"]
_SCRAM_ITERATIONS = 4096  # PostgreSQL's own default, scram_iterations


def scram_verifier(password: str, salt: bytes) -> str:
    """What PostgreSQL stores for `password` (printable ASCII): RFC 5803 with SHA-256, as in pg_authid.rolpassword."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _SCRAM_ITERATIONS)
    client = hmac.digest(salted, b"Client Key", "sha256")
    server = hmac.digest(salted, b"Server Key", "sha256")
    encoded = [base64.b64encode(part).decode() for part in (salt, hashlib.sha256(client).digest(), server)]
    return f"SCRAM-SHA-256${_SCRAM_ITERATIONS}:{encoded[0]}${encoded[1]}:{encoded[2]}"


def verifier(password: str, scheme: Scheme) -> str:
    """A salted hash of `password`, another one at each call."""
    if scheme == "scram-sha-256":
        return scram_verifier(password, secrets.token_bytes(16))
    from argon2 import PasswordHasher

    return PasswordHasher().hash(password)


class PasswordProvider(Provider):
    """Makes a password once; a new given one replaces it, and one that is no longer given stays."""

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        value = props.get("given") or secrets.token_urlsafe(24)
        return dynamic.CreateResult(secrets.token_hex(8), _outputs(props, value))

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.UpdateResult:
        value = news.get("given") or olds["value"]
        return dynamic.UpdateResult(_outputs(news, value))


def _outputs(props: dict[str, Any], value: str) -> dict[str, Any]:
    return {**props, "value": value, "verifier": verifier(value, props["scheme"])}


class Password(dynamic.Resource, module="creativeflow", name="Password"):
    """A password. `value` and `verifier` are secret outputs."""

    value: pulumi.Output[str]
    verifier: pulumi.Output[str]

    def __init__(
        self, name: str, scheme: Scheme, given: str | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Take the password `given` by the stack, or generate one where it is None."""
        props: dict[str, Any] = {"scheme": scheme, "value": None, "verifier": None}
        if given is not None:
            props["given"] = pulumi.Output.secret(given)
        secret = pulumi.ResourceOptions(additional_secret_outputs=["value", "verifier"])
        super().__init__(PasswordProvider(), name, props, pulumi.ResourceOptions.merge(opts, secret))
