"""What went wrong, in one line for the user: which resource, what PostgreSQL said, what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airgap.errors import PluginError

if TYPE_CHECKING:
    import psycopg

_LOGIN_ADVICE = {
    "Connection refused": "start the server, or correct the provider's host and port",
    "password authentication failed": "check the provider's username and password",
    "no password supplied": "give the provider a password",
    "no pg_hba.conf entry": "the server's pg_hba.conf does not let this user in from here",
    "server does not support SSL": "set the provider's sslmode to `disable`, or turn TLS on in the server",
    "certificate": "check the provider's sslmode and sslrootcert",
    "timeout expired": "the host does not answer: check the provider's host and port and the network between",
    "resolve host": "no such host: correct the provider's host",
    "translate host": "no such host: correct the provider's host",
    "does not exist": "make it first, or correct its name",
}

# SQLSTATEs: https://www.postgresql.org/docs/current/errcodes-appendix.html
_EXISTS = {"42710", "42P04", "42P06"}
_ADVICE = {
    "42501": "let a superuser do it, or give the provider's user the privilege",
    "2BP01": "remove what depends on it first",
    "42704": "make it first, or correct its name",
    "3D000": "make it first, or correct its name",
    "3F000": "make it first, or correct its name",
}


class LoginFailed(PluginError):
    """No connection: the server is down, or it refused."""


def login_failed(host: str, port: int, database: str, user: str, error: psycopg.OperationalError) -> LoginFailed:
    """The error for a login as `user` that ended in `error`."""
    said = " ".join(str(error).split())
    advice = next((advice for sign, advice in _LOGIN_ADVICE.items() if sign in said), "check the provider's options")
    return LoginFailed(f'cannot log in to {host}:{port} as "{user}", database "{database}": {said}; {advice}')


def refused(doing: str, error: psycopg.Error, importing: str = "") -> PluginError:
    """The error for a statement that PostgreSQL refused while `doing` something.

    `importing` is the command that would adopt an object which exists already.
    """
    said = error.diag.message_primary or " ".join(str(error).split())
    parts = [f"{doing}: {said}" + (f" (SQLSTATE {error.sqlstate})" if error.sqlstate else "")]
    if error.diag.message_detail:
        parts.append(" ".join(error.diag.message_detail.split()))
    if importing and error.sqlstate in _EXISTS:
        parts.append(f"adopt it with `{importing}`, or choose another name")
    elif error.sqlstate in _ADVICE:
        parts.append(_ADVICE[error.sqlstate])
    return PluginError("; ".join(part.rstrip(".") for part in parts))
