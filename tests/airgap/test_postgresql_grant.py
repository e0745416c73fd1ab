"""Grant on a real server."""

from __future__ import annotations

from typing import Any

import pytest

from tests.airgap.conftest import Place

GRANT = "grant:Grant"
TABLES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN")


@pytest.mark.parametrize(
    ("inputs", "identifier"),
    [
        ({"objectType": "database", "privileges": ["CONNECT", "TEMPORARY"]}, "database"),
        ({"objectType": "schema", "schema": "My s", "privileges": ["USAGE"]}, "My s_schema"),
        ({"objectType": "table", "schema": "My s", "privileges": ["SELECT", "INSERT"]}, "My s_table"),
        ({"objectType": "table", "schema": "My s", "privileges": ["ALL"]}, "My s_table"),
        (
            {"objectType": "table", "schema": "My s", "objects": ["second", "First t"], "privileges": ["SELECT"]},
            "My s_table_second_First t",  # in Terraform's order of a set
        ),
        ({"objectType": "table", "schema": "My s", "objects": ["v"], "privileges": ["SELECT"]}, "My s_table_v"),
        ({"objectType": "sequence", "schema": "My s", "privileges": ["USAGE"]}, "My s_sequence"),
        ({"objectType": "function", "schema": "My s", "privileges": ["EXECUTE"]}, "My s_function"),
        ({"objectType": "routine", "schema": "My s", "privileges": ["ALL"]}, "My s_routine"),
        ({"objectType": "procedure", "schema": "My s", "privileges": ["EXECUTE"]}, "My s_procedure"),
        (
            {
                "objectType": "column",
                "schema": "My s",
                "objects": ["First t"],
                "columns": ["Its c"],
                "privileges": ["UPDATE"],
            },
            "My s_column_First t_Its c",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_grant_comes_back_without_a_difference(
    place: Place, app: str, inputs: dict[str, Any], identifier: str
) -> None:
    whole = inputs | {"role": app, "database": place.database}
    grant = place.engine.create(GRANT, "g", **whole)
    assert grant.id == f"{app}_{place.database}_{identifier}"
    assert place.engine.kinds(grant, **whole) == {}
    found = place.refreshed(grant)
    assert (found.state, found.inputs) == (grant.state, grant.inputs)
    place.engine.delete(grant)
    assert place.sql("SELECT grantee FROM information_schema.role_table_grants WHERE grantee LIKE 'T %'") == []


def test_a_grant_on_a_schema_reaches_what_it_names_and_shrinks(place: Place, app: str) -> None:
    inputs = {"role": app, "database": place.database, "schema": "My s", "objectType": "table"}
    grant = place.engine.create(GRANT, "g", **inputs, privileges=["SELECT", "INSERT"])
    assert place.may(app, "table", '"My s"."First t"', "INSERT")
    assert place.may(app, "table", '"My s".v', "SELECT")
    changed = place.engine.update(grant, **inputs, privileges=["SELECT"])
    assert not place.may(app, "table", '"My s"."First t"', "INSERT")
    assert place.may(app, "table", '"My s"."First t"', "SELECT")
    place.engine.delete(changed)
    assert not place.may(app, "table", '"My s"."First t"', "SELECT")


def test_a_grant_on_named_tables_leaves_grants_on_columns_alone(place: Place, app: str) -> None:
    place.sql('GRANT UPDATE ("Its c") ON "My s"."First t" TO {}', app)
    inputs = {"role": app, "database": place.database, "schema": "My s", "objectType": "table", "objects": ["First t"]}
    grant = place.engine.create(GRANT, "g", **inputs, privileges=["SELECT"])
    more = place.engine.update(grant, **inputs, privileges=["SELECT", "DELETE"])
    less = place.engine.update(more, **inputs, privileges=["SELECT"])
    assert not place.may(app, "table", '"My s"."First t"', "DELETE")
    place.engine.delete(less)
    assert place.value(f"""SELECT has_column_privilege('{app}', '"My s"."First t"', 'Its c', 'UPDATE')""")
    assert not place.may(app, "table", '"My s"."First t"', "SELECT")


def test_one_of_two_functions_of_a_name_is_meant_by_its_argument_types(place: Place, app: str) -> None:
    place.sql('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA "My s" FROM PUBLIC')
    inputs = {"role": app, "database": place.database, "schema": "My s", "objectType": "function"}
    place.engine.create(GRANT, "g", **inputs, objects=["f(int, text)"], privileges=["EXECUTE"])
    assert place.may(app, "function", '"My s".f(int, text)', "EXECUTE")
    assert not place.may(app, "function", '"My s".f(int)', "EXECUTE")


def test_the_grant_option_is_granted_and_taken_away_by_a_replacement(place: Place, app: str) -> None:
    inputs = {
        "role": app,
        "database": place.database,
        "schema": "My s",
        "objectType": "schema",
        "privileges": ["USAGE"],
    }
    grant = place.engine.create(GRANT, "g", **inputs, withGrantOption=True)
    assert place.may(app, "schema", "My s", "USAGE WITH GRANT OPTION")
    assert place.engine.diff(grant, **inputs).replaces == ["withGrantOption"]
    place.engine.delete(grant)
    place.engine.create(GRANT, "g", **inputs)
    assert place.may(app, "schema", "My s", "USAGE")
    assert not place.may(app, "schema", "My s", "USAGE WITH GRANT OPTION")


def test_no_privileges_for_public_revokes_what_everyone_has_by_default(place: Place, app: str) -> None:
    inputs = {"role": "public", "database": place.database, "objectType": "database", "privileges": []}
    assert place.may(app, "database", place.database, "CONNECT")
    grant = place.engine.create(GRANT, "g", **inputs)
    assert not place.may(app, "database", place.database, "CONNECT")
    assert grant.id == f"public_{place.database}_database"
    assert place.engine.kinds(grant, **inputs) == {}
    place.sql("GRANT TEMPORARY ON DATABASE {} TO PUBLIC", place.database)
    assert place.refreshed(grant).values["privileges"] == ("TEMPORARY",)


def test_drift_of_a_grant_shows_what_the_role_may_really_do(place: Place, app: str) -> None:
    inputs = {"role": app, "database": place.database, "schema": "My s", "objectType": "table"}
    grant = place.engine.create(GRANT, "g", **inputs, privileges=["SELECT", "INSERT"])
    place.sql('REVOKE INSERT ON "My s".second FROM {}', app)
    found = place.refreshed(grant)
    assert found.values["privileges"] == ("SELECT",)
    assert [each.value for each in found.inputs["privileges"].value] == ["SELECT"]  # type: ignore[union-attr]
    assert place.engine.kinds(found, **inputs, privileges=["SELECT", "INSERT"]) == {"privileges[1]": "ADD"}


def test_a_new_table_without_the_grant_is_drift(place: Place, app: str) -> None:
    inputs = {"role": app, "database": place.database, "schema": "My s", "objectType": "table"}
    grant = place.engine.create(GRANT, "g", **inputs, privileges=["SELECT"])
    place.sql('CREATE TABLE "My s".later ()')
    assert place.refreshed(grant).values["privileges"] == ()


def test_all_is_no_difference_as_long_as_nothing_is_missing(place: Place, app: str) -> None:
    inputs = {"role": app, "database": place.database, "schema": "My s", "objectType": "table", "privileges": ["ALL"]}
    grant = place.engine.create(GRANT, "g", **inputs)
    assert place.refreshed(grant).values["privileges"] == ("ALL",)
    place.sql('REVOKE DELETE ON "My s".second FROM {}', app)
    assert place.refreshed(grant).values["privileges"] == tuple(sorted(set(TABLES) - {"DELETE"}))


def test_a_column_that_lost_the_privilege_is_missing(place: Place, app: str) -> None:
    inputs = {"role": app, "database": place.database, "schema": "My s", "objectType": "column", "objects": ["First t"]}
    inputs |= {"columns": ["id", "Its c"], "privileges": ["SELECT"]}
    grant = place.engine.create(GRANT, "g", **inputs)
    place.sql('REVOKE SELECT (id) ON "My s"."First t" FROM {}', app)
    found = place.refreshed(grant)
    assert found.values["columns"] == ("Its c",)
    assert place.engine.kinds(found, **inputs) == {"columns[0]": "ADD_REPLACE"}


@pytest.mark.parametrize("gone", ["role", "schema"])
def test_a_grant_whose_role_or_schema_is_gone_is_gone_too(place: Place, app: str, gone: str) -> None:
    inputs = {
        "role": app,
        "database": place.database,
        "schema": "My s",
        "objectType": "schema",
        "privileges": ["USAGE"],
    }
    grant = place.engine.create(GRANT, "g", **inputs)
    if gone == "role":
        place.sql("DROP OWNED BY {}; DROP ROLE {}", app, app)
    else:
        place.sql('DROP SCHEMA "My s" CASCADE')
    assert place.engine.refresh(grant) is None
    place.engine.delete(grant)
