"""A run applies what is pending, in order and once, whatever scripts do to their session."""

from __future__ import annotations

import threading

import psycopg
import pytest

from infra.flyway.commands import preview
from infra.flyway.commands.run import migrate
from infra.flyway.errors import ValidationError

from .conftest import Project


def test_scripts_run_in_order_once(project: Project) -> None:
    project.write(
        V10__b="CREATE TABLE b AS SELECT * FROM a;", V9__a="CREATE TABLE a (i int); INSERT INTO a VALUES (1);"
    )
    first = project.migrate()
    assert [one.script for one in first.applied] == ["V9__a.sql", "V10__b.sql"]
    assert [row.installed_rank for row in first.rows] == [0, 1, 2]
    second = project.migrate()
    assert second.applied == ()
    assert second.rows == first.rows


def test_each_script_is_announced_once_it_is_committed(project: Project) -> None:
    project.write(V1__a="CREATE TABLE a (i int);", V2__b="CREATE TABLE b (i int);")
    seen: list[tuple[str | None, list[str]]] = []
    migrate(
        project.connect, project.settings(), project.scan(), lambda one: seen.append((one.version, project.tables()))
    )
    assert seen == [("1", ["a"]), ("2", ["a", "b"])]


def test_a_preview_changes_nothing(project: Project) -> None:
    project.write(V1__a="CREATE TABLE a (i int);")
    assert preview.problems(project.connect, project.settings(), project.scan()) == ()
    assert project.sql("SELECT FROM pg_namespace WHERE nspname = 'app'") == []


def test_a_preview_finds_what_a_run_would_refuse(project: Project) -> None:
    project.write(V1__a="SELECT '${nope}';", V2__b="SELECT 1;", V3__c="SELEC;")
    problems = preview.problems(project.connect, project.settings(), project.scan())
    assert [problem.split(": ")[0] for problem in problems] == ["V1__a.sql:1:9", "V3__c.sql:1:1"]


def test_a_contradiction_stops_a_run_before_anything_changes(project: Project) -> None:
    project.write(V1__a="CREATE TABLE a (i int);", V3__c="SELECT 1;")
    project.migrate()
    project.write(V1__a="CREATE TABLE other (i int);", V2__b="CREATE TABLE b (i int);", V4__d="CREATE TABLE d (i int);")
    with pytest.raises(ValidationError) as caught:
        project.migrate()
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["V1__a.sql", "V2__b.sql"]
    assert project.tables() == ["a"]


def test_a_missing_script_stops_a_run(project: Project) -> None:
    project.write(V1__a="SELECT 1;", V2__b="SELECT 1;")
    project.migrate()
    (project.folder / "V1__a.sql").unlink()
    with pytest.raises(ValidationError, match=r"V1__a\.sql: was applied, but the file is missing"):
        project.migrate()


def test_an_older_script_runs_where_out_of_order_is_set(project: Project) -> None:
    project.write(V3__c="SELECT 1;")
    project.migrate()
    project.write(V2__b="SELECT 1;")
    assert project.apply(out_of_order=True) == ["V2__b.sql"]
    assert project.migrate().applied == ()


def test_a_repeatable_runs_again_when_it_changes(project: Project) -> None:
    project.write(V1__a="CREATE TABLE a (i int);", R__v="CREATE OR REPLACE VIEW v AS SELECT i FROM a;")
    project.migrate()
    project.write(R__v="CREATE OR REPLACE VIEW v AS SELECT i, '${flyway:database}' AS d FROM a;")
    assert project.apply() == ["R__v.sql"]
    assert project.migrate().applied == ()
    assert [row.script for row in project.rows()] == ["V1__a.sql", "R__v.sql", "R__v.sql"]


def test_an_index_can_be_built_concurrently(project: Project) -> None:
    project.write(V1__a="CREATE TABLE a (i int);", V2__i="-- é\nCREATE INDEX CONCURRENTLY i ON a (i);\n-- end\n")
    project.migrate()
    assert project.sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'app.i'::regclass") == [(True,)]
    assert [row.success for row in project.rows()] == [True, True]


def test_a_script_sees_the_default_schema_first_and_then_what_was(project: Project) -> None:
    project.write(V1__a="CREATE TABLE a AS SELECT current_setting('search_path') AS path, current_schema() AS name;")
    project.migrate(schemas=("app", "other"))
    assert project.sql("SELECT * FROM app.a") == [('"app","$user", public', "app")]


def test_what_a_script_sets_does_not_decide_where_the_next_one_runs(project: Project, role: str) -> None:
    project.write(
        V1__role=f"SET ROLE {role}; SET search_path TO pg_catalog;",
        V2__user=f"SET SESSION AUTHORIZATION {role};",
        V3__plans="DEALLOCATE ALL; SELECT set_config('client_encoding', 'latin1', false);",
        V4__i="CREATE TABLE ü (i int);",
    )
    project.migrate()
    assert [row.installed_by for row in project.rows()] == ["postgres"] * 4
    assert project.tables() == ["ü"]


def test_a_migrator_that_has_taken_the_owners_role_leaves_all_to_the_owner(project: Project, role: str) -> None:
    owner = f"{role}_owner"
    project.sql(f"CREATE ROLE {owner}", f"GRANT {owner} TO {role}", f"CREATE SCHEMA app AUTHORIZATION {owner}")
    project.write(V1__a="CREATE TABLE a (i int);", V2__i="CREATE INDEX CONCURRENTLY i ON a (i);")

    def connect() -> psycopg.Connection:
        connection = project.connect(user=role, password="x")
        connection.execute(f"SET ROLE {owner}")
        return connection

    try:
        migrate(connect, project.settings(), project.scan())
        owners = "SELECT DISTINCT relowner::regrole::text FROM pg_class WHERE relnamespace = 'app'::regnamespace"
        assert project.sql(owners) == [(owner,)]
        assert [row.installed_by for row in project.rows()] == [owner, owner]
    finally:
        project.sql(f"DROP OWNED BY {owner}", f"DROP ROLE {owner}")


def test_a_run_sees_what_another_one_did_between_its_scripts(project: Project) -> None:
    project.write(V1__a="SELECT 1;", V2__b="SELECT 1;", V3__c="SELECT 1;")
    others: list[str] = []
    mine = migrate(project.connect, project.settings(), project.scan(), lambda _: others.extend(project.apply()))
    assert [one.script for one in mine.applied] == ["V1__a.sql"]
    assert others == ["V2__b.sql", "V3__c.sql"]
    assert [row.installed_rank for row in mine.rows] == [0, 1, 2, 3]


def test_two_runs_at_once_apply_each_script_once(project: Project) -> None:
    project.write(**{f"V{i}__t": f"CREATE TABLE t{i} (i int); SELECT pg_sleep(0.05);" for i in range(1, 6)})
    applied: list[str] = []

    def run() -> None:
        applied.extend(project.apply())

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(applied) == [f"V{i}__t.sql" for i in range(1, 6)]
    assert [row.installed_rank for row in project.rows()] == [1, 2, 3, 4, 5]
