"""The way to a Cluster's server: its authority's certificate, a tunnel where one is asked for, a login that works.

There is no Pulumi in here.
"""

from __future__ import annotations

import base64
import contextlib
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from infra.connection import ConnectionFailed, Login
from infra.kubernetes import tunnel, volumes
from infra.kubernetes.api import Where
from infra.kubernetes.cluster import causes, not_in_force, unready
from infra.kubernetes.errors import Forbidden, KubernetesError, NotFound, TunnelError

_LOOK_SECONDS = 1
_TELL_SECONDS = 10
_REFUSED_SECONDS = 60  # in which a server learns of a new password
_RIGHTS = """
SELECT rolcreaterole AND (rolcreatedb OR EXISTS (SELECT FROM pg_database WHERE datname = %s))
  FROM pg_roles WHERE rolname = current_user
"""
_SETTINGS = """
SELECT name, setting, unit, vartype, pending_restart FROM pg_settings WHERE name = ANY(%s) OR pending_restart
"""


@dataclass(frozen=True)
class Way:
    """How to reach a Cluster's server as its administrator. A `tunnel_port` of None needs no tunnel."""

    where: Where
    cluster: str
    tunnel_port: int | None
    ca_file: Path
    login: Login
    database: str
    """That the administrator makes."""
    parameters: Mapping[str, str]
    """PostgreSQL's, that the Cluster asks for."""

    def __str__(self) -> str:
        return f"{self.where.namespace}/{self.cluster}"

    def look(self) -> dict[str, Any]:
        """The live Cluster. Raises NotFound if there is none, KubernetesError if that cannot be known."""
        try:
            return self.where.get("clusters", self.cluster)
        except NotFound:
            raise NotFound(f"Cluster {self} is gone: docs/production.md says how to restore it") from None

    def open(self, live: Mapping[str, Any]) -> None:
        """Write the certificate of a live Cluster's authority, and open the tunnel.

        Raises NotFound if the Cluster has no certificate yet, TunnelError and KubernetesError.
        """
        certificates = (live.get("status") or {}).get("certificates") or {}
        secret = self.where.get("secrets", certificates.get("serverCASecret") or f"{self.cluster}-ca")
        _write(self.ca_file, base64.b64decode(secret["data"]["ca.crt"]))
        if self.tunnel_port is not None:
            tunnel.ensure(self.tunnel_port, self.where, self.cluster)

    def require_free_port(self) -> None:
        """Raise TunnelError if the tunnel could not be opened."""
        if self.tunnel_port is not None:
            tunnel.require_free(self.tunnel_port, self.where, self.cluster)

    def amiss(self) -> str:
        """What the Cluster or its server lacks, in a few words; empty if it is as asked and the way is open.

        Raises KubernetesError, and ConnectionFailed where all that is amiss is the login.
        """
        live = self.look()
        if lacks := unready(live, self._find("pods"), self._find(volumes.KIND)):
            return lacks
        self.open(live)
        with self._connect() as connection:
            rows = connection.execute(_SETTINGS, (list(self.parameters),)).fetchall()
            may = connection.execute(_RIGHTS, (self.database,)).fetchone()
        if may != (True,):
            user = self.login.user
            raise Forbidden(
                f"The administrator {user} (postgresUser) of Cluster {self} may not make roles and databases: "
                f'as its superuser run ALTER ROLE "{user}" CREATEROLE CREATEDB'
            )
        keys = ("name", "setting", "unit", "vartype", "pending_restart")
        waiting = not_in_force(self.parameters, [dict(zip(keys, row, strict=True)) for row in rows])
        return f"not in force yet: {', '.join(waiting)}" if waiting else ""

    def wait(self, seconds: float, looks: int) -> None:
        """Until nothing is amiss in so many `looks`, one after the other. Tells of progress on standard error.

        Raises KubernetesError, saying what holds the Cluster up, when the time is over, or at once where waiting
        cannot help.
        """
        progress = _Progress(f"Cluster {self}", seconds)
        while looks:
            try:
                lacks = self.amiss()
            except (Forbidden, NotFound, TunnelError):
                raise
            except (KubernetesError, ConnectionFailed) as error:
                lacks = str(error)
                progress.refused("password authentication failed" in lacks)
            looks -= not lacks
            if lacks and progress.is_over():
                raise KubernetesError(
                    "; ".join([f"{progress.over()}: {lacks}", *self._causes("pods", volumes.KIND, "events")])
                )
            if lacks and progress.is_due():
                progress.tell("; ".join([lacks, *self._causes("pods", volumes.KIND)]))
            if looks:
                time.sleep(_LOOK_SECONDS)

    def require_login(self) -> None:
        """Log in, while a primary may just be changing. Raises ConnectionFailed when _REFUSED_SECONDS are over."""
        until = time.monotonic() + _REFUSED_SECONDS
        while True:
            try:
                return self._connect().close()
            except ConnectionFailed:
                if time.monotonic() > until:
                    raise
            time.sleep(_LOOK_SECONDS)

    def _connect(self) -> psycopg.Connection:
        try:
            return self.login.connect()
        except ConnectionFailed as failure:
            led = tunnel.ensure(self.tunnel_port, self.where, self.cluster) if self.tunnel_port is not None else None
            if led is None or not led.trouble:
                raise
            raise ConnectionFailed(f"{failure} ({led.trouble})", reached=failure.reached) from None

    def _find(self, kind: str) -> list[dict[str, Any]]:
        """What the Cluster has of a kind."""
        return self.where.find(kind, labelSelector=f"cnpg.io/cluster={self.cluster}")

    def _causes(self, *kinds: str) -> list[str]:
        """What holds the Cluster up by its pods, volumes and events, as far as they may be read."""
        found: dict[str, list[dict[str, Any]]] = {}
        for kind in kinds:
            with contextlib.suppress(KubernetesError):
                every = kind == "events"
                found[kind] = self.where.find(kind, fieldSelector="type=Warning") if every else self._find(kind)
        return causes(self.cluster, *(found.get(kind, []) for kind in ("pods", volumes.KIND, "events")))


class _Progress:
    """How long something is waited for, and when that is worth a word."""

    def __init__(self, what: str, seconds: float) -> None:
        self._what = what
        self._began = self._told = time.monotonic()
        self._seconds = seconds
        self._refused_since: float | None = None

    def refused(self, by_password: bool) -> None:
        """Note whether the last login failed by its password, which waiting does not mend for long."""
        self._refused_since = (self._refused_since or time.monotonic()) if by_password else None

    def is_over(self) -> bool:
        now = time.monotonic()
        refused = self._refused_since is not None and now - self._refused_since > _REFUSED_SECONDS
        return refused or now - self._began > self._seconds

    def over(self) -> str:
        return f"{self._what} is not ready after {time.monotonic() - self._began:.0f} s"

    def is_due(self) -> bool:
        return time.monotonic() - self._told > _TELL_SECONDS

    def tell(self, text: str) -> None:
        self._told = time.monotonic()
        print(f"waiting for {self._what}: {text}", file=sys.stderr)


def _write(path: Path, content: bytes) -> None:
    """All of it or nothing: others may read the file at the same moment."""
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    made = Path(file.name)
    made.chmod(0o644)
    made.replace(path)
