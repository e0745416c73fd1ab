"""Find the scripts in the locations.

Names follow Flyway's convention: `V2__Add_users.sql` runs once, in the order of versions; `R__Views.sql` runs after
those, in the order of descriptions, again whenever it changes (Flyway documentation, "Migrations: naming"). Flyway
ignores a file whose name breaks the convention. Here it is an error, since nobody would see the mistake otherwise.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .checksum import checksum
from .errors import ScanError
from .placeholders import Rendered, replace
from .settings import FlywaySettings
from .version import Version, parse

_NO_SUFFIX = re.compile(r"[VRUB][0-9._]*__[^.]*")
_OTHER_KINDS = {
    "U": "is an undo script, which this project does not run: write a new migration that undoes it",
    "B": "is a baseline script, which this project does not run: set the baseline version instead",
}
_NEXT_STEP = "rename it to V<version>__<description>.sql or R__<description>.sql"


@dataclass(frozen=True)
class Script:
    """A file that migrates the database. `script` is its name in the history: its path relative to its location."""

    kind: Literal["versioned", "repeatable"]
    version: Version | None
    description: str
    script: str
    path: Path
    content: bytes

    @property
    def version_text(self) -> str | None:
        """The version as the history has it."""
        return self.version.text if self.version else None

    @functools.cached_property
    def text(self) -> str:
        """The content without a leading byte order mark."""
        return self.content.decode().removeprefix("\ufeff")

    def render(self, values: Mapping[str, str]) -> Rendered:
        """The text with its placeholders replaced. Raises ScriptError for one that has no value."""
        return replace(self.script, self.text, values)

    def checksum(self, values: Mapping[str, str]) -> int:
        """Flyway's checksum: of the file for a versioned script, of the text with placeholders replaced for others."""
        return self._checksum if self.version else checksum(self.render(values).text)

    @functools.cached_property
    def _checksum(self) -> int:
        return checksum(self.text)


def scan(settings: FlywaySettings, root: Path) -> tuple[Script, ...]:
    """The scripts in the locations of `settings`, which are relative to `root`, in the order in which they run.

    Raises ScanError with every mistake found: a location that does not exist, a misnamed, unreadable or undecodable
    file, a link out of its location, two scripts of one version or of one repeatable description.
    """
    problems: list[str] = []
    found = [
        script
        for folder in _folders(settings.locations, root, problems.append)
        for path in _files(folder, folder, problems.append)
        if (script := _script(folder, path, problems.append))
    ]
    scripts = sorted(found, key=_order)
    problems += _duplicates(scripts)
    if problems:
        raise ScanError(problems)
    return tuple(scripts)


def _order(script: Script) -> tuple[bool, tuple[int, ...], str, str]:
    return (
        script.version is None,
        script.version.numbers if script.version else (),
        script.description,
        script.script,
    )


def _folders(locations: Iterable[str], root: Path, report: Callable[[str], None]) -> list[Path]:
    """The folders of the locations; one inside another counts once, as part of the outer one, as in Flyway."""
    folders: list[Path] = []
    for location in locations:
        kind, _, name = location.rpartition(":")
        folder = (root / name).resolve()
        if kind != "filesystem":
            report(f"location {location!r} is not a folder: write filesystem:<path>")
        elif not folder.is_dir():
            report(f"location {location!r} does not exist: {folder} is no folder; make it, or correct the setting")
        elif folder not in folders:
            folders.append(folder)
    return [folder for folder in folders if not any(outer in folder.parents for outer in folders)]


def _files(folder: Path, location: Path, report: Callable[[str], None]) -> Iterator[Path]:
    """The files below `folder` without hidden ones. Links that leave `location`, and links to folders, are reported."""
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.is_symlink() and (entry.is_dir() or location not in entry.resolve().parents):
            report(f"{entry}: the link leads to {entry.readlink()}; put the script itself into the location")
        elif entry.is_dir():
            yield from _files(entry, location, report)
        else:
            yield entry


def _script(location: Path, path: Path, report: Callable[[str], None]) -> Script | None:
    """The script in the file at `path`; None where it is none, which is reported unless the file is none of ours."""
    stem, suffix = path.stem, path.suffix.lower()
    if suffix == ".conf" and Path(stem).suffix.lower() == ".sql":
        report(f"{path}: settings of a single script are not supported: remove the file")
    elif suffix != ".sql":
        if _NO_SUFFIX.fullmatch(path.name):
            report(f"{path}: without .sql at the end Flyway would run it as a shell script: {_NEXT_STEP}")
    elif stem[:1] in _OTHER_KINDS and "__" in stem:
        report(f"{path}: {_OTHER_KINDS[stem[0]]}")
    else:
        try:
            return _read(location, path, stem)
        except (OSError, ValueError) as error:
            report(f"{path}: {error}")
    return None


def _read(location: Path, path: Path, stem: str) -> Script:
    head, separator, description = stem.partition("__")
    if not head.startswith(("V", "R")) or (head.startswith("R") and (head != "R" or not separator)):
        raise ValueError(f"the name is not a script's: {_NEXT_STEP}")
    version = _version(head[1:]) if head.startswith("V") else None
    content = path.read_bytes()
    _check_text(content)
    return Script(
        "versioned" if version else "repeatable",
        version,
        _describe(description),
        path.relative_to(location).as_posix(),
        path,
        content,
    )


def _version(text: str) -> Version:
    if len(text) > 50:
        raise ValueError("the version has more than 50 characters, which the history cannot hold: choose a shorter one")
    try:
        return parse(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a version: {_NEXT_STEP}") from None


def _describe(description: str) -> str:
    """Flyway's description: a blank for each underscore, at most 200 characters with an ellipsis at the end."""
    description = description.replace("_", " ")
    return description if len(description) <= 200 else description[:197] + "..."


def _check_text(content: bytes) -> None:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"line {line} is not UTF-8: save the file in UTF-8") from None
    if "\0" in text:
        raise ValueError(f"line {text.count(chr(10), 0, text.index(chr(0))) + 1} holds a NUL character: remove it")


def _duplicates(scripts: Iterable[Script]) -> Iterator[str]:
    seen: dict[Version | str, Script] = {}
    for script in scripts:
        other = seen.setdefault(script.version or script.description, script)
        if other is not script:
            same = f"version {script.version}" if script.version else f"the description {script.description!r}"
            yield f"{other.path} and {script.path} both have {same}: renumber or rename one"
