"""A server and a run in a network of their own, which goes silent in mid-script. For `unshare --net` alone."""

from __future__ import annotations

import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg

from infra.flyway.commands.run import migrate
from infra.flyway.errors import FlywayError
from infra.flyway.scripts.strict import scan_strictly
from infra.flyway.server.network import ALIVE
from infra.flyway.settings import FlywaySettings
from tests.servers import PASSWORD, temporary_cluster

# In the same proportion as ALIVE, so that a test takes seconds.
QUICK = {**ALIVE, "keepalives_idle": 1, "keepalives_interval": 1, "keepalives_count": 2, "tcp_user_timeout": 3_000}

_IN_MID_SCRIPT = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"


def main() -> None:
    """Print how the run ends."""
    _turn("up")
    with tempfile.TemporaryDirectory() as folder, temporary_cluster() as cluster:
        (Path(folder) / "V1__a.sql").write_text("SELECT pg_sleep(50);")
        settings = FlywaySettings(locations=(f"filesystem:{folder}",), schemas=("app",))
        login = {"host": "127.0.0.1", "port": cluster.port, "user": "postgres", "password": PASSWORD}
        threading.Thread(target=_go_silent_in_mid_script, args=[login], daemon=True).start()
        try:
            migrate(lambda: psycopg.connect(**login, **QUICK), settings, scan_strictly(settings, Path(folder)))  # type: ignore[arg-type]
        except FlywayError as error:
            print(error)
        _turn("up")


def _go_silent_in_mid_script(login: Mapping[str, Any]) -> None:
    with psycopg.connect(**login, autocommit=True) as watcher:
        while watcher.execute(_IN_MID_SCRIPT).fetchone() == (0,):
            time.sleep(0.05)
    _turn("down")


def _turn(state: str) -> None:
    """Turn the loopback of this network namespace up or down: nothing is answered any more, and nothing refused."""
    subprocess.run(["ip", "link", "set", "lo", state], check=True)


if __name__ == "__main__":
    main()
