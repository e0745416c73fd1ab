"""Let a script run where what it makes is there already: a migration that makes drift official meets it there."""

from __future__ import annotations

import re

from infra.catalog.snapshot import unquoted
from infra.flyway.scripts.source import Source
from infra.flyway.statements.statement import Statement
from infra.flyway.statements.syntax import parse

_NAME = r'(?:"(?:[^"]|"")+"|[\w$]+)'
# What PostgreSQL itself can leave out or replace.
_WORDS = (
    (re.compile(r"CREATE (?:UNIQUE )?INDEX (?:CONCURRENTLY )?"), "IF NOT EXISTS "),
    (
        re.compile(r"CREATE (?:UNLOGGED )?(?:TABLE|SEQUENCE) |CREATE STATISTICS |CREATE MATERIALIZED VIEW "),
        "IF NOT EXISTS ",
    ),
    (re.compile(rf"ALTER TABLE (?:ONLY )?{_NAME}(?:\.{_NAME})? ADD COLUMN "), "IF NOT EXISTS "),
    (re.compile(rf"ALTER TYPE {_NAME}(?:\.{_NAME})? ADD VALUE "), "IF NOT EXISTS "),
    (re.compile(r"CREATE (?=(?:VIEW|TRIGGER|RULE|AGGREGATE) )"), "OR REPLACE "),
)
_CONSTRAINT = re.compile(rf"ALTER TABLE (?P<table>{_NAME}(?:\.{_NAME})?) ADD CONSTRAINT (?P<name>{_NAME}) ")
_ONLY_CREATE = re.compile(r"CREATE (?:TYPE|DOMAIN|POLICY|CONSTRAINT TRIGGER) ")
_UNLESS_THERE = """\
DO $adopt$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = {table}::regclass AND conname = {name}) THEN
    {statement}
  END IF;
END $adopt$;"""
_OR_THERE = """\
DO $adopt$ BEGIN
  {statement}
EXCEPTION WHEN duplicate_object THEN
  NULL; -- it is there
END $adopt$;"""


def repeatable(script: str) -> str:
    """`script`, a draft of infra.catalog.drafting, so that each statement does nothing where it has been done."""
    source = Source("draft", script.encode())
    return "".join(_again(source, statement) for statement in parse(source, mixed=True)) or script


def _again(source: Source, statement: Statement) -> str:
    text = source.content[statement.start : statement.end].decode()
    head, body = text[: statement.offset], text[statement.offset :]
    for pattern, words in _WORDS:
        if found := pattern.match(body):
            return head + found[0] + words + body[found.end() :]
    if found := _CONSTRAINT.match(body):
        named = {"table": _literal(found["table"]), "name": _literal(unquoted(found["name"]))}
        return head + _guarded(body, _UNLESS_THERE, **named)
    return head + (_guarded(body, _OR_THERE) if _ONLY_CREATE.match(body) else body)


def _guarded(body: str, form: str, **parts: str) -> str:
    statement, semicolon, rest = body.rpartition(";")
    return form.format(statement=statement + semicolon, **parts) + rest


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
