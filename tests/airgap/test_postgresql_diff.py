"""Which changes are an update, which a replacement, and which are none. No server runs here."""

from __future__ import annotations

from typing import Any

import pytest

from airgap.postgresql.values import UNKNOWN
from tests.airgap.postgresql_engine import Engine, Resource, Secret, sent

GRANT = {"role": "app", "database": "db", "schema": "s", "objectType": "table", "privileges": ["SELECT", "INSERT"]}
DEFAULTS = {"role": "app", "database": "db", "owner": "o", "objectType": "table", "privileges": ["SELECT"]}
DATABASE = {"name": "db", "encoding": "UTF8"}


@pytest.fixture
def engine() -> Engine:
    return Engine.configured(host="127.0.0.1", port=1)


def recorded(engine: Engine, kind: str, inputs: dict[str, Any], **chosen: Any) -> Resource:
    """A resource in the state, with what the server has `chosen`."""
    made = engine.preview(kind, "it", **inputs)
    state = {name: value for name, value in made.state.items() if made.values.get(name) != UNKNOWN}
    return Resource(made.urn, "id", made.inputs, state | sent(chosen))


def test_the_same_inputs_are_no_difference(engine: Engine) -> None:
    role = recorded(engine, "role:Role", {"name": "app", "password": Secret("x")}, statementTimeout=0, assumeRole="")
    response = engine.diff(role, name="app", password="x")
    assert response.changes is False
    assert response.detailed_diff == {}


def test_what_the_server_chose_is_no_difference(engine: Engine) -> None:
    schema = recorded(engine, "schema:Schema", {"name": "s"}, owner="postgres", database="db", policies=[])
    assert engine.kinds(schema, name="s") == {}
    assert engine.kinds(schema, name="s", owner="app") == {"owner": "UPDATE"}


def test_a_set_has_no_order_and_a_list_has_one(engine: Engine) -> None:
    grant = recorded(engine, "grant:Grant", GRANT)
    assert engine.kinds(grant, **GRANT | {"privileges": ["INSERT", "SELECT"]}) == {}
    role = recorded(engine, "role:Role", {"name": "app", "searchPaths": ["a", "b"]})
    assert engine.kinds(role, name="app", searchPaths=["b", "a"]) == {"searchPaths": "UPDATE"}


def test_of_a_set_the_elements_that_come_and_go_are_shown(engine: Engine) -> None:
    grant = recorded(engine, "grant:Grant", GRANT)
    assert grant.values["privileges"] == ("INSERT", "SELECT")
    wanted = GRANT | {"privileges": ["UPDATE", "SELECT", "DELETE"]}
    assert engine.kinds(grant, **wanted) == {"privileges[0]": "UPDATE", "privileges[2]": "ADD"}
    assert engine.diff(grant, **wanted).diffs == ["privileges"]


def test_what_is_added_and_what_is_left_out_show_as_such(engine: Engine) -> None:
    role = recorded(engine, "role:Role", {"name": "app", "assumeRole": "owner"})
    assert engine.kinds(role, name="app", statementTimeout=5) == {"statementTimeout": "ADD", "assumeRole": "DELETE"}


def test_a_drifted_value_that_the_program_never_set_is_a_difference(engine: Engine) -> None:
    role = recorded(engine, "role:Role", {"name": "app"}, statementTimeout=5000)
    assert engine.kinds(role, name="app") == {"statementTimeout": "DELETE"}


@pytest.mark.parametrize(
    ("kind", "inputs", "change", "expected"),
    [
        ("role:Role", {"name": "app"}, {"name": "other"}, {"name": "UPDATE"}),
        ("grant:Grant", GRANT, {"role": "other"}, {"role": "UPDATE_REPLACE"}),
        ("grant:Grant", GRANT, {"objects": ["t"]}, {"objects": "ADD_REPLACE"}),
        ("grant:Grant", GRANT, {"withGrantOption": True}, {"withGrantOption": "UPDATE_REPLACE"}),
        ("grant:Grant", GRANT, {"privileges": ["SELECT"]}, {"privileges[0]": "DELETE"}),
        ("defaultPrivileges:DefaultPrivileges", DEFAULTS, {"schema": "s"}, {"schema": "ADD_REPLACE"}),
        ("defaultPrivileges:DefaultPrivileges", DEFAULTS, {"privileges": []}, {"privileges": "DELETE"}),
        ("grantRole:GrantRole", {"role": "a", "grantRole": "b"}, {"grantRole": "c"}, {"grantRole": "UPDATE_REPLACE"}),
        ("database:Database", DATABASE, {"encoding": "LATIN1"}, {"encoding": "UPDATE_REPLACE"}),
        ("database:Database", DATABASE, {"connectionLimit": 5}, {"connectionLimit": "UPDATE"}),
        ("schema:Schema", {"name": "s", "database": "a"}, {"database": "b"}, {"database": "UPDATE_REPLACE"}),
        ("extension:Extension", {"name": "a", "version": "1"}, {"version": "2"}, {"version": "UPDATE"}),
        ("extension:Extension", {"name": "a"}, {"name": "b"}, {"name": "UPDATE_REPLACE"}),
    ],
)
def test_only_what_the_server_cannot_change_is_replaced(
    engine: Engine, kind: str, inputs: dict[str, Any], change: dict[str, Any], expected: dict[str, str]
) -> None:
    resource = recorded(engine, kind, inputs)
    assert engine.kinds(resource, **inputs | change) == expected
    replaced = [name for name, how in expected.items() if how.endswith("REPLACE")]
    assert engine.diff(resource, **inputs | change).replaces == replaced


def test_an_unknown_value_is_a_difference(engine: Engine) -> None:
    grant = recorded(engine, "grant:Grant", GRANT)
    kinds = engine.kinds(grant, **GRANT | {"role": UNKNOWN, "privileges": UNKNOWN})
    assert kinds == {"role": "UPDATE_REPLACE", "privileges": "UPDATE"}


def test_ignored_changes_are_none(engine: Engine) -> None:
    grant = recorded(engine, "grant:Grant", GRANT)
    wanted = GRANT | {"privileges": ["SELECT"]}
    assert engine.diff_ignoring(("privileges[0]",), grant, **wanted).changes is False
    assert engine.diff_ignoring(("schema",), grant, **wanted).changes is True


def test_a_replacement_of_the_same_name_asks_for_the_old_one_to_go_first(engine: Engine) -> None:
    named = recorded(engine, "database:Database", DATABASE)
    assert engine.diff(named, **DATABASE | {"encoding": "LATIN1"}).delete_before_replace is True
    unnamed = recorded(engine, "database:Database", {"encoding": "UTF8"})
    assert engine.diff(unnamed, encoding="LATIN1").delete_before_replace is False
    grant = recorded(engine, "grant:Grant", GRANT)
    assert engine.diff(grant, **GRANT | {"schema": "t"}).delete_before_replace is True
    assert engine.diff(grant, **GRANT | {"privileges": []}).delete_before_replace is False
