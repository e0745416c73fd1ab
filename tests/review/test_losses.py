"""What the release that runs now loses is told, whatever takes it: a statement of that name, CASCADE, or a DO block."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.review.facts import Loss
from infra.review.roles import Server
from infra.review.verdict import judge
from tests.review.project import facts, found, with_history

HISTORY = """
CREATE TYPE mood AS ENUM ('glad', 'sad');
CREATE DOMAIN points AS integer DEFAULT 0;
CREATE SEQUENCE numbers;
CREATE FUNCTION f() RETURNS integer RETURN 1;
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TABLE person (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  feels mood NOT NULL DEFAULT 'glad',
  score points NOT NULL,
  "order" integer,
  old serial
);
CREATE VIEW people AS SELECT id, name FROM person;
CREATE TABLE secured (id integer PRIMARY KEY);
ALTER TABLE secured ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody ON secured USING (true);
CREATE TABLE event (id bigint NOT NULL, at date NOT NULL, kind text NOT NULL DEFAULT 'none') PARTITION BY RANGE (at);
CREATE TABLE event_2024 PARTITION OF event FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE event_default PARTITION OF event DEFAULT;
ALTER TABLE event_default ALTER COLUMN kind SET DEFAULT 'other';
"""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose history has made something of each kind."""
    return with_history(tmp_path_factory.mktemp("losses"), HISTORY)


@pytest.mark.parametrize(
    ("sql", "code", "why"),
    [
        ("DROP TYPE mood CASCADE", "drops-data", "what person.feels holds is gone"),
        ("DO $$ BEGIN ALTER TABLE person DROP COLUMN old; END $$", "drops-data", "what person.old holds is gone"),
        ("DO $$ BEGIN DROP TABLE secured; END $$", "drops-data", "the rows of secured are gone"),
        ("DO $$ BEGIN DROP VIEW people; END $$", "breaks-readers", "may still read people"),
        ("DO $$ BEGIN DROP TABLE event_2024; END $$", "drops-data", "the rows of event_2024 are gone"),
        ("DROP TYPE mood CASCADE", "breaks-readers", "may still use enum mood"),
        ("DROP DOMAIN points CASCADE", "breaks-readers", "may still use domain points"),
        ("DROP SEQUENCE numbers", "breaks-readers", "may still use sequence numbers"),
        ("DROP FUNCTION f()", "breaks-readers", "may still use function f()"),
        ("ALTER FUNCTION f() RENAME TO g", "breaks-readers", "may still use function f()"),
        ("ALTER TYPE mood RENAME VALUE 'sad' TO 'low'", "breaks-readers", "read and write 'sad' of enum mood"),
        ("ALTER TABLE person ENABLE ROW LEVEL SECURITY", "breaks-readers", "row security of person is on"),
        ("DROP POLICY everybody ON secured", "breaks-readers", "policy everybody on secured let through are hidden"),
        ("ALTER TABLE event DETACH PARTITION event_2024", "breaks-readers", "partition event_2024 of event"),
        ("ALTER TABLE event DETACH PARTITION event_default", "breaks-readers", "partition event_default of event"),
        ("ALTER TABLE person ALTER COLUMN feels DROP DEFAULT", "breaks-writers", "person.feels is NOT NULL"),
        ("ALTER TABLE person ALTER COLUMN id DROP IDENTITY", "breaks-writers", "person.id is NOT NULL"),
        ("ALTER DOMAIN points DROP DEFAULT", "breaks-writers", "person.score is NOT NULL"),
        ("ALTER TABLE person ADD a int; UPDATE person SET a = 1 WHERE id > 0; ALTER TABLE person ALTER a SET NOT NULL",
         "breaks-writers", "person.a is NOT NULL"),
        ("REVOKE SELECT ON person FROM creativeflow_app", "revokes", "creativeflow_app loses SELECT on table person"),
        ("REVOKE EXECUTE ON FUNCTION f() FROM creativeflow_readonly", "revokes", "loses EXECUTE on function f()"),
        ("REVOKE USAGE ON TYPE mood FROM PUBLIC", "revokes", "PUBLIC loses USAGE on enum mood"),
        ("COMMENT ON COLUMN person.name IS 'secret: a name'", "revokes",
         "creativeflow_readonly loses SELECT on column person.name"),
        ("REVOKE USAGE ON SCHEMA creativeflow FROM creativeflow_app", "revokes",
         "creativeflow_app loses USAGE on schema creativeflow"),
    ],
)  # fmt: skip
def test_it_needs_care(rehearsals: Server, base: Path, sql: str, code: str, why: str) -> None:
    finding = found(rehearsals, sql, base=base)[code]
    assert finding.severity == "needs care"
    assert why in finding.why
    assert finding.instead


@pytest.mark.parametrize(
    "sql",
    [
        "DROP FUNCTION stamp()",
        "ALTER TABLE person ALTER COLUMN name SET DEFAULT ''",
        "ALTER TABLE person ADD COLUMN more points NOT NULL",
        "ALTER TYPE mood ADD VALUE 'calm' BEFORE 'sad'",
        "ALTER TABLE event_default ALTER COLUMN kind SET DEFAULT 'none'",
        "ALTER TABLE secured DISABLE ROW LEVEL SECURITY; DROP POLICY everybody ON secured",
        "CREATE OR REPLACE VIEW people AS SELECT id, name, score FROM person",
        "ALTER TABLE person ADD COLUMN token text; COMMENT ON COLUMN person.token IS 'secret: a key'",
        "REVOKE SELECT ON person FROM creativeflow_app; GRANT SELECT ON person TO creativeflow_app",
        "CREATE OR REPLACE FUNCTION f() RETURNS integer RETURN 2",
    ],
)
def test_what_takes_nothing_away_is_no_loss(rehearsals: Server, base: Path, sql: str) -> None:
    assert facts(rehearsals, sql, base=base).losses == ()


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ('ALTER TABLE person DROP COLUMN "order"', "drops-data"),
        ("ALTER TABLE person DROP COLUMN old", "drops-data"),
        ('ALTER TABLE person RENAME COLUMN "order" TO "rank"', "renames"),
        ("ALTER TABLE secured RENAME TO guarded", "renames"),
        ("DROP VIEW people; CREATE VIEW people AS SELECT id FROM person", "breaks-readers"),
    ],
)
def test_what_a_statement_says_is_told_once_and_with_its_line(
    rehearsals: Server, base: Path, sql: str, code: str
) -> None:
    made = facts(rehearsals, sql, base=base)
    assert made.losses
    (finding,) = judge(made)
    assert (finding.code, finding.line) == (code, 1)


def test_all_that_a_change_takes_is_told(rehearsals: Server, base: Path) -> None:
    assert facts(rehearsals, "DROP TYPE mood CASCADE", base=base).losses == (
        Loss("drop object", "enum mood"),
        Loss("drop column", "person.feels", "person"),
    )
