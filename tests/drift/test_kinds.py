"""Each kind of drift is found, named by one line, and gone once it is undone."""

from __future__ import annotations

import pytest

from infra import settings
from tests.drift.conftest import Database

ROLE = "pg_monitor"  # which every server has
USER_INDEX = '"User_email_lower_idx"'
FUNCTION = "CREATE OR REPLACE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $${}$$"
BODY = "\nBEGIN\n  RETURN NEW;\nEND\n"

# What somebody did, the line, and how they undo it. Without the last, only its opposite is a change of its own.
KINDS: dict[str, tuple[str, str, str]] = {
    "new table": ("CREATE TABLE mine (id integer PRIMARY KEY, note text)", "+ table mine", "DROP TABLE mine"),
    "new view": (
        'CREATE VIEW mine AS SELECT id FROM "User"',
        '+ view mine SELECT id FROM "User"',
        "DROP VIEW mine",
    ),
    "new column": (
        'ALTER TABLE "User" ADD COLUMN nickname text',
        '+ column "User".nickname text',
        'ALTER TABLE "User" DROP COLUMN nickname',
    ),
    "dropped index": (
        f"DROP INDEX {USER_INDEX}",
        f'- index {USER_INDEX} on "User" UNIQUE USING btree (lower(email::text))',
        f'CREATE UNIQUE INDEX {USER_INDEX} ON "User" (lower(email))',
    ),
    "new index": (
        'CREATE INDEX mine ON "User" (username)',
        '+ index mine on "User" USING btree (username)',
        "DROP INDEX mine",
    ),
    "invalid index": (
        f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{USER_INDEX}'::regclass",
        f'~ index {USER_INDEX} on "User": state: valid → invalid',
        f"UPDATE pg_index SET indisvalid = true WHERE indexrelid = '{USER_INDEX}'::regclass",
    ),
    "index of one partition": (
        'CREATE INDEX mine ON "UsageLog_default" (id)',
        '+ index mine on "UsageLog_default" USING btree (id)',
        "DROP INDEX mine",
    ),
    "disabled trigger": (
        'ALTER TABLE "User" DISABLE TRIGGER set_updated_at',
        '~ trigger set_updated_at on "User": enabled: ENABLE → DISABLE',
        'ALTER TABLE "User" ENABLE TRIGGER set_updated_at',
    ),
    "constraint that is not valid": (
        'ALTER TABLE "User" ADD CONSTRAINT named CHECK (length(username) > 0) NOT VALID',
        '+ constraint named on "User" CHECK (length(username::text) > 0) NOT VALID',
        'ALTER TABLE "User" DROP CONSTRAINT named',
    ),
    "dropped check": (
        'ALTER TABLE "AIModelDeployment" DROP CONSTRAINT "AIModelDeployment_deploymentStrategy_check"',
        '- constraint "AIModelDeployment_deploymentStrategy_check" on "AIModelDeployment" CHECK ("deploymentStrategy"'
        "::text = ANY (ARRAY['recreate'::text, 'rolling'::text, 'blue_green'::text, 'canary'::text]))",
        'ALTER TABLE "AIModelDeployment" ADD CONSTRAINT "AIModelDeployment_deploymentStrategy_check" CHECK '
        "(\"deploymentStrategy\" IN ('recreate', 'rolling', 'blue_green', 'canary'))",
    ),
    "changed default": (
        'ALTER TABLE "User" ALTER COLUMN "createdAt" DROP DEFAULT',
        '~ column "User"."createdAt": default: now() → none',
        'ALTER TABLE "User" ALTER COLUMN "createdAt" SET DEFAULT now()',
    ),
    "changed type": (
        'ALTER TABLE "User" ALTER COLUMN username TYPE varchar(80)',
        '~ column "User".username: varchar(50) → varchar(80)',
        'ALTER TABLE "User" ALTER COLUMN username TYPE varchar(50)',
    ),
    "changed nullability": (
        'ALTER TABLE "User" ALTER COLUMN email DROP NOT NULL',
        '~ column "User".email: NOT NULL → NULL',
        'ALTER TABLE "User" ALTER COLUMN email SET NOT NULL',
    ),
    "changed owner": (
        f'ALTER TABLE "User" OWNER TO {ROLE}',
        f'~ table "User": owner: postgres → {ROLE}',
        'ALTER TABLE "User" OWNER TO postgres',
    ),
    "row security": (
        'ALTER TABLE "User" ENABLE ROW LEVEL SECURITY',
        '~ table "User": row security: off → on',
        'ALTER TABLE "User" DISABLE ROW LEVEL SECURITY',
    ),
    "new policy": (
        'CREATE POLICY mine ON "User" USING (true)',
        '+ policy mine on "User" FOR ALL TO PUBLIC USING (true)',
        'DROP POLICY mine ON "User"',
    ),
    "changed comment": (
        """COMMENT ON TABLE "Team" IS 'people'""",
        "~ table \"Team\": comment: '{comment}' → 'people'",
        "COMMENT ON TABLE \"Team\" IS '{comment}'",
    ),
    "privilege on a table": (
        f'GRANT SELECT ON "User" TO {ROLE}',
        f'~ table "User": privileges of {ROLE}: default → SELECT',
        f'REVOKE SELECT ON "User" FROM {ROLE}',
    ),
    "privilege on a secret column": (
        f'GRANT SELECT ("passwordHash") ON "User" TO {ROLE}',
        f'~ column "User"."passwordHash": privileges of {ROLE}: default → SELECT',
        f'REVOKE SELECT ("passwordHash") ON "User" FROM {ROLE}',
    ),
    "privilege on a function": (
        f"GRANT EXECUTE ON FUNCTION stray_rows() TO {ROLE}",
        f"~ function stray_rows(): privileges of {ROLE}: default → EXECUTE",
        f"REVOKE EXECUTE ON FUNCTION stray_rows() FROM {ROLE}",
    ),
    "new type": ("CREATE TYPE mood AS ENUM ('good')", "+ enum mood ('good')", "DROP TYPE mood"),
    "deleted row of the history": (
        "CREATE TEMP TABLE kept AS SELECT * FROM flyway_schema_history WHERE version = '002';"
        "DELETE FROM flyway_schema_history WHERE version = '002'",
        "- history row 2 V002__Add_User_Preferences_Detail.sql",
        "INSERT INTO flyway_schema_history SELECT * FROM kept",
    ),
    "foreign row of the history": (
        "INSERT INTO flyway_schema_history SELECT 9, '9', 'Mine', 'SQL', 'V9__Mine.sql', 1, 'me', now(), 1, true",
        "+ history row 9 V9__Mine.sql",
        "DELETE FROM flyway_schema_history WHERE version = '9'",
    ),
    "failed row of the history": (
        "INSERT INTO flyway_schema_history SELECT 9, '9', 'Mine', 'SQL', 'V9__Mine.sql', 1, 'me', now(), 1, false",
        "~ history row 9 V9__Mine.sql: failed",
        "DELETE FROM flyway_schema_history WHERE version = '9'",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_drift_is_found_named_and_gone_once_it_is_undone(database: Database, kind: str) -> None:
    comment = database.value("""SELECT obj_description('creativeflow."Team"'::regclass, 'pg_class')""")
    change, line, undo = (text.replace("{comment}", comment) for text in KINDS[kind])
    database.change(change)
    assert database.look().lines == (line,)
    database.change(undo)
    assert database.look().lines == ()


def test_another_body_of_a_function_is_drift(database: Database) -> None:
    database.change(FUNCTION.format(BODY))
    [line] = database.look().lines
    assert line.startswith("~ function set_updated_at(): line ")


def test_a_dropped_table_is_one_line_with_all_that_belonged_to_it(database: Database) -> None:
    database.change('DROP TABLE "SocialMediaConnection"')
    [line] = database.look().lines
    assert line.startswith('- table "SocialMediaConnection"')


def test_each_line_says_what_to_do(database: Database) -> None:
    database.change(f'ALTER TABLE "User" ADD COLUMN nickname text; DROP INDEX {USER_INDEX}')
    database.change('ALTER TABLE "User" ALTER COLUMN email DROP NOT NULL')
    database.change("DELETE FROM flyway_schema_history WHERE version = '001'")
    drift = database.look()
    assert drift.remedies() == tuple(
        f"{line}: {remedy}"
        for line, remedy in zip(
            drift.lines,
            (
                "put the row back",
                "change it back, or run make adopt",
                "undo it, which loses what it holds, or run make adopt",
                "make it again, or run make adopt",
            ),
            strict=True,
        )
    )


def test_what_is_done_about_drift_is_stop_or_warn() -> None:
    with pytest.raises(settings.SettingsError, match='onDrift: "ask" cannot be used'):
        settings.load({"adminEmail": "admin@example.com", "onDrift": "ask"}, (), {})
    assert settings.load({"adminEmail": "admin@example.com"}, (), {}).on_drift == "stop"
