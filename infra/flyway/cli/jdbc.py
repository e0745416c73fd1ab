"""The database of the settings: from a JDBC URL, or from libpq's own, to what psycopg.connect() takes.

https://documentation.red-gate.com/flyway/reference/configuration/environments-namespace, and the parameters of the
driver: https://jdbc.postgresql.org/documentation/use/
"""

from __future__ import annotations

import re
import ssl
import time
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from infra.flyway.errors import ConfigurationError
from infra.flyway.server.network import ALIVE, CONNECT_SECONDS

if TYPE_CHECKING:
    import psycopg

_HOST = re.compile(r"\[?(.*?)\]?(?::(\d+))?")
KEYS = ("url", "user", "password", "connectRetries", "connectRetriesInterval")
PROPERTIES = "jdbcProperties."
_NO_URL = (
    "url is no URL of libpq's: write postgresql://user@host:5432/database, and the characters @ : / ? # % in a name or"
    " a password as %40 %3A %2F %3F %23 %25"
)
_APPLICATION = "creativeflow-flyway"
_LONGEST_PAUSE = 120  # seconds between two tries to connect, unless connectRetriesInterval says otherwise
# Parameters of the driver that libpq has too, by its names for them.
_SAME = {
    "user": "user",
    "password": "password",
    "sslmode": "sslmode",
    "sslrootcert": "sslrootcert",
    "sslcert": "sslcert",
    "sslkey": "sslkey",
    "sslpassword": "sslpassword",
    "ApplicationName": "application_name",
    "connectTimeout": "connect_timeout",
    "loginTimeout": "connect_timeout",
    "tcpKeepAlive": "keepalives",
    "options": "options",
    "channelBinding": "channel_binding",
    "gssEncMode": "gssencmode",
    "targetServerType": "target_session_attrs",
}
_TARGETS = {"primary": "primary", "master": "primary", "secondary": "standby", "preferSecondary": "prefer-standby"}
# Parameters that change nothing here: how the driver prepares statements, and what it says of results.
_WITHOUT_EFFECT = {
    "prepareThreshold",
    "preferQueryMode",
    "reWriteBatchedInserts",
    "stringtype",
    "assumeMinServerVersion",
}


@dataclass(frozen=True)
class Database:
    """Where to log in, and how often to try."""

    parameters: Mapping[str, Any] = field(repr=False)
    retries: int = 0
    longest_pause: float = _LONGEST_PAUSE

    def connect(self) -> psycopg.Connection:
        """Log in. Raises psycopg.OperationalError after the last try."""
        import psycopg  # noqa: PLC0415 - who only reads settings does not wait for the driver

        for tries in range(self.retries):
            try:
                return psycopg.connect(**self.parameters, autocommit=True)
            except psycopg.OperationalError:
                time.sleep(min(2**tries, self.longest_pause))
        return psycopg.connect(**self.parameters, autocommit=True)


def read_database(properties: Mapping[str, str]) -> Database:
    """The database that the settings `url`, `user`, `password` and so on name. Raises ConfigurationError."""
    usual = {"application_name": _APPLICATION, "connect_timeout": CONNECT_SECONDS, **ALIVE}
    parameters: dict[str, Any] = {**usual, **read_url(properties.get("url", ""))}
    extra = {name.removeprefix(PROPERTIES): text for name, text in properties.items() if name.startswith(PROPERTIES)}
    parameters |= _translated(extra)
    for name in ("user", "password"):
        if properties.get(name):
            parameters[name] = properties[name]
    retries, pause = (_count(properties, name) for name in KEYS[3:])
    return Database(parameters, retries or 0, _LONGEST_PAUSE if pause is None else pause)


def read_url(url: str) -> dict[str, Any]:
    """The parameters of libpq in a URL. Raises ConfigurationError, without the URL, which may hold a password."""
    if not url:
        raise ConfigurationError(
            "no database is named: set url, such as jdbc:postgresql://localhost:5432/shop, user and password",
            "url",
            "missing",
        )
    text = url.removeprefix("jdbc:")
    if not text.startswith(("postgresql:", "postgres:")):
        kind = ":".join(url.split(":")[:2])
        raise ConfigurationError(
            f"url begins with {kind}: this project knows jdbc:postgresql: alone", "url", "unsupported"
        )
    if not url.startswith("jdbc:"):
        import psycopg  # noqa: PLC0415
        import psycopg.conninfo  # noqa: PLC0415

        try:
            parameters = psycopg.conninfo.conninfo_to_dict(url)
        except psycopg.ProgrammingError:  # what libpq says quotes the URL
            raise ConfigurationError(_NO_URL, "url", "value") from None
        if not re.fullmatch(r"[\d,]*", str(parameters.get("port") or "")):  # as of user:pass/word@host
            raise ConfigurationError(_NO_URL, "url", "value")
        return _with_authorities(dict(parameters))
    return _read_jdbc(text.partition(":")[2])


def _read_jdbc(rest: str) -> dict[str, Any]:
    """`//host:port,host:port/database?name=value&…`, or the database alone."""
    address, _, query = rest.partition("?")
    hosts, database = "", address
    if address.startswith("//"):
        hosts, _, database = address[2:].partition("/")
    parameters: dict[str, Any] = {"host": "localhost"}
    if hosts:
        pairs = [match for host in hosts.split(",") if (match := _HOST.fullmatch(host))]
        parameters["host"] = ",".join(match[1] for match in pairs)
        parameters["port"] = ",".join(match[2] or "5432" for match in pairs)
    if database:
        parameters["dbname"] = urllib.parse.unquote(database)
    return parameters | _translated(dict(urllib.parse.parse_qsl(query, keep_blank_values=True)))


def search_path_option(path: str) -> str:
    """What libpq's `options` say to set the search_path.

    They are split at blanks, and a backslash keeps one (https://www.postgresql.org/docs/18/libpq-connect.html).
    """
    return "-c search_path=" + re.sub(r"([\\\s])", r"\\\1", path)


def _with_authorities(parameters: dict[str, Any]) -> dict[str, Any]:
    """libpq's own "system" would look where the OpenSSL of the driver's wheel was built: give the system's file."""
    if parameters.get("sslrootcert") == "system":
        parameters["sslrootcert"] = ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt"
    return parameters


def _translated(given: Mapping[str, str]) -> dict[str, Any]:
    """Parameters of the driver as parameters of libpq. Raises ConfigurationError for one that has no counterpart."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        if name in _SAME:
            found[_SAME[name]] = _TARGETS.get(value, "any") if name == "targetServerType" else _plain(value)
        elif name == "currentSchema":
            found["options"] = f"{found.get('options', '')} {search_path_option(value)}".strip()
        elif name == "ssl":
            found.setdefault("sslmode", "verify-full" if value.lower() in ("", "true") else "disable")
        elif name not in _WITHOUT_EFFECT:
            raise ConfigurationError(
                f"url: the driver's parameter {name} is not supported: remove it", "url", "unsupported"
            )
    return found


def _plain(value: str) -> str:
    return {"true": "1", "false": "0"}.get(value.lower(), value)


def _count(properties: Mapping[str, str], name: str) -> int | None:
    value = properties.get(name)
    if value is None:
        return None
    if not value.isdigit():
        raise ConfigurationError(f"{name} is {value!r}: write a whole number", name, "value")
    return int(value)
