"""What a run that fails leaves behind, and how exactly it says where and why it failed."""

from __future__ import annotations

import psycopg
import pytest

from infra.flyway.commands.run import migrate
from infra.flyway.errors import FlywayError, ScriptError, ValidationError
from infra.flyway.scripts.scan import Found

from .conftest import Project


def test_a_failed_script_leaves_nothing_and_those_before_it_stay(project: Project) -> None:
    project.write(V1__a="CREATE TABLE a (i int);", V2__b="CREATE TABLE b (i int);\nSELECT * FROM nix;")
    with pytest.raises(ScriptError):
        project.migrate()
    assert project.tables() == ["a"]
    assert [row.script for row in project.rows()] == ["V1__a.sql"]
    project.write(V2__b="CREATE TABLE b (i int);")
    assert project.apply() == ["V2__b.sql"]


def test_a_mistake_of_syntax_anywhere_stops_a_run_before_anything_changes(project: Project) -> None:
    project.write(V1__a="CREATE TABLE a (i int);", V2__b="CRATE TABLE b (i int);")
    with pytest.raises(ScriptError, match=r"^V2__b\.sql:1:1: syntax error"):
        project.migrate()
    assert project.sql("SELECT FROM pg_namespace WHERE nspname = 'app'") == []


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_an_error_has_its_line_and_column_and_the_servers_hint(project: Project, end: str) -> None:
    project.write(V1__a=f"-- äöü€😀{end}CREATE TABLE a (name text); -- é{end}{end}SELECT 'é😀', nam FROM a;")
    with pytest.raises(ScriptError) as caught:
        project.migrate()
    error = caught.value
    assert (error.script, error.line, error.column, error.sqlstate) == ("V1__a.sql", 4, 14, "42703")
    assert str(error) == (
        "V1__a.sql:4:14: column \"nam\" does not exist (SQLSTATE 42703), in: SELECT 'é😀', nam FROM a;"
        '; hint: Perhaps you meant to reference the column "a.name".'
    )


def test_an_error_without_a_position_has_that_of_its_statement(project: Project) -> None:
    project.write(V1__a="SELECT 1;\n-- é\n  SELECT 1/0;")
    with pytest.raises(ScriptError, match=r"^V1__a\.sql:3:3: division by zero \(SQLSTATE 22012\)"):
        project.migrate()


def test_a_constraint_that_fails_at_the_commit_leaves_neither_script_nor_row(project: Project) -> None:
    project.write(V1__a="CREATE TABLE a (i int UNIQUE DEFERRABLE INITIALLY DEFERRED); INSERT INTO a VALUES (1), (1);")
    with pytest.raises(ScriptError, match=r"^V1__a\.sql: .* could not be committed .* \(SQLSTATE 23505\)"):
        project.migrate()
    assert project.tables() == []
    assert project.rows() == ()


def test_a_killed_connection_leaves_neither_script_nor_row(project: Project) -> None:
    project.write(V1__a="CREATE TABLE a (i int);\nSELECT pg_terminate_backend(pg_backend_pid());")
    with pytest.raises(ScriptError, match=r"^V1__a\.sql:2:1: terminating connection"):
        project.migrate()
    assert project.tables() == []
    assert project.rows() == ()


@pytest.mark.parametrize("end", ["PERFORM pg_terminate_backend(pg_backend_pid())", "RAISE 'no row'"])
def test_a_run_that_ends_at_the_row_leaves_nothing_of_the_script(project: Project, end: str) -> None:
    project.write(V1__a="CREATE TABLE a (i int);")
    project.migrate()
    project.sql(
        f"CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {end}; RETURN NEW; END $$",
        "CREATE TRIGGER t BEFORE INSERT ON app.flyway_schema_history FOR EACH ROW EXECUTE FUNCTION public.f()",
    )
    project.write(V2__b="CREATE TABLE b (i int);")
    with pytest.raises(ScriptError, match=r"^V2__b\.sql"):
        project.migrate()
    assert project.tables() == ["a"]
    assert [row.script for row in project.rows()] == ["V1__a.sql"]


def test_a_script_that_fails_outside_a_transaction_is_recorded_and_stops_the_next_run(project: Project) -> None:
    project.write(V1__a="CREATE TABLE a AS SELECT 1 AS i UNION ALL SELECT 1;")
    project.write(V2__i="CREATE UNIQUE INDEX CONCURRENTLY i ON a (i);")
    with pytest.raises(ScriptError, match=r"^V2__i\.sql:1:1: could not create unique index"):
        project.migrate()
    assert [row.success for row in project.rows()] == [True, False]
    with pytest.raises(ValidationError, match=r"V2__i\.sql: failed .* deletes row 2 of app\.flyway_schema_history"):
        project.migrate()
    project.sql(
        "DROP INDEX app.i", "DELETE FROM app.a", "DELETE FROM app.flyway_schema_history WHERE installed_rank = 2"
    )
    assert project.apply() == ["V2__i.sql"]


@pytest.mark.parametrize("setup", ["SELECT 1", "CREATE SCHEMA app"])
def test_a_missing_privilege_is_an_error_with_the_grant_to_give(project: Project, role: str, setup: str) -> None:
    project.sql(setup)
    project.write(V1__a="CREATE TABLE a (i int);")
    settings = project.settings()
    found = project.scan()

    def connect() -> psycopg.Connection:
        return project.connect(user=role, password="x")

    with pytest.raises(
        FlywayError, match=f"^role {role} in database {project.database['dbname']}: permission denied"
    ) as caught:
        migrate(connect, settings, found)
    _, _, remedy = str(caught.value).partition("as an administrator run: ")
    project.sql(remedy)
    assert [one.script for one in migrate(connect, settings, found).applied] == ["V1__a.sql"]


def test_a_server_that_cannot_be_reached_is_one_line(project: Project) -> None:
    with pytest.raises(FlywayError) as caught:
        migrate(lambda: project.connect(password="wrong"), project.settings(), Found())
    assert str(caught.value).endswith("check that the server runs, and its role and password")
    assert "\n" not in str(caught.value)
    assert "wrong" not in str(caught.value)
