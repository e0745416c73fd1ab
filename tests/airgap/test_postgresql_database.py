"""Database on a real server."""

from __future__ import annotations

import contextlib

import psycopg
import pytest

from tests.airgap.conftest import Names, Place


def test_a_database_is_made_as_the_official_plugin_makes_it(place: Place, names: Names) -> None:
    owner, name = names("owner"), names("db")
    place.sql("CREATE ROLE {}", owner)
    inputs = {"name": name, "owner": owner, "connectionLimit": 5}
    database = place.engine.create("database:Database", "db", **inputs)
    assert database.id == name
    assert database.values == {
        "name": name,
        "owner": owner,
        "template": "template0",
        "encoding": "UTF8",
        "lcCollate": "C",
        "lcCtype": "C",
        "tablespaceName": "pg_default",
        "connectionLimit": 5,
        "allowConnections": True,
        "isTemplate": False,
        "alterObjectOwnership": False,
    }
    found = place.engine.refresh(database)
    assert found is not None
    assert (found.state, found.inputs) == (database.state, database.inputs)
    assert place.engine.kinds(found, **inputs) == {}


def test_a_database_takes_encoding_and_locale(place: Place, names: Names) -> None:
    inputs = {"name": names("db"), "template": "template0", "encoding": "UTF8", "lcCollate": "C", "lcCtype": "C"}
    database = place.engine.create("database:Database", "db", **inputs, tablespaceName="DEFAULT", isTemplate=True)
    assert place.engine.kinds(database, **inputs, tablespaceName="pg_default", isTemplate=True) == {}
    place.engine.delete(database)  # a template must be made an ordinary database first
    assert place.engine.refresh(database) is None


def test_a_database_changes_in_place(place: Place, names: Names) -> None:
    owner, name = names("owner"), names("db")
    place.sql("CREATE ROLE {}", owner)
    database = place.engine.create("database:Database", "db", name=name)
    assert database.values["owner"] == "postgres"
    inputs = {"name": names("new"), "owner": owner, "connectionLimit": 2, "allowConnections": False, "isTemplate": True}
    changed = place.engine.update(database, **inputs)
    assert place.engine.kinds(changed, **inputs) == {}
    columns = "pg_get_userbyid(datdba)::text, datconnlimit, datallowconn, datistemplate"
    query = f"SELECT {columns} FROM pg_database WHERE datname = '{names('new')}'"
    assert place.sql(query) == [(owner, 2, False, True)]
    place.engine.delete(changed)


def test_the_owner_hands_over_its_objects_if_asked_to(place: Place, names: Names) -> None:
    first, second, name = names("first"), names("second"), names("db")
    place.sql("CREATE ROLE {}; CREATE ROLE {}", first, second)
    database = place.engine.create("database:Database", "db", name=name, owner=first, alterObjectOwnership=True)
    place.sql("CREATE SCHEMA theirs AUTHORIZATION {}", first, dbname=name)
    changed = place.engine.update(database, name=name, owner=second, alterObjectOwnership=True)
    query = "SELECT pg_get_userbyid(nspowner)::text FROM pg_namespace WHERE nspname = 'theirs'"
    assert place.value(query, dbname=name) == second
    assert changed.values["owner"] == second


def test_drift_of_a_database_shows(place: Place, names: Names) -> None:
    database = place.engine.create("database:Database", "db", name=names("db"))
    place.sql("ALTER DATABASE {} CONNECTION LIMIT 9", names("db"))
    found = place.engine.refresh(database)
    assert found is not None
    assert place.engine.kinds(found, name=names("db")) == {"connectionLimit": "UPDATE"}
    assert found.inputs["connectionLimit"].value == 9


def test_a_database_in_use_is_dropped_all_the_same(place: Place, names: Names) -> None:
    database = place.engine.create("database:Database", "db", name=names("db"))
    with contextlib.ExitStack() as stack:
        user = stack.enter_context(psycopg.connect(**place.login | {"dbname": names("db")}))
        place.engine.delete(database)
        assert place.engine.refresh(database) is None
        with pytest.raises(psycopg.OperationalError):
            user.execute("SELECT 1")
