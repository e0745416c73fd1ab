"""What a stack is: its database and settings from its file, and its state from Pulumi.

A review needs no secret but the migrator's login, to look at the server. Without the passphrase it goes on without.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.flyway.cli.arguments import from_environment
from infra.flyway.cli.config import read_settings
from infra.flyway.cli.stack import settings_of
from infra.flyway.errors import FlywayError
from infra.flyway.settings import FlywaySettings
from infra.review.errors import ReviewError

_PROJECT = "creativeflow:"
_SECRET = "4dabf18193072939515e22adb298388d"  # noqa: S105 - what marks one: pulumi, sdk/go/common/resource/sig.Key
_SECONDS = 60
_NO_STACK = "no stack named"
_DEFAULTS = FlywaySettings()
_LOGIN = {"url", "user", "password"}


@dataclass(frozen=True)
class Stack:
    """A stack by its name: its database, what its config says of Flyway, and who is its first administrator."""

    name: str
    database: str = "creativeflow"
    settings: FlywaySettings = _DEFAULTS
    admin_email: str = "admin@example.com"


@dataclass(frozen=True)
class Known:
    """What Pulumi's state says: checksums of scripts and seeds by name, None without that resource; the login's URI.

    `why_no_login` says why there is none. `exists` is False where there is no state at all.
    """

    exists: bool
    scripts: Mapping[str, str] | None = None
    seeds: Mapping[str, str] | None = None
    dsn: str | None = field(default=None, repr=False)
    why_no_login: str = ""


def read_stack(name: str, root: Path, environment: Mapping[str, str]) -> Stack:
    """The stack, from Pulumi.<name>.yaml below `root` and the variables that fill what it leaves unset.

    Raises ReviewError where there is no such file, or a setting that cannot be used.
    """
    import yaml  # type: ignore[import-untyped]  # noqa: PLC0415

    path = root / f"Pulumi.{name}.yaml"
    try:
        given = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("config") or {}
    except FileNotFoundError:
        raise ReviewError(f"{path}: no such file: write --stack with the name of a stack that has one") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError) as error:
        raise ReviewError(f"{path}: cannot be read as YAML: {' '.join(str(error).split())}") from None
    config = {key: _entry(value) for key, value in given.items()}
    plain = {key.removeprefix(_PROJECT): entry.get("value", "") for key, entry in config.items()}
    try:
        properties = settings_of(config, {"migratorDsn": ""}, from_environment(environment))
        flyway = read_settings({key: value for key, value in properties.items() if key not in _LOGIN})
    except FlywayError as error:
        raise ReviewError(f"{path}: {error}") from None
    database = plain.get("postgresDb") or environment.get("POSTGRES_DB") or Stack.database
    return Stack(name, database, flyway, plain.get("adminEmail") or Stack.admin_email)


def _entry(value: Any) -> dict[str, Any]:
    """A value as `pulumi config --json` prints it; of a secret, nothing."""
    if isinstance(value, dict):
        return {} if "secure" in value else {"objectValue": value}
    return {"value": str(value).lower() if isinstance(value, bool) else str(value)}


def read_state(name: str, root: Path) -> Known:
    """What Pulumi's state says of the stack. Raises ReviewError where Pulumi cannot be asked."""
    said = _pulumi(root, "stack", "export", "--stack", name, "--show-secrets")
    why = ""
    if said.returncode and _NO_STACK not in said.stderr:
        why = _last_line(said)
        said = _pulumi(root, "stack", "export", "--stack", name)
    if said.returncode:
        if _NO_STACK in said.stderr:
            return Known(exists=False)
        raise ReviewError(f"Pulumi does not tell the state of stack {name}: {_last_line(said)}")
    return state_of(json.loads(said.stdout), why)


def state_of(exported: Mapping[str, Any], why_no_login: str = "") -> Known:
    """What an exported state says. Its secrets may be encrypted."""
    resources = (exported.get("deployment") or {}).get("resources") or []
    outputs = {entry.get("type", ""): entry.get("outputs") or {} for entry in resources}
    stack = outputs.get("pulumi:pulumi:Stack", {})
    dsn = _plain(stack.get("migratorDsn"))
    if dsn is None and not why_no_login:
        why_no_login = "the stack is not up" if "migratorDsn" not in stack else "its passphrase is not known here"
    return Known(
        True, _checksums(outputs, "Migrations", "scripts"), _checksums(outputs, "Seeds", "seeds"), dsn, why_no_login
    )


def _checksums(outputs: Mapping[str, Mapping[str, Any]], resource: str, key: str) -> dict[str, str] | None:
    for kind, values in outputs.items():
        if kind.endswith(f":{resource}") and isinstance(values.get(key), dict):
            return {name: str(checksum) for name, checksum in values[key].items()}
    return None


def _plain(value: Any) -> str | None:
    """A secret output in plain text, where the export has it so."""
    if isinstance(value, dict) and _SECRET in value and "plaintext" in value:
        return str(json.loads(value["plaintext"]))
    return value if isinstance(value, str) else None


def _pulumi(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the `pulumi` beside this Python, else that of PATH. Raises ReviewError where there is none."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    pulumi = shutil.which("pulumi", path=path)
    if pulumi is None:
        raise ReviewError("there is no pulumi: run `make setup`")
    command = [pulumi, *arguments, "--non-interactive"]
    try:
        return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        raise ReviewError(
            f"pulumi did not answer within {_SECONDS} s: check the backend, then run this again"
        ) from None


def _last_line(said: subprocess.CompletedProcess[str]) -> str:
    lines = said.stderr.strip().splitlines() or [f"it ended with {said.returncode}"]
    return lines[-1].removeprefix("error: ")
