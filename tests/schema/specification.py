"""What the specification wants (specification.txt), what a database has, and the differences between the two.

Both sides become the same short sentences about a table, so that a difference is a sentence that only one side says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg

Facts = dict[str, list[str]]
"""By table, its sentences: `email varchar(254) NOT NULL`, `index btree (userId)`."""

_OF_THE_TABLE = ("primary key", "unique", "check", "index", "partition", "trigger")
# Everything at once, since the mutation test asks some hundred times. A constraint's index is told by the constraint.
_READ = """
WITH tables AS (
  SELECT oid, relname FROM pg_class
  WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
)
SELECT relname, 'column', format('%s %s %s', attname, format_type(atttypid, atttypmod),
                                 CASE WHEN attnotnull THEN 'NOT NULL' ELSE 'NULL' END), attnum
FROM tables JOIN pg_attribute ON attrelid = oid AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT relname, 'default', attname || ' = ' || pg_get_expr(adbin, adrelid), 0
FROM tables t JOIN pg_attrdef ON adrelid = t.oid JOIN pg_attribute ON attrelid = t.oid AND attnum = adnum
UNION ALL
SELECT relname, 'constraint', pg_get_constraintdef(k.oid), 0
FROM tables t JOIN pg_constraint k ON conrelid = t.oid AND contype IN ('p', 'u', 'f', 'c')
UNION ALL
SELECT relname, 'index', pg_get_indexdef(indexrelid), 0
FROM tables t JOIN pg_index ON indrelid = t.oid AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
UNION ALL
SELECT relname, 'partition', pg_get_partkeydef(t.oid), 0
FROM tables t JOIN pg_partitioned_table ON partrelid = t.oid
UNION ALL
SELECT relname, 'trigger', pg_get_triggerdef(g.oid), 0
FROM tables t JOIN pg_trigger g ON tgrelid = t.oid AND NOT tgisinternal
ORDER BY 1, 2, 4
"""

_REFERENCE = re.compile(r"FOREIGN KEY \((.+)\) REFERENCES (\w+)\(id\)(?: ON DELETE ([A-Z ]+?))?( DEFERRABLE)?$")


def differences(connection: psycopg.Connection) -> list[str]:
    """What the current schema lacks of the specification, and what it has beyond it, a sentence each."""
    return _compared(wanted(), _found(connection))


def wanted() -> Facts:
    """What specification.txt says."""
    blocks = (Path(__file__).parent / "specification.txt").read_text().split("\n\n")
    tables = [block.strip().splitlines() for block in blocks if re.match(r"\w+\n  ", block)]
    return {name: [fact for line in lines for fact in _facts(line.strip())] for name, *lines in tables}


def columns(facts: list[str]) -> list[str]:
    """The names of a table's columns, in order."""
    return [column[1] for fact in facts if (column := re.fullmatch(r"(\w+) \S+ (?:NOT )?NULL", fact))]


def _facts(line: str) -> Iterator[str]:
    if line.startswith(_OF_THE_TABLE):
        yield line
        return
    name, kind, *rest = re.split(r" {2,}", line)
    yield f"{name} {kind} {'NULL' if 'null' in rest else 'NOT NULL'}"
    for what in rest:
        if what.startswith(("= ", "-> ", "in ")):
            yield f"{name} {what}"
        elif what == "unique":
            yield f"unique ({name})"
        elif what != "null":
            raise ValueError(f"specification.txt: what does {what!r} mean, in the line of {name}?")


def _compared(wanted: Facts, found: Facts) -> list[str]:
    lines = [f"{name}: no such table" for name in wanted if name not in found]
    lines += [f"{name}: a table that the specification does not know" for name in found if name not in wanted]
    for name in wanted.keys() & found.keys():
        lines += [f"{name}: lacks {fact}" for fact in wanted[name] if fact not in found[name]]
        lines += [f"{name}: has {fact}" for fact in found[name] if fact not in wanted[name]]
        if set(columns(wanted[name])) == set(columns(found[name])) and columns(wanted[name]) != columns(found[name]):
            lines.append(f"{name}: its columns stand in the order {', '.join(columns(found[name]))}")
    return lines


def _found(connection: psycopg.Connection) -> Facts:
    facts: Facts = {}
    for table, kind, definition, _ in connection.execute(_READ).fetchall():
        facts.setdefault(table, []).append(_SAID[kind](_plain(definition)))
    return facts


def _plain(definition: str) -> str:
    """PostgreSQL's spelling without casts and quotes, and with the short names of types."""
    definition = re.sub(r"::(character varying|timestamp with time zone|[a-z]\w*)(\([\d,]+\))?(\[\])?", "", definition)
    short = definition.replace("character varying", "varchar").replace("timestamp with time zone", "timestamptz")
    return short.replace('"', "")


def _unwrapped(expression: str) -> str:
    """`expression` without the parentheses that follow no name, which PostgreSQL adds around every part."""
    kept: list[str] = []
    closing: list[str] = []
    for before, character in zip(" " + expression, expression, strict=False):
        if character == "(":
            called = before.isalnum() or before == "_"
            closing.append(")" if called else "")
            kept.append("(" if called else "")
        else:
            kept.append(closing.pop() if character == ")" else character)
    return "".join(kept)


def _constraint(definition: str) -> str:
    if reference := _REFERENCE.match(definition):
        column, table, rule, deferrable = reference.groups()
        return f"{column} -> {table}, {rule or 'NO ACTION'}{', deferrable' if deferrable else ''}"
    if definition.startswith("CHECK "):
        expression = _unwrapped(definition.removeprefix("CHECK "))
        if values := re.match(r"(\w+) = ANY ARRAY\[(.+)\]$", expression):
            return f"{values[1]} in {values[2].replace(chr(39), '').replace(', ', ' | ')}"
        return f"check {expression}"
    return definition.replace("PRIMARY KEY", "primary key").replace("UNIQUE", "unique")


def _index(definition: str) -> str:
    parts = re.match(r"CREATE (UNIQUE )?INDEX .+ USING (\w+) \((.+?)\)(?: WHERE (\(.+\)))?$", definition)
    assert parts is not None, definition
    unique, method, keys, predicate = parts.groups()
    where = f" WHERE {_unwrapped(predicate)}" if predicate else ""
    return f"{'unique ' if unique else ''}index {method} ({_unwrapped(keys)}){where}"


def _trigger(definition: str) -> str:
    return re.sub(r".* (BEFORE|AFTER) (.+) ON .* EXECUTE FUNCTION (?:\w+\.)?", r"trigger \1 \2 ", definition)


_SAID = {
    "column": str,
    "default": str,
    "constraint": _constraint,
    "index": _index,
    "partition": "partition by {}".format,
    "trigger": _trigger,
}
