"""What to do about a server that cannot do its work now, whatever the work is."""

from __future__ import annotations

_LATER = "the server is not ready: wait until it is, and run this again"
_CONNECTIONS = "close connections that nobody needs, or raise the limit, and run this again"
_OTHER = "what answers there is no PostgreSQL, or its server is not up: check host and port"
# A login that fails has no SQLSTATE in libpq: the server's words, or libpq's own, tell.
_OF_LOGIN = {
    "starting up": _LATER,
    "shutting down": _LATER,
    "not yet accepting connections": _LATER,
    "recovery mode": _LATER,
    "too many clients": _CONNECTIONS,
    "too many connections": _CONNECTIONS,
    "remaining connection slots": _CONNECTIONS,
    "closed the connection unexpectedly": _OTHER,
    "expected authentication request": _OTHER,
    "invalid response to SSL": _OTHER,
}
# https://www.postgresql.org/docs/18/errcodes-appendix.html
_OF_STATE = {
    "25006": "the database is read-only: use the primary's address, or RESET default_transaction_read_only",
    "53100": "the server's disk is full: free some space there, and run this again",
}


def of_login(said: str) -> str | None:
    """What to do about a login that failed so, as far as it is the server's trouble."""
    return next((remedy for sign, remedy in _OF_LOGIN.items() if sign in said), None)


def of_state(sqlstate: str | None) -> str | None:
    """What to do about a statement that failed so."""
    return _OF_STATE.get(sqlstate or "")
