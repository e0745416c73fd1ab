"""The command: Flyway's settings in, a table or JSON out, and an exit code."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.flyway.__main__ import main
from infra.flyway.cli.arguments import COMMANDS
from infra.flyway.cli.stack import settings_of
from tests.servers import ROOT

from .conftest import Project


class Cli:
    """The command on a project's database, from the folder of its scripts."""

    def __init__(self, project: Project, capsys: pytest.CaptureFixture[str]) -> None:
        self.project, self._capsys = project, capsys

    def run(self, *arguments: str, environment: Mapping[str, str] | None = None) -> tuple[int, str, str]:
        """The exit code, the output and the errors."""
        code = main([*arguments, *self.login()], environment or {})
        output = self._capsys.readouterr()
        return code, output.out, output.err

    def login(self) -> list[str]:
        database: Any = self.project.database
        url = f"-url=jdbc:postgresql://{database['host']}:{database['port']}/{database['dbname']}"
        return [url, f"-user={database['user']}", f"-password={database['password']}", "-locations=filesystem:."]


@pytest.fixture
def cli(project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.chdir(project.folder)
    return Cli(project, capsys)


def test_migrate_tells_of_each_script_and_info_shows_a_table(cli: Cli) -> None:
    cli.project.write(V1__First_table="CREATE TABLE a (i int);", R__View="CREATE OR REPLACE VIEW v AS SELECT 1;")
    code, out, err = cli.run("migrate", "-schemas=app")
    assert (code, err) == (0, "")
    assert [line.split(":")[0] for line in out.splitlines()] == [
        "V1__First_table.sql",
        "R__View.sql",
        "Applied 2 scripts, now at version 1",
    ]
    assert cli.run("migrate", "-schemas=app")[1] == "Nothing to do: the schema has version 1\n"
    code, out, _ = cli.run("info", "-schemas=app")
    lines = out.splitlines()
    assert code == 0
    assert lines[0] == f"Version of schema app of database {cli.project.database['dbname']}: 1"
    assert lines[2].split() == ["Category", "Version", "Description", "Type", "Installed", "on", "State"]
    assert [line.split()[-1] for line in lines[4:]] == ["Success"] * 3


def test_json_has_flyways_names(cli: Cli) -> None:
    cli.project.write(V1__a="CREATE TABLE a (i int);")
    code, out, _ = cli.run("migrate", "-json")
    answer = json.loads(out)
    assert (code, answer["operation"], answer["targetSchemaVersion"], answer["migrationsExecuted"]) == (
        0,
        "migrate",
        "1",
        1,
    )
    assert answer["migrations"][0]["script"] == "V1__a.sql"
    answer = json.loads(cli.run("info", "-outputType=json")[1])
    assert (answer["schemaVersion"], answer["migrations"][0]["state"]) == ("1", "Success")
    answer = json.loads(cli.run("validate", "-json")[1])
    assert (answer["validationSuccessful"], answer["validateCount"]) == (True, 1)
    assert json.loads(cli.run("repair", "-json")[1])["migrationsRemoved"] == []


def test_a_failure_is_one_line_and_the_exit_code(cli: Cli) -> None:
    cli.project.write(V1__a="CREATE TABLE a (i int);", V2__b="SELECT 1;\nSELECT nix;")
    code, out, err = cli.run("migrate")
    assert code == 1
    assert out.startswith("V1__a.sql: applied in ")
    assert err == 'V2__b.sql:2:8: column "nix" does not exist (SQLSTATE 42703), in: SELECT nix;\n'
    code, out, _ = cli.run("migrate", "-json")
    error = json.loads(out)["error"]
    assert code == 1
    assert (error["errorCode"], error["script"], error["line"], error["sqlState"]) == ("ERROR", "V2__b.sql", 2, "42703")


def test_a_bad_verdict_is_a_line_for_each_problem_and_the_exit_code(cli: Cli) -> None:
    cli.project.write(V1__a="SELECT 1;", V2__b="SELECT 1;")
    code, out, err = cli.run("validate")
    assert (code, out) == (1, "")
    assert err == "V1__a.sql: is not applied yet: run migrate\nV2__b.sql: is not applied yet: run migrate\n"
    answer = json.loads(cli.run("validate", "-json")[1])
    codes = [one["errorDetails"]["errorCode"] for one in answer["invalidMigrations"]]
    assert codes == ["RESOLVED_VERSIONED_MIGRATION_NOT_APPLIED"] * 2


def test_a_baseline_is_written(cli: Cli) -> None:
    cli.project.sql("CREATE TABLE old (i int)")
    assert cli.run("baseline", "-baselineVersion=3") == (0, "The baseline is version 3\n", "")
    assert json.loads(cli.run("baseline", "-baselineVersion=3", "-json")[1])["baselineVersion"] == "3"


def test_a_mistake_in_the_settings_is_found_without_a_server(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["clean"], {}) == 1
    assert capsys.readouterr().err.startswith("clean would delete everything")
    assert main(["info", "-configFiles=nowhere.conf", "-json"], {}) == 1
    assert json.loads(capsys.readouterr().out)["error"]["message"] == "nowhere.conf: no such file"


def test_an_argument_outdoes_a_variable_and_a_variable_a_file(cli: Cli) -> None:
    (cli.project.folder / "flyway.conf").write_text("flyway.schemas=file\nflyway.table=from_file\n")
    code, _, err = cli.run("migrate", "-schemas=argument", environment={"FLYWAY_TABLE": "from_variable"})
    assert (code, err) == (0, "")
    tables = "SELECT schemaname::text, tablename::text FROM pg_tables WHERE tablename LIKE 'from%'"
    assert cli.project.sql(tables) == [("argument", "from_variable")]


def test_the_home_has_a_file_too_and_this_folder_outdoes_it(cli: Cli, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("home")
    (home / "flyway.conf").write_text("flyway.schemas=of_home\nflyway.table=history\n")
    (cli.project.folder / "flyway.conf").write_text("flyway.schemas=of_folder\n")
    assert cli.run("migrate", environment={"HOME": str(home)})[0] == 0
    tables = "SELECT schemaname::text FROM pg_tables WHERE tablename = 'history'"
    assert cli.project.sql(tables) == [("of_folder",)]


@pytest.mark.parametrize(
    ("name", "content", "arguments", "said"),
    [
        ("flyway.toml", b"", [], "flyway.toml: TOML is not read: write its settings into flyway.conf"),
        ("x.toml", b"", ["-configFiles=x.toml"], "x.toml: TOML is not read"),
        ("flyway.conf", b"flyway.table=\xff\n", [], "flyway.conf: cannot be read: 'utf-8' codec"),
        ("flyway.conf", b"", ["-configFileEncoding=none"], "flyway.conf: cannot be read: unknown encoding: none"),
        ("flyway.conf", b"table=x", [], "table is no setting: write flyway.table"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    cli: Cli, name: str, content: bytes, arguments: list[str], said: str
) -> None:
    (cli.project.folder / name).write_bytes(content)
    code, _, err = cli.run("info", *arguments)
    assert code == 1
    assert err.startswith(said)
    assert err.count("\n") == 1


@pytest.mark.parametrize("argument", ["help", "--help", "-h", "-?"])
def test_help_names_the_commands(capsys: pytest.CaptureFixture[str], argument: str) -> None:
    assert main([argument], {}) == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines()[2:7]] == [*COMMANDS]


def test_what_flyway_would_overlook_is_a_warning(cli: Cli) -> None:
    cli.project.write(notes="SELECT 1;")
    code, _, err = cli.run("migrate")
    assert code == 0
    name = "notes.sql: the name is not a script's: rename it to V<version>__<description>.sql or R__<description>.sql"
    assert f"{name}\n" in err


def test_it_runs_as_a_module(cli: Cli) -> None:
    cli.project.write(V1__a="SELECT 1;")
    command = [sys.executable, "-m", "infra.flyway", "info", *cli.login()]
    done = subprocess.run(
        command, cwd=cli.project.folder, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].split() == ["Versioned", "1", "a", "SQL", "Pending"]


def test_ctrl_c_in_the_middle_of_a_message_is_no_failure_of_a_script(cli: Cli) -> None:
    cli.project.write(V1__a="SELECT 1;", V2__b="SELECT pg_sleep(600);", V3__c="SELECT 1;")
    command = [sys.executable, "-m", "infra.flyway", "migrate", *cli.login()]
    with subprocess.Popen(
        command, cwd=cli.project.folder, env={"PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE, text=True
    ) as run:
        asleep = "query LIKE '%pg_sleep(600)%' AND state = 'active' AND pid <> pg_backend_pid()"
        cli.project.until(f"EXISTS (SELECT FROM pg_stat_activity WHERE {asleep})")
        run.send_signal(signal.SIGINT)
        _, err = run.communicate(timeout=60)
    assert (run.returncode, err) == (130, "interrupted: what was committed stays, see info\n")


@pytest.mark.parametrize("url", ["postgresql://ann:s3cr3t/x@h/d", "postgresql://ann:s3%cr3t@h/d", "postgres:s3cr3t"])
def test_a_url_that_is_none_is_one_line_without_it(capsys: pytest.CaptureFixture[str], url: str) -> None:
    assert main(["info", f"-url={url}"], {}) == 1
    err = capsys.readouterr().err
    assert err.startswith("url is no URL of libpq's: write postgresql://")
    assert ("cr3t" in err, err.count("\n")) == (False, 1)


def test_a_stack_gives_its_database_and_its_settings_and_the_environment_what_it_leaves_unset() -> None:
    config = {
        "creativeflow:flywaySchemas": {"value": "one,two"},
        "creativeflow:flywayBaselineVersion": {"value": ""},
        "creativeflow:flywayOutOfOrder": {"value": "true"},
        "creativeflow:flywayPlaceholders": {"value": '{"n":1}', "objectValue": {"n": 1}},
        "creativeflow:flywayLockTimeout": {"value": "7"},
        "creativeflow:adminEmail": {"value": "a@b"},
    }
    outputs = {"database": "d", "migratorDsn": "postgresql://m:p@h:1/d?sslmode=disable"}
    environment = {"schemas": "unused", "baselineVersion": "4", "user": "another", "password": "theirs"}
    assert settings_of(config, outputs, environment) == {
        "locations": "filesystem:sql/migrations",
        "schemas": "one,two",
        "baselineVersion": "4",
        "outOfOrder": "true",
        "placeholders.n": "1",
        "lockTimeout": "7",
        "validateMigrationNaming": "true",
        "failOnMissingLocations": "true",
        "url": "postgresql://m:p@h:1/d?sslmode=disable",
    }
