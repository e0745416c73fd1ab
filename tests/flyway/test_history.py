"""The history table is Flyway's, column by column, and nobody but its owner writes to it."""

from __future__ import annotations

import pytest

from infra.flyway.commands.preview import read_history
from infra.flyway.errors import FlywayError

from .conftest import Project

TABLE = "'app.flyway_schema_history'::regclass"


def test_the_table_is_as_flyway_makes_it(project: Project) -> None:
    project.migrate()
    columns = project.sql(
        "SELECT attname::text, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid)"
        " FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum"
        f" WHERE attrelid = {TABLE} AND attnum > 0 ORDER BY attnum"
    )
    assert columns == [
        ("installed_rank", "integer", True, None),
        ("version", "character varying(50)", False, None),
        ("description", "character varying(200)", True, None),
        ("type", "character varying(20)", True, None),
        ("script", "character varying(1000)", True, None),
        ("checksum", "integer", False, None),
        ("installed_by", "character varying(100)", True, None),
        ("installed_on", "timestamp without time zone", True, "now()"),
        ("execution_time", "integer", True, None),
        ("success", "boolean", True, None),
    ]
    indexes = project.sql(f"SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = {TABLE} ORDER BY 1")
    assert indexes == [("app.flyway_schema_history_pk",), ("app.flyway_schema_history_s_idx",)]


def test_a_row_says_what_flyway_says(project: Project) -> None:
    project.write(V001__Initial_Schema="select 1;\nselect 2;\n", R__Views="select 1;\nselect 2;\n")
    project.migrate()
    rows = project.sql("SELECT * FROM app.flyway_schema_history ORDER BY installed_rank")
    assert [(*row[:7], row[9]) for row in rows] == [
        (0, None, "<< Flyway Schema Creation >>", "SCHEMA", '"app"', None, "postgres", True),
        (1, "001", "Initial Schema", "SQL", "V001__Initial_Schema.sql", -593479011, "postgres", True),
        (2, None, "Views", "SQL", "R__Views.sql", -593479011, "postgres", True),
    ]
    assert all(0 <= row[8] < 60_000 for row in rows)


def test_a_schema_that_exists_gets_no_row(project: Project) -> None:
    project.sql("CREATE SCHEMA app")
    project.migrate()
    assert read_history(project.connect, project.settings()) == ()


def test_all_created_schemas_share_a_row(project: Project) -> None:
    project.migrate(schemas=("app", 'b "c"'))
    (row,) = read_history(project.connect, project.settings()) or ()
    assert (row.installed_rank, row.script) == (0, '"app","b ""c"""')


def test_installed_by_can_be_set(project: Project) -> None:
    project.write(V1__t="SELECT 1;")
    project.migrate(installed_by="deploy bot")
    assert [row.installed_by for row in project.rows()] == ["deploy bot"]


def test_others_keep_no_privilege_on_it_but_select(project: Project, role: str) -> None:
    project.sql(
        "CREATE SCHEMA app",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT ALL ON TABLES TO {role}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT INSERT ON TABLES TO PUBLIC",
    )
    project.write(V1__t="CREATE TABLE t (i int);")
    project.migrate()
    others = f"SELECT a.grantee::regrole::text, privilege_type FROM pg_class, aclexplode(relacl) a WHERE oid = {TABLE}"
    assert project.sql(f"{others} AND a.grantee <> relowner") == [(role, "SELECT")]
    assert project.sql(f"SELECT has_table_privilege('{role}', 'app.t', 'DELETE')") == [(True,)]


def test_no_history_is_none_and_reading_changes_nothing(project: Project) -> None:
    used = project.connect()
    assert read_history(lambda: used, project.settings()) is None
    assert used.read_only
    assert project.sql("SELECT FROM pg_namespace WHERE nspname = 'app'") == []


def test_a_closed_history_is_an_error_with_the_grants_to_give(project: Project, role: str) -> None:
    project.migrate()
    with pytest.raises(FlywayError) as caught:
        read_history(lambda: project.connect(user=role, password="x"), project.settings())
    _, _, remedy = str(caught.value).partition("as an administrator run: ")
    project.sql(remedy)
    assert read_history(lambda: project.connect(user=role, password="x"), project.settings()) is not None
