"""Find the scripts and the callbacks in the locations.

What Flyway overlooks, this overlooks too: a file whose name breaks the convention, unless validateMigrationNaming is
set, and a location that is not there, unless failOnMissingLocations is (https://documentation.red-gate.com/flyway/
flyway-concepts/migrations/migration-naming). What Flyway would run as no SQL, in a shell, is refused.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from infra.flyway.errors import ConfigurationError, Problem, ScanError
from infra.flyway.scripts.callbacks import Callback
from infra.flyway.scripts.locations import files, read_locations
from infra.flyway.scripts.names import BadName, Name, is_shell_script, read_stem, stem_of
from infra.flyway.scripts.script import Options, Script, collation, marks, read_options, to_utf8
from infra.flyway.settings import FlywaySettings
from infra.flyway.version import Version

_REASONS = {
    "prefix": "the name is not a script's",
    "no version": "has no version",
    "bad version": "{!r} is not a version",
    "a version": "has {!r} where a repeatable script has nothing",
}
NEXT_STEP = "rename it to V<version>__<description>.sql or R__<description>.sql"


@dataclass(frozen=True)
class Found:
    """The scripts in the order in which they run, the callbacks, all files, and what was overlooked."""

    scripts: tuple[Script, ...] = ()
    callbacks: tuple[Callback, ...] = ()
    files: tuple[os.DirEntry[str], ...] = ()
    warnings: tuple[Problem, ...] = ()


def scan(settings: FlywaySettings, root: Path) -> Found:
    """What is in the locations of `settings`, which are relative to `root`.

    Raises ScanError with every mistake found: a location or a name that the settings do not let pass, a file that
    cannot be read or decoded, a script for a shell, settings of a script that are wrong, two scripts of one version or
    of one repeatable description.
    """
    scanner = _Scanner(settings)
    scanner.look_into(settings.locations, root)
    callbacks = scanner.callbacks
    if settings.callback_locations:
        others = _Scanner(settings)
        others.look_into(settings.callback_locations, root)
        callbacks = others.callbacks
        scanner.problems += others.problems
    scripts = _once(sorted(scanner.scripts, key=_order))
    problems = [*scanner.problems, *_duplicates(scripts), *_duplicate_callbacks(callbacks)]
    if problems:
        raise ScanError(problems)
    used = () if settings.skip_default_callbacks else tuple(sorted(callbacks, key=Callback.order))
    return Found(tuple(scripts), used, tuple(scanner.files), tuple(scanner.warnings))


def _once(scripts: Iterable[Script]) -> list[Script]:
    """Without the copies of a script that other locations have under the same name: to Flyway they are one."""
    return list({(script.kind, script.script, script.content): script for script in scripts}.values())


def _order(script: Script) -> tuple[bool, tuple[int, ...], bool, bytes, str]:
    numbers = script.version.numbers if script.version else ()
    return script.version is None, numbers, script.kind == "baseline", collation(script.description), script.script


class _Scanner:
    """Looks into locations, and collects."""

    def __init__(self, settings: FlywaySettings) -> None:
        self.settings = settings
        self.scripts: list[Script] = []
        self.callbacks: list[Callback] = []
        self.files: list[os.DirEntry[str]] = []
        self.options: set[str] = set()  # the settings files: to look for each would take as long as all the rest
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []

    def look_into(self, texts: Iterable[str], root: Path) -> None:
        locations, strange = read_locations(texts, root)
        for problem in strange:
            missing = problem.kind in ("location missing", "location empty")
            wrong = problem.kind == "location prefix" or (missing and self.settings.fail_on_missing_locations)
            (self.problems if wrong else self.warnings).append(problem)
        for location in locations:
            found = list(files(str(location.folder), self.problems.append))
            self.options |= {file.path for file in found if file.name.endswith(".conf")}
            for file in found:
                if (script := location.script(file.path)) is not None:
                    self.files.append(file)
                    self._take(file, script)

    def _take(self, file: os.DirEntry[str], script: str) -> None:
        stem = stem_of(file.name, self.settings.sql_migration_suffixes)
        if stem is None:
            if is_shell_script(file.name, self.settings):
                message = f"{file.path}: Flyway would run it in a shell, which this project does not: {NEXT_STEP}"
                self.problems.append(Problem("shell script", message, Path(file.path)))
            return
        try:
            name = read_stem(stem, self.settings)
        except BadName as error:
            message = f"{file.path}: {_REASONS[error.reason].format(error.part)}: {NEXT_STEP}"
            problem = Problem("name", message, Path(file.path))
            (self.problems if self.settings.validate_migration_naming else self.warnings).append(problem)
            return
        if name.kind != "callback" and stem == name.prefix:
            return  # as in `R.sql`: it is no script to Flyway
        try:
            self._read(file.path, script, name)
        except (ConfigurationError, OSError, LookupError, UnicodeDecodeError) as error:
            self.problems.append(_unreadable(Path(file.path), error, self.settings))

    def _read(self, path: str, script: str, name: Name) -> None:
        settings = self.settings
        options = Options()
        if (beside := f"{path}.conf") in self.options:
            options = read_options(Path(beside).read_text(settings.encoding))
        detect = settings.detect_encoding and options.encoding is None
        with io.FileIO(path) as file:  # what open() does on top takes longer than to read most scripts
            read = file.readall()
        content = to_utf8(read, options.encoding or settings.encoding, detect=detect)
        kind: Literal["versioned", "repeatable", "baseline"] = "repeatable" if name.kind == "callback" else name.kind
        made = Script(kind, name.version, name.description, script, path, content, options, marks(options, settings))
        if name.kind == "callback":
            self.callbacks.append(Callback(name.prefix, made))
        else:
            self.scripts.append(made)


def _unreadable(path: Path, error: Exception, settings: FlywaySettings) -> Problem:
    if isinstance(error, ConfigurationError):
        return Problem("script setting", f"{path}.conf: {error}", error)
    if isinstance(error, UnicodeDecodeError):
        line = error.object.count(b"\n", 0, error.start) + 1
        advice = f"save the file in {settings.encoding}, or set encoding"
        return Problem("encoding", f"{path}: line {line} is not {settings.encoding}: {advice}", (path, error))
    return Problem("unreadable", f"{path}: {error}", (path, error))


def _duplicates(scripts: Iterable[Script]) -> Iterator[Problem]:
    seen: dict[tuple[bool, Version | str], Script] = {}
    for script in scripts:
        other = seen.setdefault((script.kind == "baseline", script.version or script.description), script)
        if other is not script:
            same = f"version {script.version}" if script.version else f"the description {script.description!r}"
            message = f"{other.path} and {script.path} both have {same}: renumber or rename one"
            yield Problem("duplicate version" if script.version else "duplicate description", message, (other, script))


def _duplicate_callbacks(callbacks: Iterable[Callback]) -> Iterator[Problem]:
    seen: dict[tuple[str, str], Callback] = {}
    for callback in callbacks:
        other = seen.setdefault((callback.event, callback.script.description), callback)
        if other is not callback:
            message = f"{other.path} and {callback.path} are one callback: rename one"
            yield Problem("duplicate callback", message, (other, callback))
