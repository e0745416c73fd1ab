"""The stack's configuration: what it becomes, and what is said of each mistake in it."""

from __future__ import annotations

import pytest
import yaml

from infra.config import KEYS, SECRETS
from infra.settings import Settings, SettingsError, load
from tests.servers import ROOT

DEV = {"server": "embedded", "adminEmail": "admin@example.com"}
HASH = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHRzYWx0c2FsdA$Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm8"
PROD = {
    "server": "external",
    "postgresHost": "db.example.com",
    "postgresUser": "root",
    "postgresPassword": "s3cret-s3cret",
    "adminEmail": "admin@example.com",
    "adminPasswordHash": HASH,
}


def read(stack: dict[str, str], environment: dict[str, str] | None = None) -> Settings:
    return load(stack, [key for key in stack if key in SECRETS], environment or {})


def problems(stack: dict[str, str], environment: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(stack, environment)
    return str(caught.value).splitlines()


def test_an_embedded_stack_needs_an_email_alone() -> None:
    settings = read(DEV)
    assert (settings.server.host, settings.server.port, settings.server.user) == ("127.0.0.1", None, "postgres")
    assert settings.server.password is None
    assert settings.database == "creativeflow"
    assert settings.flyway.schemas == ("creativeflow",)
    assert settings.flyway.locations == ("filesystem:sql/migrations",)
    assert (settings.flyway.baseline_version, settings.flyway.baseline_on_migrate) == ("1", False)
    assert not settings.protect


def test_an_external_server_is_protected_and_verified_unless_the_stack_says_otherwise() -> None:
    settings = read(PROD)
    assert (settings.server.port, settings.server.sslmode, settings.protect) == (5432, "verify-full", True)
    settings = read({**PROD, "postgresPort": "6432", "postgresSslMode": "require", "protect": "false"})
    assert (settings.server.port, settings.server.sslmode, settings.protect) == (6432, "require", False)


def test_the_environment_fills_each_of_the_nine_settings_of_the_specification() -> None:
    settings = read(
        {"server": "external", "adminEmail": "a@b", "adminPasswordHash": HASH},
        {
            "POSTGRES_HOST": "h",
            "POSTGRES_PORT": "1234",
            "POSTGRES_USER": "u",
            "POSTGRES_PASSWORD": "password",
            "POSTGRES_DB": "d",
            "FLYWAY_LOCATIONS": "filesystem:a, filesystem:b",
            "FLYWAY_SCHEMAS": "one,two",
            "FLYWAY_BASELINE_VERSION": "7",
            "FLYWAY_BASELINE_ON_MIGRATE": "true",
        },
    )
    server, flyway = settings.server, settings.flyway
    assert (server.host, server.port, server.user, server.password) == ("h", 1234, "u", "password")
    assert settings.database == "d"
    assert flyway.locations == ("filesystem:a", "filesystem:b")
    assert flyway.schemas == ("one", "two")
    assert (flyway.baseline_version, flyway.baseline_on_migrate) == ("7", True)


def test_the_environment_never_overrides_what_the_stack_sets() -> None:
    assert read({**DEV, "postgresDb": "mine"}, {"POSTGRES_DB": "other"}).database == "mine"
    assert not read(
        {**DEV, "flywayBaselineOnMigrate": "false"}, {"FLYWAY_BASELINE_ON_MIGRATE": "true"}
    ).flyway.baseline_on_migrate


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("postgresPort", "abc", ['"abc"', "1 to 65535", "pulumi config set postgresPort 5432"]),
        ("postgresPort", "0", ['"0"', "1 to 65535"]),
        ("postgresPort", "65536", ['"65536"']),
        ("server", "cloud", ['"cloud"', "embedded, external or kubernetes"]),
        ("postgresSslMode", "prefer", ['"prefer"', "verify-full"]),
        ("postgresSslRootCert", "nowhere.pem", ['"nowhere.pem"', "PEM"]),
        ("adminEmail", "nobody", ['"nobody"', "e-mail"]),
        ("adminEmail", "", ["is missing"]),
        ("protect", "maybe", ['"maybe"', "true or false"]),
        ("flywaySchemas", "pg_mine", ['"pg_mine"', "not begin with pg_"]),
        ("flywaySchemas", " ,", ['" ,"', "at least one", "pulumi config set flywaySchemas creativeflow"]),
        ("flywaySchemas", "a, b,a", ['"a" more than once', "each name once"]),
        ("flywayLocations", ",", ['","', "at least one", "flywayLocations filesystem:sql/migrations"]),
        ("flywayBaselineVersion", "one", ['"one"']),
        ("postgresDb", "d" * 55, ["54 bytes"]),
        ("postgresDb", "pg_mine", ['"pg_mine"', "not begin with pg_", "pulumi config set postgresDb creativeflow"]),
        ("postgresDb", "postgres", ['"postgres"', "of the stack's own"]),
        ("postgresDb", "template1", ['"template1"']),
        ("appPassword", "short", ["at least 8"]),
        ("adminPasswordHash", "secret-password", ["argon2id"]),
        ("postgresPassword", "", ["postgresPassword is missing", "--secret", "POSTGRES_PASSWORD"]),
        ("postgresHots", "x", ["no key", "did you mean postgresHost"]),
    ],
)
def test_a_mistake_is_one_line_with_key_value_what_is_allowed_and_the_command(
    key: str, value: str, said: list[str]
) -> None:
    (line,) = problems({**PROD, key: value})
    assert f"creativeflow:{key}" in line
    assert [part for part in said if part not in line] == []


