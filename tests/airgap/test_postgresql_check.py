"""What the plugin refuses before anything is touched, and what it fills in. No server runs here."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pulumi.provider.experimental import provider as protocol
from pulumi.provider.experimental.property_value import PropertyValue

from airgap.errors import PluginError
from airgap.postgresql.identifiers import in_terraform_order
from airgap.postgresql.options import check_options, server
from airgap.postgresql.provider import PostgresqlProvider
from airgap.postgresql.values import UNKNOWN, plain
from tests.airgap.postgresql_engine import Engine, Refused, Secret, sent

ROLE = "urn:pulumi:test::project::postgresql:index/role:Role::app"
GRANT = "urn:pulumi:test::project::my:component:Access$postgresql:index/grant:Grant::app"
WHOLE_GRANT = {"role": "app", "database": "db", "schema": "s", "objectType": "table", "privileges": ["SELECT"]}


@pytest.fixture
def engine() -> Engine:
    return Engine.configured(host="127.0.0.1", port=1)


def refusal(engine: Engine, urn: str, **inputs: Any) -> dict[str, str]:
    with pytest.raises(Refused) as refused:
        engine.check(urn, inputs)
    return refused.value.reasons


def test_defaults_are_filled_in_and_noted_as_the_official_plugin_does(engine: Engine) -> None:
    checked = {name: plain(value) for name, value in engine.check(ROLE, {"name": "app", "login": True}).items()}
    assert checked["login"] is True
    assert checked["inherit"] is True
    assert checked["connectionLimit"] == -1
    assert checked["validUntil"] == "infinity"
    assert checked["__defaults"] == ("connectionLimit", "encryptedPassword", "inherit", "validUntil")
    assert "createRole" not in checked  # its default is false, which is as good as nothing


def test_a_name_is_made_from_the_resource_and_then_kept(engine: Engine) -> None:
    first = engine.check(ROLE, {})
    name = plain(first["name"])
    stem, _, digits = name.rpartition("-")
    assert stem == "app"
    assert len(digits) == 7
    assert int(digits, 16) >= 0
    assert plain(engine.check(ROLE, {})["name"]) == name  # the preview and the update have the same seed
    older = first | {"name": PropertyValue("app-0000000")}
    assert plain(engine.check(ROLE, {}, older)["name"]) == "app-0000000"


def test_an_unknown_property_is_named_with_the_nearest_known_one(engine: Engine) -> None:
    assert refusal(engine, ROLE, searchPath=["x"]) == {
        "searchPath": "Role has no property `searchPath`; did you mean `searchPaths`?"
    }
    assert "Role has no property `zzz`; it has assumeRole" in refusal(engine, ROLE, zzz=1)["zzz"]


def test_every_mistake_is_reported_at_once(engine: Engine) -> None:
    reasons = refusal(engine, GRANT, schema="s", objectType="tables", privileges="SELECT")
    assert reasons["role"] == "missing required property"
    assert reasons["database"] == "missing required property"
    assert reasons["objectType"].startswith("must be one of database, function")
    assert reasons["privileges"] == "must be a set of strings, not 'SELECT'"


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"connectionLimit": -2}, "must be -1 or more, not -2"),
        ({"login": "yes"}, "must be a boolean, not 'yes'"),
        ({"connectionLimit": True}, "must be an integer, not True"),
        ({"roles": [1]}, "must be a set of strings, not (1,)"),
        ({"searchPaths": ["a, b"]}, "must not have `, ` in a name"),
        ({"name": ""}, "must have 1 to 63 bytes, all that PostgreSQL keeps of a name, not ''"),
        ({"name": "é" * 32}, f"must have 1 to 63 bytes, all that PostgreSQL keeps of a name, not '{'é' * 32}'"),
        ({"encryptedPassword": False}, "PostgreSQL stores no password in the clear; leave `encryptedPassword` out"),
        ({"passwordWo": "x"}, "not supported by the airgap stand-in; use the official plugin"),
    ],
)
def test_a_value_that_will_not_do_is_refused(engine: Engine, inputs: dict[str, Any], reason: str) -> None:
    (said,) = refusal(engine, ROLE, **inputs).values()
    assert said.endswith(reason)


def test_a_secret_of_a_wrong_type_is_not_shown(engine: Engine) -> None:
    assert refusal(engine, ROLE, password=12345) == {"password": "must be a string"}


@pytest.mark.parametrize(
    ("changes", "property_", "reason"),
    [
        ({"schema": None}, "schema", "missing required property for objectType table"),
        ({"privileges": ["USAGE"]}, "privileges", "'USAGE' is no privilege for a table; there are ALL, SELECT"),
        ({"objectType": "schema", "objects": ["t"], "privileges": []}, "objects", "must be left out for objectType"),
        ({"columns": ["c"]}, "columns", "belongs to objectType column, and to no other"),
        ({"objectType": "column", "columns": ["c"]}, "objects", "must have just one name"),
        ({"objectType": "column", "objects": ["t"]}, "columns", "belongs to objectType column"),
        ({"objectType": "function", "objects": ["f(x); DROP"], "privileges": []}, "objects", "must be names"),
    ],
)
def test_a_grant_that_makes_no_sense_is_refused(
    engine: Engine, changes: dict[str, Any], property_: str, reason: str
) -> None:
    inputs = {name: value for name, value in (WHOLE_GRANT | changes).items() if value is not None}
    assert reason in refusal(engine, GRANT, **inputs)[property_]


def test_unknown_values_pass(engine: Engine) -> None:
    checked = engine.check(GRANT, WHOLE_GRANT | {"role": UNKNOWN, "privileges": [UNKNOWN], "schema": None})
    assert plain(checked["role"]) == UNKNOWN
    assert plain(checked["privileges"]) == UNKNOWN


def test_numbers_and_booleans_in_strings_are_taken_as_such(engine: Engine) -> None:
    checked = engine.check(ROLE, {"login": "true", "connectionLimit": "-1"})
    assert (plain(checked["login"]), plain(checked["connectionLimit"])) == (True, -1)


def test_a_type_that_the_stand_in_lacks_is_an_error_that_lists_those_it_has(engine: Engine) -> None:
    with pytest.raises(PluginError, match=r"postgresql:index/function:Function is not supported .* Role, Database"):
        engine.check(ROLE.replace("role:Role", "function:Function"), {})


def test_a_known_server_that_is_down_does_not_disturb_a_preview(engine: Engine) -> None:
    role = engine.preview("role:Role", "app", name="app", password=Secret("x"))
    assert role.id == ""
    assert role.values["name"] == "app"
    assert role.state["password"].is_secret
    schema = engine.preview("schema:Schema", "s", name="s")
    assert (schema.values["name"], schema.values["owner"], schema.values["database"]) == ("s", UNKNOWN, UNKNOWN)
    assert "policies" in schema.state  # a property that is missing would be unknown to the program, and not null
    later = engine.preview_update(schema, name="t", owner="app")
    assert (later.values["name"], later.values["owner"], later.values["database"]) == ("t", "app", UNKNOWN)


def test_options_that_are_not_known_yet_allow_a_preview_and_nothing_more() -> None:
    engine = Engine.configured(host=UNKNOWN, port=UNKNOWN)
    role = engine.preview("role:Role", "app", name="app")
    assert role.values["name"] == "app"
    with pytest.raises(PluginError, match="options of the provider are not known yet"):
        engine.create("role:Role", "app", name="app")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"hots": "x"}, "the provider has no property `hots`; did you mean `host`?"),
        ({"port": "no"}, "must be an integer, not 'no'"),
        ({"scheme": "awspostgres"}, "must be one of postgres, not 'awspostgres'"),
        ({"awsRdsIamAuth": "true"}, "not supported by the airgap stand-in; use the official plugin"),
        ({"clientcert": '{"cert": "a", "key": "b"}'}, "not supported by the airgap stand-in"),
        ({"sslmode": "no"}, "must be one of disable, allow"),
    ],
)
def test_an_option_that_will_not_do_is_refused(options: dict[str, str], reason: str) -> None:
    (failure,) = check_options(sent(options))
    assert reason in failure.reason


def test_options_come_as_strings_and_the_rest_has_the_official_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE", "PGSSLMODE", "PGCONNECT_TIMEOUT"):
        monkeypatch.delenv(name, raising=False)
    found = server(sent({"port": "6000", "superuser": "false", "version": "3.18.2", "awsRdsIamAuth": "false"}))
    assert found is not None
    assert (found.host, found.port, found.username, found.database) == ("localhost", 6000, "postgres", "postgres")
    assert (found.superuser, found.sslmode, found.connect_timeout, found.max_connections) == (False, "require", 180, 20)
    monkeypatch.setenv("PGHOST", "example.org")
    from_environment = server({})
    assert from_environment is not None
    assert from_environment.host == "example.org"


def test_options_may_also_come_as_the_variables_of_an_old_engine() -> None:
    provider = PostgresqlProvider()
    variables = {"postgresql:config:host": "127.0.0.1", "postgresql:config:port": "1"}
    asyncio.run(provider.configure(protocol.ConfigureRequest(variables, {}, True, True)))
    with pytest.raises(PluginError, match=r"cannot log in to 127\.0\.0\.1:1"):
        Engine(provider).create("role:Role", "app", name="app")


def test_the_password_of_the_provider_is_not_shown() -> None:
    assert "hidden" not in repr(server(sent({"password": "hidden"})))


def test_names_in_an_identifier_have_the_order_that_the_official_plugin_was_seen_to_give_them() -> None:
    assert in_terraform_order(["zeta", "alpha", "Beta", "t5", "users"]) == ["t5", "users", "alpha", "zeta", "Beta"]
