"""A database that others have made becomes a stack's, by the very commands of docs/adopting.md."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import psycopg
import pytest
from psycopg import sql

from infra.cluster import Cluster
from infra.flyway.commands.run import migrate
from infra.flyway.scripts.scan import scan
from infra.flyway.settings import FlywaySettings
from infra.programs import program
from tests.schema.scripts import INITIAL, SCHEMA, Login, connect, execute
from tests.servers import ROOT
from tests.stack.external import External, on_shared_server
from tests.stack.project import Project

_BLOCKS = re.findall(r"```(?:sh|sql)\n(.*?)```", (ROOT / "docs" / "adopting.md").read_text(), re.DOTALL)
_BASELINE, _ALL_OF_A_ROLE, _ALL_IN_A_SCHEMA, _PRIVILEGES, _STATE = _BLOCKS
_SETTINGS = FlywaySettings(locations=("filesystem:sql/migrations",), schemas=(SCHEMA,))
_PASSWORD = "a-legacy"
_NEW_ROW = """INSERT INTO "User" (email, "passwordHash") VALUES ('old@example.com', 'x')"""
_ROWS = """SELECT id, email, "passwordHash", "createdAt" FROM "User" WHERE email = 'old@example.com'"""


@dataclass(frozen=True)
class Legacy:
    """The database of `external` before a stack has it, whose owner is `role`."""

    external: External
    role: str

    def login(self, user: str, password: str = _PASSWORD) -> Login:
        name, port = self.external.database, self.external.port
        return {"host": "127.0.0.1", "port": port, "dbname": name, "user": user, "password": password}

    def told(self, text: str) -> str:
        """What the guide says, of this database and the stack `dev`."""
        names = {"shop": self.external.database, "legacy": self.role, "prod": "dev"}
        return re.sub("shop|legacy|prod", lambda found: names[found[0]], text)

    def run_pulumi(self, block: str) -> None:
        for line in self.told(block).replace("\\\n", "").splitlines():
            _, *command = shlex.split(line)
            if line.startswith("pulumi"):
                self.external.project.succeed(*command)

    def run_psql(self, block: str) -> None:
        """As the stack's administrator."""
        psql = subprocess.run(
            [program("psql"), "--no-psqlrc", "--set", "ON_ERROR_STOP=1"],
            env={"PGHOST": "127.0.0.1", "PGPORT": str(self.external.port), "PGDATABASE": self.external.database}
            | {"PGUSER": self.external.user, "PGPASSWORD": self.external.password},
            input=self.told(block),
            capture_output=True,
            text=True,
        )
        assert psql.returncode == 0, psql.stderr


@pytest.fixture
def external(project: Project, server: Cluster, admin: psycopg.Connection) -> Iterator[External]:
    with on_shared_server(project, server, admin) as stack:
        yield stack


def made_by(admin: psycopg.Connection, external: External, role: str, password: str) -> Legacy:
    """A database of `role`, with a schema of its own."""
    names = {"database": sql.Identifier(external.database), "role": sql.Identifier(role)}
    admin.execute(sql.SQL("CREATE DATABASE {database} OWNER {role}").format(**names))
    legacy = Legacy(external, role)
    with psycopg.connect(**legacy.login(role, password), autocommit=True) as connection:  # type: ignore[arg-type]
        connection.execute("CREATE SCHEMA creativeflow")
    return legacy


def test_a_database_that_flyway_has_managed(external: External, admin: psycopg.Connection) -> None:
    role, project = f"{external.database}_legacy", external.project
    names = {"role": sql.Identifier(role), "administrator": sql.Identifier(external.user), "password": _PASSWORD}
    admin.execute(sql.SQL("CREATE ROLE {role} LOGIN PASSWORD {password}").format(**names))
    admin.execute(sql.SQL("GRANT {role} TO {administrator}").format(**names))
    legacy = made_by(admin, external, role, _PASSWORD)
    migrate(partial(psycopg.connect, **legacy.login(role)), _SETTINGS, scan(_SETTINGS, ROOT))  # type: ignore[arg-type]
    with connect(legacy.login(role)) as connection:
        connection.execute(_NEW_ROW)
        before = connection.execute(_ROWS).fetchall()

    for command in (["preview"], ["up", "--yes", "--skip-preview"]):
        message = project.fail(*command, "--stack", "dev")
        assert f"database {external.database} exists, and belongs to {role} rather than" in message
        assert "docs/adopting.md says how a stack takes it over" in message

    legacy.run_psql(_ALL_OF_A_ROLE)
    with connect(legacy.login(role)) as connection:
        assert connection.execute(_ROWS).fetchall() == before, "who logged in before still does"
    adopted(legacy, before)


def test_a_database_of_the_administrator_that_nobody_has_managed(external: External, admin: psycopg.Connection) -> None:
    legacy = made_by(admin, external, external.user, external.password)
    with connect(legacy.login(external.user, external.password)) as connection:
        execute(connection, INITIAL)
        connection.execute("""
            CREATE TYPE mood AS ENUM ('fine'); CREATE DOMAIN word AS text; CREATE TYPE pair AS (a int, b int);
            CREATE TABLE numbered (id serial, n int GENERATED ALWAYS AS IDENTITY, m mood); CREATE SEQUENCE alone;
            CREATE VIEW counted AS SELECT count(*) FROM numbered;
            CREATE PROCEDURE nothing(int) LANGUAGE sql AS 'SELECT';
        """)
        connection.execute(_NEW_ROW)
        before = connection.execute(_ROWS).fetchall()
    legacy.run_pulumi(_BASELINE)
    legacy.run_psql(_ALL_IN_A_SCHEMA)
    adopted(legacy, before)
    with external.project.connect("admin") as connection:
        left = "SELECT classid::regclass, objid FROM pg_shdepend WHERE refobjid = %s::regrole AND deptype = 'o'"
        left += " AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())"
        assert connection.execute(left.encode(), [f'"{external.user}"']).fetchall() == []


def adopted(legacy: Legacy, before: list[tuple[object, ...]]) -> None:
    """Go on after the change of owner, and see that the stack has the database, and the database its rows."""
    project = legacy.external.project
    project.write("sql/migrations/V003__Open_to_the_application.sql", _PRIVILEGES)
    legacy.run_pulumi(_STATE)
    assert "replace" not in project.succeed("preview", "--stack", "dev")
    project.up()
    project.up("--expect-no-changes")
    project.succeed("refresh", "--yes", "--skip-preview", "--expect-no-changes", "--stack", "dev")
    with project.connect("app") as app, project.connect("readonly") as readonly:
        assert app.execute(_ROWS).fetchall() == before
        app.execute("""UPDATE "User" SET "fullName" = 'Old' WHERE email = 'old@example.com'""")
        assert readonly.execute('SELECT email FROM "User" WHERE "fullName" = \'Old\'').fetchall() == [
            ("old@example.com",)
        ]
        for connection, forbidden in ((app, "DELETE FROM flyway_schema_history"), (readonly, _ROWS)):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden.encode())
