"""How Flyway 13.12.0 puts what this project says otherwise: its exceptions, with their causes, and its log.

Only tests need this. The engine tells its own story in one line each; the recorded cases have Flyway's words.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import psycopg

from infra.flyway.commands.fire import CallbackError
from infra.flyway.errors import (
    DatabaseError,
    ScriptError,
)
from infra.flyway.scripts.placeholders import PlaceholderError
from infra.flyway.settings import FlywaySettings
from infra.flyway.statements.statement import MixtureError

HELP = "https://help.red-gate.com/help/flyway-cli13/help_12.aspx?topic="
_COLUMNS = "installed_rank version description type script checksum installed_on installed_by execution_time success"
_SELECT = "/*NO LOAD BALANCE*/\nSELECT " + ",".join(f'"{name}"' for name in _COLUMNS.split())
_EXAMPLE = "(It {rule} and should look like this: {example})"
Result = dict[str, Any]


def history_table(settings: FlywaySettings) -> str:
    return f'"{settings.default_schema}"."{settings.table}"'


def exception(message: str, code: str, name: str = "FlywayException", causes: list[Result] | None = None) -> Result:
    return {"errorCode": code, "errorClass": name, "errorMessage": message, "causes": causes or []}


def cause(name: str, message: str, sqlstate: str | None = None) -> Result:
    return {"class": name, "sqlState": sqlstate, "message": message.split("\n", maxsplit=1)[0]}


# Exceptions of the database


def server_error(error: psycopg.Error, position: int | None = None) -> str:
    """The driver's message for an error of the server."""
    diagnostic = error.diag
    lines = [f"{diagnostic.severity}: {diagnostic.message_primary}"]
    lines += [f"  Detail: {diagnostic.message_detail}"] if diagnostic.message_detail else []
    lines += [f"  Hint: {diagnostic.message_hint}"] if diagnostic.message_hint else []
    lines += [f"  Position: {position}"] if position else []
    lines += [f"  Where: {diagnostic.context}"] if diagnostic.context else []
    return "\n".join(lines)


def titled(title: str, sqlstate: str | None, message: str) -> str:
    """The message of a FlywaySqlException."""
    return f"{title}\n{'-' * len(title)}\nSQL State  : {sqlstate or 'null'}\nError Code : 0\nMessage    : {message}\n"


def sql_exception(title: str, error: psycopg.Error, position: int | None = None) -> Result:
    message = titled(title, error.sqlstate, server_error(error, position))
    found = exception(message, "DB_CONNECTION", "FlywaySqlException")
    found["causes"] = [cause("PSQLException", server_error(error), error.sqlstate)]
    return found | {"sqlState": error.sqlstate}


def database_failure(error: DatabaseError, settings: FlywaySettings) -> Result:
    original = error.__cause__
    assert isinstance(original, psycopg.Error), error
    if error.step == "connect":
        return _no_connection(original)
    if error.step == "read the history":
        column = re.search(r'column "(\w+)"', str(original))
        position = _SELECT.index(f'"{column[1]}"') + 1 if column else None
        table = history_table(settings)
        title = f"Error while retrieving the list of applied migrations from Schema History table {table}"
        return sql_exception(title, original, position)
    if error.step.startswith("create schema "):
        return sql_exception("Unable to " + error.step, original)
    if error.step == "run initSql":
        return _without_file(sql_exception("Failed to execute script ", original))
    if error.step == "create the history":
        position = 14 if original.diag.statement_position else None
        return _without_file(sql_exception("Failed to execute script ", original, position))
    raise error


def _without_file(found: Result) -> Result:
    """The FlywaySqlScriptException for SQL of Flyway's own, or of the settings."""
    found["errorMessage"] += "Location   :  ()\nLine       : 1\nStatement  : " + _STATEMENT
    return found | {"errorClass": "FlywaySqlScriptException", "lineNumber": 1}


def _no_connection(error: psycopg.Error) -> Result:
    """libpq gives no SQLSTATE for a login that failed."""
    said, user = str(error), getattr(error, "user", "postgres")
    causes: list[Result] = []
    if fatal := re.search(r"FATAL:\s+(.*)", said):
        message = f"FATAL: {fatal[1]}"
        states = {"database": "3D000", "role": "28000", "password": "28P01"}
        state = next((code for word, code in states.items() if word in fatal[1].split('"')[0]), "28000")
    else:
        host = re.search(r'server at "([^"]*)", port (\d+)', said)
        where = f"{host[1]}:{host[2]}" if host else "?"
        advice = "Check that the hostname and port are correct and that the postmaster is accepting TCP/IP connections."
        message, state = f"Connection to {where} refused. {advice}", "08001"
        causes = [cause("ConnectException", "Connection refused")]
    title = f"Unable to obtain connection from database (jdbc:postgresql:********) for user '{user}': {message}"
    found = exception(titled(title, state, message), "DB_CONNECTION", "FlywaySqlUnableToConnectToDbException")
    return found | {"sqlState": state, "causes": [cause("PSQLException", message, state), *causes]}


