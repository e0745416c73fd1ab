"""Callbacks run at their events, with their script where they belong to one, and say which they are when they fail."""

from __future__ import annotations

import pytest

from infra.flyway.commands.baseline import baseline
from infra.flyway.commands.fire import CallbackError
from infra.flyway.commands.look import info, validate
from infra.flyway.commands.repair import repair
from infra.flyway.errors import ScriptError

from .conftest import Project

EVENTS = (
    *("afterConnect", "beforeValidate", "afterValidate", "afterValidateError", "beforeCreateSchema", "beforeMigrate"),
    *("beforeEachMigrate", "beforeEachMigrateStatement", "afterEachMigrateStatement", "afterEachMigrate"),
    *("afterEachMigrateError", "afterVersioned", "beforeRepeatables", "afterMigrateApplied", "afterMigrate"),
    *("afterMigrateError", "beforeInfo", "afterInfo", "beforeRepair", "afterRepair", "beforeBaseline", "afterBaseline"),
)


@pytest.fixture
def noted(project: Project) -> Project:
    """A project in which every event writes its name into the table `public.event`."""
    project.sql("CREATE TABLE public.event (id serial, name text)")
    project.write(**{event: f"INSERT INTO public.event (name) VALUES ('{event}');" for event in EVENTS})
    return project


def events(project: Project) -> list[str]:
    """The events since the last look."""
    rows = project.sql("WITH gone AS (DELETE FROM public.event RETURNING *) SELECT name FROM gone ORDER BY id")
    return [name for (name,) in rows]


def test_they_run_in_flyways_order(noted: Project) -> None:
    noted.write(V1__a="SELECT 1;", R__r="SELECT 1;")
    noted.migrate()
    each = ["beforeEachMigrate", "beforeEachMigrateStatement", "afterEachMigrateStatement", "afterEachMigrate"]
    assert events(noted) == [
        *("afterConnect", "beforeCreateSchema", "beforeMigrate", *each),
        *("afterVersioned", "beforeRepeatables", *each, "afterMigrateApplied", "afterMigrate"),
    ]
    noted.migrate()
    assert events(noted) == [
        *("afterConnect", "beforeValidate", "afterValidate", "beforeCreateSchema"),
        *("beforeMigrate", "afterVersioned", "afterMigrate"),
    ]


def test_every_command_has_its_own(noted: Project) -> None:
    settings, found = noted.settings(), noted.scan()
    baseline(noted.connect, settings, found)
    assert events(noted) == ["afterConnect", "beforeCreateSchema", "beforeBaseline", "afterBaseline"]
    info(noted.connect, settings, found)
    validate(noted.connect, settings, found)
    repair(noted.connect, settings, found)
    assert [event for event in events(noted) if event != "afterConnect"] == [
        *("beforeInfo", "afterInfo", "beforeValidate", "afterValidate", "beforeRepair", "afterRepair")
    ]


def test_a_group_has_those_of_each_script_in_its_transaction(noted: Project) -> None:
    noted.write(V1__a="SELECT 1;", R__r="SELECT 1 / 0;")
    with pytest.raises(ScriptError):
        noted.migrate(group=True)
    assert events(noted)[-2:] == ["afterEachMigrateError", "afterMigrateError"]
    assert noted.rows() == ()


def test_those_of_a_script_are_rolled_back_with_it_and_those_of_its_failure_stay(noted: Project) -> None:
    noted.write(V1__a="SELECT 1;\nSELECT 1 / 0;")
    with pytest.raises(ScriptError, match=r"^V1__a\.sql:2:1: division by zero"):
        noted.migrate()
    assert events(noted)[-3:] == ["beforeMigrate", "afterEachMigrateError", "afterMigrateError"]


def test_one_that_fails_stops_the_run_and_is_named_with_its_place(project: Project) -> None:
    project.write(beforeMigrate="SELECT 1;\nSELECT nix;", V1__a="SELECT 1;")
    with pytest.raises(CallbackError, match=r'^callback of beforeMigrate: beforeMigrate\.sql:2:8: column "nix"'):
        project.migrate()
    assert project.rows() == ()


def test_one_of_a_script_that_fails_takes_the_script_with_it(project: Project) -> None:
    project.write(V1__a="CREATE TABLE a (i int);", afterEachMigrate="SELECT 1 / 0;")
    with pytest.raises(CallbackError, match=r"^callback of afterEachMigrate: "):
        project.migrate()
    assert (project.tables(), project.rows()) == ([], ())


def test_one_that_cannot_run_in_a_transaction_does_not(project: Project) -> None:
    project.write(V1__a="CREATE TABLE a (i int);", afterMigrate="VACUUM a;")
    assert project.apply() == ["V1__a.sql"]


def test_one_sees_the_default_schema_and_leaves_no_role_behind(project: Project, role: str) -> None:
    project.write(
        beforeMigrate=f"CREATE TABLE t AS SELECT current_schema() AS name; SET ROLE {role};", V1__a="SELECT 1;"
    )
    project.migrate()
    assert project.sql("SELECT name FROM app.t") == [("app",)]
    assert [row.installed_by for row in project.rows()] == ["postgres"]


@pytest.mark.parametrize(
    ("script", "tables", "rows"),
    [
        ("CREATE TABLE a (i int);\nCOMMIT;\nSELECT 1 / 0;", ["a"], [(False, False)]),
        ("CREATE TABLE a (i int);\n\nSELECT 1 / 0;\nCOMMIT;\nSELECT 1;", [], []),
    ],
    ids=["after it has committed", "before"],
)
@pytest.mark.parametrize("event", ["afterEachMigrate", "beforeEachMigrateStatement"])
def test_a_script_of_several_transactions_fails_with_its_place(
    project: Project, event: str, script: str, tables: list[str], rows: list[tuple[bool, bool]]
) -> None:
    project.write(V1__a=script, **{event: "SELECT 1;"})
    with pytest.raises(ScriptError, match=r"^V1__a\.sql:3:1: division by zero"):
        project.migrate()
    assert project.tables() == tables
    assert [(row.success, row.interrupted) for row in project.rows()] == rows


def test_they_can_be_left_out(project: Project) -> None:
    project.write(beforeMigrate="SELECT 1 / 0;", V1__a="SELECT 1;")
    assert project.apply(skip_default_callbacks=True) == ["V1__a.sql"]
