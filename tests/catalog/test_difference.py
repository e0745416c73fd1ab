"""Each change shows as the line that a reviewer expects. All cases start from rich.sql."""

from __future__ import annotations

import psycopg
import pytest

from infra.catalog.difference import Difference
from infra.catalog.read import read

CASES = {
    'ALTER TABLE "Team" ADD COLUMN nickname text': ['+ column "Team".nickname text'],
    'ALTER TABLE "Team" DROP COLUMN home': ['- column "Team".home place'],
    "ALTER TABLE log ALTER COLUMN kind TYPE varchar(80)": ["~ column log.kind: varchar(9) → varchar(80)"],
    "ALTER TABLE log ALTER COLUMN kind SET NOT NULL": ["~ column log.kind: NULL → NOT NULL"],
    "ALTER TABLE \"Team\" ALTER COLUMN name SET DEFAULT 'd]'": [
        "~ column \"Team\".name: default: 'it''s'::character varying → 'd]'::character varying"
    ],
    'ALTER TABLE "Team" ALTER COLUMN "order" SET GENERATED ALWAYS SET INCREMENT BY 7': [
        '~ column "Team"."order": identity: BY DEFAULT AS IDENTITY → ALWAYS AS IDENTITY; '
        "identity options: INCREMENT BY 5 START WITH 10 → INCREMENT BY 7 START WITH 10"
    ],
    'ALTER TABLE "Team" ALTER COLUMN short DROP EXPRESSION': [
        '~ column "Team".short: generated: ALWAYS AS (initials(name::text)) STORED → none'
    ],
    'ALTER TABLE "Team" ALTER COLUMN name SET STATISTICS 9': ['~ column "Team".name: statistics target: 500 → 9'],
    'ALTER TABLE "Team" ALTER COLUMN short SET STORAGE PLAIN': ['~ column "Team".short: storage: EXTERNAL → PLAIN'],
    'ALTER TABLE "Team" ALTER COLUMN short SET COMPRESSION default': [
        '~ column "Team".short: compression: pglz → none'
    ],
    'ALTER TABLE child ADD COLUMN word text COLLATE "C"': ['+ column child.word text COLLATE "C"'],
    "ALTER TABLE child DROP COLUMN extra; ALTER TABLE child ADD COLUMN b text; ALTER TABLE child ADD extra integer": [
        "~ table child: order of columns: … extra, b → … b, extra",
        "+ column child.b text",
    ],
    "ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM pg_monitor;"
    'CREATE TABLE invoice (id bigint PRIMARY KEY, team integer REFERENCES "Team", paid boolean NOT NULL DEFAULT false);'
    "CREATE INDEX ON invoice (team); COMMENT ON TABLE invoice IS 'It''s owed'": [
        "- default privileges TABLES of postgres; privileges of pg_monitor SELECT",
        "+ table invoice; comment 'It''s owed'",
        "+   column id bigint NOT NULL",
        "+   column team integer",
        "+   column paid boolean NOT NULL DEFAULT false",
        "+   constraint invoice_pkey PRIMARY KEY (id)",
        '+   constraint invoice_team_fkey FOREIGN KEY (team) REFERENCES "Team"(id)',
        "+   index invoice_team_idx USING btree (team)",
    ],
    "DROP TABLE child": ["- table child INHERITS scratch", "-   column id integer", "-   column extra integer"],
    "ALTER TABLE scratch SET LOGGED": ["~ table scratch: persistence: UNLOGGED → LOGGED"],
    "ALTER TABLE scratch SET (fillfactor = 50)": ["~ table scratch: options: none → fillfactor=50"],
    'ALTER TABLE "Team" NO FORCE ROW LEVEL SECURITY': ['~ table "Team": row security: FORCE → on'],
    'ALTER TABLE "Team" REPLICA IDENTITY USING INDEX "Team_pkey"': [
        '~ table "Team": replica identity: FULL → USING INDEX "Team_pkey"'
    ],
    "ALTER TABLE child NO INHERIT scratch": ["~ table child: inherits: scratch → none"],
    "DROP TABLE log_default": ["- table log_default PARTITION OF log DEFAULT"],
    "ALTER TABLE log_2024_03 ALTER COLUMN kind SET DEFAULT 'a'": [
        "+ column log_2024_03.kind DEFAULT 'a'::character varying"
    ],
    'ALTER TABLE "Team" DROP CONSTRAINT "Team_name_check"': [
        '- constraint "Team_name_check" on "Team" '
        "CHECK (name::text = ANY (ARRAY['it''s'::text, 'b, c'::text, 'd]'::text]))"
    ],
    'ALTER TABLE "Team" VALIDATE CONSTRAINT late': [
        '~ constraint late on "Team": '
        "CHECK (cost::numeric < 100::numeric) NOT VALID → CHECK (cost::numeric < 100::numeric)"
    ],
    "ALTER TABLE scratch ALTER CONSTRAINT scratch_id_fkey DEFERRABLE": [
        '~ constraint scratch_id_fkey on scratch: FOREIGN KEY (id) REFERENCES "Team"(id) ON DELETE SET NULL → '
        'FOREIGN KEY (id) REFERENCES "Team"(id) ON DELETE SET NULL DEFERRABLE'
    ],
    "ALTER TABLE scratch ADD CONSTRAINT once UNIQUE (id) WITH (fillfactor = 60)": [
        "+ constraint once on scratch UNIQUE (id); index options fillfactor=60"
    ],
    'DROP INDEX " USING "': ['- index " USING " on "Team" UNIQUE USING btree (seen) WITH (fillfactor=\'90\')'],
    "ALTER TABLE child ADD COLUMN at timestamptz REFERENCES log": [
        "+ column child.at timestamptz",
        "+ constraint child_at_fkey on child FOREIGN KEY (at) REFERENCES log(at)",
    ],
    "CREATE INDEX again ON scratch USING hash (id)": ["+ index again on scratch USING hash (id)"],
    "UPDATE pg_index SET indisvalid = false WHERE indexrelid = '\"Team_lower_idx\"'::regclass": [
        '~ index "Team_lower_idx" on "Team": state: valid → invalid'
    ],
    "UPDATE pg_index SET indisready = false WHERE indexrelid = '\"Team_pkey\"'::regclass": [
        '~ constraint "Team_pkey" on "Team": index state: valid → not ready'
    ],
    'ALTER TABLE "Team" SET WITHOUT CLUSTER': ['~ constraint "Team_pkey" on "Team": clustered: yes → none'],
    "DROP TRIGGER touch ON log": [
        "- trigger touch on log BEFORE INSERT FOR EACH ROW EXECUTE FUNCTION touch()",
    ],
    'ALTER TABLE "Team" ENABLE TRIGGER checked': ['~ trigger checked on "Team": enabled: DISABLE → ENABLE'],
    "ALTER TABLE log_2024_03 DISABLE TRIGGER touch": ["+ trigger touch on log_2024_03; enabled DISABLE"],
    'DROP RULE keep ON "Team"': [
        '- rule keep on "Team" AS ON DELETE TO "Team" WHERE old.flag DO INSTEAD NOTHING; comment \'A rule\''
    ],
    'ALTER POLICY own ON "Team" TO PUBLIC USING (flag)': [
        '~ policy own on "Team": AS RESTRICTIVE FOR UPDATE TO pg_monitor, pg_read_all_data '
        "USING (name::text = CURRENT_USER) WITH CHECK (flag) → "
        "AS RESTRICTIVE FOR UPDATE TO PUBLIC USING (flag) WITH CHECK (flag)"
    ],
    "DROP STATISTICS team_statistics": [
        '- statistics team_statistics on "Team" (ndistinct, dependencies) ON name, flag FROM "Team"; '
        "comment 'Statistics'"
    ],
    "ALTER STATISTICS team_statistics SET STATISTICS 7": [
        '~ statistics team_statistics on "Team": statistics target: none → 7'
    ],
    "CREATE OR REPLACE VIEW flagged WITH (security_barrier = true) AS"
    ' SELECT id, name, initials(name) AS short FROM "Team" WHERE flag': [
        "~ view flagged: line 5: WHERE (name::text = ANY (ARRAY['b, c'::text, 'd]'::text])) AND flag → WHERE flag"
    ],
    "ALTER VIEW flagged RESET (security_barrier)": ["~ view flagged: options: security_barrier=true → none"],
    "DROP MATERIALIZED VIEW counted": [
        '- materialized view counted SELECT name, count(*) AS n FROM "Team" GROUP BY name; '
        "comment 'A materialized view'",
        "-   index counted_name_idx UNIQUE USING btree (name)",
    ],
    "CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  RETURN OLD;\nEND\n$$": [
        "~ function touch(): line 6: RETURN NEW;  -- 'a'::character varying::text stays as it is in here → RETURN OLD;"
    ],
    "ALTER FUNCTION initials(text, integer) STRICT": [
        "~ function initials(text, integer): line 4: IMMUTABLE → IMMUTABLE STRICT"
    ],
    "CREATE FUNCTION touch(uuid) RETURNS uuid LANGUAGE sql AS 'SELECT $1';"
    "GRANT EXECUTE ON FUNCTION touch(uuid) TO PUBLIC": [
        "+ function touch(uuid) RETURNS uuid LANGUAGE sql AS $function$SELECT $1$function$"
    ],
    "DROP PROCEDURE tidy": [
        "- procedure tidy(integer) LANGUAGE plpgsql AS $procedure$BEGIN done := 1; END$procedure$; "
        "comment 'A procedure'"
    ],
    "DROP AGGREGATE product (numeric)": [
        "- aggregate product(numeric) SFUNC = numeric_mul, STYPE = numeric, INITCOND = '1', PARALLEL = SAFE; "
        "comment 'An aggregate'"
    ],
    "ALTER TYPE mood ADD VALUE 'great'": [
        "~ enum mood: labels: 'sad', 'happy', 'it''s ok' → 'sad', 'happy', 'it''s ok', 'great'"
    ],
    "ALTER TYPE place ADD ATTRIBUTE town text": [
        '~ composite type place: (street text COLLATE "C", number integer) → '
        '(street text COLLATE "C", number integer, town text)'
    ],
    "ALTER DOMAIN price DROP CONSTRAINT price_positive": [
        "~ domain price: comment on constraint price_positive: 'A constraint of a domain' → none; "
        "constraint price_positive: CHECK (VALUE >= 0::numeric) → none"
    ],
    "CREATE TYPE more AS RANGE (SUBTYPE = integer)": [
        "+ range more (SUBTYPE = integer, MULTIRANGE_TYPE_NAME = more_multirange)"
    ],
    "ALTER SEQUENCE countdown NO CYCLE CACHE 1": [
        "~ sequence countdown: AS integer INCREMENT BY -1 MINVALUE -50 START WITH -5 CACHE 3 CYCLE → "
        "AS integer INCREMENT BY -1 MINVALUE -50 START WITH -5"
    ],
    'ALTER SEQUENCE countdown OWNED BY "Team".id': ['~ sequence countdown: owned by: none → "Team".id'],
    "COMMENT ON COLUMN \"Team\".name IS 'It''s new'": ["~ column \"Team\".name: comment: none → 'It''s new'"],
    "COMMENT ON FUNCTION initials IS NULL": [
        "~ function initials(text, integer): comment: 'It''s for avatars \\ badges' → none"
    ],
    'COMMENT ON INDEX "Team_pkey" IS NULL': [
        '~ constraint "Team_pkey" on "Team": index comment: \'The index of a constraint\' → none'
    ],
    "COMMENT ON COLUMN place.street IS NULL": ["- column place.street; comment 'A column of a composite type'"],
    "COMMENT ON SCHEMA s IS 'A schema'": ["~ schema s: comment: none → 'A schema'"],
    "ALTER TABLE scratch OWNER TO pg_monitor": ["~ table scratch: owner: postgres → pg_monitor"],
    "GRANT SELECT ON scratch TO pg_monitor": ["~ table scratch: privileges of pg_monitor: default → SELECT"],
    "GRANT SELECT (id) ON scratch TO PUBLIC": ["~ column scratch.id: privileges of PUBLIC: default → SELECT"],
    "GRANT EXECUTE ON FUNCTION initials TO PUBLIC": [
        "~ function initials(text, integer): privileges of PUBLIC: none → default"
    ],
    "REVOKE GRANT OPTION FOR EXECUTE ON FUNCTION initials FROM pg_monitor": [
        "~ function initials(text, integer): privileges of pg_monitor: EXECUTE* → EXECUTE"
    ],
    "GRANT USAGE ON SCHEMA s TO pg_monitor": ["~ schema s: privileges of pg_monitor: default → USAGE"],
    "REVOKE USAGE ON TYPE mood FROM pg_monitor": ["~ enum mood: privileges of pg_monitor: USAGE → default"],
    "REVOKE USAGE ON SEQUENCE countdown FROM pg_monitor": [
        "~ sequence countdown: privileges of pg_monitor: USAGE → default"
    ],
    "ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT USAGE ON SEQUENCES TO pg_monitor": [
        "+ default privileges SEQUENCES of postgres; privileges of pg_monitor USAGE"
    ],
    "ALTER EVENT TRIGGER watch ENABLE": ["~ event trigger watch: enabled: DISABLE → ENABLE"],
}


