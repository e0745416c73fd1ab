"""What the author of a migration is told about a difference that is not drafted."""

from __future__ import annotations

from ..difference import Change
from ..snapshot import Definition

_GONE = {
    "column": "it holds data: drop it once no release reads it; where it was renamed, write RENAME COLUMN",
    "table": "it holds data: drop it once no release reads it; where it was renamed, write RENAME TO",
    "schema": "the runner neither creates nor drops schemas: see flywaySchemas",
    "index": "drop it by DROP INDEX CONCURRENTLY in a script of its own, once no query needs it",
}
_NEW = {
    "schema": "the runner creates the schemas that flywaySchemas names: add it there",
    "foreign table": "write CREATE FOREIGN TABLE with the options of its server",
    "event trigger": "only a superuser may create it: have an administrator do so",
    "default privileges": "roles and grants are made by infra/access.py: change them there",
}
_CHANGED = {
    "nullability": "fill what is NULL in a script before; then SET NOT NULL, which reads the table under a lock",
    "type": "this type is narrower or another one: rows may be written anew, and old releases may fail",
    "owner": "roles and owners are made by infra/access.py: change them there",
    "columns": "ALTER TABLE only appends: in sql/schema put new columns last in their table",
    "labels": "PostgreSQL cannot drop or move a label of an enum: make a new type",
    "replica identity": "write ALTER TABLE … REPLICA IDENTITY, and look at who replicates this table",
    "row security": "write ALTER TABLE … ROW LEVEL SECURITY once every policy is there: without one no row is seen",
}
_PRIVILEGES = "roles and grants are made by infra/access.py: change them there"


def gone(change: Change) -> str:
    """Why dropping an object is left to the author."""
    return _GONE.get(change.identity.kind, "nothing is dropped without a person who decides it: write DROP")


def new(change: Change) -> str:
    """Why making an object of this kind is left to the author."""
    return _NEW.get(change.identity.kind, "write CREATE for it")


def changed(change: Change, attribute: str) -> str:
    """Why changing `attribute` of an object is left to the author."""
    if attribute.startswith("privileges of "):
        return _PRIVILEGES
    if attribute in ("definition", "generated", "identity") and change.identity.kind in (
        "constraint",
        "index",
        "column",
    ):
        return f"this {change.identity.kind} cannot be altered in place: make the new one, then drop the old one"
    return _CHANGED.get(attribute, f"write the ALTER for it ({attribute})")


def column(definition: Definition) -> str | None:
    """What to know of a column that is added to a table with rows, or None where there is nothing."""
    generated = "generated" in definition or "identity" in definition
    default = str(definition.get("default", ""))
    if definition["nullability"] != "NULL" and not default and not generated:
        return (
            "NOT NULL without a default fails where the table has rows, and old releases cannot insert: "
            "give it a default, or add it as NULL, fill it, and SET NOT NULL in a later script"
        )
    if generated or ("(" in default.replace("now()", "")):
        return "its value is computed for each row: unless that is immutable, the whole table is written under a lock"
    return None
