"""Calls the schema's functions for partitions, and writes rows at a time."""

from __future__ import annotations

import psycopg
from psycopg import sql

from tests.schema.rows import insert

TABLES = ("CreditTransaction", "Notification", "UsageLog")
KEYS = {"CreditTransaction": "createdAt", "Notification": "createdAt", "UsageLog": "timestamp"}


def call(connection: psycopg.Connection, function: str, *arguments: object) -> list[str]:
    """What a function of the schema returns, a name a row."""
    query = sql.SQL("SELECT * FROM {}({})").format(
        sql.Identifier(function), sql.SQL(", ").join(sql.Placeholder() * len(arguments))
    )
    return [name for (name, *_) in connection.execute(query, arguments).fetchall()]


def months(*suffixes: str) -> list[str]:
    """The names of the partitions of all three tables for months such as 2031_11."""
    return [f"{table}_{suffix}" for table in TABLES for suffix in suffixes]


def add(connection: psycopg.Connection, table: str, when: str, **given: object) -> object:
    """Insert a row of `table` at `when` and return its id."""
    return insert(connection, table, **{KEYS[table]: when, **given})