@pytest.mark.parametrize("change", CASES)
def test_a_change_shows_as_one_line(rich: psycopg.Connection, change: str) -> None:
    before = read(rich, ["s"])
    rich.execute(change.encode())
    difference = Difference(before, read(rich, ["s"]))
    assert list(difference.lines) == CASES[change]
    assert str(difference) == "\n".join(CASES[change])
    assert difference


def test_no_difference_is_false(rich: psycopg.Connection) -> None:
    difference = Difference(read(rich, ["s"]), read(rich, ["s"]))
    assert not difference
    assert difference.lines == ()
    assert str(difference) == ""


def test_lines_are_sorted_by_table_and_kind(rich: psycopg.Connection) -> None:
    before = read(rich, ["s"])
    rich.execute(
        "CREATE INDEX a ON scratch (id); ALTER TABLE scratch ADD CHECK (id > 0); DROP MATERIALIZED VIEW counted;"
        "ALTER TABLE log DROP COLUMN kind; CREATE SEQUENCE z"
    )
    heads = [" ".join(line.split()[1:3]) for line in Difference(before, read(rich, ["s"])).lines]
    assert heads == [
        "sequence z",
        "materialized view",
        "index counted_name_idx",
        "column log.kind",
        "constraint log_kind_check",
        "index log_kind_idx",
        "index log_2024_04_own_idx",
        "constraint scratch_id_check",
        "index a",
    ]


def test_the_schema_is_named_where_there_are_several(rich: psycopg.Connection) -> None:
    rich.execute("CREATE SCHEMA t")
    before = read(rich, ["s", "t"])
    rich.execute('CREATE TABLE t.x (id mood); ALTER TABLE child DROP COLUMN extra; DROP TRIGGER checked ON "Team"')
    assert [line.partition("; privileges")[0] for line in Difference(before, read(rich, ["s", "t"])).lines] == [
        '- trigger checked on s."Team" AFTER INSERT DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW'
        " EXECUTE FUNCTION s.touch(); enabled DISABLE",
        "- column s.child.extra integer",
        "+ table t.x",
        "+   column id s.mood",
    ]
