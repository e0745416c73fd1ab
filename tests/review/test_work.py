"""Work that lasts as long as a table is large, on a real server: whom it keeps waiting, and what to do instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.review.facts import Effect, Lock
from infra.review.roles import Server
from infra.review.rows.fill import Wanted
from infra.review.verdict import judge
from tests.review.project import facts, found, timed_review, with_history
from tests.servers import ROOT

_JANUARY = "FOR VALUES FROM ('2024-01-01 00:00+00') TO ('2024-02-01 00:00+00')"
_MORE = """
CREATE MATERIALIZED VIEW emails AS SELECT id, email FROM "User";
CREATE UNIQUE INDEX ON emails (id);
CREATE TABLE news (at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE news_2024 PARTITION OF news FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
"""


@pytest.fixture(scope="module")
def more(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a materialized view, and with a partitioned table that has no DEFAULT partition."""
    return with_history(tmp_path_factory.mktemp("more"), _MORE)


def _effect(server: Server, sql: str, **options: object) -> Effect:
    """What the last statement of a script did."""
    (script,) = facts(server, sql, **options).scripts
    assert script.failure is script.of_rows is None
    return script.statements[-1].effect


@pytest.mark.parametrize(
    ("sql", "code", "blocked"),
    [
        ('CREATE INDEX ON "UsageLog_default" (id)', "index-blocks", "writes"),
        ('ALTER TABLE "UsageLog_default" ADD CHECK ("creditsCost" >= -1)', "scan-blocks", "reads and writes"),
        (f'CREATE TABLE january (LIKE "UsageLog" INCLUDING ALL);'
         f'ALTER TABLE "UsageLog" ATTACH PARTITION january {_JANUARY}', "scan-blocks", "reads and writes"),
    ],
)  # fmt: skip
def test_a_partition_that_is_read_under_a_lock_of_its_own_needs_care(
    rehearsals: Server, sql: str, code: str, blocked: str
) -> None:
    finding = found(rehearsals, sql, base=ROOT)[code]
    assert finding.why.endswith(f'reads all of "UsageLog_default", and keeps {blocked} waiting meanwhile')


def test_a_partition_stands_for_itself_where_its_table_is_not_locked_like_it(rehearsals: Server) -> None:
    whole = _effect(rehearsals, 'CREATE INDEX ON "UsageLog" (id)', base=ROOT)
    part = _effect(rehearsals, 'CREATE INDEX ON "UsageLog_default" (id)', base=ROOT)
    assert whole == Effect((Lock('"UsageLog"', "SHARE"),), scanned=('"UsageLog"',))
    assert part == Effect((Lock('"UsageLog_default"', "SHARE"),), scanned=('"UsageLog_default"',))


@pytest.mark.parametrize(
    ("sql", "code", "instead"),
    [
        ('CREATE INDEX ON "Event" (kind)', "index-blocks", 'CREATE INDEX … ON ONLY "Event"'),
        ('ALTER TABLE "Event" ADD UNIQUE (id, at)', "scan-blocks", 'CREATE UNIQUE INDEX … ON ONLY "Event"'),
        ('CREATE TABLE one (id bigint PRIMARY KEY); ALTER TABLE "Event" ADD FOREIGN KEY (id) REFERENCES one',
         "scan-blocks", "before 18 for a partitioned table"),
        (f'CREATE TABLE january PARTITION OF "Event" {_JANUARY}', "scan-blocks", "no row has to move"),
        ('CREATE INDEX ON "Event_default" (kind)', "index-blocks", "CREATE INDEX CONCURRENTLY, alone in its script"),
        ('ALTER TABLE "Project" ADD UNIQUE (id, name)', "scan-blocks", "ADD CONSTRAINT … USING INDEX"),
    ],
)  # fmt: skip
def test_a_partitioned_table_gets_advice_that_it_can_follow(
    rehearsals: Server, sql: str, code: str, instead: str
) -> None:
    assert instead in found(rehearsals, sql)[code].instead


def test_an_index_of_a_partitioned_table_can_be_made_as_advised(rehearsals: Server) -> None:
    on_only = 'CREATE UNIQUE INDEX "Event_key" ON ONLY "Event" (id, at);'
    assert found(rehearsals, on_only) == {}
    assert found(rehearsals, 'CREATE UNIQUE INDEX CONCURRENTLY part ON "Event_default" (id, at)') == {}
    attach = 'CREATE UNIQUE INDEX part ON "Event_default" (id, at); ALTER INDEX "Event_key" ATTACH PARTITION part'
    made = facts(rehearsals, on_only + attach)
    assert '+ index "Event_key" on "Event" UNIQUE USING btree (id, at)' in made.difference


@pytest.mark.parametrize("what", ['TABLE "User"', 'INDEX "User_email_key"', '(VERBOSE) TABLE "User"'])
def test_an_index_that_is_built_anew_keeps_readers_waiting_too(rehearsals: Server, what: str) -> None:
    (finding,) = found(rehearsals, f"REINDEX {what}").values()
    assert finding.code == "rebuild-blocks"
    assert finding.why == 'builds indexes of "User" anew, and keeps reads and writes waiting meanwhile'
    assert "REINDEX CONCURRENTLY" in finding.instead


@pytest.mark.parametrize(
    ("sql", "instead"),
    [
        ('ALTER TABLE "User" ADD a uuid DEFAULT gen_random_uuid()', "without the volatile default"),
        ('ALTER TABLE "User" ADD a bigint GENERATED ALWAYS AS IDENTITY', "nextval"),
        ('ALTER TABLE "User" ADD a int GENERATED ALWAYS AS ("creditBalance" * 2) STORED', "VIRTUAL"),
        ('ALTER TABLE "Asset" SET UNLOGGED', "when nobody needs the table"),
        ('ALTER TABLE "User" ALTER "creditBalance" TYPE bigint', "add a new column of that type"),
        ("REFRESH MATERIALIZED VIEW emails", "REFRESH MATERIALIZED VIEW CONCURRENTLY"),
        ('DO $$ BEGIN TRUNCATE "Asset"; END $$', "write what it does as statements"),
    ],
)
def test_the_advice_fits_what_writes_a_table_anew(rehearsals: Server, more: Path, sql: str, instead: str) -> None:
    assert instead in found(rehearsals, sql, base=more)["rewrite"].instead


def test_what_is_advised_instead_writes_nothing_anew(rehearsals: Server, more: Path) -> None:
    virtual = 'ALTER TABLE "User" ADD a int GENERATED ALWAYS AS ("creditBalance" * 2) VIRTUAL'
    assert found(rehearsals, virtual) == {}
    assert "rewrite" not in found(rehearsals, "REFRESH MATERIALIZED VIEW CONCURRENTLY emails", base=more)


def test_a_truncate_that_cascades_removes_the_rows_of_the_others_too(rehearsals: Server) -> None:
    findings = judge(facts(rehearsals, 'TRUNCATE "User" CASCADE'))
    assert [(finding.code, finding.why) for finding in findings] == [
        ("drops-data", 'the rows of "User" are gone'),
        ("drops-data", 'the rows of "Asset" (CASCADE) are gone'),
        ("drops-data", 'the rows of "Project" (CASCADE) are gone'),
    ]


def test_a_sequence_that_is_restarted_is_no_work(rehearsals: Server) -> None:
    assert found(rehearsals, 'ALTER SEQUENCE "Asset_id_seq" RESTART WITH 7') == {}


def test_a_partition_that_is_detached_concurrently_is_locked_by_the_second_transaction(
    rehearsals: Server, more: Path
) -> None:
    effect = _effect(rehearsals, "ALTER TABLE news DETACH PARTITION news_2024 CONCURRENTLY", base=more)
    assert effect.locks == (Lock("news", "SHARE UPDATE EXCLUSIVE"), Lock("news_2024", "ACCESS EXCLUSIVE"))


def test_what_an_index_finds_is_not_a_table_read_as_a_whole(rehearsals: Server) -> None:
    many = Wanted(2000)
    update = _effect(rehearsals, """UPDATE "User" SET "fullName" = 'x' WHERE email = 'a'""", wanted=many)
    assert update.scanned == ()
    key = "(SELECT id FROM \"User\" WHERE email = 'admin@example.com')"
    made = _effect(rehearsals, f"""INSERT INTO "Project" ("ownerId", name) SELECT {key}, 'x'""", wanted=many)
    assert made.scanned == ()


def test_a_foreign_key_that_is_validated_reads_all_of_its_table_by_whatever_index(rehearsals: Server) -> None:
    sql = """
        ALTER TABLE "Project" DROP CONSTRAINT "Project_ownerId_fkey";
        SET LOCAL enable_seqscan = off;
        ALTER TABLE "Project" ADD CONSTRAINT "Project_ownerId_fkey" FOREIGN KEY ("ownerId") REFERENCES "User" (id);
    """
    assert '"Project"' in _effect(rehearsals, sql, wanted=Wanted(2000)).scanned


def test_statements_are_timed(rehearsals: Server) -> None:
    (script,) = timed_review(rehearsals, {"V100__Sleep.sql": "SELECT pg_sleep(0.2)"}).facts.scripts
    assert script.seconds >= 0.2
