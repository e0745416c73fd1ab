"""What a statement means for the transaction that it runs in, told from its parse tree.

PostgreSQL's documentation says it for each command ("cannot be executed inside a transaction block"). Flyway knows a
part of them by regular expressions ("Migrations: transactions"); REINDEX CONCURRENTLY, CLUSTER, DETACH CONCURRENTLY and
a DO block that commits it does not know.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Node = dict[str, Any]  # a node of libpg_query's tree in JSON, which leaves out what is false, zero or empty
_FALSE = {"false", "off", "no", "0"}


class Refusal(NamedTuple):
    """Why this project does not run a statement, and the SQLSTATE that Flyway shows, whose driver refuses it too."""

    message: str
    sqlstate: str


def transactional(kind: str, node: Node) -> bool:
    """Whether a statement can run in a transaction block. A procedure that commits shows only when it runs."""
    outside = _OUTSIDE.get(kind)
    return not (outside and outside(node))


def begins(kind: str, node: Node) -> bool:
    """Whether a statement is BEGIN or START TRANSACTION."""
    return kind == "TransactionStmt" and node["kind"] in {"TRANS_STMT_BEGIN", "TRANS_STMT_START"}


def ends(kind: str, node: Node) -> bool:
    """Whether a statement ends the transaction that it runs in."""
    return kind == "TransactionStmt" and node["kind"] in _ENDING


def commits(kind: str, node: Node) -> bool:
    """Whether a statement is COMMIT or END, and no more than that."""
    return kind == "TransactionStmt" and node["kind"] == "TRANS_STMT_COMMIT" and not node.get("chain")


def refusal(kind: str, node: Node) -> Refusal | None:
    """Why this project does not run a statement in a script, or None where it does."""
    if kind == "CopyStmt" and "filename" not in node and not node.get("is_from"):
        return Refusal("COPY to the client has nowhere to go: write to a file on the server, or remove it", "0A000")
    if kind == "VariableSetStmt" and node.get("name") == "client_encoding" and not _is_utf8(node):
        return Refusal("scripts are sent in UTF-8: remove the statement, or set client_encoding to 'UTF8'", "08006")
    return None


def reads_data(kind: str, node: Node) -> bool:
    """Whether a statement is a COPY whose data follow it in the script."""
    return kind == "CopyStmt" and bool(node.get("is_from")) and "filename" not in node


def standard_strings(kind: str, node: Node, now: bool, initially: bool) -> bool:
    """Whether standard_conforming_strings is on after a statement, which was `now` before and `initially` at first."""
    if kind != "VariableSetStmt" or node.get("name", "standard_conforming_strings") != "standard_conforming_strings":
        return now
    if node["kind"] == "VAR_SET_VALUE":
        return _values(node)[-1].lower() not in _FALSE
    return initially if node["kind"] in {"VAR_SET_DEFAULT", "VAR_RESET", "VAR_RESET_ALL"} else now


def _is_utf8(node: Node) -> bool:
    return all(value.upper() in {"UTF8", "UTF-8", "UNICODE"} for value in _values(node))


def _values(node: Node) -> list[str]:
    """What a SET sets, as text."""
    constants = [argument.get("A_Const", {}) for argument in node.get("args", ())]
    return [
        str(one["sval"].get("sval", "") if "sval" in one else one.get("ival", {}).get("ival", 0)) for one in constants
    ]


def _always(_: Node) -> bool:
    return True


def _concurrent(node: Node) -> bool:
    return bool(node.get("concurrent"))


def _reindex(node: Node) -> bool:
    whole = node["kind"] in {"REINDEX_OBJECT_SCHEMA", "REINDEX_OBJECT_SYSTEM", "REINDEX_OBJECT_DATABASE"}
    return whole or _switched_on("concurrently", node.get("params", ()))


def _alter_table(node: Node) -> bool:
    commands = (command["AlterTableCmd"] for command in node["cmds"])
    return any(command.get("def", {}).get("PartitionCmd", {}).get("concurrent") for command in commands)


def _alter_subscription(node: Node) -> bool:
    options = node.get("options", ())
    if node["kind"] == "ALTER_SUBSCRIPTION_OPTIONS":
        return any(option["DefElem"]["defname"] in {"failover", "two_phase"} for option in options)
    refreshes = node["kind"] in _PUBLICATION and _switched_on("refresh", options, default=True)
    return refreshes or node["kind"] == "ALTER_SUBSCRIPTION_REFRESH"


def _alter_database(node: Node) -> bool:
    return any(option["DefElem"]["defname"] == "tablespace" for option in node.get("options", ()))


def _do(node: Node) -> bool:
    """Whether a DO block in PL/pgSQL holds COMMIT or ROLLBACK. What does not parse, the server will refuse."""
    given = {argument["DefElem"]["defname"]: argument["DefElem"]["arg"]["String"]["sval"] for argument in node["args"]}
    body = given.get("as", "")
    language = given.get("language", "plpgsql").lower()
    if language != "plpgsql" or not any(word in body.lower() for word in ("commit", "rollback")):
        return False
    from pglast.parser import ParseError, parse_plpgsql_json  # noqa: PLC0415

    try:
        tree = parse_plpgsql_json(f"DO {_quoted(body)}")
    except ParseError:
        return False
    return '"PLpgSQL_stmt_commit"' in tree or '"PLpgSQL_stmt_rollback"' in tree


def _quoted(text: str) -> str:
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _switched_on(name: str, options: tuple[Node, ...], *, default: bool = False) -> bool:
    """Whether a list such as `(VERBOSE, CONCURRENTLY on)` switches `name` on; the last mention counts."""
    state = default
    for option in (entry["DefElem"] for entry in options):
        if option["defname"] == name:
            value = option.get("arg", {"String": {"sval": "on"}})
            text = value["String"]["sval"] if "String" in value else str(value.get("Integer", {}).get("ival", 0))
            state = text.lower() not in _FALSE
    return state


_ENDING = {"TRANS_STMT_COMMIT", "TRANS_STMT_ROLLBACK", "TRANS_STMT_PREPARE"}
_PREPARED = {"TRANS_STMT_COMMIT_PREPARED", "TRANS_STMT_ROLLBACK_PREPARED"}
_PUBLICATION = {
    "ALTER_SUBSCRIPTION_SET_PUBLICATION",
    "ALTER_SUBSCRIPTION_ADD_PUBLICATION",
    "ALTER_SUBSCRIPTION_DROP_PUBLICATION",
}
_OUTSIDE: dict[str, Callable[[Node], bool]] = {
    "AlterDatabaseStmt": _alter_database,
    "AlterSubscriptionStmt": _alter_subscription,
    "AlterSystemStmt": _always,
    "AlterTableStmt": _alter_table,
    "ClusterStmt": lambda node: "relation" not in node,
    "CreateSubscriptionStmt": _always,
    "CreateTableSpaceStmt": _always,
    "CreatedbStmt": _always,
    "DiscardStmt": lambda node: node["target"] == "DISCARD_ALL",
    "DoStmt": _do,
    "DropStmt": _concurrent,
    "DropSubscriptionStmt": _always,
    "DropTableSpaceStmt": _always,
    "DropdbStmt": _always,
    "IndexStmt": _concurrent,
    "ReindexStmt": _reindex,
    "TransactionStmt": lambda node: node["kind"] in _PREPARED,
    "VacuumStmt": lambda node: bool(node.get("is_vacuumcmd")),
}
