"""Findings on what was seen, without a server: the rules are pure."""

from __future__ import annotations

import pytest

from infra.review.facts import (
    Act,
    Effect,
    Facts,
    Failure,
    Lock,
    Origin,
    Privilege,
    ScriptFacts,
    SeedFacts,
    StatementFacts,
    Trouble,
)
from infra.review.finding import Finding
from infra.review.verdict import judge, verdict

_USERS = "users"
_NONE = Effect()
_EXCLUSIVE = Lock(_USERS, "ACCESS EXCLUSIVE")


def _facts(*statements: StatementFacts, **others: object) -> Facts:
    script = ScriptFacts("V1__a.sql", True, statements)
    return Facts("prod", Origin("none", ""), 0, None, **{"scripts": (script,), **others})  # type: ignore[arg-type]


def _statement(line: int, text: str, effect: Effect = _NONE, *acts: Act, seconds: float = 0.0) -> StatementFacts:
    return StatementFacts(line, text, seconds, 1, effect, acts)


def _codes(facts: Facts) -> list[str]:
    return [finding.code for finding in judge(facts)]


def test_a_lock_of_a_moment_is_no_finding() -> None:
    facts = _facts(_statement(1, "ALTER TABLE users ADD COLUMN a text", Effect((_EXCLUSIVE,))))
    assert judge(facts) == ()
    assert verdict(judge(facts)) == "safe"


def test_a_table_read_under_a_lock_that_blocks_nobody_is_no_finding() -> None:
    effect = Effect((Lock(_USERS, "SHARE UPDATE EXCLUSIVE"),), scanned=(_USERS,))
    assert judge(_facts(_statement(1, "ALTER TABLE users VALIDATE CONSTRAINT c", effect))) == ()


@pytest.mark.parametrize(
    ("mode", "blocked"),
    [("ACCESS EXCLUSIVE", "reads and writes"), ("SHARE ROW EXCLUSIVE", "writes"), ("SHARE", "writes")],
)
def test_a_table_read_under_a_lock_keeps_those_waiting_whom_the_lock_blocks(mode: str, blocked: str) -> None:
    effect = Effect((Lock(_USERS, mode),), scanned=(_USERS,))
    (finding,) = judge(_facts(_statement(1, "ALTER TABLE users ADD CHECK (a > 0)", effect)))
    assert finding.why == f"reads all of users, and keeps {blocked} waiting meanwhile"


def test_a_stronger_lock_that_the_script_holds_already_counts() -> None:
    facts = _facts(
        _statement(2, "ALTER TABLE users ADD COLUMN a text", Effect((_EXCLUSIVE,))),
        _statement(3, "CREATE INDEX i ON users (a)", Effect((Lock(_USERS, "SHARE"),), scanned=(_USERS,)),
                   Act("create index", "i", _USERS)),
    )  # fmt: skip
    assert "keeps reads and writes (locked since line 2) waiting" in judge(facts)[0].why


def test_work_on_another_table_holds_the_locks_of_the_script() -> None:
    facts = _facts(
        _statement(2, "ALTER TABLE users ADD COLUMN a text", Effect((_EXCLUSIVE,))),
        _statement(5, "ALTER TABLE logs VALIDATE CONSTRAINT c", Effect((), scanned=("logs",))),
    )
    (finding,) = judge(facts)
    assert (finding.code, finding.line) == ("works-under-lock", 5)
    assert "users is locked since line 2" in finding.why


def test_a_lookup_in_a_small_table_is_no_work() -> None:
    facts = _facts(
        _statement(2, "ALTER TABLE users ADD COLUMN a text", Effect((_EXCLUSIVE,))),
        _statement(5, "INSERT INTO plans VALUES (1)", Effect((), scanned=("plans",))),
    )
    assert judge(facts) == ()


def test_a_statement_that_takes_long_holds_the_locks_whatever_it_does() -> None:
    facts = _facts(
        _statement(2, "ALTER TABLE users ADD COLUMN a text", Effect((_EXCLUSIVE,))),
        _statement(5, "SELECT pg_sleep(2)", seconds=2.0),
    )
    assert _codes(facts) == ["works-under-lock"]


def test_a_transaction_that_is_over_holds_nothing() -> None:
    first = _statement(2, "ALTER TABLE users ADD COLUMN a text", Effect((_EXCLUSIVE,)))
    second = StatementFacts(5, "SELECT pg_sleep(2)", 2.0, 2)
    assert judge(_facts(first, second)) == ()


