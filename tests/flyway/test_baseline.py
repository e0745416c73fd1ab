"""A schema that was there before: it gets a baseline, or it is refused."""

from __future__ import annotations

import pytest

from infra.flyway.commands.baseline import BaselineError, baseline
from infra.flyway.errors import NotEmptyError

from .conftest import Project


def test_a_schema_with_objects_needs_a_baseline(project: Project) -> None:
    project.sql("CREATE SCHEMA app", "CREATE TABLE app.old (i int)")
    project.write(V1__a="CREATE TABLE a (i int);", V2__b="CREATE TABLE b (i int);")
    with pytest.raises(NotEmptyError, match="set baselineOnMigrate to true"):
        project.migrate()
    project.migrate(baseline_on_migrate=True)
    assert project.tables() == ["b", "old"]
    assert [(row.version, row.type, row.script, row.checksum is None) for row in project.rows()] == [
        ("1", "BASELINE", "<< Flyway Baseline >>", True),
        ("2", "SQL", "V2__b.sql", False),
    ]
    assert project.migrate().applied == ()


@pytest.mark.parametrize(
    ("statement", "empty"),
    [
        ("CREATE TABLE app.x (i int)", False),
        ("CREATE VIEW app.x AS SELECT 1", False),
        ("CREATE SEQUENCE app.x", False),
        ("CREATE TYPE app.x AS ENUM ('a')", False),
        ("CREATE DOMAIN app.x AS int", False),
        ("CREATE FUNCTION app.x() RETURNS int LANGUAGE sql AS 'SELECT 1'", False),
        ("CREATE TYPE app.x AS (i int)", True),
        ("CREATE MATERIALIZED VIEW app.x AS SELECT 1", True),
        ("CREATE TABLE app.x (i int) PARTITION BY LIST (i)", True),
        ("CREATE EXTENSION pg_trgm SCHEMA app", True),
        ("CREATE TABLE x (i int)", True),
    ],
)
def test_what_makes_a_schema_not_empty_is_what_flyway_counts(project: Project, statement: str, empty: bool) -> None:
    project.sql("CREATE SCHEMA app", statement)
    with project.begin() as command:
        assert command.situation().schemas == {"app": empty}


def test_a_baseline_can_be_written_by_itself_and_again(project: Project) -> None:
    project.write(V1__a="CREATE TABLE a (i int);", V2__b="CREATE TABLE b (i int);")
    settings = project.settings()
    for _ in range(2):
        assert baseline(project.connect, settings, project.scan()).text == "1"
    assert project.apply() == ["V2__b.sql"]
    with pytest.raises(BaselineError, match="set baselineVersion to that"):
        baseline(project.connect, project.settings(baseline_version="2"), project.scan())


def test_a_history_with_scripts_gets_no_baseline(project: Project) -> None:
    project.write(V1__a="SELECT 1;")
    project.migrate()
    with pytest.raises(BaselineError, match="has scripts already"):
        baseline(project.connect, project.settings(), project.scan())


def test_a_baseline_script_stands_for_those_before_it(project: Project) -> None:
    project.write(V1__a="CREATE TABLE a (i int);", V2__b="CREATE TABLE b (i int);", V3__c="CREATE TABLE c (i int);")
    project.write(B2__all="CREATE TABLE a (i int); CREATE TABLE b (i int);")
    assert project.apply() == ["B2__all.sql", "V3__c.sql"]
    assert [(row.version, row.type) for row in project.rows()] == [("2", "SQL_BASELINE"), ("3", "SQL")]
    assert project.migrate().applied == ()
