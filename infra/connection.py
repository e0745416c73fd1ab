"""How this program logs in to PostgreSQL: quickly, or with an error of one line that says what to do."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from infra.flyway.server import remedies
from infra.flyway.server.network import ALIVE, CONNECT_SECONDS

if TYPE_CHECKING:
    import psycopg

_ADVICE = {
    "password authentication failed": "check the user and the password in the stack's config",
    "does not exist": "run `pulumi up`, which makes it",
    "Connection refused": "start the server, or correct postgresHost and postgresPort",
    "timeout expired": "the host does not answer: check postgresHost, postgresPort and the network between",
    "could not translate host name": "no such host: correct postgresHost",
    "failed to resolve host": "no such host: correct postgresHost",
    "certificate": "check postgresSslMode and postgresSslRootCert",
    "SSL": "the server does not speak TLS as asked: check postgresSslMode",
    "no pg_hba.conf entry": "the server's pg_hba.conf does not let this user in from here",
}
_ANSWERS = ("FATAL", "SSL", "certificate")  # in what is said where a server did answer


def system_certificates() -> str:
    """The file with the certificates that this machine trusts.

    libpq's own word for it, "system", would look where the OpenSSL of the driver's wheel was built, and find nothing.
    """
    paths = ssl.get_default_verify_paths()
    usual = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
    return next((path for path in (paths.cafile, *usual) if path and Path(path).exists()), "system")


class ConnectionFailed(Exception):
    """A login that failed, in one line: to whom, why, and what to do next. Never the password."""

    def __init__(self, message: str, *, reached: bool) -> None:
        super().__init__(message)
        self.reached = reached
        """Whether a server answered, and refused."""


@dataclass(frozen=True)
class Login:
    """Everything that a login needs."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    sslmode: str = "disable"
    sslrootcert: str | None = None

    @property
    def authorities(self) -> str | None:
        """The file with the certificates that may sign the server's, where that is verified."""
        return (self.sslrootcert or system_certificates()) if self.sslmode.startswith("verify-") else None

    def connect(self) -> psycopg.Connection:
        """Log in within CONNECT_SECONDS for each address of the host, in autocommit. Raises ConnectionFailed."""
        import psycopg  # here, so that who only describes a login does not wait for the driver

        try:
            return psycopg.connect(
                host=self.host,
                port=self.port,
                dbname=self.database,
                user=self.user,
                password=self.password,
                sslmode=self.sslmode,
                connect_timeout=CONNECT_SECONDS,
                application_name="creativeflow",
                autocommit=True,
                sslrootcert=self.authorities,
                **ALIVE,
            )
        except psycopg.OperationalError as error:
            raise self._failed(error) from None

    def _failed(self, error: psycopg.OperationalError) -> ConnectionFailed:
        said = " ".join(str(error).split())
        reason = (
            said.rpartition("FATAL: ")[2].strip() if "FATAL: " in said else said.removeprefix("connection failed: ")
        )
        mine = next((text for sign, text in _ADVICE.items() if sign in said), "see the server's log")
        advice = remedies.of_login(said) or mine
        where = f"{self.user} at {self.host}:{self.port}, database {self.database}"
        return ConnectionFailed(
            f"PostgreSQL login failed ({where}): {reason}; {advice}", reached=any(sign in said for sign in _ANSWERS)
        )
