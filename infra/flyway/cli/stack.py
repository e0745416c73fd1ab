"""The settings of a stack, asked of Pulumi: where its database is, and what its config says of Flyway.

The migrator logs in, as it does for `pulumi up`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.flyway.errors import ConfigurationError

_PROJECT = "creativeflow:"
_PREFIX = "flyway"
_DEFAULTS = {"locations": "filesystem:sql/migrations", "schemas": "creativeflow"}
# A stack refuses what Flyway would overlook (strict.py).
_STRICT = {"validateMigrationNaming": "true", "failOnMissingLocations": "true"}


def stack_settings(stack: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The settings of `stack` by Flyway's names. Raises ConfigurationError where there is no such stack, or it is down.

    `environment` holds settings of FLYWAY_* variables, which fill what the stack leaves unset, and override nothing:
    neither a setting of the stack's nor its login.
    """
    config = _ask(stack, "config", "--json", "--show-secrets")
    outputs = _ask(stack, "stack", "output", "--json", "--show-secrets")
    if "migratorDsn" not in outputs:
        raise ConfigurationError(f"stack {stack} is not up: run make up STACK={stack}", "stack", "missing")
    return settings_of(config, outputs, environment)


def settings_of(
    config: Mapping[str, Any], outputs: Mapping[str, Any], environment: Mapping[str, str]
) -> dict[str, str]:
    """The settings in a stack's config and outputs, as Pulumi prints them in JSON."""
    login = {"user", "password"}
    settings = {**_DEFAULTS, **{name: text for name, text in environment.items() if name not in login}, **_STRICT}
    for key, entry in config.items():
        name = key.removeprefix(_PROJECT)
        if key.startswith(_PROJECT) and name.startswith(_PREFIX):
            settings |= _setting(name.removeprefix(_PREFIX), entry)
    return {**settings, "url": outputs["migratorDsn"]}


def _setting(name: str, entry: Mapping[str, Any]) -> dict[str, str]:
    name = name[:1].lower() + name[1:]
    value, fields = entry.get("value", ""), entry.get("objectValue")
    if name == "placeholders":
        values = fields if fields is not None else json.loads(value or "{}")
        return {
            f"placeholders.{key}": text if isinstance(text, str) else json.dumps(text) for key, text in values.items()
        }
    return {name: value} if value else {}


def _ask(stack: str, *command: str) -> dict[str, Any]:
    """What `pulumi` answers. Raises ConfigurationError with its message, such as that it knows no such stack."""
    # The one of this environment comes first, which knows where the state of `dev` is.
    pulumi = shutil.which(
        "pulumi", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    )
    if pulumi is None:
        raise ConfigurationError("there is no pulumi: run `make setup`", "stack", "missing")
    arguments = [pulumi, *command, "--stack", stack, "--non-interactive"]
    asked = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if asked.returncode:
        said = asked.stderr.strip().splitlines()
        message = said[-1].removeprefix("error: ") if said else f"it ended with {asked.returncode}"
        raise ConfigurationError(f"Pulumi does not answer for stack {stack}: {message}", "stack", "missing")
    answer: dict[str, Any] = json.loads(asked.stdout)
    return answer
