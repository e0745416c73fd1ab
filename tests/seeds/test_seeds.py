"""Seeds run in order, again when they or their values change, and no value ever shows."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infra.flyway.errors import FlywayError, LockTimeout, ScanError, ScriptError
from infra.flyway.server.lock import held
from infra.seeds import TABLE, mistakes, pending, read_seed_history, run_seeds, scan_seeds

VALUES = {"creativeflow.admin_email": "ann@example.com", "creativeflow.admin_password_hash": "$argon2id$v=19$s3cr3t"}
ADMIN = """
INSERT INTO account VALUES (current_setting('creativeflow.admin_email'),
                            current_setting('creativeflow.admin_password_hash'))
ON CONFLICT (email) DO UPDATE SET hash = excluded.hash;
"""


@dataclass(frozen=True)
class Project:
    """A folder of seeds, and a database whose schema `app` has the table account."""

    folder: Path
    database: Mapping[str, Any]

    def write(self, **seeds: str) -> None:
        for name, text in seeds.items():
            (self.folder / f"{name.removeprefix('s')}.sql").write_text(text)

    def connect(self, **other: Any) -> psycopg.Connection:
        return psycopg.connect(**{**self.database, **other})

    def run(self, values: Mapping[str, str] = VALUES, schema: str = "app") -> list[str]:
        return [done.name for done in run_seeds(self.connect, schema, scan_seeds(self.folder), values)]

    def sql(self, *queries: str) -> list[tuple[Any, ...]]:
        with self.connect(autocommit=True) as connection:
            for query in queries:
                cursor = connection.execute(query)
            return cursor.fetchall() if cursor.description is not None else []


@pytest.fixture
def project(tmp_path: Path, database: dict[str, object]) -> Project:
    made = Project(tmp_path, database)
    made.sql("CREATE SCHEMA app", "CREATE TABLE app.account (email text PRIMARY KEY, hash text)")
    return made


def test_seeds_run_in_the_order_of_their_names_once(project: Project) -> None:
    project.write(
        s10_B="INSERT INTO account SELECT 'b' FROM account WHERE email = 'a';",
        s02_A="INSERT INTO account VALUES ('a');",
    )
    assert project.run() == ["02_A.sql", "10_B.sql"]
    assert project.run() == []
    assert project.sql("SELECT email FROM app.account ORDER BY 1") == [("a",), ("b",)]


def test_a_seed_reads_its_values(project: Project) -> None:
    project.write(s01_Admin=ADMIN)
    project.run()
    assert project.sql("SELECT * FROM app.account") == [tuple(VALUES.values())]


def test_a_value_is_data_and_never_sql(project: Project) -> None:
    project.write(s01_Admin=ADMIN)
    project.run({**VALUES, "creativeflow.admin_email": "'); DROP TABLE account; -- %s"})
    assert project.sql("SELECT email FROM app.account") == [("'); DROP TABLE account; -- %s",)]


def test_a_value_that_is_not_given_is_an_error_that_names_it(project: Project) -> None:
    project.write(s01_Admin=ADMIN)
    with pytest.raises(ScriptError, match=r'unrecognized configuration parameter "creativeflow\.admin_'):
        project.run({})


def test_a_seed_runs_again_when_its_file_or_a_value_changes(project: Project) -> None:
    project.write(s01_Admin=ADMIN, s02_Other="SELECT 1;")
    project.run()
    project.write(s02_Other="SELECT 2;")
    assert project.run() == ["02_Other.sql"]
    changed = {**VALUES, "creativeflow.admin_password_hash": "$argon2id$v=19$other"}
    assert project.run(changed) == ["01_Admin.sql", "02_Other.sql"]
    assert project.sql("SELECT hash FROM app.account") == [("$argon2id$v=19$other",)]
    assert project.sql(f"SELECT count(*) FROM app.{TABLE}") == [(2,)]


def test_what_is_pending_is_known_without_running_it(project: Project) -> None:
    project.write(s01_A="SELECT 1;")
    seeds = scan_seeds(project.folder)
    assert read_seed_history(project.connect, "app") == {}
    assert pending(seeds, {}, VALUES) == seeds
    project.run()
    history = read_seed_history(project.connect, "app")
    assert pending(seeds, history, VALUES) == ()
    assert pending(seeds, history, {}) == seeds


def test_a_failed_seed_leaves_nothing_and_those_before_it_stay(project: Project) -> None:
    project.write(s01_A="INSERT INTO account VALUES ('a');", s02_B="INSERT INTO account VALUES ('b');\nSELECT 1/0;")
    with pytest.raises(ScriptError, match=r"^02_B\.sql:2:1: division by zero"):
        project.run()
    assert project.sql("SELECT email FROM app.account") == [("a",)]
    assert list(read_seed_history(project.connect, "app")) == ["01_A.sql"]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT current_setting('creativeflow.admin_password_hash')::int;",
        "DO $$ BEGIN RAISE '%', current_setting('creativeflow.admin_password_hash')"
        " USING HINT = current_setting('creativeflow.admin_password_hash'); END $$;",
        "ALTER TABLE account ADD CONSTRAINT c CHECK (hash = '') NOT VALID;" + ADMIN,
    ],
)
def test_no_error_shows_a_value(project: Project, statement: str) -> None:
    project.write(s01_Admin=statement)
    with pytest.raises(ScriptError) as caught:
        project.run()
    assert "s3cr3t" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.line is not None


def test_the_history_holds_no_value(project: Project) -> None:
    project.write(s01_Admin=ADMIN)
    project.run()
    assert not any(value in str(project.sql(f"SELECT * FROM app.{TABLE}")) for value in VALUES.values())


def test_others_keep_no_privilege_on_the_history_but_select(project: Project, admin: psycopg.Connection) -> None:
    role = f"role_{uuid.uuid4().hex[:12]}"
    admin.execute(f"CREATE ROLE {role}")
    try:
        project.sql(f"ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT ALL ON TABLES TO {role}")
        project.run()
        privileges = f"SELECT privilege_type FROM pg_class, aclexplode(relacl) a WHERE oid = 'app.{TABLE}'::regclass"
        assert project.sql(f"{privileges} AND a.grantee = '{role}'::regrole") == [("SELECT",)]
    finally:
        project.sql(f"DROP OWNED BY {role}")
        admin.execute(f"DROP ROLE {role}")


def test_two_runs_at_once_run_each_seed_once(project: Project) -> None:
    project.write(
        s01_A="INSERT INTO account VALUES ('a'); SELECT pg_sleep(0.1);", s02_B="INSERT INTO account VALUES ('b');"
    )
    ran: list[str] = []
    threads = [threading.Thread(target=lambda: ran.extend(project.run())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(ran) == ["01_A.sql", "02_B.sql"]


def test_a_run_waits_only_so_long(project: Project) -> None:
    with project.connect(autocommit=True) as other, held(other, "app", TABLE), pytest.raises(LockTimeout):
        run_seeds(project.connect, "app", (), {}, lock_timeout=0)


def test_a_mistake_of_syntax_stops_a_run_before_anything_runs(project: Project) -> None:
    project.write(s01_A="INSERT INTO account VALUES ('a');", s02_B="SELECT 1;\nVACUUM;")
    with pytest.raises(ScriptError):
        project.run()
    assert project.sql("SELECT * FROM app.account") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("VACUUM;", "01_A.sql:1: a seed runs in a transaction: move this to a migration"),
        ("BEGIN; SELECT 1; COMMIT;", "01_A.sql:1:1: a script runs in one transaction with its row in the history"),
        ("SELEC 1;", '01_A.sql:1:1: syntax error at or near "SELEC"'),
    ],
)
def test_a_mistake_is_found_with_and_without_a_server(project: Project, text: str, said: str) -> None:
    project.write(s01_A=text, s02_B="SELECT 1;")
    found = [str(mistake) for mistake in mistakes(scan_seeds(project.folder))]
    assert len(found) == 1
    assert found[0].startswith(said)
    with pytest.raises(ScriptError, match=f"^{re.escape(said)}"):
        project.run()


def test_seeds_need_the_schema_that_migrations_make(project: Project) -> None:
    with pytest.raises(FlywayError, match="schema nowhere does not exist: run the migrations before the seeds"):
        project.run(schema="nowhere")


def test_all_mistakes_in_the_folder_are_reported_at_once(tmp_path: Path) -> None:
    (tmp_path / "README.md").touch()
    (tmp_path / ".01_hidden.sql").touch()
    (tmp_path / "Admin.sql").touch()
    (tmp_path / "1_Admin.sql").touch()
    (tmp_path / "01_Admin.sql").write_bytes(b"\xe4")
    with pytest.raises(ScanError) as caught:
        scan_seeds(tmp_path)
    assert [problem.split(": ")[1] for problem in caught.value.problems] == [
        "is not UTF-8",
        "the name is not a seed's",
        "the name is not a seed's",
    ]
    with pytest.raises(ScanError, match="does not exist"):
        scan_seeds(tmp_path / "nowhere")
