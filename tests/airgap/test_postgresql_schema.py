"""Schema on a real server."""

from __future__ import annotations

import pytest

from airgap.errors import PluginError
from tests.airgap.conftest import Names, Place


def test_a_schema_is_made_changed_and_dropped(place: Place, names: Names) -> None:
    owner = names("owner")
    place.sql("CREATE ROLE {}", owner)
    inputs = {"name": names("s"), "database": place.database, "owner": owner}
    schema = place.engine.create("schema:Schema", "s", **inputs)
    assert schema.id == f"{place.database}.{names('s')}"
    assert place.engine.kinds(schema, **inputs) == {}
    changed = place.engine.update(schema, name=names("new"), database=place.database, owner="postgres")
    found = place.engine.refresh(changed)
    assert found is not None
    assert found.id == f"{place.database}.{names('new')}"
    assert found.values["owner"] == "postgres"
    place.engine.delete(changed)
    assert place.engine.refresh(changed) is None


def test_a_schema_left_to_defaults_is_in_the_providers_database(place: Place) -> None:
    schema = place.engine.create("schema:Schema", "s", name="plain")
    assert schema.values == {
        "name": "plain",
        "database": place.database,
        "owner": "postgres",
        "ifNotExists": True,
        "dropCascade": False,
        "policies": (),
    }


def test_a_schema_that_exists_is_taken_over_and_given_its_owner(place: Place, names: Names) -> None:
    place.sql("CREATE ROLE {}", names("owner"))
    schema = place.engine.create("schema:Schema", "s", name="public", owner=names("owner"))
    assert schema.values["owner"] == names("owner")


def test_a_schema_with_something_in_it_is_only_dropped_with_cascade(place: Place) -> None:
    schema = place.engine.create("schema:Schema", "s", name="full")
    place.sql('CREATE TABLE "full".t ()')
    with pytest.raises(PluginError) as refused:
        place.engine.delete(schema)
    assert str(refused.value) == (
        "deleting Schema s: cannot drop schema full because other objects depend on it (SQLSTATE 2BP01); "
        'table "full".t depends on schema full; remove what depends on it first'
    )
    place.engine.delete(place.engine.update(schema, name="full", dropCascade=True))
    assert place.engine.refresh(schema) is None


def test_drift_of_a_schema_shows(place: Place, names: Names) -> None:
    place.sql("CREATE ROLE {}", names("other"))
    schema = place.engine.create("schema:Schema", "s", name="s", owner="postgres")
    place.sql("ALTER SCHEMA s OWNER TO {}", names("other"))
    found = place.engine.refresh(schema)
    assert found is not None
    assert found.inputs["owner"].value == names("other")
    assert place.engine.kinds(found, name="s", owner="postgres") == {"owner": "UPDATE"}


def test_a_schema_whose_database_is_gone_is_gone_and_needs_no_deleting(place: Place, names: Names) -> None:
    database = place.engine.create("database:Database", "db", name=names("db"))
    schema = place.engine.create("schema:Schema", "s", name="s", database=names("db"))
    place.engine.delete(database)
    assert place.engine.refresh(schema) is None
    place.engine.delete(schema)


def test_a_schema_is_imported_by_database_and_name(place: Place) -> None:
    place.sql("CREATE SCHEMA there")
    found = place.engine.imported("schema:Schema", "s", f"{place.database}.there")
    assert found is not None
    assert found.values["owner"] == "postgres"
    with pytest.raises(PluginError, match=r"'there' is no identifier of the form database\.name"):
        place.engine.imported("schema:Schema", "s", "there")
