"""Which statements PostgreSQL refuses in a transaction block, told from their parse trees.

PostgreSQL's documentation says it for each command ("cannot be executed inside a transaction block"). Flyway knows a
part of them by regular expressions ("Migrations: transactions"); REINDEX CONCURRENTLY, for one, it does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

Node = Any  # a node of pglast's tree, whose attributes depend on its type
_FALSE = {"false", "off", "no", "0"}


def transactional(statement: Node) -> bool:
    """Whether a statement can run in a transaction block. Procedures that commit show only when they run."""
    outside = _OUTSIDE.get(type(statement).__name__)
    return not (outside and outside(statement))


def refusal(statement: Node) -> str | None:
    """Why this project does not run a statement in a script, or None where it does."""
    kind = type(statement).__name__
    if kind == "TransactionStmt" and statement.kind.name not in _SAVEPOINTS:
        return "a script runs in one transaction with its row in the history: remove BEGIN, COMMIT and ROLLBACK"
    if kind == "CopyStmt" and statement.filename is None:
        return "COPY from or to the client is not supported: write INSERT, or COPY with a file on the server"
    if kind == "DiscardStmt" and statement.target.name == "DISCARD_ALL":
        return "DISCARD ALL would release the lock that guards the history: write RESET ALL, or DISCARD TEMP"
    if kind == "VariableSetStmt" and statement.name == "client_encoding" and not _is_utf8(statement.args):
        return "scripts are sent in UTF-8: remove the statement, or set client_encoding to 'UTF8'"
    return None


def _is_utf8(arguments: Iterable[Node] | None) -> bool:
    return all(argument.val.sval.upper() in {"UTF8", "UTF-8", "UNICODE"} for argument in arguments or ())


def _always(_: Node) -> bool:
    return True


def _concurrent(statement: Node) -> bool:
    return bool(statement.concurrent)


def _reindex(statement: Node) -> bool:
    whole = statement.kind.name in {"REINDEX_OBJECT_SCHEMA", "REINDEX_OBJECT_SYSTEM", "REINDEX_OBJECT_DATABASE"}
    return whole or _switched_on("concurrently", statement.params)


def _alter_table(statement: Node) -> bool:
    detached = [command.def_ for command in statement.cmds if command.subtype.name == "AT_DetachPartition"]
    return any(partition.concurrent for partition in detached)


def _switched_on(name: str, options: Iterable[Node] | None) -> bool:
    """Whether a list such as `(VERBOSE, CONCURRENTLY on)` switches `name` on; the last mention counts."""
    state = False
    for option in options or ():
        if option.defname == name:
            value = getattr(option.arg, "sval", getattr(option.arg, "ival", "on"))
            state = str(value).lower() not in _FALSE
    return state


_SAVEPOINTS = {"TRANS_STMT_SAVEPOINT", "TRANS_STMT_RELEASE", "TRANS_STMT_ROLLBACK_TO"}
_REFRESHING = {
    "ALTER_SUBSCRIPTION_REFRESH",
    "ALTER_SUBSCRIPTION_SET_PUBLICATION",
    "ALTER_SUBSCRIPTION_ADD_PUBLICATION",
    "ALTER_SUBSCRIPTION_DROP_PUBLICATION",
}
_OUTSIDE: dict[str, Callable[[Node], bool]] = {
    "AlterDatabaseStmt": lambda statement: any(option.defname == "tablespace" for option in statement.options or ()),
    "AlterSubscriptionStmt": lambda statement: statement.kind.name in _REFRESHING,
    "AlterSystemStmt": _always,
    "AlterTableStmt": _alter_table,
    "ClusterStmt": lambda statement: statement.relation is None,
    "CreateSubscriptionStmt": _always,
    "CreateTableSpaceStmt": _always,
    "CreatedbStmt": _always,
    "DropStmt": _concurrent,
    "DropSubscriptionStmt": _always,
    "DropTableSpaceStmt": _always,
    "DropdbStmt": _always,
    "IndexStmt": _concurrent,
    "ReindexStmt": _reindex,
    "VacuumStmt": lambda statement: bool(statement.is_vacuumcmd),
}
