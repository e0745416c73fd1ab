"""A statement's parse tree: what it names, and what the documentation says of one that nobody can watch. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from infra.flyway.statements.statement import Statement
from infra.review.facts import Effect, Lock

Node = dict[str, Any]  # as libpg_query writes it in JSON, which leaves out what is false, zero or empty
Show = Callable[[str | None, str], str | None]
"""From a relation's schema, where one is written, and its name to how it is shown; None where it is none of before."""
_LONGEST = 1 << 16  # characters
_WORD = re.compile(r'"((?:[^"]|"")+)"|(\w+)')


def named(statement: Statement) -> set[tuple[str | None, str]]:
    """The relations and indexes that a statement names, each with its schema where that is written.

    Of a DO block, which no parser here reads, every word may be one.
    """
    kind, node = parse(statement)
    if kind == "DoStmt":
        return {(None, quoted.replace('""', '"') or plain.lower()) for quoted, plain in _WORD.findall(statement.text)}
    dropped = {parts(entry) for entry in node.get("objects", ())} if kind == "DropStmt" else set()
    return dropped | set(_ranges(node))


def alters(statement: Statement) -> bool:
    """Whether it is an ALTER TABLE, which alone validates foreign keys."""
    return parse(statement)[0] == "AlterTableStmt"


def documented(statement: Statement, show: Show) -> Effect:
    """What a statement that runs outside a transaction locks and writes anew, as PostgreSQL's documentation says.

    https://www.postgresql.org/docs/current/explicit-locking.html and the pages of the commands.
    """
    kind, node = parse(statement)
    shown = [name for schema, relation in _ranges(node) if (name := show(schema, relation))]
    full = kind == "ClusterStmt" or any(entry["DefElem"]["defname"] == "full" for entry in node.get("options", ()))
    if kind in ("VacuumStmt", "ClusterStmt") and full:
        return Effect(tuple(Lock(name, "ACCESS EXCLUSIVE") for name in shown), rewritten=tuple(shown))
    if kind in ("IndexStmt", "ReindexStmt", "VacuumStmt", "AlterTableStmt"):
        # A partition that is DETACHed CONCURRENTLY is locked by the second of its two transactions.
        detached = shown[1:] if kind == "AlterTableStmt" else []
        weak = (Lock(name, "SHARE UPDATE EXCLUSIVE") for name in shown[:1])
        return Effect((*weak, *(Lock(name, "ACCESS EXCLUSIVE") for name in detached)))
    return Effect()


def parse(statement: Statement) -> tuple[str, Node]:
    """The kind and the node of a statement. Nothing for rows by the megabyte, or what only the session can read."""
    if len(statement.text) > _LONGEST:
        return "", {}
    from pglast.parser import ParseError, parse_sql_json  # noqa: PLC0415 - half a second to load

    try:
        ((kind, node),) = json.loads(parse_sql_json(statement.text))["stmts"][0]["stmt"].items()
    except (ParseError, IndexError):
        return "", {}
    return kind, node


def _ranges(node: Any) -> Iterator[tuple[str | None, str]]:
    if isinstance(node, dict):
        if isinstance(node.get("relname"), str):
            yield node.get("schemaname"), node["relname"]
        node = list(node.values())
    if isinstance(node, list):
        for part in node:
            yield from _ranges(part)


def parts(entry: Node) -> tuple[str | None, str]:
    """The schema and the name in an object of a DROP."""
    items = entry["List"]["items"] if "List" in entry else [entry]
    names = [item["String"]["sval"] for item in items if "String" in item] or [""]
    return (names[-2] if len(names) > 1 else None), names[-1]
