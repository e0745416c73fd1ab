"""Role on a real server."""

from __future__ import annotations

import psycopg
import pytest

from airgap.errors import PluginError
from airgap.postgresql.passwords import is_verifier, matches
from infra.cluster import Cluster
from tests.airgap.conftest import Names, Place
from tests.airgap.postgresql_engine import Engine, Secret


def stored(place: Place, role: str) -> str:
    """The password that the catalog has."""
    return str(place.value(f"SELECT rolpassword FROM pg_authid WHERE rolname = '{role}'"))


def settings(place: Place, role: str) -> set[str]:
    return set(place.value(f"SELECT coalesce(rolconfig, ARRAY[]::text[]) FROM pg_roles WHERE rolname = '{role}'"))


def test_all_properties_reach_the_catalog_and_come_back_without_a_difference(place: Place, names: Names) -> None:
    group, owner, app = names("group"), names("owner"), names("app")
    place.sql("CREATE ROLE {}; CREATE ROLE {}", group, owner)
    inputs = {
        "name": app,
        "login": True,
        "password": Secret("a'b\\c"),
        "roles": [owner, group],
        "assumeRole": owner,
        "searchPaths": ["$user", 'My "schema"', "public"],
        "statementTimeout": 5000,
        "idleInTransactionSessionTimeout": 60000,
        "connectionLimit": 7,
        "validUntil": "2040-01-01T00:00:00Z",
        "createDatabase": True,
        "inherit": False,
    }
    role = place.engine.create("role:Role", "app", **inputs)
    assert role.id == app
    assert settings(place, app) == {
        'search_path="$user", "My ""schema""", public',
        "statement_timeout=5000",
        "idle_in_transaction_session_timeout=60000",
        f"role={owner}",
    }
    attributes = "rolcanlogin, rolcreatedb, rolinherit, rolsuper, rolconnlimit"
    assert place.sql(f"SELECT {attributes} FROM pg_roles WHERE rolname = '{app}'") == [(True, True, False, False, 7)]
    assert place.engine.kinds(role, **inputs) == {}
    again = place.refreshed(role)
    assert (again.state, again.inputs) == (role.state, role.inputs)


def test_what_the_program_leaves_out_comes_back_as_the_official_plugin_has_it(engine: Engine, names: Names) -> None:
    role = engine.create("role:Role", "app", name=names("app"))
    assert role.values == {
        "name": names("app"),
        "assumeRole": "",
        "bypassRowLevelSecurity": False,
        "connectionLimit": -1,
        "createDatabase": False,
        "createRole": False,
        "encryptedPassword": True,
        "idleInTransactionSessionTimeout": 0,
        "inherit": True,
        "login": False,
        "replication": False,
        "roles": (),
        "searchPaths": (),
        "skipDropRole": False,
        "skipReassignOwned": False,
        "statementTimeout": 0,
        "superuser": False,
        "validUntil": "infinity",
    }
    nulls = {name for name, value in role.state.items() if value.value is None}
    assert nulls == {"encrypted", "password", "passwordWo", "passwordWoVersion"}
    assert role.state["password"].is_secret
    assert role.state["id"].value == role.id


def test_sets_come_back_sorted(place: Place, names: Names) -> None:
    groups = [names("b"), names("a")]
    for group in groups:
        place.sql("CREATE ROLE {}", group)
    role = place.engine.create("role:Role", "app", name=names("app"), roles=groups)
    assert role.values["roles"] == tuple(sorted(groups))


def test_an_update_changes_only_what_differs(place: Place, names: Names) -> None:
    group, app = names("group"), names("app")
    place.sql("CREATE ROLE {}", group)
    role = place.engine.create(
        "role:Role", "app", name=app, roles=[group], searchPaths=["a"], statementTimeout=1, assumeRole=group
    )
    before = place.value(f"SELECT oid FROM pg_roles WHERE rolname = '{app}'")
    changed = place.engine.update(role, name=names("new"), login=True, validUntil="2040-01-01", connectionLimit=2)
    assert place.value(f"SELECT oid FROM pg_roles WHERE rolname = '{names('new')}'") == before
    assert settings(place, names("new")) == set()
    assert changed.values["roles"] == ()
    assert (changed.values["login"], changed.values["connectionLimit"]) == (True, 2)
    found = place.refreshed(changed)
    assert found.id == names("new")  # the engine still has the old identifier: the state's name counts
    assert place.engine.kinds(found, name=names("new"), login=True, validUntil="2040-01-01", connectionLimit=2) == {}


def test_a_refresh_shows_what_drifted_in_outputs_and_inputs(place: Place, names: Names) -> None:
    app = names("app")
    role = place.engine.create("role:Role", "app", name=app, connectionLimit=3)
    place.sql("ALTER ROLE {} LOGIN CONNECTION LIMIT 9", app)
    place.sql("ALTER ROLE {} SET statement_timeout = '2min'", app)
    found = place.refreshed(role)
    for name, drifted in (("login", True), ("connectionLimit", 9), ("statementTimeout", 120_000)):
        assert found.values[name] == drifted
        assert found.inputs[name].value == drifted
    kinds = place.engine.kinds(found, name=app, connectionLimit=3)
    assert kinds == {"login": "UPDATE", "connectionLimit": "UPDATE", "statementTimeout": "DELETE"}


def test_a_role_that_is_gone_has_no_identifier_and_nothing_to_delete(place: Place, names: Names) -> None:
    role = place.engine.create("role:Role", "app", name=names("app"))
    place.sql("DROP ROLE {}", names("app"))
    assert place.engine.refresh(role) is None
    place.engine.delete(role)


