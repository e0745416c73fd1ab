"""The verdicts on scripts and history are Flyway's, and each problem says in one line what to do."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from infra.flyway.history import Row
from infra.flyway.plan import Plan, plan, schema_version
from infra.flyway.scan import Script
from infra.flyway.settings import FlywaySettings
from infra.flyway.version import parse

TODAY = datetime(2026, 1, 2, 3, 4)


VALUES = {"x": "1"}


def script(name: str, text: str = "SELECT 1;") -> Script:
    head, _, description = name.partition("__")
    version = parse(head[1:]) if head != "R" else None
    kind: Any = "versioned" if version else "repeatable"
    return Script(kind, version, description, f"{name}.sql", Path(f"{name}.sql"), text.encode())


def row(rank: int, of: Script, **other: Any) -> Row:
    values = {
        "installed_rank": rank,
        "version": of.version_text,
        "description": of.description,
        "type": "SQL",
        "script": of.script,
        "checksum": of.checksum(VALUES),
        "installed_by": "ann",
        "installed_on": TODAY,
        "execution_time": 1,
        "success": True,
    }
    return Row(**{**values, **other})


def decide(scripts: list[Script], rows: list[Row] | None, *, empty: bool = True, **settings: Any) -> Plan:
    return plan(tuple(scripts), None if rows is None else tuple(rows), FlywaySettings(**settings), schema_empty=empty)


V1, V2, V3, R = script("V1__a"), script("V2__b"), script("V3__c"), script("R__r")


def problem(scripts: list[Script], rows: list[Row] | None, **options: Any) -> str:
    decided = decide(scripts, rows, **options)
    (only,) = decided.problems
    assert "\n" not in only
    return only


@pytest.mark.parametrize("rows", [None, []])
def test_everything_is_pending_on_an_empty_database(rows: list[Row] | None) -> None:
    assert decide([V1, V2, R], rows) == Plan((V1, V2, R), (), (), baseline=False)


def test_what_was_applied_is_not_pending() -> None:
    assert decide([V1, V2, R], [row(1, V1), row(2, R)]).pending == (V2,)


def test_spellings_of_a_version_are_one() -> None:
    assert decide([V1], [row(1, V1, version="1.0")]) == Plan((), (), (), baseline=False)


def test_an_edited_script_is_a_problem() -> None:
    assert problem([script("V1__a", "SELECT 2;")], [row(1, V1)]).startswith(
        "V1__a.sql: was edited after it was applied"
    )


def test_a_row_without_a_checksum_fits_any_text() -> None:
    assert decide([V1], [row(1, V1, checksum=None)]).problems == ()


def test_a_missing_script_is_a_problem() -> None:
    assert problem([V2], [row(1, V1), row(2, V2)]) == "V1__a.sql: was applied, but the file is missing: restore it"
    assert "R__r.sql: was applied" in problem([V1], [row(1, V1), row(2, R)])


def test_a_script_of_a_later_release_is_a_warning() -> None:
    decided = decide([V1], [row(1, V1), row(2, V3)])
    assert decided.problems == ()
    assert decided.warnings == ("the database has version 3, which is newer than the newest script, 1",)


def test_no_script_at_all_is_a_warning() -> None:
    decided = decide([], [row(1, V1)])
    assert decided.problems == ()
    assert "check the locations" in decided.warnings[0]


def test_an_older_script_is_a_problem_unless_out_of_order_is_set() -> None:
    rows = [row(1, V1), row(2, V3)]
    assert problem([V1, V2, V3], rows).startswith("V2__b.sql: is older than version 3")
    assert decide([V1, V2, V3], rows, out_of_order=True).pending == (V2,)


def test_a_failed_script_is_a_problem() -> None:
    assert "delete row 2 of creativeflow.flyway_schema_history" in problem(
        [V1, V2], [row(1, V1), row(2, V2, success=False)]
    )


def test_another_description_or_type_is_a_problem() -> None:
    assert "'old', not 'a'" in problem([V1], [row(1, V1, description="old")])
    assert "type JDBC" in problem([V1], [row(1, V1, type="JDBC")])


def test_a_repeatable_is_pending_again_when_its_text_changes_and_changes_back() -> None:
    other = script("R__r", "SELECT 2;")
    assert decide([other], [row(1, R)]).pending == (other,)
    assert decide([R], [row(1, R), row(2, other)]).pending == (R,)
    assert decide([R], [row(1, R), row(2, other), row(3, R)]).pending == ()


def test_a_repeatable_is_pending_again_when_a_value_in_it_changes() -> None:
    view = script("R__r", "SELECT '${x}';")
    rows = [row(1, view)]
    assert decide([view], rows, placeholders=VALUES).pending == ()
    assert decide([view], rows, placeholders={"x": "2"}).pending == (view,)
    assert "no value for the placeholder ${x}" in problem([view], rows)


def test_a_row_that_repair_took_back_does_not_count() -> None:
    rows = [row(1, V1), row(2, V2), row(3, V2, type="DELETE")]
    assert decide([V1], rows).problems == ()
    assert decide([V1, V2], rows).pending == (V2,)
    assert decide([R], [row(1, R), row(2, R, type="DELETE")]).pending == (R,)


def test_scripts_up_to_the_baseline_do_not_run() -> None:
    start = row(1, V2, type="BASELINE", checksum=None, description="<< Flyway Baseline >>")
    assert decide([V1, V2, V3, R], [start]) == Plan((V3, R), (), (), baseline=False)
    assert decide([V1, V2, V3, R], [start], out_of_order=True).pending == (V3, R)


def test_a_schema_with_objects_and_no_history_needs_a_baseline() -> None:
    assert "set baselineOnMigrate to true" in problem([V1, V2], None, empty=False)
    decided = decide([V1, V2, V3], None, empty=False, baseline_on_migrate=True, baseline_version="2.0")
    assert decided == Plan((V3,), (), (), baseline=True)


def test_an_empty_schema_gets_no_baseline() -> None:
    assert decide([V1], None, baseline_on_migrate=True) == Plan((V1,), (), (), baseline=False)


def test_the_version_of_a_schema_is_the_highest_that_counts() -> None:
    assert schema_version([]) is None
    assert schema_version([row(1, V1, version="001"), row(2, R)]) == "001"
    assert schema_version([row(1, V3), row(2, V2), row(3, V3, type="DELETE")]) == "2"


def test_a_version_that_cannot_be_read_is_a_problem() -> None:
    assert "row 1 of the history (V1__a.sql): '-1' is not a version" in problem([V1], [row(1, V1, version="-1")])
    assert "'x' is not a version" in problem([V1], None, baseline_version="x")
