"""postgresql:index/database:Database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psycopg import sql

from airgap.postgresql.membership import lock, member_of
from airgap.postgresql.session import Session
from airgap.postgresql.table import Kind, Property, ResourceType
from airgap.postgresql.values import Values

_READ = """
SELECT datname, pg_get_userbyid(datdba)::text, pg_encoding_to_char(encoding)::text, datcollate, datctype, spcname,
       datconnlimit, datallowconn, datistemplate
FROM pg_database JOIN pg_tablespace ON pg_tablespace.oid = dattablespace
WHERE datname = %s
"""
_READ_NAMES = (
    *("name", "owner", "encoding", "lcCollate", "lcCtype", "tablespaceName"),
    *("connectionLimit", "allowConnections", "isTemplate"),
)
_CLOSE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"


def _create(session: Session, values: Values) -> None:
    owner = values["owner"] or session.server.role
    lock(session, owner)
    options = sql.SQL(" ").join(_creation_options(values))
    with member_of(session, values["owner"]):
        session.execute("CREATE DATABASE {} OWNER {} {options}", values["name"], owner, options=options)


def _creation_options(values: Values) -> Iterator[sql.Composable]:
    yield _option("TEMPLATE", values["template"] or "template0", sql.Identifier)
    yield _option("ENCODING", values["encoding"] or "UTF8", sql.Literal)
    if values["lcCollate"]:
        yield _option("LC_COLLATE", values["lcCollate"], sql.Literal)
    if values["lcCtype"]:
        yield _option("LC_CTYPE", values["lcCtype"], sql.Literal)
    if values["tablespaceName"]:
        yield _option("TABLESPACE", values["tablespaceName"], sql.Identifier)
    yield _option("ALLOW_CONNECTIONS", values["allowConnections"], sql.Literal)
    yield _option("CONNECTION LIMIT", values["connectionLimit"], sql.Literal)
    yield _option("IS_TEMPLATE", bool(values["isTemplate"]), sql.Literal)


def _option(keyword: str, value: Any, form: type[sql.Identifier] | type[sql.Literal]) -> sql.Composable:
    default = isinstance(value, str) and value.upper() == "DEFAULT"
    shown = sql.SQL("DEFAULT") if default else form(value)
    return sql.SQL(keyword) + sql.SQL(" ") + shown


def _update(session: Session, old: Values, new: Values) -> None:
    if new["alterObjectOwnership"] and new["owner"]:
        with session.elsewhere(old["name"]) as inside:
            _reassign(inside, new["owner"])
    name, owner = new["name"], _owner(session, old["name"])
    lock(session, *filter(None, (owner, new["owner"])))
    with member_of(session, owner, new["owner"]):
        if old["name"] != name:
            session.execute("ALTER DATABASE {} RENAME TO {}", old["name"], name)
        if new["owner"] and new["owner"] != owner:
            session.execute("ALTER DATABASE {} OWNER TO {}", name, new["owner"])
        if new["tablespaceName"] and old.get("tablespaceName") != new["tablespaceName"]:
            session.execute("ALTER DATABASE {} SET TABLESPACE {}", name, new["tablespaceName"])
        for option, each in (("CONNECTION LIMIT", "connectionLimit"), ("ALLOW_CONNECTIONS", "allowConnections")):
            if old.get(each) != new[each]:
                session.execute("ALTER DATABASE {} {option}", name, option=_option(option, new[each], sql.Literal))
        if bool(old.get("isTemplate")) != bool(new["isTemplate"]):
            _set_template(session, name, bool(new["isTemplate"]))


def _reassign(session: Session, new_owner: str) -> None:
    """Hand over to `new_owner` all that the owner of the session's database owns in it, and the database."""
    owner = _owner(session, session.database)
    if owner != new_owner:
        lock(session, owner, new_owner)
        with member_of(session, owner, new_owner):
            session.execute("REASSIGN OWNED BY {} TO {}", owner, new_owner)


def _delete(session: Session, values: Values) -> None:
    name, owner = values["name"], _owner(session, values["name"])
    if owner is None:
        return
    lock(session, owner)
    with member_of(session, owner):
        _set_template(session, name, False)
        session.execute("ALTER DATABASE {} ALLOW_CONNECTIONS false", name)
        session.rows(_CLOSE, name)
        force = "WITH (FORCE)" if session.connection.info.server_version >= 130000 else ""
        session.execute(f"DROP DATABASE {{}} {force}", name)


def _read(session: Session, known: Values) -> dict[str, Any] | None:
    found = session.row(_READ, known["name"])
    if found is None:
        return None
    values = dict(known) | dict(zip(_READ_NAMES, found, strict=True))
    values["template"] = known.get("template") or "template0"
    return values


def _owner(session: Session, database: str) -> Any:
    return session.value("SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = %s", database)


def _set_template(session: Session, database: str, template: bool) -> None:
    session.execute("ALTER DATABASE {} IS_TEMPLATE {template}", database, template=sql.Literal(template))


DATABASE = ResourceType(
    token="postgresql:index/database:Database",  # noqa: S106  # a type's name
    properties=(
        Property("name", auto_named=True),
        Property("owner", computed=True),
        Property("template", computed=True, force_new=True),
        Property("encoding", computed=True, force_new=True),
        Property("lcCollate", computed=True, force_new=True),
        Property("lcCtype", computed=True, force_new=True),
        Property("tablespaceName", computed=True),
        Property("connectionLimit", Kind.INTEGER, default=-1, minimum=-1),
        Property("allowConnections", Kind.BOOLEAN, default=True),
        Property("isTemplate", Kind.BOOLEAN, computed=True),
        Property("alterObjectOwnership", Kind.BOOLEAN, default=False),
    ),
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
    identifier=lambda values: str(values["name"]),
    from_identifier=lambda identifier: {"name": identifier},
    server_wide=True,
    autocommit=True,
)
