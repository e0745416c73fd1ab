"""PostgreSQL's own grammar finds mistakes before a server does, and cuts scripts where the server would."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.flyway.errors import ScriptError
from infra.flyway.scripts.source import Source, in_utf8
from infra.flyway.statements.lexer import end_of_statement
from infra.flyway.statements.statement import MixtureError, Statement, StatementError
from infra.flyway.statements.syntax import parse, statements
from tests.servers import ROOT

STATEMENTS = [
    "SELECT 1",
    "SELECT 'a;b', \"c;d\", E'\\';', U&'\\00e9', E'a'\n'\\';'",
    "/* ; é */ SELECT 'é😀' -- ;\n",
    "SELECT 1 AS a$$b; SELECT 2 AS c$$d",
    "DO $x$ BEGIN PERFORM 1; PERFORM $$;$$; END $x$",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT CASE 1 WHEN 1 THEN 2 END; END",
    "CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM a; DELETE FROM b)",
    "CREATE SCHEMA s CREATE TABLE t (i int)",
    "COPY t FROM stdin WITH (DELIMITER ';');\n1;2 'é😀 $$\n\\\\.\n\\.\n",
]
GAPS = st.sampled_from([" ", "\n", "\r\n", "-- ; é\n", "/* ; /* ; */ */", ";"])


def cut(script: str, **values: str) -> tuple[Statement, ...]:
    return parse(Source("x", script.encode(), values or None))


def mistake(script: str, **values: str) -> ScriptError:
    with pytest.raises(ScriptError) as caught:
        cut(script, **values)
    assert "\n" not in str(caught.value)
    return caught.value


@given(st.lists(st.tuples(GAPS, st.sampled_from(STATEMENTS), GAPS)), GAPS)
def test_the_pieces_make_up_the_script_again(parts: list[tuple[str, str, str]], tail: str) -> None:
    closed = [
        f"{before}{statement}" if statement.endswith("\\.\n") else f"{before}{statement}{after};"
        for before, statement, after in parts
    ]
    script = "".join(closed) + tail
    content, found = script.encode(), cut(script)
    assert len(found) == sum(2 if statement.startswith("SELECT 1 AS") else 1 for _, statement, _ in parts)
    assert b"".join(content[one.start : one.end] for one in found) == (content if parts else b"")
    for one in found:
        assert content[one.start : one.end].startswith(one.text.encode())
        assert one.text[one.offset :].startswith(("SELECT", "DO", "C"))
        assert one.line == content.count(b"\n", 0, one.origin()) + 1


def test_nothing_that_runs_scripts_loads_the_parser_before_it_is_needed() -> None:
    program = "import sys, infra.flyway.commands.run, infra.flyway.server.execute; print('pglast' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20), st.sampled_from(["utf-8", "utf-16", "utf-16-be"])
)
def test_a_script_is_read_in_its_encoding_block_by_block(text: str, codec: str) -> None:
    long = "é" * 40_000 + text + "a😀" * 40_000
    assert in_utf8(long.encode(codec), codec) == long.encode()


@pytest.mark.parametrize(("size", "bad"), [(0, b"\xff"), (65_535, b"\xc3("), (65_536, b"\xe4"), (3, b"\xed\xa0\x80")])
def test_bytes_that_are_no_text_are_found_where_they_are(size: int, bad: bytes) -> None:
    with pytest.raises(UnicodeDecodeError) as caught:
        in_utf8(b"a" * size + bad, "utf-8")
    assert caught.value.start == size


def test_a_statement_begins_after_its_comments() -> None:
    script = "-- é😀\n/* one */ SELECT 1;\n\n-- two\nSELECT 2"
    first, second = cut(script)
    assert (first.line, second.line) == (2, 5)
    assert (first.text[first.offset :], second.text[second.offset :]) == ("SELECT 1;", "SELECT 2")


@pytest.mark.parametrize("script", ["", "\n", ";", " ; ;", "-- nothing", "/* ; */", "/* /* */ */"])
def test_a_script_without_statements_has_none(script: str) -> None:
    assert cut(script) == ()


@given(st.text(st.sampled_from("aé€😀 \n"), max_size=40))
def test_a_mistake_is_found_at_its_line_and_column(text: str) -> None:
    before = "".join(f"-- {line}\n" for line in text.split("\n")) + "SELECT 'é😀'; "
    problem = mistake(before + "SELEC 1;")
    assert (problem.line, problem.column) == (text.count("\n") + 2, len("SELECT 'é😀'; ") + 1)
    assert str(problem).startswith(f'x:{problem.line}:{problem.column}: syntax error at or near "SELEC"')


def test_a_mistake_has_the_line_of_its_statement_and_the_position_in_it_too() -> None:
    problem = mistake("SELECT 1;\n-- é\n  SELECT\n'é' FROM 1;\nSELECT 2;")
    assert isinstance(problem, StatementError)
    assert (problem.line, problem.column, problem.statement_line, problem.position) == (4, 10, 3, 17)
    assert (problem.statement, problem.sqlstate) == ("SELECT", "42601")


@pytest.mark.parametrize(
    ("script", "place", "message"),
    [
        ("SELECT 1;\nSELECT (1 +\n\n", (2, 12), "syntax error at end of input"),
        ("SELECT 1;\n/* open; SELECT 2;", (2, 1), "unterminated /* comment"),
        ("SELECT 1;\nSELECT 'open; SELECT 2;", (2, 8), "unterminated quoted string"),
        ("SELECT 1;\nSELECT $$open; SELECT 2;", (2, 8), "unterminated dollar-quoted string"),
        ("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1;\nSELECT 2;", (2, 10), "syntax error at end of input"),
    ],
)
def test_what_has_no_end_is_a_mistake(script: str, place: tuple[int, int], message: str) -> None:
    problem = mistake(script)
    assert (problem.line, problem.column) == place
    assert problem.message.startswith(message)


def test_a_value_moves_no_place_and_shows_in_no_error() -> None:
    source = "SELECT '${key}'; CREATE ROLE r PASSWORD '${key}' x;"
    problem = mistake(source, key="top-secret\nvalue")
    assert problem.column == source.index(" x;") + 2
    assert "top-secret" not in str(problem)


@pytest.mark.parametrize(
    ("source", "near"),
    [
        ("SELECT 1 FROM ${key} ${key};", "${key};"),
        ("SELECT ${nothing}; SELECT '${key}${nothing}", "'${key}${nothing}"),
        ("SELECT $$ ${key};\n" + "x" * 500, "$$ ${key}; " + "x" * 108 + "…"),
    ],
)
def test_a_mistake_quotes_the_script_and_not_a_value(source: str, near: str) -> None:
    problem = mistake(source, key="top secret", nothing="")
    assert f'at or near "{near}" (SQLSTATE 42601)' in str(problem)
    assert "secret" not in str(problem)


def test_a_value_may_hold_statements_or_a_part_of_one() -> None:
    found = cut("${both}; SELECT ${half}'; SELECT 4;", both="SELECT 1; SELECT 'é'", half="'3;")
    assert [one.text[one.offset :].strip() for one in found] == [
        "SELECT 1;",
        "SELECT 'é';",
        "SELECT '3;';",
        "SELECT 4;",
    ]


def test_a_value_may_open_a_string_that_another_one_closes() -> None:
    found = cut("SELECT ${open}; SELECT ${close}; SELECT 2;", open="'a", close="b'")
    assert [one.text for one in found] == ["SELECT 'a; SELECT b';", " SELECT 2;"]


@pytest.mark.parametrize(
    "sql",
    [
        "/* ; /* ; */ ; */ SELECT 1;",
        "-- ;\r SELECT 'a'';b';",
        'SELECT "a"";b";',
        "SELECT E'\\\\\\';', e'a'\n';';",
        "SELECT $a$ ; $$ $b$ ; $a$, a$b$;",
        "SELECT $é$ ; $é$;",
        "SELECT 'open; SELECT 2",
    ],
)
def test_the_lexer_proposes_no_end_within_a_token(sql: str) -> None:
    content = sql.encode()
    assert end_of_statement(content + b" ", 0) == len(content) + (not sql.endswith(";"))


def test_backslashes_escape_where_standard_conforming_strings_is_off() -> None:
    """Recorded: statements_standard_conforming_off."""
    parts = [
        "SET standard_conforming_strings = off;",
        " SELECT 'é\\'; 😀';",
        " RESET ALL;",
        " SELECT 'c\\';",
        " SELECT 1",
    ]
    assert [one.text for one in cut("".join(parts))] == parts
    assert len(parse(Source("x", b"SELECT 'a\\'; b';"), standard=False)) == 1


def test_a_function_with_an_old_style_body_is_not_looked_into() -> None:
    body = "'SELECT 1; SELECT ''a\\''; -- '"
    assert len(cut(f"CREATE FUNCTION f() RETURNS text LANGUAGE sql AS {body}; SELECT 1;")) == 2


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ("CREATE TABLE t (i int);\nVACUUM t;\nSELECT 1;\nVACUUM t;", 2),
        ("VACUUM t;\nSELECT 1;\nSELECT 2;\nVACUUM t;", 2),
        ("SET lock_timeout = '5s';\nCREATE INDEX CONCURRENTLY i ON t (i);", 2),
    ],
)
def test_a_mixture_is_an_error_at_the_first_statement_that_differs_unless_it_is_allowed(script: str, line: int) -> None:
    problem = mistake(script)
    assert isinstance(problem, MixtureError)
    assert problem.offender is not None
    assert (problem.line, problem.offender.line) == (line, line)
    assert "cannot run in a transaction" in problem.message
    assert parse(Source("x", script.encode()), mixed=True)


@pytest.mark.parametrize(
    ("script", "place", "reason"),
    [
        ("COPY t TO stdout;", "x:1:1", "COPY to the client has nowhere to go"),
        ("SET client_encoding TO latin1;", "x:1:1", "scripts are sent in UTF-8"),
        ("SET NAMES 'latin1';", "x:1:1", "scripts are sent in UTF-8"),
        ("SELECT 1;\n\\connect d\n", "x:2:1", "commands of psql"),
        ("\\restrict abc\n\nSELECT 1;\n\\unrestrict abc\n", "x:1:1", "commands of psql"),
        ("SELECT 1;\nSELECT '\0';", "x:2:9", "a NUL character"),
        ("\ufeffSELECT 1;", "x:1:1", "syntax error at or near"),
    ],
)
def test_what_cannot_be_run_is_refused_with_its_place(script: str, place: str, reason: str) -> None:
    problem = str(mistake(script))
    assert problem.startswith(f"{place}: ")
    assert reason in problem


@pytest.mark.parametrize("statement", ["COMMIT", "BEGIN", "START TRANSACTION", "ROLLBACK", "PREPARE TRANSACTION 'x'"])
def test_what_must_be_one_transaction_may_not_end_it(statement: str) -> None:
    with pytest.raises(ScriptError, match=r"^x:2:1: a script runs in one transaction"):
        statements("x", f"SELECT 1;\n{statement};")
    assert statements("x", "SAVEPOINT a; ROLLBACK TO a; RELEASE a; SET client_encoding TO 'UTF8'")
