"""Extension on a real server, and grants on what an extension brings."""

from __future__ import annotations

from tests.airgap.conftest import Place


def test_an_extension_is_made_changed_and_dropped(place: Place) -> None:
    place.sql("CREATE SCHEMA other")
    inputs = {"name": "hstore", "version": "1.7"}
    extension = place.engine.create("extension:Extension", "e", **inputs)
    assert extension.id == f"{place.database}.hstore"
    assert extension.values == {
        "name": "hstore",
        "schema": "public",
        "version": "1.7",
        "database": place.database,
        "createCascade": False,
        "dropCascade": False,
    }
    assert place.engine.kinds(place.refreshed(extension), **inputs) == {}
    changed = place.engine.update(extension, name="hstore", version="1.8", schema="other")
    assert (changed.values["version"], changed.values["schema"]) == ("1.8", "other")
    place.engine.delete(changed)
    assert place.engine.refresh(changed) is None
    place.engine.delete(changed)


def test_an_extension_brings_and_takes_what_it_needs_with_cascade(place: Place) -> None:
    place.engine.create("extension:Extension", "e", name="earthdistance", createCascade=True)
    cube = place.engine.imported("extension:Extension", "cube", f"{place.database}.cube")
    assert cube is not None
    place.engine.delete(place.engine.update(cube, name="cube", dropCascade=True))
    assert place.sql("SELECT extname FROM pg_extension WHERE extname <> 'plpgsql'") == []


def test_drift_of_an_extension_shows(place: Place) -> None:
    extension = place.engine.create("extension:Extension", "e", name="hstore", version="1.7")
    place.sql("ALTER EXTENSION hstore UPDATE TO '1.8'")
    found = place.refreshed(extension)
    assert found.inputs["version"].value == "1.8"
    assert place.engine.kinds(found, name="hstore", version="1.7") == {"version": "UPDATE"}


def test_foreign_data_wrappers_and_servers_have_grants_too(place: Place) -> None:
    place.engine.create("extension:Extension", "e", name="postgres_fdw")
    place.sql("CREATE SERVER {} FOREIGN DATA WRAPPER postgres_fdw", "My server")
    for kind, name in (("foreign_data_wrapper", "postgres_fdw"), ("foreign_server", "My server")):
        inputs = {"role": "public", "database": place.database, "objectType": kind, "objects": [name]}
        grant = place.engine.create("grant:Grant", kind, **inputs, privileges=["USAGE"])
        assert grant.id == f"public_{place.database}_{kind}_{name}"
        assert place.engine.kinds(place.refreshed(grant), **inputs, privileges=["USAGE"]) == {}
        place.engine.delete(grant)
        assert place.refreshed(grant).values["privileges"] == ()
