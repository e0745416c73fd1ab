"""Take a snapshot of a live database: PostgreSQL's catalogs in one transaction, and in one round trip.

What a session is set to must not show: the search_path decides which names are qualified, the time zone how the bounds
of a partition print. So both are set for the length of the transaction.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from . import normal
from .errors import CatalogError
from .snapshot import Definition, Identity, Snapshot, Value, definition_of

_QUERIES = Path(__file__).parent / "queries"
_OBJECTS = (
    *("schemas", "extensions", "relations", "columns", "constraints", "indexes", "statistics", "triggers", "rules"),
    *("policies", "functions", "types", "domains", "sequences", "defaults", "event_triggers"),
)
_SETTINGS = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "quote_all_identifiers": "off",
    "standard_conforming_strings": "on",
    "jit": "off",  # it takes longer to compile these queries than to run them
}
_EXPRESSIONS = ("definition", "default", "generated", "bounds", "partition by")
_QUALIFIED = ("function", "procedure", "statistics")  # whose definition names the schema whatever the search_path

_Place = tuple[int, int, int]  # catalog, oid, column: valid in this database only, so that it never leaves this module
_Rows = Sequence[tuple[Any, ...]]


def read(connection: psycopg.Connection[Any], schemas: Sequence[str], *, ignore: Iterable[str] = ()) -> Snapshot:
    """What is in `schemas` now, without the tables named in `ignore` (such as Flyway's schema history).

    On an idle connection it is one moment: a REPEATABLE READ, READ ONLY transaction. In a transaction of the caller's
    it shows what that one sees, and leaves its settings as they were. The role needs USAGE on the schemas. Left out are
    kinds of objects that an application seldom makes: operators, casts, collations, base types, text search, servers,
    publications.

    Raises CatalogError for a schema that does not exist or may not be used, and psycopg.Error as the server does.
    """
    schemas = tuple(dict.fromkeys(schemas))
    with _one_moment(connection, schemas):
        quoted = _quoted(connection, schemas)
        rows, comments, privileges = _query(connection, schemas)
    objects, places = _objects(rows, unqualified=len(schemas) == 1)
    for *place, text in comments:
        if (identity := places.get(tuple(place))) is not None:
            objects[identity]["comment"] = text
    for *place, grantee, granted in privileges:
        if (identity := places.get(tuple(place))) is not None:
            objects[identity][f"privileges of {grantee}"] = granted
    return _finished(Snapshot(quoted, objects), ignore)


@contextlib.contextmanager
def _one_moment(connection: psycopg.Connection[Any], schemas: Sequence[str]) -> Iterator[None]:
    outermost = connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    # With a single schema nothing needs to name it. Temporary tables come last, or they would hide its own.
    path = sql.SQL(", ").join(map(sql.Identifier, [*(schemas if len(schemas) == 1 else ()), "pg_catalog", "pg_temp"]))
    settings = {**_SETTINGS, "search_path": path.as_string(connection)}
    # Rolled back in any case: in a transaction of the caller's the settings would stay otherwise.
    with connection.transaction(force_rollback=True):
        if outermost:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        calls = ", ".join(["pg_catalog.set_config(%s, %s, true)"] * len(settings))
        connection.execute(f"SELECT {calls}", [word for setting in settings.items() for word in setting])
        yield


def _quoted(connection: psycopg.Connection[Any], schemas: Sequence[str]) -> tuple[str, ...]:
    """The schemas' names, quoted and sorted.

    Raises CatalogError for one that is not there, or that the role may not use: PostgreSQL would then leave it out of
    the search_path without a word, and qualify every name.
    """
    query = """
        SELECT name, quote_ident(name), has_schema_privilege(n.oid, 'USAGE'), current_user
        FROM unnest(%s::text[]) AS name LEFT JOIN pg_namespace n ON n.nspname = name
    """
    found = connection.execute(query, [list(schemas)]).fetchall()
    for name, quoted, usable, role in found:
        if usable is None:
            database = connection.info.dbname
            raise CatalogError(f"database {database} has no schema {name}: migrate it first, or set flywaySchemas")
        if not usable:
            raise CatalogError(f"role {role} may not use schema {name}: GRANT USAGE ON SCHEMA {quoted} TO {role}")
    return tuple(sorted(quoted for _, quoted, _, _ in found))


def _query(connection: psycopg.Connection[Any], schemas: Sequence[str]) -> tuple[_Rows, _Rows, _Rows]:
    """The rows of all queries, sent together: objects, comments, privileges."""
    with connection.pipeline():
        objects = [_send(connection, name, schemas) for name in _OBJECTS]
        comments, privileges = _send(connection, "comments", schemas), _send(connection, "privileges", schemas)
        return [row for cursor in objects for row in cursor.fetchall()], comments.fetchall(), privileges.fetchall()


def _send(connection: psycopg.Connection[Any], name: str, schemas: Sequence[str]) -> psycopg.RawCursor[Any]:
    query = (_QUERIES / f"{name}.sql").read_bytes()
    return psycopg.RawCursor(connection).execute(query, [list(schemas)] if b"$1" in query else None)


def _objects(rows: _Rows, *, unqualified: bool) -> tuple[dict[Identity, dict[str, Value]], dict[_Place, Identity]]:
    """The objects, and where the catalog has them. Rows of one identity make one object."""
    objects: dict[Identity, dict[str, Value]] = {}
    places: dict[_Place, Identity] = {}
    for kind, schema, table, name, catalog, oid, part, attributes in rows:
        identity = Identity(schema, table, kind, name)
        objects.setdefault(identity, {}).update(_normal(identity, attributes, unqualified))
        if catalog is not None:
            places[catalog, oid, part] = identity
    return objects, places


def _normal(identity: Identity, attributes: Mapping[str, Any], unqualified: bool) -> Definition:
    definition = {name: _normal_value(name, value) for name, value in definition_of(attributes).items()}
    if unqualified and identity.kind in _QUALIFIED and "definition" in definition:
        definition["definition"] = str(definition["definition"]).replace(f" {identity.schema}.", " ", 1)
    return definition


def _normal_value(name: str, value: Value) -> Value:
    if not isinstance(value, str):
        return value
    if name == "type":
        return normal.type_name(value)
    return normal.expression(value) if name in _EXPRESSIONS or name.startswith("constraint ") else value


def _finished(snapshot: Snapshot, ignore: Iterable[str]) -> Snapshot:
    """Sorted, without what is ignored, and without what says nothing: a column of a partition as its parent has it."""
    ignored = {form for name in ignore for form in (name, '"' + name.replace('"', '""') + '"')}
    partitions = {identity[:2] for identity, definition in snapshot.objects.items() if "partition of" in definition}
    objects = {
        identity: _own(snapshot, identity, definition) if identity[:2] in partitions else definition
        for identity, definition in sorted(snapshot.objects.items())
        if identity.table not in ignored and str(definition.get("owned by", "")).rpartition(".")[0] not in ignored
    }
    return Snapshot(
        snapshot.schemas,
        {identity: definition for identity, definition in objects.items() if definition or identity.kind != "column"},
    )


def _own(snapshot: Snapshot, identity: Identity, definition: Definition) -> Definition:
    """What a partition, or a column of one, has that its parent has not. Of what else it has, the whole definition."""
    table = snapshot.objects.get(Identity(identity.schema, identity.table, "table", identity.table), {})
    parent = snapshot.relation(str(table.get("partition of", "")))
    if parent is None or identity.kind not in ("table", "column"):
        return definition
    if identity.kind == "table":
        same = definition["columns"] == snapshot.objects[parent]["columns"]
        return {name: value for name, value in definition.items() if name != "columns" or not same}
    inherited = snapshot.objects.get(Identity(parent.schema, parent.table, "column", identity.name), {})
    own = {name: value for name, value in definition.items() if inherited.get(name) != value}
    return {**own, "default": "none"} if "default" in inherited and "default" not in definition else own
