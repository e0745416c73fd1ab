"""The example for Flyway's users names what this project uses, explains every line and holds no secret."""

from __future__ import annotations

import itertools

from tests.schema.scripts import SCHEMA, SQL

LINES = (SQL / "config" / "flyway.conf.example").read_text().splitlines()
SETTINGS = dict(line.split("=", 1) for line in LINES if line and not line.startswith("#"))


def test_it_has_the_settings_of_the_specification() -> None:
    wanted = ("url", "user", "password", "schemas", "locations", "baselineOnMigrate", "baselineVersion")
    assert {f"flyway.{name}" for name in wanted} <= set(SETTINGS)


def test_it_points_to_our_schema_and_our_migrations() -> None:
    assert SETTINGS["flyway.schemas"] == SETTINGS["flyway.defaultSchema"] == SCHEMA
    location = SETTINGS["flyway.locations"].removeprefix("filesystem:")
    assert (SQL.parent / location).samefile(SQL / "migrations")


def test_every_setting_has_a_line_that_explains_it() -> None:
    for before, line in itertools.pairwise(LINES):
        if line and not line.startswith("#"):
            assert before.startswith("#"), line
    assert "FLYWAY_PASSWORD" in LINES[LINES.index(f"flyway.password={SETTINGS['flyway.password']}") - 1]


def test_the_password_is_a_placeholder() -> None:
    assert SETTINGS["flyway.password"] == "INJECT_FLYWAY_PASSWORD"
