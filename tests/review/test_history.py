"""Where a database stands: of the server, else of Pulumi's state, else nowhere; and what is said of that."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infra.flyway.commands.run import migrate
from infra.flyway.errors import FlywayError
from infra.flyway.settings import FlywaySettings
from infra.review import past as pasts
from infra.review.change import scan
from infra.review.errors import ReviewError
from infra.review.past import find_past, nothing, of_server, rows_of
from infra.review.stacks import Known, read_stack, state_of
from infra.seeds import run_seeds, scan_seeds
from tests.review.project import BASE, STACK

_SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
SETTINGS = STACK.settings


def _state(**outputs: Any) -> dict[str, Any]:
    resources = [
        {"type": "pulumi:pulumi:Stack", "outputs": outputs},
        {"type": "pulumi-python:dynamic/creativeflow:Migrations", "outputs": {"scripts": {"V001__a.sql": "1"}}},
        {"type": "pulumi-python:dynamic/creativeflow:Seeds", "outputs": {"seeds": {"01_a.sql": "2"}}},
    ]
    return {"version": 3, "deployment": {"resources": resources}}


def test_the_state_knows_scripts_seeds_and_the_login() -> None:
    known = state_of(_state(migratorDsn={**_SECRET, "plaintext": json.dumps("postgresql://a:b@c/d")}))
    assert (known.scripts, known.seeds, known.dsn) == ({"V001__a.sql": "1"}, {"01_a.sql": "2"}, "postgresql://a:b@c/d")
    assert "a:b" not in repr(known)


def test_without_the_passphrase_the_state_still_knows_the_scripts() -> None:
    known = state_of(_state(migratorDsn={**_SECRET, "ciphertext": "v1:x"}))
    assert (known.dsn, known.why_no_login) == (None, "its passphrase is not known here")
    past = find_past(known, SETTINGS, scan(BASE, SETTINGS)[0])
    assert past.origin.kind == "state"
    assert past.origin.told.endswith("since the server was not asked: its passphrase is not known here")
    assert past.origin.unchecked


def test_a_stack_that_is_new_has_nothing() -> None:
    past = nothing(Known(exists=False))
    assert (past.origin.kind, past.situation.rows) == ("none", None)
    assert "Pulumi knows no such stack yet" in past.origin.told
    asked = nothing(Known(exists=True, why_no_login="the backend does not answer"))
    assert asked.origin.unchecked == ("what is applied already: the backend does not answer",)
    assert state_of({"version": 3, "deployment": {}}).scripts is None


def test_a_server_that_does_not_answer_leaves_the_state_and_its_password_never_shows() -> None:
    known = Known(True, {"V001__Accounts.sql": "1"}, {}, "postgresql://m:s3cret-word@127.0.0.1:1/d?sslmode=disable")
    past = find_past(known, SETTINGS, scan(BASE, SETTINGS)[0])
    assert past.origin.kind == "state"
    assert "Connection refused" in past.origin.told
    assert "s3cret-word" not in past.origin.told


def test_no_message_shows_the_password_of_a_login() -> None:
    dsn = "postgresql://m:s3cret-word@h/d"
    assert pasts._without_dsn(f"invalid: {dsn}: s3cret-word", dsn) == "invalid: …: …"


def test_the_rows_of_a_state_are_in_the_order_in_which_scripts_run() -> None:
    names = ("R__view.sql", "V10__b.sql", "V9__a.sql", "sub/V2.1__c.sql", "no script", "B8__base.sql")
    rows = rows_of(dict.fromkeys(names, "7"), FlywaySettings())
    assert [row.script for row in rows] == ["sub/V2.1__c.sql", "B8__base.sql", "V9__a.sql", "V10__b.sql", "R__view.sql"]
    assert [row.installed_rank for row in rows] == [1, 2, 3, 4, 5]
    assert rows[1].type == "SQL_BASELINE"
    assert rows[4].version is None


def test_the_server_knows_its_history_its_seeds_and_how_large_its_tables_are(database: dict[str, Any]) -> None:
    connect = functools.partial(psycopg.connect, **database)
    found, _ = scan(BASE, SETTINGS)
    migrate(connect, SETTINGS, found)
    seeds = scan_seeds(BASE / "sql" / "seeds")[1:]
    run_seeds(connect, "creativeflow", seeds, {})
    with connect(autocommit=True) as connection:
        connection.execute('ANALYZE creativeflow."Plan"; ANALYZE creativeflow."User"')
        connection.execute("""INSERT INTO creativeflow."User" (email, "passwordHash") VALUES ('a@b', 'c')""")
    past = of_server(connect, SETTINGS, found)
    assert past.origin.kind == "server"
    assert [row.script for row in past.situation.rows or ()][1:] == [script.script for script in found.scripts]
    assert past.seeds == {seed.name: seed.checksum for seed in seeds}
    assert past.estimates["Plan"] == 2
    assert past.estimates["Asset"] == 0
    assert "User" not in past.estimates, "it has got rows since it was counted"


def test_the_server_is_asked_with_limits_and_nothing_can_be_written(database: dict[str, Any]) -> None:
    dsn = "postgresql://{user}:{password}@{host}:{port}/{dbname}?sslmode=disable".format(**database)
    with pasts._connector(dsn)() as connection:
        assert connection.execute("SHOW statement_timeout").fetchone() == ("5s",)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("CREATE TABLE t (a int)")


def test_a_history_that_may_not_be_read_is_an_error_with_the_remedy(database: dict[str, Any]) -> None:
    found, _ = scan(BASE, SETTINGS)
    with pytest.raises(FlywayError, match="nobody-here"):
        of_server(functools.partial(psycopg.connect, **{**database, "dbname": "nobody-here"}), SETTINGS, found)


def test_a_stack_is_read_from_its_file_without_its_secrets(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.prod.yaml").write_text(
        """
        config:
          creativeflow:postgresDb: shop
          creativeflow:postgresPassword: {secure: v1:abc}
          creativeflow:flywayOutOfOrder: true
          creativeflow:flywaySchemas: one, two
          creativeflow:flywayPlaceholders: {color: red}
          creativeflow:adminEmail: boss@shop.example
        """
    )
    stack = read_stack("prod", tmp_path, {"FLYWAY_BASELINE_VERSION": "3"})
    assert (stack.database, stack.admin_email) == ("shop", "boss@shop.example")
    assert stack.settings.schemas == ("one", "two")
    assert (stack.settings.out_of_order, stack.settings.baseline_version) == (True, "3")
    assert stack.settings.placeholders == {"color": "red"}


@pytest.mark.parametrize("text", ["a: [", "config: {creativeflow:flywayLockRetries: many}"])
def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "Pulumi.prod.yaml").write_text(text)
    with pytest.raises(ReviewError, match=r"Pulumi\.prod\.yaml: ") as error:
        read_stack("prod", tmp_path, {})
    assert "\n" not in str(error.value)


def test_a_stack_without_a_file_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ReviewError, match="no such file"):
        read_stack("porduction", tmp_path, {})