def test_all_mistakes_are_reported_at_once() -> None:
    lines = problems({"server": "external", "postgresPort": "x"})
    assert [line.split(":")[1].split(" ")[0] for line in lines] == [
        *("postgresHost", "postgresPort", "postgresUser", "postgresPassword", "adminEmail", "adminPasswordHash"),
    ]


def test_the_administrator_of_an_embedded_server_bears_no_name_that_postgresql_keeps_for_itself() -> None:
    (line,) = problems({**DEV, "postgresUser": "pg_mine"})
    assert 'creativeflow:postgresUser: "pg_mine" cannot be used' in line


def test_a_mistake_from_the_environment_names_the_variable() -> None:
    (line,) = problems(DEV, {"POSTGRES_PORT": "abc"})
    assert "postgresPort (POSTGRES_PORT)" in line


def test_an_embedded_server_listens_on_loopback_alone() -> None:
    (line,) = problems({**DEV, "postgresHost": "0.0.0.0"})  # noqa: S104
    assert "127.0.0.1" in line


@pytest.mark.parametrize("key", SECRETS)
def test_a_secret_in_plain_text_is_refused_and_not_repeated(key: str) -> None:
    value = HASH if key == "adminPasswordHash" else "plain-text-password"
    with pytest.raises(SettingsError) as caught:
        load({**PROD, key: value}, set(SECRETS) - {key}, {})
    assert f"creativeflow:{key} is a secret, but stands in plain text" in str(caught.value)
    assert value not in str(caught.value)


def test_no_secret_is_in_the_representation_of_the_settings() -> None:
    settings = read({**PROD, "appPassword": "another-secret"})
    assert [secret for secret in (PROD["postgresPassword"], HASH, "another-secret") if secret in repr(settings)] == []


def test_the_project_file_declares_every_key_with_type_default_and_description() -> None:
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    declared = {key.removeprefix("creativeflow:"): value for key, value in project["config"].items()}
    assert set(declared) == set(KEYS)
    described = {key for key, value in declared.items() if set(value) - {"items"} == {"type", "default", "description"}}
    assert described == set(KEYS)
    assert {key for key, value in declared.items() if value["description"].startswith("(secret)")} == set(SECRETS)
