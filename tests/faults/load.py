"""An application that writes at full rate: what it does, and how long each of its transactions takes."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from infra import partitions
from infra.flyway.commands.run import migrate
from infra.flyway.scripts.strict import scan_strictly
from infra.flyway.settings import FlywaySettings
from infra.programs import program
from tests.schema.scripts import SCHEMA, SQL
from tests.servers import PASSWORD

# Each a transaction of its own, so that the time that it takes is the time that it waits at one lock.
STATEMENTS = (
    """INSERT INTO "Notification" ("userId", type, message) SELECT id, 'load', 'n' FROM "User" LIMIT 1;""",
    """UPDATE "User" SET "lastLoginAt" = now() WHERE email = 'load@example.com';""",
)


@dataclass(frozen=True)
class Application:
    """A database with all migrations, and a role that may do with rows what the application may."""

    login: dict[str, object]
    role: str

    def connect(self, **other: object) -> psycopg.Connection:
        return psycopg.connect(**{**self.login, "options": f"-c search_path={SCHEMA}", **other})  # type: ignore[arg-type]


@contextlib.contextmanager
def application_on(database: dict[str, object]) -> Iterator[Application]:
    """An application on an empty database, which is migrated. Its role is dropped after the block."""
    role = f"test_app_{uuid.uuid4().hex[:12]}"
    app = Application(database, role)
    settings = FlywaySettings(locations=(f"filesystem:{SQL / 'migrations'}",), schemas=(SCHEMA,))
    migrate(app.connect, settings, scan_strictly(settings, SQL))
    partitions.create(app.connect, SCHEMA, 0)
    name = sql.Identifier(role)
    with app.connect(autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(name, PASSWORD))
        admin.execute(sql.SQL("ALTER ROLE {} SET search_path = creativeflow").format(name))
        admin.execute(sql.SQL("GRANT USAGE ON SCHEMA creativeflow TO {}").format(name))
        tables = "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA creativeflow TO {}"
        admin.execute(sql.SQL(tables).format(name))
        admin.execute("""INSERT INTO "User" (email, "passwordHash") VALUES ('load@example.com', 'x')""")
    yield app
    with app.connect(autocommit=True) as admin:
        admin.execute(sql.SQL("DROP OWNED BY {}").format(name))
        admin.execute(sql.SQL("DROP ROLE {}").format(name))


@dataclass
class Written:
    """What the writers came to: how long each transaction took, and how many failed."""

    seconds: list[float]
    failed: int = 0
    rate: float = 0

    @property
    def worst(self) -> float:
        return max(self.seconds)


@contextlib.contextmanager
def load(application: Application, seconds: int) -> Iterator[Written]:
    """Four writers at full rate, by pgbench, for so many `seconds`. After the block they are waited for."""
    written = Written([])
    login = application.login
    command = [program("pgbench"), "--no-vacuum", "--client=4", f"--time={seconds}", "--log"]
    command += ["--host=127.0.0.1", f"--port={login['port']}", f"--username={application.role}"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, statement in enumerate(STATEMENTS):
            (folder / f"{number}.sql").write_text(statement)
            command.append(f"--file={number}.sql")
        with subprocess.Popen(
            [*command, str(login["dbname"])],
            cwd=folder,
            env={"PGPASSWORD": PASSWORD},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as running:
            try:
                yield written
            finally:
                said, _ = running.communicate(timeout=60)
        assert running.returncode == 0, said
        lines = [line.split() for log in folder.glob("pgbench_log.*") for line in log.read_text().splitlines()]
    # https://www.postgresql.org/docs/18/pgbench.html#PGBENCH-LOGGING: client, transaction, microseconds or "failed"
    written.seconds = [int(line[2]) / 1e6 for line in lines if line[2] != "failed"]
    written.failed = len(lines) - len(written.seconds)
    written.rate = len(written.seconds) / seconds
