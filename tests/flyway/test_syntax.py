"""PostgreSQL's own grammar finds mistakes before a server does, and cuts scripts where the server would."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.flyway.errors import ScriptError
from infra.flyway.placeholders import replace
from infra.flyway.syntax import check, statements

STATEMENTS = [
    "SELECT 1",
    "SELECT 'a;b', \"c;d\", E'\\';', U&'\\00e9'",
    "/* ; é */ SELECT 'é😀' -- ;\n",
    "DO $x$ BEGIN PERFORM 1; PERFORM $$;$$; END $x$",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END",
    "CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM a; DELETE FROM b)",
    "CREATE SCHEMA s CREATE TABLE t (i int)",
]
GAPS = st.sampled_from([" ", "\n", "\r\n", "-- ; é\n", "/* ; /* ; */ */"])


@given(st.lists(st.tuples(GAPS, st.sampled_from(STATEMENTS), GAPS)), GAPS)
def test_the_pieces_make_up_the_script_again(parts: list[tuple[str, str, str]], tail: str) -> None:
    script = "".join(f"{before}{statement}{after};" for before, statement, after in parts) + tail
    found = statements("x", script)
    assert len(found) == len(parts)
    assert "".join(statement.text for statement in found) == (script if parts else "")
    assert all(statement.text.endswith(";") for statement in found[:-1])
    for statement in found:
        assert script[statement.start :].startswith(statement.text)


def test_a_statement_begins_after_its_comments() -> None:
    script = "-- é😀\n/* one */ SELECT 1;\n\n-- two\nSELECT 2"
    first, second = statements("x", script)
    assert (first.line, second.line) == (2, 5)
    assert (first.offset, second.offset) == (script.index("SELECT 1"), script.index("SELECT 2"))


@pytest.mark.parametrize("script", ["", "\n", ";", " ; ;", "-- nothing", "/* ; */"])
def test_a_script_without_statements_has_none(script: str) -> None:
    assert statements("x", script) == ()


@given(st.text(st.sampled_from("aé€😀 \n"), max_size=40))
def test_a_mistake_is_found_at_its_line_and_column(text: str) -> None:
    before = "".join(f"-- {line}\n" for line in text.split("\n")) + "SELECT 'é😀'; "
    problem = check("x.sql", before + "SELEC 1;")
    assert problem is not None
    assert (problem.line, problem.column) == (text.count("\n") + 2, len("SELECT 'é😀'; ") + 1)
    assert str(problem).startswith(f'x.sql:{problem.line}:{problem.column}: syntax error at or near "SELEC"')


def test_a_mistake_at_the_end_is_found_there() -> None:
    problem = check("x.sql", "SELECT 1;\nSELECT (1 +\n\n")
    assert problem is not None
    assert (problem.line, problem.column) == (2, 12)


def test_a_correct_script_has_no_problem() -> None:
    assert check("x.sql", ";".join(STATEMENTS)) is None


def test_a_value_moves_no_place_and_shows_in_no_error() -> None:
    source = "SELECT '${key}'; CREATE ROLE r PASSWORD '${key}' x;"
    problem = check("x.sql", replace("x.sql", source, {"key": "top-secret\nvalue"}))
    assert problem is not None
    assert problem.column == source.index(" x;") + 2
    assert "top-secret" not in str(problem)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE INDEX CONCURRENTLY i ON t (a)",
        "DROP INDEX CONCURRENTLY i",
        "REINDEX TABLE CONCURRENTLY t",
        "REINDEX (VERBOSE, CONCURRENTLY) TABLE t",
        "REINDEX DATABASE d",
        "VACUUM",
        "VACUUM (ANALYZE) t",
        "CLUSTER",
        "CREATE DATABASE d",
        "DROP DATABASE d",
        "ALTER DATABASE d SET TABLESPACE s",
        "CREATE TABLESPACE s LOCATION '/x'",
        "DROP TABLESPACE s",
        "ALTER SYSTEM SET work_mem = '5MB'",
        "ALTER TABLE p DETACH PARTITION c CONCURRENTLY",
        "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p",
        "ALTER SUBSCRIPTION s REFRESH PUBLICATION",
        "DROP SUBSCRIPTION s",
    ],
)
def test_what_cannot_run_in_a_transaction_is_known(statement: str) -> None:
    assert [piece.transactional for piece in statements("x", f"-- é\n{statement};")] == [False]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE INDEX i ON t (a)",
        "DROP INDEX i",
        "DROP TABLE t",
        "REINDEX TABLE t",
        "REINDEX (CONCURRENTLY off) TABLE t",
        "ANALYZE t",
        "CLUSTER t",
        "ALTER DATABASE d SET work_mem = '5MB'",
        "ALTER TABLE p DETACH PARTITION c",
        "ALTER TYPE e ADD VALUE 'x'",
        "SAVEPOINT a",
        "ROLLBACK TO a",
        "CALL p()",
        "-- VACUUM\nSELECT 'VACUUM'",
    ],
)
def test_what_can_run_in_a_transaction_is_known(statement: str) -> None:
    assert [piece.transactional for piece in statements("x", statement)] == [True]


def test_a_mixture_is_an_error_that_names_the_lines() -> None:
    with pytest.raises(ScriptError, match=r"^x:2:1: what begins in line 2, 4 cannot run in a transaction") as caught:
        statements("x", "CREATE TABLE t (i int);\nVACUUM t;\nSELECT 1;\nVACUUM t;")
    assert caught.value.line == 2


@pytest.mark.parametrize(
    ("script", "place", "reason"),
    [
        ("SELECT 1;\nCOMMIT;", "x:2:1", "a script runs in one transaction"),
        ("BEGIN;", "x:1:1", "a script runs in one transaction"),
        ("COPY t FROM stdin;", "x:1:1", "COPY from or to the client is not supported"),
        ("COPY t FROM stdin;\n1\t2\n\\.\n", "x:2:1", "COPY with data in the script is not supported"),
        ("DISCARD ALL;", "x:1:1", "DISCARD ALL would release the lock"),
        ("SET client_encoding TO latin1;", "x:1:1", "scripts are sent in UTF-8"),
        ("SELECT 1;\n\\connect d\n", "x:2:1", "commands of psql"),
        ("SELECT 1;\nSELECT '\0';", "x:2:9", "a NUL character"),
    ],
)
def test_what_cannot_be_run_is_refused_with_its_place(script: str, place: str, reason: str) -> None:
    with pytest.raises(ScriptError) as caught:
        statements("x", script)
    assert str(caught.value).startswith(f"{place}: ")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
