"""Flyway's settings by their names: each is supported, or refused with what to do; none is silently ignored."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from infra.flyway.cli.arguments import from_environment, from_file, read_arguments
from infra.flyway.cli.config import ACCEPTED, PAID, REFUSED, SUPPORTED, read_settings
from infra.flyway.cli.jdbc import read_database, read_url
from infra.flyway.errors import ConfigurationError
from infra.flyway.scripts.properties import read_properties
from infra.flyway.settings import FlywaySettings

# All of https://documentation.red-gate.com/flyway/reference/configuration/flyway-namespace, for version 13.
FLYWAYS = {
    *("baselineDescription", "baselineMigrationPrefix", "baselineOnMigrate", "baselineVersion", "batch"),
    *("callbackLocations", "callbacks", "cleanDisabled", "color", "communityDBSupportEnabled", "createSchemas"),
    *("defaultSchema", "detectEncoding", "driver", "dryRunOutput", "email", "encoding", "environment"),
    *("errorOverrides", "executeInTransaction", "failOnMissingLocations", "group", "ignoreMigrationPatterns"),
    *("initSql", "installedBy", "jarDirs", "kerberosConfigFile", "licenseKey", "locations", "lockRetryCount"),
    *("loggers", "mixed", "outOfOrder", "outputQueryResults", "placeholderPrefix", "placeholderReplacement"),
    *("placeholderSeparator", "placeholderSuffix", "postgresql.transactional.lock", "powershellExecutable"),
    *("repeatableSqlMigrationPrefix", "reportEnabled", "reportFilename", "resolvers", "schemas"),
    *("scriptPlaceholderPrefix", "scriptPlaceholderSuffix", "skipDefaultCallbacks", "skipDefaultResolvers"),
    *("skipExecutingMigrations", "sqlMigrationPrefix", "sqlMigrationSeparator", "sqlMigrationSuffixes"),
    *("stream", "table", "tablespace", "target", "token", "undoSqlMigrationPrefix", "validateMigrationNaming"),
    *("validateOnMigrate", "workingDirectory"),
}


def wrong(**settings: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        read_settings(settings)
    assert "\n" not in str(caught.value)
    return caught.value


def test_every_setting_of_flyway_is_known() -> None:
    assert {*SUPPORTED, *ACCEPTED, *REFUSED, *PAID} >= FLYWAYS


def test_every_supported_setting_has_a_field_and_every_field_a_setting() -> None:
    attributes = {attribute for attribute, _ in SUPPORTED.values()}
    assert attributes | {"placeholders"} == {field.name for field in fields(FlywaySettings)}


def test_without_any_the_defaults_are_flyways() -> None:
    settings = read_settings({})
    assert (settings.schemas, settings.default_schema, settings.managed_schemas) == ((), "", ())
    assert settings.ignore_migration_patterns == ("*:future",)


@pytest.mark.parametrize(
    ("given", "schemas", "default", "managed"),
    [
        ({"schemas": "a, b"}, ("a", "b"), "a", ("a", "b")),
        ({"schemas": "a,b", "defaultSchema": "b"}, ("a", "b"), "b", ("a", "b")),
        ({"defaultSchema": "c"}, (), "c", ("c",)),
        ({"schemas": "a", "defaultSchema": "c"}, ("a",), "c", ("c", "a")),
    ],
)
def test_the_default_schema_is_the_first_unless_it_is_given(
    given: dict[str, str], schemas: tuple[str, ...], default: str, managed: tuple[str, ...]
) -> None:
    settings = read_settings(given)
    assert (settings.schemas, settings.default_schema, settings.managed_schemas) == (schemas, default, managed)


def test_values_are_read_by_their_kind() -> None:
    settings = read_settings(
        {"group": "TRUE", "lockRetryCount": "-1", "lockTimeout": "1.5s", "sqlMigrationSuffixes": ".sql, .pg"}
        | {"placeholders.Name": "x", "ignoreMigrationPatterns": ""}
    )
    assert (settings.group, settings.lock_retry_count, settings.lock_timeout) == (True, -1, 1.5)
    assert settings.sql_migration_suffixes == (".sql", ".pg")
    assert (settings.placeholders, settings.ignore_migration_patterns) == ({"Name": "x"}, ("",))


@pytest.mark.parametrize(
    ("name", "value", "said", "reason"),
    [
        ("group", "yes", "group is 'yes': write true or false", "value"),
        ("lockRetryCount", "many", "lockRetryCount is 'many': write a whole number", "value"),
        ("lockTimeout", "-1", "lockTimeout is '-1': write seconds", "value"),
        ("encoding", "nope", "encoding is 'nope', which is no known encoding", "value"),
        ("target", "x.y", "target: 'x.y' is not a version", None),
        ("placeholders.flyway:x", "1", "names that begin with flyway: are Flyway's own", "value"),
        ("cleanDisabled", "false", "cleanDisabled is 'false': there is no clean here", "unsupported"),
        ("callbacks", "a.B", "callbacks: callbacks in Java", "unsupported"),
        ("dryRunOutput", "x.sql", "dryRunOutput: it is for Flyway's paid editions", "paid"),
        ("outOfOrde", "true", "outOfOrde is no setting of Flyway's: did you mean outOfOrder?", "unknown"),
        ("cherryPick", "1", "cherryPick: it is for Flyway's paid editions", "unknown"),
    ],
)
def test_what_cannot_be_used_is_named_with_what_to_do(name: str, value: str, said: str, reason: Any) -> None:
    if reason is None:
        with pytest.raises(Exception, match=said):
            read_settings({name: value})
        return
    error = wrong(**{name: value})
    assert said in str(error)
    assert error.reason == reason


def test_arguments_name_a_command_and_settings() -> None:
    arguments = read_arguments(["-url=jdbc:x", "migrate", "-flyway.placeholders.a=b=c", "--stack", "dev", "-json"])
    assert (arguments.command, arguments.stack, arguments.json) == ("migrate", "dev", True)
    assert arguments.properties == {"url": "jdbc:x", "placeholders.a": "b=c"}
    assert read_arguments(["info", "-outputType=json", "-configFiles=a, b"]).config_files == ("a", "b")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "no command: write one of info, validate, migrate, baseline, repair"),
        (["info", "migrate"], "info migrate: one command at a time"),
        (["clean"], "clean would delete everything in the schemas: drop what is to go by hand"),
        (["undo"], "undo is for Flyway's paid editions: write a new migration that undoes the old one"),
        (["dance"], "dance is no command"),
        (["info", "-X"], "-X is no argument: write -<setting>=<value>"),
        (["info", "--stack"], "--stack names no stack"),
        (["info", "-outputType=xml"], "outputType is 'xml': write json"),
    ],
)
def test_arguments_that_cannot_be_used_are_named(arguments: list[str], said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_arguments(arguments)
    assert str(caught.value).startswith(said)


def test_every_setting_has_a_variable() -> None:
    environment = {
        "FLYWAY_URL": "u",
        "FLYWAY_BASELINE_ON_MIGRATE": "true",
        "FLYWAY_DRYRUN_OUTPUT": "x",
        "FLYWAY_POSTGRESQL_TRANSACTIONAL_LOCK": "false",
        "FLYWAY_COMMUNITY_DB_SUPPORT_ENABLED": "true",
        "FLYWAY_PLACEHOLDERS_MY_NAME": "v",
        "FLYWAY_JDBC_PROPERTIES_SSLMODE": "require",
        "FLYWAY_HOME": "/opt/flyway",
        "HOME": "/home/me",
    }
    assert from_environment(environment) == {
        "url": "u",
        "baselineOnMigrate": "true",
        "dryRunOutput": "x",
        "postgresql.transactional.lock": "false",
        "communityDBSupportEnabled": "true",
        "placeholders.my_name": "v",
        "jdbcProperties.sslmode": "require",
    }
    with pytest.raises(ConfigurationError, match="the variable FLYWAY_OUTOFORDER names no setting"):
        from_environment({"FLYWAY_OUTOFORDER": "true"})


def test_a_file_of_properties_is_read_as_flyway_reads_it() -> None:
    text = (
        "# comment\r\n! other\r\n\r\n flyway.url = jdbc:postgresql://h/d?a=b\r\nflyway.user:ann\r\n"
        "flyway.locations=filesystem:a,\\\r\n  filesystem:C:\\b\r\nflyway.table=x\\\r\n"
        "flyway.password=${SECRET}${NONE}\r\n"
    )
    assert from_file(read_properties(text, {"SECRET": "s"})) == {
        "url": "jdbc:postgresql://h/d?a=b",
        "user": "ann",
        "locations": "filesystem:a,filesystem:C:\\b",
        "table": "x\\",
        "password": "s",
    }
    with pytest.raises(ConfigurationError, match=r"url is no setting: write flyway\.url"):
        from_file({"url": "x"})


@pytest.mark.parametrize(
    ("url", "parameters"),
    [
        ("jdbc:postgresql://h:1/d%20b", {"host": "h", "port": "1", "dbname": "d b"}),
        ("jdbc:postgresql:d", {"host": "localhost", "dbname": "d"}),
        ("jdbc:postgresql://a:1,[::1]/d", {"host": "a,::1", "port": "1,5432", "dbname": "d"}),
        (
            "jdbc:postgresql://h/d?user=u&password=p&currentSchema=a,b&ssl=true&connectTimeout=3&targetServerType=primary",
            {"host": "h", "port": "5432", "dbname": "d", "user": "u", "password": "p", "sslmode": "verify-full"}
            | {"options": "-c search_path=a,b", "connect_timeout": "3", "target_session_attrs": "primary"},
        ),
        (
            "postgresql://u:p%40@h:1/d?sslmode=require",
            {"host": "h", "port": "1", "dbname": "d", "user": "u"} | {"password": "p@", "sslmode": "require"},
        ),
    ],
)
def test_a_url_becomes_what_libpq_takes(url: str, parameters: dict[str, str]) -> None:
    assert read_url(url) == parameters


def test_user_and_password_outdo_those_of_the_url_and_are_shown_nowhere() -> None:
    database = read_database({"url": "jdbc:postgresql://h/d?user=x", "user": "ann", "password": "s3cret"})
    assert (database.parameters["user"], database.parameters["password"]) == ("ann", "s3cret")
    assert "s3cret" not in repr(database)


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({}, "no database is named: set url"),
        ({"url": "jdbc:mysql://u:s3cret@h/d"}, "url begins with jdbc:mysql: this project knows jdbc:postgresql: alone"),
        ({"url": "jdbc:postgresql://h/d?password=s3cret&nope=1"}, "url: the driver's parameter nope is not supported"),
        ({"url": "jdbc:postgresql://h/d", "connectRetries": "x"}, "connectRetries is 'x': write a whole number"),
    ],
)
def test_a_database_that_cannot_be_used_is_named_without_its_secrets(properties: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_database(properties)
    assert str(caught.value).startswith(said)
    assert "s3cret" not in str(caught.value)