def test_a_required_column_fails_unless_the_table_is_known_to_be_empty() -> None:
    act = Act("required column", "users.a", _USERS)
    statement = _statement(
        1, "ALTER TABLE users ADD COLUMN a text NOT NULL", Effect((_EXCLUSIVE,), scanned=(_USERS,)), act
    )
    assert verdict(judge(_facts(statement))) == "will fail"
    assert verdict(judge(_facts(statement, estimates={_USERS: 5}))) == "will fail"
    assert verdict(judge(_facts(statement, estimates={_USERS: 0}))) == "needs care"


def test_a_required_column_that_generated_rows_have_failed_is_told_once() -> None:
    act = Act("required column", "users.a", _USERS)
    statement = _statement(3, "ALTER TABLE users ADD COLUMN a text NOT NULL", _NONE, act)
    script = ScriptFacts("V1__a.sql", True, (statement,), None, Failure("V1__a.sql", 3, "contains nulls", "23502"))
    assert _codes(_facts(scripts=(script,))) == ["required-column"]


def test_a_failure_of_generated_rows_alone_is_a_question_to_the_real_ones() -> None:
    script = ScriptFacts("V1__a.sql", True, (), None, Failure("V1__a.sql", 3, "violated", "23514"))
    (finding,) = judge(_facts(scripts=(script,)))
    assert (finding.severity, finding.code, finding.line) == ("needs care", "depends-on-rows", 3)


def test_a_failure_without_rows_is_the_scripts_own() -> None:
    script = ScriptFacts("V1__a.sql", True, (), Failure("V1__a.sql", 3, "no such table", "42P01"))
    (finding,) = judge(_facts(scripts=(script,)))
    assert (finding.severity, finding.why) == ("will fail", "fails in the rehearsal: no such table (SQLSTATE 42P01)")


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("drop table", "drops-data"),
        ("drop column", "drops-data"),
        ("drop schema", "drops-data"),
        ("truncate", "drops-data"),
        ("update all", "updates-all"),
        ("drop view", "breaks-readers"),
        ("rename", "renames"),
        ("move", "renames"),
    ],
)
def test_what_is_gone_for_a_release_that_runs_needs_care(kind: str, code: str) -> None:
    (finding,) = judge(_facts(_statement(1, "", Effect(), Act(kind, "users.a", _USERS))))  # type: ignore[arg-type]
    assert (finding.severity, finding.code) == ("needs care", code)
    assert "users.a" in finding.why
    assert finding.instead


def test_a_table_that_is_emptied_is_not_called_rewritten() -> None:
    act = Act("truncate", _USERS, _USERS)
    facts = _facts(_statement(1, "TRUNCATE users", Effect((_EXCLUSIVE,), rewritten=(_USERS,)), act))
    assert _codes(facts) == ["drops-data"]


def test_what_everybody_gets_and_what_nobody_validated_needs_care() -> None:
    facts = _facts(
        privileges=(
            Privilege("table users", "PUBLIC", "default", "SELECT"),
            Privilege("function f()", "PUBLIC", None, "none"),
            Privilege("table users", "app", None, "SELECT"),
        ),
        unvalidated=("c on users",),
    )
    assert _codes(facts) == ["unvalidated", "public"]


def test_a_seed_that_fails_fails() -> None:
    seed = SeedFacts("01_a.sql", "new", failure=Failure("01_a.sql", 1, "bad"))
    assert _codes(_facts(scripts=(), seeds=(seed,))) == ["seed-fails"]


def test_the_worst_comes_first_and_decides() -> None:
    facts = _facts(
        _statement(1, "", Effect(), Act("drop column", "users.a", _USERS)),
        troubles=(Trouble("CHECKSUM_MISMATCH", "V0__b.sql", None, "was edited: restore it"),),
    )
    findings = judge(facts)
    assert [finding.severity for finding in findings] == ["will fail", "needs care"]
    assert findings[0] == Finding("will fail", "edited", "was edited", "restore it", "V0__b.sql")
    assert verdict(findings) == "will fail"


def test_a_kind_of_trouble_that_nobody_foresaw_is_told_by_its_code() -> None:
    (finding,) = judge(_facts(troubles=(Trouble("SOMETHING_ELSE", "", None, "what: and so"),)))
    assert (finding.code, finding.why, finding.instead) == ("SOMETHING_ELSE", "what", "and so")
