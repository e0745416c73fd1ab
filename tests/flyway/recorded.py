"""The recorded cases: what real Flyway did, step by step, and the same steps done again.

`cases/NAME/case.json` has the steps, `sql/` the files, `expected.json` what Flyway 13.12.0 answered to each step and
what it left in the database. In settings and answers, $DIR is the folder of the scripts, $DB the database, $PORT the
server's port. `NAME@variant` is a file that lies in the folder as NAME.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

CASES = Path(__file__).parent / "cases"
Answer = dict[str, Any]
Run = Callable[[str, Mapping[str, str]], Answer]

_NOT_SYSTEM = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'"
_HISTORY = ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "success")
_HISTORIES = f"""
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND {_NOT_SYSTEM} AND c.relname = ANY (%s) AND EXISTS (
        SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'installed_rank')
    ORDER BY 1, 2
"""
_SCHEMAS = f"SELECT nspname FROM pg_namespace n WHERE {_NOT_SYSTEM} ORDER BY 1"
_TABLES = f"""
    SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f') AND {_NOT_SYSTEM} ORDER BY n.nspname, c.relname
"""
_OBJECTS = f"""
    SELECT kind || ' ' || n.nspname || '.' || c.relname
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN (VALUES ('v', 'view'), ('m', 'matview'), ('S', 'sequence'), ('c', 'type')) kinds (code, kind)
      ON code = c.relkind::text
    WHERE {_NOT_SYSTEM} ORDER BY kind, n.nspname, c.relname
"""
_INDEXES = f"""
    SELECT 'index ' || n.nspname || '.' || c.relname || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE {_NOT_SYSTEM} AND NOT i.indisprimary AND n.nspname || '.' || t.relname <> ALL (%s)
    ORDER BY n.nspname, c.relname, i.indisvalid
"""
_FUNCTIONS = f"""
    SELECT 'function ' || n.nspname || '.' || p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE {_NOT_SYSTEM} AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    ORDER BY n.nspname, p.proname
