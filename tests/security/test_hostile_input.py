"""Files, settings and rows that somebody else has written break no report, and lead to no file outside their folder."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.flyway.__main__ import main
from infra.flyway.cli.arguments import from_file
from infra.flyway.cli.config import read_settings
from infra.flyway.cli.report import table
from infra.flyway.errors import FlywayError
from infra.flyway.scripts.locations import read_locations
from infra.flyway.scripts.properties import read_properties
from infra.flyway.scripts.scan import scan
from infra.flyway.settings import FlywaySettings
from infra.resources import ResourceError, told_plainly
from tests.security import hostile

_CLEAR = "\x1b[2J\x1b]0;mine\x07\u202e"


@dataclass(frozen=True)
class Command:
    """`python -m infra.flyway` on a database whose history has a row, for scripts in a folder."""

    folder: Path
    login: dict[str, Any]
    capsys: pytest.CaptureFixture[str]

    def run(self, *arguments: str) -> str:
        """All that it prints."""
        url = "-url=jdbc:postgresql://{host}:{port}/{dbname}".format(**self.login)
        known = [url, f"-user={self.login['user']}", f"-password={self.login['password']}", "-schemas=app"]
        main([*arguments, *known, f"-locations=filesystem:{self.folder}"], {})
        printed = self.capsys.readouterr()
        return printed.out + printed.err


@pytest.fixture
def command(database: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    command = Command(tmp_path / "scripts", database, capsys)
    command.folder.mkdir()
    (command.folder / "V1__One.sql").write_text("CREATE TABLE one (i integer);")
    command.run("migrate")
    return command


def visible(text: str) -> bool:
    return all(line.isprintable() for line in text.split("\n"))


@pytest.mark.parametrize(
    "arguments", [("info",), ("validate",), ("repair",), ("migrate",), ("info", "-validateMigrationNaming=true")]
)
def test_file_names_and_rows_cannot_command_a_terminal(command: Command, arguments: tuple[str, ...]) -> None:
    with psycopg.connect(**command.login) as connection:
        connection.execute(
            "INSERT INTO app.flyway_schema_history VALUES (9, '2', %s, 'SQL', %s, 1, %s, now(), 1, true)",
            [f"two{_CLEAR}\nVersioned  666", f"../../../../etc/passwd{_CLEAR}", f"me{_CLEAR}"],
        )
    for name in (f"V3__three{_CLEAR}\n4.sql", f"{_CLEAR}.sql", f"V4{_CLEAR}__four.sql"):
        (command.folder / name).write_text("SELECT 1;")
    os.close(os.open(os.fsencode(command.folder) + b"/V5__\xff\xfe.sql", os.O_CREAT | os.O_WRONLY))
    printed = command.run(*arguments)
    assert "\\x1b[2J" in printed, "the names are told"
    assert visible(printed)
    answer = command.run(*arguments, "-json")
    json.loads(answer.encode())


def test_an_error_of_the_stack_cannot_command_a_terminal() -> None:
    with pytest.raises(ResourceError) as told, told_plainly():
        raise FlywayError(f"one{_CLEAR}\ntwo\udcff")
    assert str(told.value).split("\n")[1] == "two\\udcff"
    assert visible(str(told.value))


@given(rows=st.lists(st.tuples(hostile.values, hostile.values), max_size=5))
def test_a_table_has_a_line_for_each_row_whatever_is_in_it(rows: list[tuple[str, str]]) -> None:
    lines = table(("One", "Two"), rows).split("\n")
    assert len(lines) == 2 + len(rows)
    assert all(line.isprintable() for line in lines)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    text=hostile.values
    | st.lists(st.sampled_from(["flyway.", "table", "url", "=", "\\u00", "\\", "${HOME}", "\n"])).map("".join)
)
def test_a_configuration_file_is_read_or_refused(text: str) -> None:
    try:
        read_settings(from_file(read_properties(text, {})))
    except FlywayError as error:
        assert str(error)


def test_a_script_is_found_in_its_folder_alone(tmp_path: Path) -> None:
    """Whatever a location is spelled like, the name of a script in the history is a path below it."""
    inside = tmp_path / "in" / "deeper"
    inside.mkdir(parents=True)
    secret = tmp_path / "V9__Outside.sql"
    secret.write_text("SELECT 1;")
    (inside / "V1__One.sql").write_text("SELECT 1;")
    for spelling in ("in", "in/../in", f"{tmp_path}/in", "in/*", "in/**/*.sql", "in/**/../*.sql"):
        chosen = FlywaySettings(locations=(f"filesystem:{spelling}",), schemas=("app",))
        names = {script.script for script in scan(chosen, tmp_path).scripts}
        assert names <= {"V1__One.sql", "deeper/V1__One.sql"}, spelling
    (locations, problems) = read_locations(["classpath:/etc", "s3:bucket", "/etc"], tmp_path)
    assert (locations, len(problems)) == ((), 3)


def test_a_row_that_names_a_file_elsewhere_opens_none(command: Command, tmp_path: Path) -> None:
    (tmp_path / "outside.sql").write_text("not SQL at all")
    with psycopg.connect(**command.login) as connection:
        connection.execute("UPDATE app.flyway_schema_history SET script = '../outside.sql' WHERE version = '1'")
    seen = json.loads(command.run("info", "-json"))
    assert {one["filepath"] for one in seen["migrations"]} == {"", str(command.folder / "V1__One.sql")}
