"""The data of a COPY … FROM STDIN in a script: the lines after it, up to one that holds nothing but `\\.`.

So psql reads it (PostgreSQL's documentation, "COPY", and psql's), and so does Flyway (recorded: blanks around `\\.` do
not matter, nor does the format of the data; where `\\.` is missing, Flyway waits for ever).
"""

from __future__ import annotations

from dataclasses import dataclass

from infra.flyway.scripts.source import Source

_BLANK = b" \t\r\v\f"


@dataclass(frozen=True)
class CopyData:
    """Where the data is: byte offsets in the source, and the number of its first line."""

    start: int
    end: int
    first_line: int


def find_data(source: Source, statement: int, end: int) -> tuple[CopyData, int]:
    """The data of the COPY that begins at the offset `statement` and ends at `end`, and where SQL goes on.

    Raises ScriptError for data without an end, and for SQL on the line of the COPY: psql would run that after the COPY,
    Flyway never does.
    """
    content = source.content
    start = content.find(b"\n", end) + 1
    rest = content[end : start or len(content)].strip()
    if rest and not rest.startswith(b"--"):
        raise source.error_at(content.find(rest[:1], end), "COPY's data begins on the next line: move this behind it")
    line = source.place(start)[0]
    mark = content.find(b"\\.", start) if start else -1
    while mark >= 0:
        begin = content.rfind(b"\n", start, mark) + 1 or start
        after = content.find(b"\n", mark) + 1 or len(content)
        if content[begin:after].strip(_BLANK + b"\n") == b"\\.":
            return CopyData(start, begin, line), after
        mark = content.find(b"\\.", mark + 2)
    raise source.error_at(statement, "the data of this COPY has no end: write a line with \\. after its last line")
