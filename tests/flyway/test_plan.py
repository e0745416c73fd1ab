"""The verdicts on scripts and history are Flyway's, and each problem says in one line what to do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from infra.flyway.errors import ConfigurationError, FlywayError, NotEmptyError, ScriptError
from infra.flyway.planning.plan import Plan, Situation, plan, schema_version
from infra.flyway.planning.rows import Row
from infra.flyway.planning.targets import TargetError
from infra.flyway.scripts.script import Script
from infra.flyway.settings import FlywaySettings
from infra.flyway.version import parse

TODAY = datetime(2026, 1, 2, 3, 4)
VALUES = {"x": "1"}
KINDS: dict[str, Any] = {"V": "versioned", "B": "baseline", "R": "repeatable"}


def script(name: str, text: str = "SELECT 1;") -> Script:
    head, _, description = name.partition("__")
    version = parse(head[1:]) if head != "R" else None
    return Script(KINDS[head[0]], version, description, f"{name}.sql", f"{name}.sql", text.encode())


def row(rank: int, of: Script, **other: Any) -> Row:
    values = {
        "installed_rank": rank,
        "version": of.version_text,
        "description": of.description,
        "type": of.type,
        "script": of.script,
        "checksum": of.checksum(VALUES),
        "installed_by": "ann",
        "installed_on": TODAY,
        "execution_time": 1,
        "success": True,
    }
    return Row(**{**values, **other})


def decide(scripts: list[Script], rows: list[Row] | None, *, empty: bool = True, **settings: Any) -> Plan:
    situation = Situation(None if rows is None else tuple(rows), {"creativeflow": empty})
    return plan(tuple(scripts), situation, FlywaySettings(**settings), VALUES)


V1, V2, V3, R = script("V1__a"), script("V2__b"), script("V3__c"), script("R__r")
B2 = script("B2__base")


def problem(scripts: list[Script], rows: list[Row] | None, **options: Any) -> str:
    (only,) = decide(scripts, rows, **options).problems
    assert "\n" not in str(only)
    return str(only)


def states(scripts: list[Script], rows: list[Row], **settings: Any) -> list[str]:
    seen = decide(scripts, rows, **{"validate_on_migrate": False, **settings}).seen
    return [f"{one.version or one.description} {one.state.value}" for one in seen.migrations]


@pytest.mark.parametrize("rows", [None, []])
def test_everything_is_pending_on_an_empty_database(rows: list[Row] | None) -> None:
    decided = decide([V1, V2, R], rows)
    assert (decided.pending, decided.problems, decided.warnings, decided.baseline) == ((V1, V2, R), (), (), False)


def test_what_was_applied_is_not_pending() -> None:
    assert decide([V1, V2, R], [row(1, V1), row(2, R)]).pending == (V2,)


def test_spellings_of_a_version_are_one() -> None:
    decided = decide([V1], [row(1, V1, version="1.0")])
    assert (decided.pending, decided.problems) == ((), ())


def test_an_edited_script_is_a_problem() -> None:
    assert problem([script("V1__a", "SELECT 2;")], [row(1, V1)]).startswith(
        "V1__a.sql: was edited after it was applied"
    )


def test_a_row_without_a_checksum_fits_any_text() -> None:
    assert decide([V1], [row(1, V1, checksum=None)]).problems == ()


def test_a_missing_script_is_a_problem() -> None:
    assert problem([V2], [row(1, V1), row(2, V2)]).startswith(
        "V1__a.sql: was applied, but the file is missing: restore it"
    )
    assert "R__r.sql: was applied" in problem([V1], [row(1, V1), row(2, R)])


def test_a_script_of_a_later_release_is_a_warning() -> None:
    decided = decide([V1], [row(1, V1), row(2, V3)])
    assert decided.problems == ()
    assert [str(warning) for warning in decided.warnings] == [
        "the database has version 3, which is newer than the newest script, 1"
    ]


def test_no_script_at_all_is_a_warning() -> None:
    decided = decide([], [row(1, V1)])
    assert decided.problems == ()
    assert "check the locations" in str(decided.warnings[0])


def test_an_older_script_is_a_problem_unless_out_of_order_is_set() -> None:
    rows = [row(1, V1), row(2, V3)]
    assert problem([V1, V2, V3], rows).startswith("V2__b.sql: is older than version 3")
    assert decide([V1, V2, V3], rows, out_of_order=True).pending == (V2,)


def test_a_failed_script_is_a_problem_also_where_nothing_is_validated() -> None:
    rows = [row(1, V1), row(2, V2, success=False)]
    assert "row 2 of creativeflow.flyway_schema_history" in problem([V1, V2], rows)
    assert "failed before: run repair" in problem([V1, V2], rows, validate_on_migrate=False)


def test_another_description_is_a_problem() -> None:
    assert "'old', not 'a'" in problem([V1], [row(1, V1, description="old")])


def test_a_row_of_another_type_is_another_migration() -> None:
    assert states([V1], [row(1, V1, type="JDBC")], out_of_order=True) == ["1 Future", "1 Pending"]


def test_a_type_that_only_paid_editions_write_is_an_error() -> None:
    with pytest.raises(FlywayError, match=r"row 1 of the history \(V1__a\.sql\) has the type UNDO_SQL"):
        decide([V1], [row(1, V1, type="UNDO_SQL")])


def test_what_a_pattern_names_is_ignored() -> None:
    rows = [row(1, V1), row(2, V2), row(3, R)]
    assert decide([V2], rows, ignore_migration_patterns=("*:missing",)).problems == ()
    assert problem([V2], rows, ignore_migration_patterns=("versioned:missing",)).startswith("R__r.sql")
    with pytest.raises(ConfigurationError, match="'failed' is no state to ignore"):
        decide([V2], rows, ignore_migration_patterns=("*:failed",))


def test_a_repeatable_is_pending_again_when_its_text_changes_and_changes_back() -> None:
    other = script("R__r", "SELECT 2;")
    assert decide([other], [row(1, R)]).pending == (other,)
    assert decide([R], [row(1, R), row(2, other)]).pending == (R,)
    assert decide([R], [row(1, R), row(2, other), row(3, R)]).pending == ()


def test_a_repeatable_is_pending_again_when_a_value_in_it_changes() -> None:
    view = script("R__r", "SELECT '${x}';")
    situation = Situation((row(1, view),), {"creativeflow": True})
    assert plan((view,), situation, FlywaySettings(), VALUES).pending == ()
    assert plan((view,), situation, FlywaySettings(), {"x": "2"}).pending == (view,)
    with pytest.raises(ScriptError, match=r"no value for the placeholder \$\{x\}"):
        plan((view,), situation, FlywaySettings(), {})


def test_a_row_that_repair_took_back_does_not_count() -> None:
    rows = [row(1, V1), row(2, V2), row(3, V2, type="DELETE")]
    assert decide([V1], rows).problems == ()
    assert decide([V1, V2], rows).pending == (V2,)
    assert decide([R], [row(1, R), row(2, R, type="DELETE")]).pending == (R,)


def test_scripts_up_to_the_baseline_do_not_run() -> None:
    start = row(1, V2, type="BASELINE", checksum=None, description="<< Flyway Baseline >>")
    assert decide([V1, V2, V3, R], [start]).pending == (V3, R)
    assert decide([V1, V2, V3, R], [start], out_of_order=True).pending == (V3, R)


def test_the_newest_baseline_script_runs_instead_of_all_up_to_it_on_an_empty_database_alone() -> None:
    assert decide([V1, script("B1__old"), V2, B2, V3], []).pending == (B2, V3)
    assert decide([V1, V2, B2, V3], [row(1, V1)]).pending == (V2, V3)
    assert decide([V1, V2, B2, V3], [row(1, B2)]).pending == (V3,)
    assert states([V1, V2, B2, V3], [row(1, B2)]) == [
        "1 Below Baseline",
        "2 Ignored (Baseline)",
        "2 Baseline",
        "3 Pending",
    ]


def test_of_one_version_the_script_comes_before_the_baseline_script() -> None:
    seen = decide([B2, V2], [row(1, script("B3__base"))], validate_on_migrate=False).seen
    assert [one.type for one in seen.migrations] == ["SQL", "SQL_BASELINE", "SQL_BASELINE"]


def test_a_version_that_comes_again_is_out_of_order() -> None:
    rows = [row(1, V1, type="BASELINE", checksum=None), row(2, V1)]
    assert states([V1], rows) == ["1 Baseline", "1 Out of Order"]


def test_only_the_last_row_of_a_repeatable_that_is_gone_is_missing() -> None:
    assert states([V1], [row(1, V1), row(2, R, checksum=5), row(3, R)]) == ["1 Success", "r Superseded", "r Missing"]


def test_repeatables_run_in_the_order_of_java() -> None:
    """UTF-16 has 😀 before ﬀ, and code points have it after."""
    late, early = script("R__ﬀ"), script("R__😀")
    assert decide([late, early], []).pending == (early, late)


def test_a_schema_with_objects_and_no_history_needs_a_baseline() -> None:
    with pytest.raises(NotEmptyError, match="set baselineOnMigrate to true"):
        decide([V1, V2], None, empty=False)
    decided = decide([V1, V2, V3], None, empty=False, baseline_on_migrate=True, baseline_version="2.0")
    assert (decided.pending, decided.baseline) == ((V3,), True)


def test_an_empty_schema_gets_no_baseline() -> None:
    decided = decide([V1], None, baseline_on_migrate=True)
    assert (decided.pending, decided.baseline) == ((V1,), False)


@pytest.mark.parametrize(
    ("target", "pending"),
    [
        ("latest", (V1, V2, V3, R)),
        ("2", (V1, V2, R)),
        ("02.0", (V1, V2, R)),
        ("2.5?", (V1, V2, R)),
        ("current", (R,)),
        ("next", (V1, R)),
    ],
)
def test_a_target_limits_the_versions(target: str, pending: tuple[Script, ...]) -> None:
    assert decide([V1, V2, V3, R], [], target=target).pending == pending


def test_a_target_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(TargetError, match=r"no script has the version 2\.5 of target: correct it, or write 2\.5\?"):
        decide([V1, V3], [], target="2.5")
    with pytest.raises(TargetError, match="target: '' is not a version"):
        decide([V1, V3], [], target="")


def test_the_version_of_a_schema_is_the_highest_that_counts() -> None:
    assert schema_version([]) is None
    assert schema_version([row(1, V1, version="001"), row(2, R)]) == "001"
    assert schema_version([row(1, V3), row(2, V2), row(3, V3, type="DELETE")]) == "2"


def test_a_version_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(FlywayError, match=r"row 1 of the history \(V1__a\.sql\): 'x' is not a version"):
        decide([V1], [row(1, V1, version="x")])
