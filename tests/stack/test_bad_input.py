"""A mistake ends with one clear message that names the file or key and the next step, and with nothing half done."""

from __future__ import annotations

import pytest

from tests.stack.project import Project

GOOD = 'ALTER TABLE "User" ADD COLUMN nickname text;\n'


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("postgresPort", "abc", ["creativeflow:postgresPort", '"abc"', "1 to 65535", "pulumi config set postgresPort"]),
        ("server", "cloud", ["creativeflow:server", '"cloud"', "embedded, external or kubernetes"]),
        ("appPassword", "in-plain-text", ["creativeflow:appPassword", "plain text", "--secret appPassword"]),
        ("flywayLocations", "filesystem:sql/nowhere", ["sql/nowhere", "does not exist"]),
    ],
)
def test_a_mistake_in_the_config(project: Project, key: str, value: str, said: list[str]) -> None:
    project.succeed("config", "set", "--stack", "dev", f"creativeflow:{key}", value)
    for command in ("preview", "up"):
        message = project.fail(command, *(["--yes"] if command == "up" else []), "--stack", "dev")
        assert [part for part in said if part not in message] == [], message
    assert not (project.folder / ".local").exists()


def test_a_missing_secret_names_its_key_and_the_command(project: Project) -> None:
    for key, value in {"server": "external", "postgresHost": "127.0.0.1", "postgresUser": "postgres"}.items():
        project.succeed("config", "set", "--stack", "dev", f"creativeflow:{key}", value)
    message = project.fail("preview", "--stack", "dev")
    assert "creativeflow:postgresPassword is missing" in message
    assert "pulumi config set --secret postgresPassword" in message


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {"migrations/V003__Broken.sql": 'ALTER TABLE "User"\n  ADD COLUM nickname text;\n'},
            ["V003__Broken.sql:2:22", "syntax"],
        ),
        (
            {"migrations/V003__One.sql": GOOD, "migrations/V3__Two.sql": GOOD},
            ["V003__One.sql", "V3__Two.sql", "version 3"],
        ),
        ({"migrations/003_Add.sql": GOOD}, ["003_Add.sql", "rename it to V<version>__<description>.sql"]),
        ({"seeds/03_Tidy.sql": "VACUUM;\n"}, ["03_Tidy.sql:1", "a seed runs in a transaction"]),
    ],
)
def test_a_mistake_in_a_script_is_found_by_the_preview(
    project: Project, files: dict[str, str], said: list[str]
) -> None:
    for name, text in files.items():
        project.write(f"sql/{name}", text)
    message = project.fail("preview", "--stack", "dev")
    assert [part for part in said if part not in message] == [], message


def test_scripts_that_contradict_the_history_are_found_by_the_preview(project: Project) -> None:
    project.up()
    applied = project.folder / "sql" / "migrations" / "V002__Add_User_Preferences_Detail.sql"
    text = applied.read_text()

    applied.write_text(text + "SELECT 1;\n")
    message = project.fail("preview", "--stack", "dev")
    assert "V002__Add_User_Preferences_Detail.sql: was edited after it was applied" in message
    assert "restore the file" in message
    assert "was edited after it was applied" in project.fail("up", "--yes", "--skip-preview", "--stack", "dev")

    applied.rename(applied.with_name("V004__Later.sql"))
    assert "the file is missing: restore it" in project.fail("preview", "--stack", "dev")

    applied.with_name("V004__Later.sql").unlink()
    applied.write_text(text)
    project.write("sql/migrations/V001_5__Between.sql", GOOD)
    assert "V001_5__Between.sql: is older than version 002" in project.fail("preview", "--stack", "dev")
    project.succeed("config", "set", "--stack", "dev", "creativeflow:flywayOutOfOrder", "true")
    assert "V001_5__Between.sql: applied in" in project.up()


def test_a_script_that_fails_on_the_server_leaves_nothing_and_names_its_place(project: Project) -> None:
    project.up()
    broken = 'ALTER TABLE "User" ADD COLUMN nickname text;\nSELECT 1 / 0;\n'
    script = project.write("sql/migrations/V003__Fails.sql", broken)
    message = project.fail("up", "--yes", "--skip-preview", "--stack", "dev")
    assert "V003__Fails.sql:2:1: division by zero (SQLSTATE 22012)" in message
    with project.connect("admin") as connection:
        columns = "SELECT count(*) FROM information_schema.columns WHERE column_name = 'nickname'"
        assert connection.execute(columns).fetchone() == (0,)
    script.write_text(GOOD)
    assert "V003__Fails.sql: applied in" in project.up()
