"""The read-only role reads all but the secrets, and what it may read follows what the migrations made."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from functools import partial

import psycopg
import pytest
from psycopg import sql

from infra.privileges import grant_reads
from tests.servers import PASSWORD

TABLES = """
    CREATE SCHEMA one;
    CREATE TABLE one."Open" (id int, name text);
    CREATE TABLE one."Account" (id int, email text, hash text);
    COMMENT ON COLUMN one."Account".hash IS 'secret: of the password';
    CREATE VIEW one.accounts AS SELECT id, email FROM one."Account";
    CREATE TABLE one."Log" (at date NOT NULL, line text) PARTITION BY RANGE (at);
    CREATE TABLE one."Log_default" PARTITION OF one."Log" DEFAULT;
    CREATE SCHEMA other;
    CREATE TABLE other.closed (id int);
"""
READS = """
    SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace IN ('one'::regnamespace, 'other'::regnamespace)
      AND has_column_privilege(%s, c.oid, a.attnum, 'SELECT')
    GROUP BY c.relname
"""


@pytest.fixture
def owner(database: dict[str, object]) -> Iterator[psycopg.Connection]:
    with psycopg.connect(**database, autocommit=True) as connection:  # type: ignore[arg-type]
        connection.execute(TABLES)
        yield connection


@pytest.fixture
def reader(admin: psycopg.Connection, owner: psycopg.Connection) -> Iterator[str]:
    """A role that may log in, and has nothing in the new database but the use of both schemas."""
    name = f"test_reader_{uuid.uuid4().hex[:12]}"
    role = sql.Identifier(name)
    admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(PASSWORD)))
    owner.execute(sql.SQL("GRANT USAGE ON SCHEMA one, other TO {}").format(role))
    yield name
    owner.execute(sql.SQL("DROP OWNED BY {}").format(role))
    admin.execute(sql.SQL("DROP ROLE {}").format(role))


def reads(owner: psycopg.Connection, reader: str) -> dict[str, list[str]]:
    return dict(owner.execute(READS, [reader]).fetchall())


def grant(database: dict[str, object], reader: str) -> tuple[str, ...]:
    return grant_reads(partial(psycopg.connect, **database), ["one"], reader)  # type: ignore[arg-type]


def test_it_reads_every_column_but_the_secrets(
    database: dict[str, object], owner: psycopg.Connection, reader: str
) -> None:
    grant(database, reader)
    assert reads(owner, reader) == {
        "Open": ["id", "name"],
        "Account": ["id", "email"],
        "accounts": ["id", "email"],
        "Log": ["at", "line"],
    }
    with psycopg.connect(**{**database, "user": reader}, autocommit=True) as connection:  # type: ignore[arg-type]
        assert connection.execute('SELECT email FROM one."Account"').fetchall() == []
        for forbidden in ('SELECT hash FROM one."Account"', 'TABLE one."Account"', 'DELETE FROM one."Open"'):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden)


def test_a_column_that_becomes_a_secret_is_closed_and_one_that_is_added_opened(
    database: dict[str, object], owner: psycopg.Connection, reader: str
) -> None:
    grant(database, reader)
    owner.execute("""
        ALTER TABLE one."Account" ADD COLUMN city text;
        COMMENT ON COLUMN one."Open".name IS 'secret: nobody should know';
    """)
    grant(database, reader)
    found = reads(owner, reader)
    assert (found["Account"], found["Open"]) == (["id", "email", "city"], ["id"])


def test_a_column_is_closed_from_the_moment_that_it_is_added(
    database: dict[str, object], owner: psycopg.Connection, reader: str
) -> None:
    grant(database, reader)
    owner.execute('ALTER TABLE one."Open" ADD COLUMN token text')
    assert reads(owner, reader)["Open"] == ["id", "name"]


def test_a_right_to_read_the_whole_table_is_taken_back_where_it_has_a_secret(
    database: dict[str, object], owner: psycopg.Connection, reader: str
) -> None:
    owner.execute(sql.SQL('GRANT SELECT, INSERT ON one."Account" TO {}').format(sql.Identifier(reader)))
    grant(database, reader)
    assert reads(owner, reader)["Account"] == ["id", "email"]
    writes = owner.execute("SELECT has_table_privilege(%s, 'one.\"Account\"', 'INSERT')", [reader]).fetchone()
    assert writes == (True,), "only what may be read is decided here"


def test_nothing_is_written_where_nothing_is_to_change(
    database: dict[str, object], owner: psycopg.Connection, reader: str
) -> None:
    grant(database, reader)
    versions = "SELECT xmin::text, oid FROM pg_class UNION ALL SELECT xmin::text, attrelid FROM pg_attribute"
    before = owner.execute(versions).fetchall()
    grant(database, reader)
    assert owner.execute(versions).fetchall() == before


@pytest.mark.parametrize(
    "view",
    [
        'VIEW one.v AS SELECT * FROM one."Account"',
        'VIEW one.v AS SELECT id, hash IS NOT NULL AS has_password FROM one."Account"',
        'MATERIALIZED VIEW one.v AS SELECT id, hash FROM one."Account"',
        'VIEW one.v AS SELECT id, to_jsonb(a) FROM one."Account" a',
        'VIEW one.v AS SELECT id, to_jsonb(j) FROM (one."Account" a JOIN one."Open" o USING (id)) j',
        'VIEW one.v AS SELECT id, (SELECT max(hash) FROM one."Account") FROM one."Open"',
        'VIEW one.v AS WITH a AS (SELECT * FROM one."Account") SELECT count(*) FROM a WHERE hash LIKE $$a%$$',
    ],
)
def test_a_view_that_reads_a_secret_is_closed_and_told(
    database: dict[str, object], owner: psycopg.Connection, reader: str, view: str
) -> None:
    owner.execute(f"CREATE {view}".encode())
    (told,) = grant(database, reader)
    why, _, remedy = told.partition(": take that out of it; or, ")
    assert why == f'{reader} may not read the view "one"."v", which reads what is secret ("Account".hash)'
    assert "v" not in reads(owner, reader)
    owner.execute(remedy.rpartition("have a script ")[2].encode())
    assert grant(database, reader) == ()
    assert "v" in reads(owner, reader), "a script decides"


@pytest.mark.parametrize(
    "view",
    [
        'SELECT id, email FROM one."Account"',
        'SELECT count(*) FROM one."Account"',
        'SELECT to_jsonb(a) FROM (SELECT id, email FROM one."Account") a',
        'SELECT a.email, to_jsonb(o) FROM one."Account" a JOIN one."Open" o USING (id)',
    ],
)
def test_a_view_that_reads_no_secret_is_open(
    database: dict[str, object], owner: psycopg.Connection, reader: str, view: str
) -> None:
    owner.execute(f"CREATE VIEW one.v AS {view}".encode())
    assert grant(database, reader) == ()
    assert "v" in reads(owner, reader)


def test_a_partition_and_a_child_have_the_secrets_of_their_table(
    database: dict[str, object], owner: psycopg.Connection, reader: str
) -> None:
    owner.execute("""
        COMMENT ON COLUMN one."Log".line IS 'secret: what they did';
        CREATE VIEW one.lines AS TABLE one."Log_default";
        CREATE TABLE one.child (more int) INHERITS (one."Account");
    """)
    (line,) = grant(database, reader)
    assert '"one"."lines"' in line
    assert reads(owner, reader)["child"] == ["id", "email", "more"]


def test_a_view_of_views_of_secrets_is_closed_too(
    database: dict[str, object], owner: psycopg.Connection, reader: str
) -> None:
    owner.execute("""
        CREATE VIEW other.hashes AS SELECT id, hash AS h FROM one."Account";
        CREATE MATERIALIZED VIEW one.copied AS SELECT * FROM other.hashes;
        CREATE VIEW one.topmost AS SELECT h FROM one.copied;
    """)
    assert [line.partition(", which")[0].rpartition(" ")[2] for line in grant(database, reader)] == [
        '"one"."copied"',
        '"one"."topmost"',
    ]
    assert not {"copied", "topmost"} & reads(owner, reader).keys()


def test_a_view_is_closed_when_what_it_reads_becomes_a_secret(
    database: dict[str, object], owner: psycopg.Connection, reader: str
) -> None:
    grant(database, reader)
    owner.execute("COMMENT ON COLUMN one.\"Account\".email IS 'secret: nobody should know'")
    assert len(grant(database, reader)) == 1
    assert "accounts" not in reads(owner, reader)


def test_a_view_with_the_rights_of_who_reads_it_shows_no_secret(
    database: dict[str, object], owner: psycopg.Connection, reader: str
) -> None:
    owner.execute("""
        CREATE VIEW one.invoked WITH (security_invoker) AS SELECT id, hash FROM one."Account";
        CREATE VIEW one.owned AS SELECT hash FROM one.invoked;
    """)
    (line,) = grant(database, reader)
    assert '"one"."owned"' in line
    with (
        psycopg.connect(**{**database, "user": reader}) as connection,  # type: ignore[arg-type]
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied for table Account"),
    ):
        connection.execute("TABLE one.invoked")
