"""DefaultPrivileges on a real server."""

from __future__ import annotations

from typing import Any

import pytest

from tests.airgap.conftest import Names, Place

DEFAULTS = "defaultPrivileges:DefaultPrivileges"


@pytest.mark.parametrize("schema", ["My s", None])
def test_default_privileges_hold_for_what_the_owner_makes_later(
    place: Place, app: str, names: Names, schema: str | None
) -> None:
    owner = names("owner")
    place.sql('CREATE ROLE {}; GRANT ALL ON SCHEMA "My s" TO {}', owner, owner)
    inputs: dict[str, Any] = {"role": app, "database": place.database, "owner": owner, "objectType": "table"}
    inputs |= {"schema": schema} if schema else {}
    defaults = place.engine.create(DEFAULTS, "d", **inputs, privileges=["SELECT", "INSERT"])
    assert defaults.id == f"{app}_{place.database}_{schema or 'noschema'}_{owner}_table"
    changed = place.engine.update(defaults, **inputs, privileges=["SELECT"])
    assert place.engine.kinds(changed, **inputs, privileges=["SELECT"]) == {}
    place.sql('SET ROLE {}; CREATE TABLE "My s".later ()', owner)
    assert place.may(app, "table", '"My s".later', "SELECT")
    assert not place.may(app, "table", '"My s".later', "INSERT")
    place.engine.delete(changed)
    assert place.engine.refresh(changed) is None
    assert place.sql("SELECT * FROM pg_default_acl") == []


def test_no_default_privileges_for_public_take_execute_away_from_everyone(place: Place, app: str, names: Names) -> None:
    owner = names("owner")
    place.sql('CREATE ROLE {}; GRANT ALL ON SCHEMA "My s" TO {}', owner, owner)
    inputs = {"role": "public", "database": place.database, "owner": owner, "objectType": "function", "privileges": []}
    defaults = place.engine.create(DEFAULTS, "d", **inputs)
    assert defaults.id == f"public_{place.database}_noschema_{owner}_function"
    place.sql('SET ROLE {}; CREATE FUNCTION "My s".later() RETURNS int LANGUAGE sql AS $$SELECT 1$$', owner)
    assert not place.may(app, "function", '"My s".later()', "EXECUTE")
    assert place.refreshed(defaults).state == defaults.state
    place.sql("ALTER DEFAULT PRIVILEGES FOR ROLE {} GRANT EXECUTE ON FUNCTIONS TO PUBLIC", owner)
    found = place.refreshed(defaults)
    assert found.values["privileges"] == ("EXECUTE",)  # no row in the catalog: the built-in default
    assert place.engine.kinds(found, **inputs) == {"privileges": "DELETE"}


@pytest.mark.parametrize(
    ("kind", "privileges"),
    [
        ("sequence", ["USAGE", "SELECT"]),
        ("function", ["EXECUTE"]),
        ("routine", ["EXECUTE"]),
        ("type", ["USAGE"]),
        ("schema", ["USAGE", "CREATE"]),
        ("table", ["ALL"]),
    ],
)
def test_default_privileges_of_each_type_come_back_without_a_difference(
    place: Place, app: str, kind: str, privileges: list[str]
) -> None:
    inputs = {"role": app, "database": place.database, "owner": "postgres", "objectType": kind}
    defaults = place.engine.create(DEFAULTS, "d", **inputs, privileges=privileges)
    found = place.refreshed(defaults)
    assert (found.state, found.inputs) == (defaults.state, defaults.inputs)
    assert place.engine.kinds(found, **inputs, privileges=privileges) == {}


def test_default_privileges_changed_behind_our_back_are_drift(place: Place, app: str) -> None:
    inputs = {"role": app, "database": place.database, "owner": "postgres", "schema": "My s", "objectType": "table"}
    defaults = place.engine.create(DEFAULTS, "d", **inputs, privileges=["SELECT"])
    place.sql('ALTER DEFAULT PRIVILEGES IN SCHEMA "My s" GRANT DELETE ON TABLES TO {}', app)
    assert place.refreshed(defaults).values["privileges"] == ("DELETE", "SELECT")
    place.sql('ALTER DEFAULT PRIVILEGES IN SCHEMA "My s" REVOKE ALL ON TABLES FROM {}', app)
    assert place.engine.refresh(defaults) is None
