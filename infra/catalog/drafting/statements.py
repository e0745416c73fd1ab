"""The SQL of objects, from their definitions. Names in a snapshot are quoted already, so that texts can be joined."""

from __future__ import annotations

from collections.abc import Iterator

from ..snapshot import Definition, Identity, Snapshot

_SETTINGS = {
    "storage": "SET STORAGE {}",
    "compression": "SET COMPRESSION {}",
    "statistics target": "SET STATISTICS {}",
    "options": "SET ({})",
}
_CREATE = {
    "extension": "CREATE EXTENSION IF NOT EXISTS {name}{elsewhere};",
    "enum": "CREATE TYPE {name} AS ENUM ({labels});",
    "composite type": "CREATE TYPE {name} AS {text};",
    "range": "CREATE TYPE {name} AS RANGE {text};",
    "sequence": "CREATE {unlogged}SEQUENCE {name} {text};",
    "aggregate": "CREATE AGGREGATE {name} ({text});",
    "policy": "CREATE POLICY {name} ON {table} {text};",
    **dict.fromkeys(("function", "procedure", "statistics", "trigger", "rule"), "{text};"),
}
_TYPES = {"enum": "TYPE", "composite type": "TYPE", "range": "TYPE"}


def literal(text: str) -> str:
    """`text` as a string constant."""
    quoted = "'" + text.replace("'", "''") + "'"
    return "E" + quoted.replace("\\", "\\\\") if "\\" in text else quoted


def column(name: str, definition: Definition) -> str:
    """A column as CREATE TABLE and ADD COLUMN write it."""
    words = [name, str(definition["type"])]
    for attribute, intro in (("collation", "COLLATE"), ("generated", "GENERATED"), ("identity", "GENERATED")):
        if attribute in definition:
            words += [intro, str(definition[attribute])]
    if "identity options" in definition:
        words.append(f"({definition['identity options']})")
    # NOT NULL goes with identity unsaid.
    if definition["nullability"] != "NULL" and "identity" not in definition:
        words.append(str(definition["nullability"]))
    if "default" in definition:
        words += ["DEFAULT", str(definition["default"])]
    return " ".join(words)


def column_settings(table: str, name: str, definition: Definition) -> Iterator[str]:
    """What a column's definition says that CREATE TABLE and ADD COLUMN cannot.

    Without a type it is a column of a view or a partition, and the default is its own too.
    """
    if "type" not in definition and "default" in definition:
        yield f"ALTER TABLE {table} ALTER COLUMN {name} {set_default(definition)};"
    for attribute, command in _SETTINGS.items():
        if attribute in definition:
            yield f"ALTER TABLE {table} ALTER COLUMN {name} {command.format(definition[attribute])};"


def set_default(definition: Definition) -> str:
    """SET DEFAULT, or DROP DEFAULT where there is none."""
    default = definition.get("default", "none")
    return "DROP DEFAULT" if default == "none" else f"SET DEFAULT {default}"


def index(name: str, table: str, definition: Definition, *, concurrently: bool = False) -> str:
    """CREATE INDEX."""
    text = str(definition["definition"])
    unique = "UNIQUE " if text.startswith("UNIQUE ") else ""
    rest = text.removeprefix("UNIQUE ").removeprefix("USING btree ")
    return f"CREATE {unique}INDEX {'CONCURRENTLY ' if concurrently else ''}{name} ON {table} {rest};"


def index_settings(identity: Identity, table: str, definition: Definition) -> Iterator[str]:
    """What the definition of an index or of a constraint says of an index that CREATE cannot."""
    if "index options" in definition:
        yield f"ALTER INDEX {identity.name} SET ({definition['index options']});"
    if "clustered" in definition:
        yield f"ALTER TABLE {table} CLUSTER ON {identity.name};"
    if "index comment" in definition:
        yield f"COMMENT ON INDEX {identity.name} IS {literal(str(definition['index comment']))};"


def enabled(identity: Identity, table: str, definition: Definition) -> Iterator[str]:
    """ALTER TABLE for a trigger or rule that is not enabled in the ordinary way."""
    if "enabled" in definition:
        yield f"ALTER TABLE {table} {definition['enabled']} {identity.kind.upper()} {identity.name};"


def simple(identity: Identity, definition: Definition, snapshot: Snapshot) -> str | None:
    """CREATE for an object that one statement makes, or None for other kinds. `snapshot` is the one it is in."""
    name = snapshot.mention(identity)
    if identity.kind == "domain":
        return _domain(name, definition)
    if identity.kind not in _CREATE:
        return None
    if identity.kind == "trigger" and "definition" not in definition:
        return ""  # a partition's copy of its parent's, which is there and only enabled in another way
    schema = definition.get("schema", "")
    return _CREATE[identity.kind].format(
        name=name,
        table=snapshot.mention(identity, identity.table),
        text=str(definition.get("definition", "")).strip(),
        labels=", ".join(definition.get("labels", ())),
        unlogged="UNLOGGED " if "persistence" in definition else "",
        elsewhere="" if schema in snapshot.schemas else f" SCHEMA {schema}",
    )


def comment(identity: Identity, definition: Definition, snapshot: Snapshot) -> str:
    """COMMENT ON, for the comment in `definition` or for none."""
    text = literal(str(definition["comment"])) if "comment" in definition else "NULL"
    kind = _TYPES.get(identity.kind, identity.kind).upper()
    return f"COMMENT ON {kind} {_object(identity, snapshot)} IS {text};"


def _object(identity: Identity, snapshot: Snapshot) -> str:
    table = snapshot.mention(identity, identity.table)
    match identity.kind:
        case "column":
            return f"{table}.{identity.name}"
        case "constraint" | "trigger" | "rule" | "policy":
            return f"{identity.name} ON {table}"
        case "schema":
            return identity.name
    return snapshot.mention(identity)


def _domain(name: str, definition: Definition) -> str:
    words = [f"CREATE DOMAIN {name} AS {definition['type']}"]
    words += [f"COLLATE {definition['collation']}"] if "collation" in definition else []
    words += [f"DEFAULT {definition['default']}"] if "default" in definition else []
    words += ["NOT NULL"] if definition["nullability"] == "NOT NULL" else []
    for key, text in definition.items():
        words += [f"CONSTRAINT {key.removeprefix('constraint ')} {text}"] if key.startswith("constraint ") else []
    lines = [f"{' '.join(words)};"]
    for key, text in definition.items():
        if key.startswith("comment on "):
            constraint = key.removeprefix("comment on constraint ")
            lines.append(f"COMMENT ON CONSTRAINT {constraint} ON DOMAIN {name} IS {literal(str(text))};")
    return "\n".join(lines)