"""


def names() -> list[str]:
    """The names of all cases."""
    return sorted(path.parent.name for path in CASES.glob("*/case.json"))


def expected(name: str) -> list[Answer]:
    """What Flyway answered to each step."""
    return [_comparable(step) for step in json.loads((CASES / name / "expected.json").read_text())["steps"]]


def replay(name: str, run: Run, database: Mapping[str, Any], folder: Path) -> list[Answer]:
    """Do the steps of a case again with `run`, on an empty database and in an empty folder."""
    case = {"name": name, **json.loads((CASES / name / "case.json").read_text())}
    names = [(str(folder), "$DIR"), (str(database["dbname"]), "$DB"), (str(database["port"]), "$PORT")]
    with psycopg.connect(**database, autocommit=True) as observer:
        if "setup" in case:
            observer.execute(case["setup"].encode())
        return [_comparable(_named(_step(case, step, run, observer, folder), names)) for step in case["steps"]]


def differences(one: object, other: object, path: str = "") -> Iterator[str]:
    """Where two answers differ: a line each."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in [*one, *(key for key in other if key not in one)]:
            yield from differences(one.get(key), other.get(key), f"{path}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, pair in enumerate(zip(one, other, strict=True)):
            yield from differences(*pair, f"{path}[{index}]")
    elif one != other:
        yield f"{path}: Flyway {json.dumps(one, ensure_ascii=False)}, ours {json.dumps(other, ensure_ascii=False)}"


def _step(case: Answer, step: Answer, run: Run, observer: psycopg.Connection, folder: Path) -> Answer:
    _lay_out(case["name"], step.get("files", ()), folder)
    if "sql" in step:
        observer.execute(step["sql"].encode())
    settings = _settings(step.get("settings", {}), observer, folder)
    time.sleep(step.get("sleep", 0))
    with _holding(step.get("hold"), observer):
        answer = run(step["command"], settings)
    found = {"command": step["command"], "result": _result(answer)}
    found |= _database(observer, step.get("settings", {}).get("table", "flyway_schema_history"), case.get("checks", {}))
    if case.get("volatile"):
        for row in (row for rows in found["history"].values() for row in rows):
            row["checksum"] = "volatile"
        for migration in found["result"].get("migrations", ()):
            migration.pop("checksum", None)
    if step["command"] != "info" and not step.get("noinfo"):
        found["info"] = _info(run("info", settings))
    return found


def _lay_out(name: str, files: list[str], folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for file in files:
        path = folder / re.sub(r"@[^@/]*$", "", file)
        (path if file.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
        if not file.endswith("/"):
            shutil.copyfile(CASES / name / "sql" / file, path)


def _settings(given: Mapping[str, object], observer: psycopg.Connection, folder: Path) -> dict[str, str]:
    port, database = observer.info.port, observer.info.dbname
    url = f"jdbc:postgresql://127.0.0.1:{port}/{database}"
    settings = {"url": url, "user": "postgres", "password": "x", "locations": "filesystem:$DIR", **given}
    names = {"$DIR": str(folder), "$DB": database, "$PORT": str(port)}
    return {key: re.sub(r"\$(?:DIR|DB|PORT)", lambda name: names[name[0]], str(text)) for key, text in settings.items()}


def _holding(query: str | None, observer: psycopg.Connection) -> psycopg.Connection:
    """A session that holds what a case says while the step runs."""
    holder = psycopg.connect(observer.info.dsn, autocommit=True)
    if query:
        holder.execute(query.encode())
    return holder


def _result(answer: Answer) -> Answer:
    """The answer as it was recorded: the first line of a message apart, and without what is empty."""
    answer = {key: value for key, value in answer.items() if key not in ("command", "logInfo")}
    if (full := answer.pop("errorMessage", None)) is not None:
        lines = full.strip().split("\n")
        answer["message"] = _first(full)
        if full.strip() != answer["message"]:
            answer["messageFull"] = [line.rstrip() for line in lines]
    return {key: value for key, value in answer.items() if value not in ([], None) or key == "errorCode"}


def _first(message: str) -> str:
    return next((line.strip() for line in message.split("\n") if line.strip()), "")


def _info(answer: Answer) -> object:
    if not answer["ok"]:
        return {"errorCode": answer["errorCode"], "message": _first(answer["errorMessage"])}
    return [[one["version"] or one["description"], one["type"], one["state"]] for one in answer["migrations"]]


def _database(observer: psycopg.Connection, table: str, checks: Mapping[str, str]) -> Answer:
    """What is in the database: histories, schemas, tables, other objects, and the answers to the case's queries."""
    histories = observer.execute(_HISTORIES, (["flyway_schema_history", table],)).fetchall()
    columns = sql.SQL(", ").join(map(sql.Identifier, _HISTORY))
    found: Answer = {"history": {}}
    for schema, name in histories:
        query = sql.SQL("SELECT {} FROM {} ORDER BY installed_rank").format(columns, sql.Identifier(schema, name))
        rows = observer.execute(query).fetchall()
        found["history"][f"{schema}.{name}"] = [dict(zip(_HISTORY, row, strict=True)) for row in rows]
    own = list(found["history"])
    found["schemas"] = _column(observer, _SCHEMAS)
    found["tables"] = [one for one in _column(observer, _TABLES) if one not in own]
    others = _column(observer, _OBJECTS) + _column(observer, _INDEXES, (own or [""],)) + _column(observer, _FUNCTIONS)
    if others:
        found["objects"] = others
    if checks:
        found["checks"] = {label: _checked(observer, query) for label, query in checks.items()}
    return found


def _column(observer: psycopg.Connection, query: str, values: tuple[object, ...] | None = None) -> list[str]:
    return [value for (value,) in observer.execute(query.encode(), values).fetchall()]


def _checked(observer: psycopg.Connection, query: str) -> object:
    try:
        rows = observer.execute(query.encode()).fetchall()
    except psycopg.Error as error:
        return "ERROR " + str(error).split("\n", maxsplit=1)[0]
    return [[value if value is None or isinstance(value, (int, bool)) else str(value) for value in row] for row in rows]


def _named(value: Any, names: list[tuple[str, str]]) -> Any:
    """The value with names for what is different in every run."""
    if isinstance(value, dict):
        return {key: _named(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [_named(one, names) for one in value]
    if isinstance(value, str):
        for this, name in names:
            value = value.replace(this, name)
    return value


def _comparable(value: Any) -> Any:
    """Without what depends on the order of a folder: which of two duplicates comes first, and gives its spelling."""
    if isinstance(value, dict):
        return {key: _comparable(one) for key, one in value.items()}
    if isinstance(value, list):
        same = [_comparable(one) for one in value]
        return sorted(same) if "Offenders:" in same else same
    if isinstance(value, str) and value.startswith("Found more than one migration with version "):
        return re.sub(r"(\.0+)+$", "", re.sub(r"(?<!\d)0+(?=\d)", "", value))
    return value