# Exceptions of a script

_STATEMENT = "Run Flyway with -X option to see the actual statement causing the problem\n"


def script_exception(error: ScriptError, path: Path) -> tuple[str, list[Result], str | None, int]:
    """Message, causes, SQLSTATE and line of the FlywaySqlScriptException for a statement that failed."""
    original = error.__cause__ if isinstance(error.__cause__, psycopg.Error) else None
    position = getattr(error, "position", None)
    if position:
        position += _comments_before(error, path, position)
    line = getattr(error, "statement_line", None) or error.line or 1
    title = f"Failed to execute script {path.name}"
    if original is not None:
        state, message = original.sqlstate, server_error(original, position)
    else:
        state, message = error.sqlstate, _refused(error, position)
    causes = [cause("PSQLException", message, state)]
    if re.match(r"copy\b.*\bfrom\s+stdin\b", error.statement, re.IGNORECASE) and original is not None:
        causes = [
            cause("SQLException", "Unable to execute COPY operation"),
            cause("InvocationTargetException", "null"),
            *causes,
        ]
        state, message = None, "Unable to execute COPY operation"
    text = (
        titled(title, state, message) + f"Location   : {path} ({path})\nLine       : {line}\nStatement  : {_STATEMENT}"
    )
    return text, causes, state, line


def _comments_before(error: ScriptError, path: Path, position: int) -> int:
    """The length of the comments before a statement, which Flyway sends with it, and the server counts."""
    lines = path.read_text().splitlines(keepends=True)
    first = len("".join(lines[: (error.line or 1) - 1])) + (error.column or 1) - position
    comments = re.search(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*$", "".join(lines)[: max(first, 0)], re.DOTALL)
    return len(comments[0].lstrip()) if comments else 0


def _refused(error: ScriptError, position: int | None) -> str:
    """What this project refuses before the server does."""
    if "NUL character" in error.message:
        return "ERROR: insufficient data left in message"
    message = re.sub(r'\s+"$', '"', error.message)  # Flyway sends no blanks after a statement
    return f"ERROR: {message}" + (f"\n  Position: {position}" if position else "")


def unparsed(error: ScriptError, path: Path) -> Result | None:
    """A script that Flyway cannot cut into statements, or None where it can."""
    if isinstance(error, MixtureError) and error.offender:
        offender = error.offender
        sql = offender.text[offender.offset :].strip().removesuffix(";").rstrip()
        kind = "" if offender.transactional else " [non-transactional]"
        return exception(
            "Detected both transactional and non-transactional statements within the same migration (even though mixed"
            f" is false). Offending statement found at line {offender.line}: {sql}{kind}",
            "ERROR",
        )
    if isinstance(error, PlaceholderError):
        inner = placeholder(error, path)
        where = (
            f"Unable to parse statement in {path} at line 1 col 1. See {HELP}learn-more-about-flyway/troubleshooting"
        )
        message = f"{where}/known-parser-limitations for more information. {inner}"
        return exception(message, "ERROR", causes=[cause("FlywayException", inner)])
    return None


def placeholder(error: PlaceholderError, path: Path) -> str:
    name = error.placeholder
    if not name.endswith("}"):  # Flyway looks for the end to the last character, and takes that for it
        name = name + path.read_text().partition(name)[2]
        name = name[:-1] + "}"
    if name.startswith("${flyway:"):
        return f"Failed to populate value for default placeholder: {name}"
    return f"No value provided for placeholder: {name}.  Check your configuration!"


def script_failure(error: ScriptError, settings: FlywaySettings, path: Path) -> Result:
    """A script that fails outside of its statements: while checksums are made, or its row is written."""
    if isinstance(error, PlaceholderError):
        return exception(placeholder(error, path), "ERROR")
    original = error.__cause__
    assert isinstance(original, psycopg.Error), error
    if (original.sqlstate or "")[:2] in ("23", "40", "P0"):
        return sql_exception("Unable to commit transaction", original)
    version = re.match(r"[VB]([^_]+(?:_[^_]+)*?)__", Path(error.script).name)
    text = version[1].replace("_", ".") if version else "null"
    return sql_exception(
        f"Unable to insert row for version '{text}' in Schema History table {history_table(settings)}", original
    )


def callback_failure(error: CallbackError) -> Result:
    """A callback that fails."""
    path = error.callback.path
    head = f"Error while executing {error.event} callback: "
    if inner := unparsed(error.error, path):
        return inner  # it is read before the event
    text, causes, _, _ = script_exception(error.error, path)
    return exception(head + text, "DB_CONNECTION", causes=[cause("FlywaySqlScriptException", text), *causes])