def test_a_deleted_role_leaves_what_it_owned_to_the_administrator(place: Place, names: Names) -> None:
    app = names("app")
    role = place.engine.create("role:Role", "app", name=app)
    place.sql("CREATE SCHEMA kept AUTHORIZATION {}", app)
    place.engine.delete(role)
    assert place.value("SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'kept'") == "postgres"
    assert place.engine.refresh(role) is None


def test_skip_flags_leave_the_role_and_what_it_owns(place: Place, names: Names) -> None:
    app = names("app")
    role = place.engine.create("role:Role", "app", name=app, skipDropRole=True, skipReassignOwned=True)
    place.sql("CREATE SCHEMA kept AUTHORIZATION {}", app)
    place.engine.delete(role)
    assert place.value("SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'kept'") == app


def test_a_password_in_the_clear_reaches_the_server_as_a_verifier_and_lets_in(place: Place, names: Names) -> None:
    app = names("app")
    role = place.engine.create("role:Role", "app", name=app, login=True, password="in the clear")
    assert is_verifier(stored(place, app))
    assert place.value("SELECT current_user", user=app, password="in the clear") == app
    assert role.state["password"].is_secret  # though the program did not say so
    assert role.values["password"] == "in the clear"
    assert place.refreshed(role).values["password"] == "in the clear"


def test_a_verifier_is_passed_on_as_it_is(place: Place, names: Names, admin: psycopg.Connection) -> None:
    app = names("app")
    given = admin.pgconn.encrypt_password(b"secret", app.encode(), b"scram-sha-256").decode()
    role = place.engine.create("role:Role", "app", name=app, login=True, password=Secret(given))
    assert stored(place, app) == given
    assert place.value("SELECT current_user", user=app, password="secret") == app
    assert place.engine.kinds(place.refreshed(role), name=app, login=True, password=given) == {}


def test_a_password_changed_behind_our_back_is_drift(place: Place, names: Names) -> None:
    app = names("app")
    role = place.engine.create("role:Role", "app", name=app, login=True, password=Secret("first"))
    place.sql("ALTER ROLE {} PASSWORD 'other'", app)
    found = place.refreshed(role)
    assert is_verifier(found.values["password"])
    assert found.state["password"].is_secret
    assert found.inputs["password"].is_secret
    assert place.engine.kinds(found, name=app, login=True, password="first") == {"password": "UPDATE"}
    place.engine.update(found, name=app, login=True, password=Secret("first"))
    assert place.value("SELECT current_user", user=app, password="first") == app


def test_a_password_that_is_left_out_stays_and_null_removes_it(place: Place, names: Names) -> None:
    app = names("app")
    role = place.engine.create("role:Role", "app", name=app, login=True, password=Secret("first"))
    kept = place.engine.update(role, name=app, login=True)
    assert matches(app, "first", stored(place, app))
    removed = place.engine.update(kept, name=app, login=True, password="NULL")
    assert place.sql(f"SELECT rolpassword FROM pg_authid WHERE rolname = '{app}'") == [(None,)]
    assert place.refreshed(removed).values["password"] == "NULL"


@pytest.mark.parametrize("algorithm", ["scram-sha-256", "md5"])
def test_a_verifier_is_recognized_and_matched(admin: psycopg.Connection, algorithm: str) -> None:
    made = admin.pgconn.encrypt_password(b"secret", b"app", algorithm.encode()).decode()
    assert is_verifier(made)
    assert matches("app", "secret", made)
    assert not matches("app", "Secret", made)
    assert not matches("app", "secret", "")
    assert not is_verifier("SCRAM-SHA-256$ is my favourite")


def test_no_password_is_in_the_servers_log_nor_in_an_error(place: Place, names: Names, server: Cluster) -> None:
    app = names("app")
    place.sql("CREATE ROLE {}", app)
    with pytest.raises(PluginError) as refused:
        place.engine.create("role:Role", "app", name=app, login=True, password=Secret("never-shown"))
    assert str(refused.value) == (
        f'creating Role app: role "{app}" already exists (SQLSTATE 42710); '
        f"adopt it with `pulumi import postgresql:index/role:Role app '{app}'`, or choose another name"
    )
    log = server.startup_log.read_text()
    assert "CREATE ROLE" in log  # PostgreSQL logs a statement that failed
    assert "never-shown" not in log


def test_a_role_can_be_imported_by_its_name(place: Place, names: Names) -> None:
    app = names("app")
    place.sql("CREATE ROLE {} LOGIN CONNECTION LIMIT 4", app)
    found = place.engine.imported("role:Role", "app", app)
    assert found is not None
    assert found.id == app
    given = {name: value.value for name, value in found.inputs.items() if not name.startswith("__")}
    assert given == {"name": app, "login": True, "connectionLimit": 4}
    assert place.engine.kinds(found, name=app, login=True, connectionLimit=4) == {}
    with pytest.raises(PluginError, match=f"Role {names('nobody')} does not exist"):
        place.engine.imported("role:Role", "app", names("nobody"))


def test_an_administrator_who_is_no_superuser_is_told_that_it_cannot_read_passwords(place: Place, names: Names) -> None:
    place.sql("CREATE ROLE {} LOGIN CREATEROLE PASSWORD 'x'", names("admin"))
    login = {"username": names("admin"), "password": "x"}
    inputs = {"name": names("app"), "login": True, "password": Secret("y")}
    with pytest.raises(PluginError, match="set the provider's option superuser to false"):
        place.engine_as(**login).create("role:Role", "app", **inputs)
    assert place.sql(f"SELECT 1 FROM pg_roles WHERE rolname = '{names('app')}'") == []  # nothing is left half done
    place.engine_as(**login, superuser="false").create("role:Role", "app", **inputs)
    assert place.value("SELECT current_user", user=names("app"), password="y") == names("app")
