"""`python -m infra.flyway info|validate|migrate|baseline|repair`: what Flyway's commands do, with Flyway's settings.

They come from a stack (`--stack dev`), or from flyway.conf in the home and in this folder, or the files of
`-configFiles`; from FLYWAY_* variables; and from `-setting=value`. A table is printed for people, JSON with `-json`. A
failure is a line each on standard error, and an exit code of 1.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.flyway.cli.arguments import HELP, USAGE, Arguments, from_environment, from_file, read_arguments
from infra.flyway.cli.config import read_settings
from infra.flyway.cli.jdbc import KEYS, PROPERTIES, Database, read_database
from infra.flyway.cli.terminal import visible
from infra.flyway.errors import ConfigurationError, FlywayError, ProblemsError
from infra.flyway.scripts.properties import read_properties
from infra.flyway.settings import FlywaySettings

_DEFAULT_FILE, _TOML = "flyway.conf", ".toml"
_ABOUT_FILES: tuple[str, ...] = ("configFiles", "configFileEncoding")


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Run the command, and return the exit code."""
    answer: dict[str, Any] = {}
    asked = None
    if HELP.intersection(arguments):
        print(USAGE)
        return 0
    try:
        asked = read_arguments(arguments)
        database, settings = _settings(asked, environment)
        return 0 if _run(asked, database, settings, answer) else 1
    except FlywayError as error:
        _fail(error, answer, as_json=asked.json if asked else "-json" in arguments)
        return 1
    except KeyboardInterrupt:
        print("interrupted: what was committed stays, see info", file=sys.stderr)
        return 130


def _settings(asked: Arguments, environment: Mapping[str, str]) -> tuple[Database, FlywaySettings]:
    given = from_environment(environment)
    names = {name: given.pop(name) for name in _ABOUT_FILES if name in given}
    if asked.stack is None:
        given = _from_files(asked, names, environment) | given
    else:
        from infra.flyway.cli.stack import stack_settings  # noqa: PLC0415 - only who asks for a stack needs Pulumi

        given = stack_settings(asked.stack, given)
    properties = {**given, **asked.properties}
    login = {name: text for name, text in properties.items() if name in KEYS or name.startswith(PROPERTIES)}
    others = {name: text for name, text in properties.items() if name not in login}
    return read_database(login), read_settings(others)


def _from_files(asked: Arguments, names: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """The settings in the configuration files, the later ones over the earlier. One that was named has to exist."""
    named = asked.config_files or tuple(part.strip() for part in names.get("configFiles", "").split(",") if part)
    homes = (Path(environment[name]) for name in ("HOME",) if environment.get(name))
    settings: dict[str, str] = {}
    for path in map(Path, named) if named else (folder / _DEFAULT_FILE for folder in (*homes, Path())):
        toml = path.with_suffix(_TOML)
        if path == toml or (not named and toml.exists()):
            raise ConfigurationError(
                f"{toml}: TOML is not read: write its settings into flyway.conf, and name that with -configFiles",
                "configFiles",
                "unsupported",
            )
        if named or path.exists():
            encoding = names.get("configFileEncoding", asked.config_file_encoding)
            settings |= from_file(read_properties(_text(path, encoding), environment))
    return settings


def _text(path: Path, encoding: str) -> str:
    try:
        return path.read_text(encoding)
    except FileNotFoundError:
        raise ConfigurationError(f"{path}: no such file", "configFiles", "missing") from None
    except (OSError, UnicodeError, LookupError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}", "configFiles", "value") from None


def _run(asked: Arguments, database: Database, settings: FlywaySettings, answer: dict[str, Any]) -> bool:
    """Run the command. `answer` is filled for programs; for people it is printed. False is a bad verdict."""
    from infra.flyway.cli.commands import COMMANDS  # noqa: PLC0415 - a mistake in the settings is told without waiting for the driver

    good, text = COMMANDS[asked.command](database.connect, settings, answer, not asked.json)
    answer["operation"] = asked.command
    if asked.json:
        print(_json(answer))
    elif text:
        print(text, file=sys.stdout if good else sys.stderr)
    return good


def _fail(error: FlywayError, answer: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        from infra.flyway.cli.report import error_json  # noqa: PLC0415

        print(_json(answer | error_json(error)))
        return
    for line in error.problems if isinstance(error, ProblemsError) else (str(error),):
        print(visible(line), file=sys.stderr)


def _json(answer: Mapping[str, Any]) -> str:
    """What cannot be written as UTF-8, as in a file's name of other bytes, is written as JSON's escape of it."""
    return json.dumps(answer, indent=2, ensure_ascii=False).encode(errors="backslashreplace").decode()


def _spare_garbage_collection() -> None:
    """This process lives for a moment; looking for garbage at its end alone would take a tenth of that."""
    gc.disable()
    atexit.register(gc.freeze)


if __name__ == "__main__":
    _spare_garbage_collection()
    sys.exit(main(sys.argv[1:], os.environ))
