"""What a rehearsal sees, on a real server: locks, tables read and written, failures, and who may do what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from infra.access import _PRIVILEGES
from infra.review import base
from infra.review.change import scan
from infra.review.facts import Lock, StatementFacts, Written
from infra.review.past import Past
from infra.review.roles import DEFAULTS, Server, rehearsal
from infra.review.rows.fill import Wanted
from infra.review.verdict import judge
from tests.review.project import BASE, STACK, facts, found, past_of, review
from tests.servers import ROOT
from tests.unit.test_program import declare, inputs


def _statements(server: Server, sql: str, **options: Any) -> tuple[StatementFacts, ...]:
    (script,) = facts(server, sql, **options).scripts
    assert script.failure is None
    return script.statements


def test_locks_are_those_that_the_statement_took_on_what_was_there(rehearsals: Server) -> None:
    first, second, third = _statements(
        rehearsals,
        'ALTER TABLE "Project" ADD COLUMN a text; ALTER TABLE "Project" ADD COLUMN b text; CREATE TABLE t (a int);',
    )
    assert first.effect.locks == (Lock('"Project"', "ACCESS EXCLUSIVE"),)
    assert second.effect.locks == third.effect.locks == ()


def test_the_partitions_of_a_table_are_not_named_where_they_are_locked_like_it(rehearsals: Server) -> None:
    made = facts(rehearsals, 'ALTER TABLE "UsageLog" ADD COLUMN a uuid DEFAULT gen_random_uuid()', base=ROOT)
    (statement,) = made.scripts[0].statements
    assert statement.effect.locks == (Lock('"UsageLog"', "ACCESS EXCLUSIVE"),)
    assert statement.effect.rewritten == ('"UsageLog"',)


def test_a_foreign_key_locks_both_tables_and_reads_the_new_one(rehearsals: Server) -> None:
    sql = 'ALTER TABLE "Asset" ADD COLUMN u uuid; ALTER TABLE "Asset" ADD FOREIGN KEY (u) REFERENCES "User" (id)'
    effect = _statements(rehearsals, sql)[1].effect
    assert Lock('"User"', "SHARE ROW EXCLUSIVE") in effect.locks
    assert '"Asset"' in effect.scanned


def test_a_constraint_not_valid_reads_nothing_and_validating_it_blocks_nobody(rehearsals: Server) -> None:
    add = 'ALTER TABLE "Project" ADD CONSTRAINT c CHECK (name <> $$x$$) NOT VALID'
    assert _statements(rehearsals, add)[0].effect.scanned == ()
    assert found(rehearsals, add).keys() == {"unvalidated"}
    made = review(rehearsals, {"V100__a.sql": add, "V101__b.sql": 'ALTER TABLE "Project" VALIDATE CONSTRAINT c'})
    validated = made.facts.scripts[1].statements[0].effect
    assert validated.scanned == ('"Project"',)
    assert judge(made.facts) == ()


@pytest.mark.parametrize(
    ("sql", "rewritten", "rebuilt"),
    [
        ('ALTER TABLE "User" ADD COLUMN a uuid DEFAULT gen_random_uuid()', ('"User"',), ()),
        ('ALTER TABLE "User" ADD COLUMN a timestamptz DEFAULT now()', (), ()),
        ('REINDEX TABLE "User"', (), ('"User"',)),
    ],
)
def test_a_table_is_rewritten_where_its_file_is_another(
    rehearsals: Server, sql: str, rewritten: tuple[str, ...], rebuilt: tuple[str, ...]
) -> None:
    effect = _statements(rehearsals, sql)[0].effect
    assert (effect.rewritten, effect.rebuilt) == (rewritten, rebuilt)


def test_an_index_that_a_change_of_type_builds_anew_reads_the_table(rehearsals: Server) -> None:
    (statement,) = _statements(rehearsals, 'ALTER TABLE "User" ALTER COLUMN email TYPE text COLLATE "C"')
    assert (statement.effect.rewritten, statement.effect.scanned) == ((), ('"User"',))


def test_a_statement_outside_a_transaction_locks_what_the_documentation_says(rehearsals: Server) -> None:
    made = facts(rehearsals, 'CREATE INDEX CONCURRENTLY i ON "Project" (name)')
    (statement,) = made.scripts[0].statements
    assert (statement.observed, statement.transaction) == (False, None)
    assert statement.effect.locks == (Lock('"Project"', "SHARE UPDATE EXCLUSIVE"),)
    assert made.difference == ('+ index i on "Project" USING btree (name)',)
    assert judge(made) == ()


def test_a_table_that_vacuum_full_writes_anew_needs_care(rehearsals: Server) -> None:
    assert found(rehearsals, 'VACUUM FULL "Project"').keys() == {"rewrite"}


def test_a_script_that_commits_in_between_holds_no_lock_from_before(rehearsals: Server) -> None:
    first, _, last = _statements(
        rehearsals, 'ALTER TABLE "User" ADD COLUMN a text; COMMIT; ALTER TABLE "User" ADD COLUMN b text'
    )
    assert (first.transaction, last.transaction) == (1, 2)
    assert last.effect.locks == (Lock('"User"', "ACCESS EXCLUSIVE"),)


def test_a_transaction_of_the_scripts_own_outside_one_is_rehearsed_as_one(rehearsals: Server) -> None:
    sql = 'BEGIN; LOCK TABLE "Project"; SELECT 1; COMMIT; CREATE INDEX CONCURRENTLY i ON "User" (id);'
    settings = {"V100__a.sql.conf": "executeInTransaction=false"}
    (script,) = review(rehearsals, {"V100__a.sql": sql, **settings}).facts.scripts
    assert script.failure is None
    assert [statement.transaction for statement in script.statements[:3]] == [1, 1, 1]
    assert script.statements[1].effect.locks == (Lock('"Project"', "ACCESS EXCLUSIVE"),)


def test_rows_are_counted(rehearsals: Server) -> None:
    (statement,) = _statements(rehearsals, """INSERT INTO "Plan" VALUES ('a', 1), ('b', 2)""")
    assert statement.effect.written == (Written('"Plan"', 2, 0, 0),)


def test_an_update_of_a_table_that_is_locked_already_needs_care(rehearsals: Server) -> None:
    sql = 'ALTER TABLE "User" ADD COLUMN a text;\nUPDATE "User" SET a = email;'
    assert found(rehearsals, sql).keys() == {"works-under-lock", "updates-all"}


def test_an_update_or_delete_of_every_row_needs_care_and_of_some_does_not(rehearsals: Server) -> None:
    assert found(rehearsals, 'UPDATE "Project" SET notes = NULL').keys() == {"updates-all"}
    assert found(rehearsals, 'DELETE FROM "Project"').keys() == {"drops-data"}
    assert found(rehearsals, """UPDATE "Project" SET notes = NULL WHERE name = 'x'""") == {}


def test_a_unique_index_concurrently_that_generated_rows_break_depends_on_the_rows(rehearsals: Server) -> None:
    sql = 'CREATE UNIQUE INDEX CONCURRENTLY i ON "Project" (status)'
    assert found(rehearsals, sql, wanted=Wanted(2)).keys() == {"depends-on-rows"}


def test_a_script_that_fails_ends_the_rehearsal_with_its_line(rehearsals: Server) -> None:
    made = review(rehearsals, {"V100__a.sql": "SELECT 1;\n\nDROP TABLE nothing;", "V101__b.sql": "SELECT 1"})
    (script,) = made.facts.scripts
    assert script.failure is not None
    assert (script.failure.line, script.failure.sqlstate) == (3, "42P01")
    assert [finding.code for finding in judge(made.facts)] == ["fails"]


def test_a_constraint_that_fails_at_the_commit_fails(rehearsals: Server) -> None:
    sql = """
        CREATE TABLE t (a uuid REFERENCES "User" (id) DEFERRABLE INITIALLY DEFERRED);
        INSERT INTO t VALUES ('00000000-0000-0000-0000-00000000ffff');
    """
    assert found(rehearsals, sql)["fails"].severity == "will fail"


def test_a_check_that_generated_rows_break_depends_on_the_rows(rehearsals: Server) -> None:
    findings = found(rehearsals, 'ALTER TABLE "Project" ADD CONSTRAINT c CHECK (name ~ $$^shop$$)')
    assert findings["depends-on-rows"].severity == "needs care"
    assert findings.keys() == {"depends-on-rows", "scan-blocks"}


@pytest.mark.parametrize(
    "first", ['ALTER TABLE "Project" RENAME TO "Work"', 'DROP TABLE "Asset"; ALTER TABLE "Project" RENAME TO "Work"']
)
def test_generated_rows_are_taken_away_again_whatever_their_tables_are_called_by_then(
    rehearsals: Server, first: str
) -> None:
    check = 'ALTER TABLE "Work" ADD CONSTRAINT c CHECK (name ~ $$^shop$$)'
    made = review(rehearsals, {"V100__a.sql": first, "V101__b.sql": check})
    second = made.facts.scripts[1]
    assert second.failure is None
    assert second.of_rows is not None
    assert second.of_rows.sqlstate == "23514"


def test_a_required_column_fails_where_the_rehearsal_met_rows(rehearsals: Server) -> None:
    findings = found(rehearsals, 'ALTER TABLE "Project" ADD COLUMN a text NOT NULL')
    assert {code: finding.severity for code, finding in findings.items()} == {"required-column": "will fail"}


@pytest.mark.parametrize(
    "sql",
    [
        'ALTER TABLE "Project" ADD COLUMN IF NOT EXISTS notes text NOT NULL',
        'CREATE DOMAIN points AS integer DEFAULT 0; ALTER TABLE "Project" ADD COLUMN a points NOT NULL',
    ],
)
def test_a_required_column_that_goes_through_on_rows_is_no_finding(rehearsals: Server, sql: str) -> None:
    assert found(rehearsals, sql) == {}


def test_a_required_column_that_may_be_there_already_depends_on_that(rehearsals: Server) -> None:
    findings = found(rehearsals, 'ALTER TABLE "Project" ADD COLUMN IF NOT EXISTS a text NOT NULL')
    finding = findings["required-column"]
    assert (finding.severity, findings.keys()) == ("needs care", {"required-column"})
    assert "where it is not there yet" in finding.why


def test_a_required_column_fails_where_the_rows_were_taken_away_before_it(rehearsals: Server) -> None:
    check, column = (f'ALTER TABLE "Project" ADD {what};' for what in ("CHECK (name ~ $$^shop$$)", "a text NOT NULL"))
    for scripts in ({"V100__a.sql": f"{check}\n{column}"}, {"V100__a.sql": check, "V101__b.sql": column}):
        codes = {finding.code: finding.severity for finding in judge(review(rehearsals, scripts).facts)}
        assert codes["required-column"] == "will fail"
        assert codes["depends-on-rows"] == "needs care"


def test_a_block_meets_rows_in_the_tables_that_it_names(rehearsals: Server) -> None:
    block = 'DO $$ BEGIN ALTER TABLE "Asset" ADD COLUMN a text NOT NULL; END $$'
    assert found(rehearsals, block).keys() == {"depends-on-rows", "scan-blocks", "breaks-writers"}


@pytest.mark.parametrize("end", ["", "; COMMIT"])
@pytest.mark.parametrize("sql", ["DROP SCHEMA creativeflow CASCADE", "ALTER SCHEMA creativeflow RENAME TO old"])
def test_a_script_fails_that_takes_away_a_schema_of_the_stack(rehearsals: Server, sql: str, end: str) -> None:
    made = review(rehearsals, {"V100__a.sql": sql + end, "V101__b.sql": "SELECT 1"})
    assert [script.name for script in made.facts.scripts] == ["V100__a.sql"]
    finding = judge(made.facts)[0]
    assert (finding.severity, finding.code) == ("will fail", "fails")
    assert "schema creativeflow is gone" in finding.why


def test_what_the_migrator_may_not_do_fails_here_too(rehearsals: Server) -> None:
    findings = found(rehearsals, "CREATE ROLE somebody")
    assert "permission denied" in findings["fails"].why


def test_what_is_new_in_the_same_pull_request_is_nobodys_yet(rehearsals: Server) -> None:
    sql = "CREATE TABLE t (a int); CREATE INDEX ON t (a); ALTER TABLE t ADD COLUMN b int NOT NULL; DROP TABLE t;"
    assert found(rehearsals, sql) == {}


def test_an_earlier_rewrite_is_not_held_against_a_later_script(rehearsals: Server) -> None:
    scripts = {
        "V100__a.sql": 'ALTER TABLE "User" ALTER COLUMN "creditBalance" TYPE bigint',
        "V101__b.sql": 'ALTER TABLE "User" ADD COLUMN a text',
    }
    assert review(rehearsals, scripts).facts.scripts[1].statements[0].effect.rewritten == ()


def test_a_new_stack_runs_everything_and_is_safe(rehearsals: Server) -> None:
    made = review(rehearsals, {}, past=Past(past_of(BASE).origin))
    assert [script.name for script in made.facts.scripts][:2] == ["V001__Accounts.sql", "V002__Projects.sql"]
    assert [seed.reason for seed in made.facts.seeds] == ["new", "new"]
    assert judge(made.facts) == ()


def test_a_seed_is_judged_as_up_judges_it(rehearsals: Server, tmp_path: Path) -> None:
    (tmp_path / "sql" / "seeds").mkdir(parents=True)
    (tmp_path / "sql" / "seeds" / "03_Tidy.sql").write_text("SELECT 1;\n")
    assert [seed.failure for seed in review(rehearsals, tmp_path).facts.seeds] == [None]
    (tmp_path / "sql" / "seeds" / "03_Tidy.sql").write_text("VACUUM;\n")
    (seed,) = review(rehearsals, tmp_path).facts.seeds
    assert seed.failure is not None
    assert (seed.failure.line, seed.failure.message) == (1, "a seed runs in a transaction: move this to a migration")


def test_nothing_pending_is_told_without_a_rehearsal(rehearsals: Server) -> None:
    made = review(rehearsals, {})
    assert (made.facts.scripts, made.difference, judge(made.facts)) == ((), None, ())


def test_privileges_that_follow_from_the_roles_are_told_apart(rehearsals: Server) -> None:
    made = facts(
        rehearsals, "CREATE TABLE t (a int); COMMENT ON COLUMN t.a IS 'secret: a'; GRANT SELECT ON t TO PUBLIC"
    )
    about = {(entry.subject, entry.grantee): entry.after for entry in made.privileges}
    assert about["table t", "creativeflow_app"] == "DELETE, INSERT, SELECT, UPDATE"
    assert about["table t", "PUBLIC"] == "SELECT"
    assert ("table t", "creativeflow_readonly") not in about


def test_the_roles_are_those_of_the_program(rehearsals: Server) -> None:
    assert {kind: dict.fromkeys(roles) for kind, roles in DEFAULTS.items()} == {
        kind: dict.fromkeys(roles) for kind, roles in _PRIVILEGES.items()
    }
    assert all(
        list(DEFAULTS[kind][role]) == given for kind, roles in _PRIVILEGES.items() for role, given in roles.items()
    )
    made = declare()
    declared = {inputs(made, name)["name"] for name in made if name.startswith("role-")}
    query = "SELECT rolname FROM pg_roles WHERE rolname LIKE 'creativeflow%'"
    with rehearsals.connect() as admin:
        with rehearsal(rehearsals, "creativeflow", ("creativeflow",)):
            assert {name for (name,) in admin.execute(query)} == declared
        assert admin.execute(query).fetchall() == []


def test_the_histories_are_no_part_of_the_difference(rehearsals: Server) -> None:
    with rehearsal(rehearsals, "creativeflow", ("creativeflow",)) as here:
        scripts, _ = scan(BASE, STACK.settings)
        base.replay(here, STACK.settings, scripts.scripts, scripts)
        tables = {identity.table for identity in base.snapshot(here, STACK.settings).objects if identity.table}
    assert tables == {'"User"', '"Plan"', '"Project"', '"Asset"', '"Event"', '"Event_default"'}
