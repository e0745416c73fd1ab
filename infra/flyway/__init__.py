"""Flyway's semantics on psycopg: scan the scripts, compare them with the schema history, apply what is pending.

Nothing in here knows Pulumi. The pure part is scan, checksum, placeholders, version, syntax and plan; history, lock,
session, schemas, execute, run and preview talk to a server.
"""

from .errors import FlywayError, LockTimeout, ProblemsError, ScanError, ScriptError, ValidationError
from .history import Row
from .placeholders import placeholder_values
from .plan import Plan, plan, schema_version
from .preview import preview, read_history, schema_is_empty
from .run import Applied, Outcome, migrate
from .scan import Script, scan
from .session import Connect
from .settings import FlywaySettings
from .syntax import Statement, check, statements

__all__ = [
    "Applied",
    "Connect",
    "FlywayError",
    "FlywaySettings",
    "LockTimeout",
    "Outcome",
    "Plan",
    "ProblemsError",
    "Row",
    "ScanError",
    "Script",
    "ScriptError",
    "Statement",
    "ValidationError",
    "check",
    "migrate",
    "placeholder_values",
    "plan",
    "preview",
    "read_history",
    "scan",
    "schema_is_empty",
    "schema_version",
    "statements",
]
