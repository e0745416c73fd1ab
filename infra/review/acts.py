"""What the text of a statement says that it does, told from its parse tree. Pure.

Most of what matters is seen while a statement runs (watch.py), or in the catalogs afterwards (losses.py). This is what
cannot be seen: that a name is gone because it was changed, that a column is required.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from infra.flyway.statements.statement import Statement
from infra.review.facts import Act
from infra.review.tree import Node, Show, parse, parts

_DROPS = {
    "OBJECT_TABLE": "drop table",
    "OBJECT_FOREIGN_TABLE": "drop table",
    "OBJECT_VIEW": "drop view",
    "OBJECT_MATVIEW": "drop view",
}
_RENAMED = {"OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW", "OBJECT_FOREIGN_TABLE", "OBJECT_COLUMN"}
_SERIAL = {"serial", "serial2", "serial4", "serial8", "smallserial", "bigserial"}
_FILLS = {"CONSTR_DEFAULT", "CONSTR_IDENTITY", "CONSTR_GENERATED"}
_ADDED = {"CONSTR_CHECK": "add check", "CONSTR_FOREIGN": "add foreign key"}
_KEYS = {"CONSTR_PRIMARY", "CONSTR_UNIQUE", "CONSTR_EXCLUSION"}


def acts(statement: Statement, show: Show) -> tuple[Act, ...]:
    """What `statement` does to relations that `show` knows."""
    kind, node = parse(statement)
    found = _READERS.get(kind)
    return tuple(found(node, show)) if found else ()


def _shown(node: Node, show: Show) -> str | None:
    return show(node.get("schemaname"), node.get("relname", ""))


def _alter(node: Node, show: Show) -> Iterator[Act]:
    relation = _shown(node["relation"], show)
    if relation is None:
        return
    for command in (entry["AlterTableCmd"] for entry in node["cmds"]):
        column = f"{relation}.{_quoted(command.get('name', ''))}"
        definition = command.get("def", {})
        match command["subtype"]:
            case "AT_AddColumn":
                yield from _add_column(definition["ColumnDef"], relation, optional=command.get("missing_ok", False))
            case "AT_SetLogged" | "AT_SetUnLogged":
                yield Act("set logged", relation, relation)
            case "AT_AttachPartition":
                yield Act("attach partition", relation, relation)
            case "AT_DropColumn":
                yield Act("drop column", column, relation)
            case "AT_AlterColumnType":
                yield Act("change type", column, relation)
            case "AT_SetNotNull":
                yield Act("set not null", column, relation)
            case "AT_AddConstraint":
                yield from _constraint(definition["Constraint"], relation)


def _add_column(column: Node, relation: str, *, optional: bool) -> Iterator[Act]:
    kinds = {entry["Constraint"]["contype"] for entry in column.get("constraints", ())}
    serial = column["typeName"]["names"][-1]["String"]["sval"] in _SERIAL
    subject = f"{relation}.{_quoted(column['colname'])}"
    if kinds & {"CONSTR_NOTNULL", "CONSTR_PRIMARY"} and not kinds & _FILLS and not serial:
        yield Act("required column", subject, relation, optional)
    else:
        kind = "identity" if "CONSTR_IDENTITY" in kinds else "generated" if "CONSTR_GENERATED" in kinds else "column"
        yield Act(f"add {kind}", subject, relation)  # type: ignore[arg-type]


def _constraint(constraint: Node, relation: str) -> Iterator[Act]:
    name, kind = _quoted(constraint.get("conname", "")), constraint["contype"]
    if kind in _KEYS and "indexname" not in constraint:
        yield Act("add key", name, relation)
    elif kind in _ADDED and not constraint.get("skip_validation"):
        yield Act("add check" if kind == "CONSTR_CHECK" else "add foreign key", name, relation)


def _rename(node: Node, show: Show) -> Iterator[Act]:
    relation = _shown(node.get("relation", {}), show)
    if relation and node["renameType"] in _RENAMED:
        old = f"{relation}.{_quoted(node['subname'])}" if "subname" in node else relation
        yield Act("rename", f"{old} → {_quoted(node['newname'])}", relation)


def _move(node: Node, show: Show) -> Iterator[Act]:
    if relation := _shown(node.get("relation", {}), show):
        yield Act("move", f"{relation} → schema {_quoted(node['newschema'])}", relation)


def _drop(node: Node, show: Show) -> Iterator[Act]:
    if node["removeType"] == "OBJECT_SCHEMA":
        for entry in node["objects"]:
            yield Act("drop schema", _quoted(parts(entry)[1]))
    for entry in node["objects"]:
        kind, relation = _DROPS.get(node["removeType"]), show(*parts(entry))
        if kind and relation:
            yield Act("drop table" if kind == "drop table" else "drop view", relation, relation)


def _truncate(node: Node, show: Show) -> Iterator[Act]:
    for entry in node["relations"]:
        if relation := _shown(entry["RangeVar"], show):
            yield Act("truncate", relation, relation)


def _update(node: Node, show: Show) -> Iterator[Act]:
    relation = _shown(node["relation"], show)
    if relation and "whereClause" not in node:
        yield Act("update all", relation, relation)


def _delete(node: Node, show: Show) -> Iterator[Act]:
    relation = _shown(node["relation"], show)
    if relation and "whereClause" not in node:
        yield Act("truncate", relation, relation)


def _index(node: Node, show: Show) -> Iterator[Act]:
    relation = _shown(node["relation"], show)
    if relation and not node.get("concurrent") and node["relation"].get("inh"):
        yield Act("create index", _quoted(node.get("idxname", "")) or "the index", relation)


def _create(node: Node, show: Show) -> Iterator[Act]:
    for entry in node.get("inhRelations", ()) if "partbound" in node else ():
        if relation := _shown(entry["RangeVar"], show):
            yield Act("attach partition", relation, relation)


def _refresh(node: Node, show: Show) -> Iterator[Act]:
    if relation := _shown(node["relation"], show):
        yield Act("refresh", relation, relation)


def _quoted(name: str) -> str:
    """A name as PostgreSQL would quote it, but for its reserved words."""
    plain = name and (name[0].islower() or name[0] == "_") and name.replace("_", "a").isalnum() and name == name.lower()
    return name if plain or not name else '"' + name.replace('"', '""') + '"'


_READERS: dict[str, Callable[[Node, Show], Iterator[Act]]] = {
    "AlterTableStmt": _alter,
    "RenameStmt": _rename,
    "AlterObjectSchemaStmt": _move,
    "DropStmt": _drop,
    "TruncateStmt": _truncate,
    "UpdateStmt": _update,
    "DeleteStmt": _delete,
    "IndexStmt": _index,
    "CreateStmt": _create,
    "RefreshMatViewStmt": _refresh,
}
