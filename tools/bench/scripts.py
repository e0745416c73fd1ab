"""How long a thousand scripts take, and how long it takes to see that there is nothing to do.

All programs run on one server, whose commits wait for the disk, and take turns, so that they see the same machine.
"""

from __future__ import annotations

import contextlib
import secrets
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from infra.cluster import Cluster
from infra.resources import spare_collections
from infra.resources.migrations import MigrationsProvider
from infra.throwaway import DURABLE, throwaway_cluster
from tools.bench import programs, tell, tell_ratio, timed
from tools.bench.programs import Database, Program

SCRIPTS = 1000  # of one table each, without an index: the less the server does, the more the programs differ
TURNS = 5
_READER, _UPKEEP = "reader", "upkeep"


def measure() -> None:
    """Measure and print all scripts, and nothing to do: as a command, and in a provider that runs already."""
    flyway, goose = programs.flyway(), programs.goose()
    if flyway is None:
        print(f"without Flyway: {programs.FLYWAY} does not name its program")
    if goose is None:
        print("without goose: there is no Go to build it with")
    password = secrets.token_urlsafe()
    with (
        throwaway_cluster(password, DURABLE) as server,
        _administrator(server, password) as administrator,
        tempfile.TemporaryDirectory(prefix="creativeflow-bench-") as folder,
    ):
        scripts = {
            program: program.write(Path(folder), SCRIPTS) for program in (programs.ours(), flyway, goose) if program
        }
        _compare(administrator, password, scripts)
        _measure_provider(administrator, password, scripts)


def _administrator(server: Cluster, password: str) -> psycopg.Connection:
    login = {"host": "127.0.0.1", "port": server.port, "user": "postgres", "password": password}
    return psycopg.connect(**login, dbname="postgres", autocommit=True)


@contextlib.contextmanager
def _new_database(administrator: psycopg.Connection, password: str) -> Iterator[Database]:
    """An empty database. What the server would write of others in the background is written before."""
    name = sql.Identifier("bench")
    administrator.execute(sql.SQL("CREATE DATABASE {}").format(name))
    administrator.execute("CHECKPOINT")
    yield Database(administrator.info.port, "bench", password)
    administrator.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def _compare(administrator: psycopg.Connection, password: str, scripts: dict[Program, Path]) -> None:
    """Measure and print what each program takes."""
    applying: dict[str, list[float]] = {program.name: [] for program in scripts}
    idling: dict[str, list[float]] = {program.name: [] for program in scripts}
    for turn in range(TURNS + 1):
        for program, folder in scripts.items():
            with _new_database(administrator, password) as database:
                times = [timed(partial(program.run, database, folder)) for _ in range(2)]
            if turn:  # the first one compiles and fills caches
                applying[program.name].append(times[0])
                idling[program.name].append(times[1])
    _tell_all(f"{SCRIPTS} scripts", applying)
    _tell_all(f"nothing to do, {SCRIPTS} applied", idling)


def _tell_all(what: str, times: dict[str, list[float]]) -> None:
    for name, own in times.items():
        tell(f"{what}: {name}", own)
    for name in list(times)[1:]:
        tell_ratio(f"{what}: {programs.OURS} : {name}", times[programs.OURS], times[name])


def _measure_provider(administrator: psycopg.Connection, password: str, scripts: dict[Program, Path]) -> None:
    """Measure and print what the resource of the migrations does in a running provider, where nothing is pending."""
    provider, folder = MigrationsProvider(), scripts[programs.ours()]
    for role in (_READER, _UPKEEP):
        administrator.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
    with _new_database(administrator, password) as database:
        inputs = _inputs(database, folder)
        programs.ours().run(database, folder)
        spare_collections()  # as a running provider has done
        _repeat("nothing to do, in a provider: check", lambda: provider.check({}, dict(inputs)))
        provider.update("", {}, inputs)  # grants what the reader may read, and records the catalog
        _repeat("nothing to do, in a provider: check, with drift", lambda: provider.check({}, dict(inputs)))
        _repeat("nothing to do, in a provider: update", lambda: provider.update("", {}, inputs))


def _repeat(what: str, action: Callable[[], object]) -> None:
    action()
    tell(what, [timed(action) for _ in range(TURNS)])


def _inputs(database: Database, folder: Path) -> dict[str, Any]:
    """The inputs of the resource."""
    login = {"host": "127.0.0.1", "port": database.port, "database": database.name, "sslmode": "disable"}
    return {
        **login,
        **{"user": "postgres", "password": database.password, "owner": "postgres"},
        **{"reader": _READER, "upkeep": _UPKEEP},
        **{"locations": [f"filesystem:{folder}"], "schemas": ["public"], "placeholders": {}},
        **{"baselineVersion": "1", "baselineOnMigrate": False, "outOfOrder": False, "onDrift": "stop"},
    }
