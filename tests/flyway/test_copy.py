"""COPY … FROM STDIN with its data in the script runs as in psql and Flyway, and in little memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.cluster import Cluster
from infra.flyway.errors import ScriptError
from infra.flyway.scripts.placeholders import PlaceholderError
from infra.flyway.scripts.source import Source
from infra.flyway.server.execute import run_script
from infra.flyway.statements.statement import StatementError
from infra.flyway.statements.syntax import parse
from tests.servers import PASSWORD, ROOT


@pytest.fixture
def connection(server: Cluster) -> Iterator[psycopg.Connection]:
    """A connection with a temporary table t, which has two columns of text."""
    with psycopg.connect(
        host="127.0.0.1", port=server.port, user="postgres", password=PASSWORD, dbname="postgres", autocommit=True
    ) as connection:
        connection.execute("SET search_path TO pg_temp; CREATE TABLE t (a text, b text)")
        yield connection


def run(connection: psycopg.Connection, script: str, **values: str) -> list[tuple[str, str]]:
    """Run a script in a transaction; what is in t then."""
    source = Source("x.sql", script.encode(), values or None)
    run_script(connection, source, parse(source), before=["BEGIN"], after=["COMMIT"])
    return connection.execute("SELECT * FROM t ORDER BY a").fetchall()


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_text_with_statements_before_between_and_after(connection: psycopg.Connection, end: str) -> None:
    lines = [
        "INSERT INTO t VALUES ('1');",
        "/* ; */ copy t",
        "  from stdin; -- data:",
        "2\té; '$$ /*",
        "3\t\\\\.",
        "\\.",
    ]
    lines += ["INSERT INTO t VALUES ('4');", "COPY t(a) FROM STDIN;", "5", "  \\. ", "-- end"]
    assert run(connection, end.join(lines)) == [("1", None), ("2", "é; '$$ /*"), ("3", "\\."), ("4", None), ("5", None)]


def test_csv_with_a_header_and_a_line_end_in_a_value(connection: psycopg.Connection) -> None:
    script = "COPY t FROM stdin WITH (FORMAT csv, HEADER, DELIMITER ';');\na;b\n1;\"x\ny;\"\n\\.\nSELECT 1;"
    assert run(connection, script) == [("1", "x\ny;")]


@pytest.mark.parametrize("script", ["COPY t FROM stdin;\n\\.", "COPY t FROM stdin;\n\\.\nSELECT 1", ""])
def test_no_data_is_fine(connection: psycopg.Connection, script: str) -> None:
    assert run(connection, script) == []


def test_placeholders_are_replaced_in_the_data_as_in_flyway(connection: psycopg.Connection) -> None:
    many = "".join(f"{number:05}\t${{x}}\n" for number in range(20_000))
    rows = run(connection, f"COPY ${{table}} FROM stdin;\n{many}\\.\n", x="vä", table="t")
    assert (len(rows), {b for _, b in rows}) == (20_000, {"vä"})


def test_a_placeholder_without_a_value_in_the_data_is_found_before_anything_runs() -> None:
    with pytest.raises(PlaceholderError, match=r"^x\.sql:3:3: no value for the placeholder \$\{nope\}"):
        parse(Source("x.sql", b"COPY t FROM stdin;\n1\t2\n\xc3\xa9\t${nope}\n\\.\n", {"x": "1"}))


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("SELECT 1;\n\nCOPY t FROM stdin;\n1\t2\n\\.x\n", "x.sql:3:1: the data of this COPY has no end: write a line"),
        ("COPY t FROM stdin", "x.sql:1:1: the data of this COPY has no end"),
        ("COPY t FROM stdin; SELECT 1;\n\\.\n", "x.sql:1:20: COPY's data begins on the next line"),
        ("COPY t FROM stdin;\n\\.\nb", 'x.sql:3:1: syntax error at or near "b"'),
    ],
)
def test_what_does_not_end_as_it_should_is_an_error_with_its_place(script: str, message: str) -> None:
    with pytest.raises(ScriptError) as caught:
        parse(Source("x.sql", script.encode()))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("script", "place"),
    [
        ("SELECT 1;\n\nCOPY t FROM stdin;\n1\t2\nsecret\n\\.\n", (5, None)),
        ("COPY t FROM stdin CSV HEADER;\na,b\n1,2\nsecret\n\\.\n", (4, None)),
        ("\nCOPY nix FROM stdin;\nsecret\n\\.\n", (2, 1)),
        ("\nCOPY t (c) FROM stdin;\nsecret\n\\.\n", (2, 1)),
    ],
)
def test_an_error_has_the_line_of_the_data_where_the_server_tells_it(
    connection: psycopg.Connection, script: str, place: tuple[int, int | None]
) -> None:
    with pytest.raises(StatementError) as caught:
        run(connection, f"INSERT INTO t VALUES ('1');{script}")
    assert (caught.value.line, caught.value.column) == place
    assert caught.value.statement.startswith("COPY")
    assert "secret" not in str(caught.value)
    assert connection.execute("SELECT * FROM t").fetchall() == []


@given(st.lists(st.text(st.characters(exclude_characters="\\\r\n\t\0", exclude_categories=["Cs"])), max_size=5))
def test_the_data_are_the_lines_up_to_the_end(lines: list[str]) -> None:
    data = "".join(f"{line}\n" for line in lines)
    content = f"SELECT 1; COPY t FROM stdin;\n{data}\\.\n SELECT 2".encode()
    _, copy, last = parse(Source("x", content))
    assert copy.data is not None
    assert content[copy.data.start : copy.data.end].decode() == data
    assert (copy.end, last.start) == (last.start, len(content) - len(" SELECT 2"))


_MEASURE = r"""
import re, sys
from pathlib import Path
import psycopg
from infra.flyway.scripts.checksum import checksum_of
from infra.flyway.server.execute import run_script
from infra.flyway.scripts.source import Source, in_utf8
from infra.flyway.statements.syntax import parse
source = Source("x.sql", in_utf8(Path(sys.argv[2]).read_bytes(), "utf-8"), {"x": "1"})
checksum_of([source.content])
with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    run_script(connection, source, parse(source), before=["BEGIN"], after=["ROLLBACK"])
print(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1])
"""


@pytest.mark.parametrize("value", ["é😀", "${x}"])
def test_a_script_of_50_megabytes_is_in_memory_once(server: Cluster, tmp_path: Path, value: str) -> None:
    file = tmp_path / "V1__data.sql"
    row = f"{value}\t{'x' * 90}\n"
    with file.open("w") as script:
        script.write("CREATE TEMP TABLE t (a text, b text);\nCOPY t FROM stdin;\n")
        script.write(row * (50_000_000 // len(row.encode())))
        script.write("\\.\n")
    address = f"host=127.0.0.1 port={server.port} user=postgres password={PASSWORD} dbname=postgres"
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, address, str(file)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 110_000  # kilobytes
