"""An administrator who is no superuser: CREATEROLE and CREATEDB, as managed services give it."""

from __future__ import annotations

import pytest

from airgap.errors import PluginError
from tests.airgap.conftest import Names, Place
from tests.airgap.postgresql_engine import Engine, Resource, Secret


@pytest.fixture
def administrator(place: Place, names: Names) -> Engine:
    """An engine whose provider is such an administrator."""
    place.sql("CREATE ROLE {} LOGIN CREATEROLE CREATEDB PASSWORD 'admin'", names("admin"))
    return place.engine_as(username=names("admin"), password="admin", superuser="false")


def memberships(place: Place, names: Names) -> set[str]:
    """The roles that the administrator can act as."""
    query = f"""
    SELECT pg_get_userbyid(roleid)::text FROM pg_auth_members
    WHERE pg_get_userbyid(member) = '{names("admin")}' AND (set_option OR inherit_option)
    """
    return {role for (role,) in place.sql(query)}


def everything(engine: Engine, names: Names) -> list[Resource]:
    """What this project makes of a server: an owner, a login, a database and a schema of the owner's, privileges."""
    owner, app, database = names("owner"), names("app"), names("db")
    here = {"role": app, "database": database}
    made = [
        engine.create("role:Role", "owner", name=owner),
        engine.create("role:Role", "app", name=app, login=True, password=Secret("x")),
        engine.create("database:Database", "db", name=database, owner=owner),
        engine.create("schema:Schema", "s", name="S", database=database, owner=owner),
        engine.create("grant:Grant", "connect", **here, objectType="database", privileges=["CONNECT"]),
        engine.create("grant:Grant", "usage", **here, objectType="schema", schema="S", privileges=["USAGE"]),
        engine.create("grant:Grant", "tables", **here, objectType="table", schema="S", privileges=["SELECT"]),
        engine.create(
            "grant:Grant",
            "public",
            role="public",
            database=database,
            objectType="schema",
            schema="public",
            privileges=[],
        ),
        engine.create(
            "defaultPrivileges:DefaultPrivileges",
            "defaults",
            **here,
            owner=owner,
            schema="S",
            objectType="table",
            privileges=["SELECT"],
        ),
    ]
    return [*made, engine.create("grantRole:GrantRole", "member", role=app, grantRole=owner)]


def test_it_makes_and_removes_everything_and_keeps_no_membership(
    place: Place, administrator: Engine, names: Names
) -> None:
    made = everything(administrator, names)
    assert memberships(place, names) == set()
    for resource in made:
        found = administrator.refresh(resource)
        assert found is not None
        assert found.id == resource.id
    login = {"dbname": names("db"), "user": names("app"), "password": "x"}
    place.sql('SET ROLE {}; CREATE TABLE "S".t ()', names("owner"), dbname=names("db"))
    assert place.sql('SELECT * FROM "S".t', **login) == []
    place.sql('DROP TABLE "S".t', dbname=names("db"))
    for resource in reversed(made):
        administrator.delete(resource)
        assert memberships(place, names) == set()
    assert place.sql(f"SELECT 1 FROM pg_roles WHERE rolname = '{names('owner')}'") == []


def test_it_changes_what_others_own(place: Place, administrator: Engine, names: Names) -> None:
    _, _, database, schema, *_ = everything(administrator, names)
    administrator.create("role:Role", "second", name=names("second"))
    changed = administrator.update(schema, name="T", database=names("db"), owner=names("second"))
    assert changed.values["owner"] == names("second")
    changed = administrator.update(database, name=names("db"), owner=names("second"), connectionLimit=3)
    assert (changed.values["owner"], changed.values["connectionLimit"]) == (names("second"), 3)
    assert memberships(place, names) == set()


def test_a_failure_leaves_no_membership_behind(place: Place, administrator: Engine, names: Names) -> None:
    administrator.create("role:Role", "owner", name=names("owner"))
    administrator.create("database:Database", "db", name=names("db"), owner=names("owner"))
    with pytest.raises(PluginError, match=r"already exists \(SQLSTATE 42P04\)"):
        administrator.create("database:Database", "db", name=names("db"), owner=names("owner"))
    assert memberships(place, names) == set()


def test_what_it_may_not_do_is_an_error_that_says_who_may(place: Place, administrator: Engine, names: Names) -> None:
    with pytest.raises(PluginError) as refused:
        administrator.create("role:Role", "root", name=names("root"), superuser=True)
    assert str(refused.value) == (
        "creating Role root: permission denied to create role (SQLSTATE 42501); "
        "Only roles with the SUPERUSER attribute may create roles with the SUPERUSER attribute; "
        "let a superuser do it, or give the provider's user the privilege"
    )
    assert place.sql(f"SELECT 1 FROM pg_roles WHERE rolname = '{names('root')}'") == []
