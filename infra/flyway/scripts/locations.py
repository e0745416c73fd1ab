"""Where scripts are looked for: the locations of the settings, and the files in them.

A location is `filesystem:` and a folder, perhaps with wildcards; one inside another counts once. `classpath:`, and no
prefix at all, mean what is packed with a Java program: there is nothing of that here (https://documentation.red-gate.com/
flyway/reference/configuration/flyway-namespace/flyway-locations-setting).
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.flyway.errors import Problem

_PREFIXES = ("classpath:", "filesystem:")
_FOLDERS = r"([^/]+/)*?"  # what ** stands for


@dataclass(frozen=True)
class Location:
    """A location: its spelling, its folder as far as it has no wildcard, and what the paths below must look like."""

    text: str
    folder: Path
    paths: re.Pattern[str] | None = None

    def script(self, path: str) -> str | None:
        """The name in the history of the file at `path`: its path from the location. None where it does not fit."""
        fit = self.paths.fullmatch(path) if self.paths else None
        if self.paths and not fit:
            return None
        return fit["rest"] if fit and fit.groupdict().get("rest") else path[self._length :].lstrip("/")

    @functools.cached_property
    def _length(self) -> int:
        return len(str(self.folder))


def read_locations(texts: Iterable[str], root: Path) -> tuple[tuple[Location, ...], tuple[Problem, ...]]:
    """The folders to look into, which are relative to `root`, and what is strange about them, in Flyway's order.

    A strange location is left out. It is for the caller to say whether that is an error.
    """
    problems: list[Problem] = []
    kept: list[str] = []
    for text in sorted(map(_normal, texts)):
        if (outer := next((other for other in kept if _holds(other, text)), None)) is None:
            kept.append(text)
        elif outer == text:
            problems.append(Problem("location twice", f"location {text!r} is given twice", (text,)))
        else:
            message = f"location {text!r} is inside of {outer!r}, and counts as part of it"
            problems.append(Problem("location inside", message, (text, outer)))
    locations: list[Location] = []
    for text in kept:
        prefix, path = _split(text)
        found = _location(text, path, root) if prefix == "filesystem:" else _not_a_folder(text, prefix)
        if isinstance(found, Location):
            locations.append(found)
        else:
            problems.append(found)
    return tuple(locations), tuple(problems)


def files(folder: str, refused: Callable[[Problem], None]) -> Iterator[os.DirEntry[str]]:
    """The files below `folder`, but not those in hidden folders, as in Flyway, which Kubernetes fills with copies.

    As the system lists them: of a thousand, a Path for each would take longer than to read them. `refused` is told of a
    folder that cannot be listed, and of a link that leads back to a folder that it lies in.
    """
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        refused(_unreadable(folder, f"{error.strerror}: let this user list it, or take it out of the location"))
        return
    for entry in found:
        try:
            is_folder = entry.is_dir()
        except OSError as error:  # a link in a circle, or through a folder that is closed
            refused(_unreadable(entry.path, f"{error.strerror}: remove the link, or let this user follow it"))
            continue
        if not is_folder:
            yield entry
        elif entry.name.startswith("."):
            continue
        elif entry.is_symlink() and _leads_back(entry):
            refused(_unreadable(entry.path, "leads back to a folder that it lies in: remove the link"))
        else:
            yield from files(entry.path, refused)


def _leads_back(link: os.DirEntry[str]) -> bool:
    end = link.stat()
    return any(os.path.samestat(end, os.stat(folder)) for folder in Path(link.path).parents)  # noqa: PTH116


def _unreadable(path: str, why: str) -> Problem:
    return Problem("unreadable", f"{path}: {why}", path)


def _split(text: str) -> tuple[str, str]:
    prefix, colon, path = text.partition(":")
    return (prefix + colon, path) if colon else ("classpath:", text)


def _normal(text: str) -> str:
    prefix, path = _split(text.strip())
    path = re.sub("/+", "/", path)
    return prefix + (path.rstrip("/") or "/" if path else "")


def _holds(outer: str, inner: str) -> bool:
    return outer == inner or (not re.search(r"[*?]", outer + inner) and f"{inner}/".startswith(f"{outer}/"))


def _location(text: str, path: str, root: Path) -> Location | Problem:
    fixed, pattern = _wildcards(path)
    folder = root / fixed
    paths = re.compile(re.escape(f"{folder.as_posix()}/") + pattern) if pattern else None
    if not os.path.exists(folder):  # noqa: PTH110 - as the system sees it: x/../y only where x exists
        message = f"location {text!r} does not exist: {folder} is no folder; make it, or correct the setting"
        return Problem("location missing", message, (fixed, "not found"))
    if not folder.is_dir():
        message = f"location {text!r} is a file: name the folder that it is in"
        return Problem("location missing", message, (fixed, "not a directory"))
    return Location(text, folder, paths)


def _not_a_folder(text: str, prefix: str) -> Problem:
    if prefix in _PREFIXES:
        return Problem("location empty", f"location {text!r} has nothing for this program: write filesystem:<path>")
    return Problem("location prefix", f"location {text!r} is not a folder: write filesystem:<path>", (text,))


def _wildcards(path: str) -> tuple[str, str | None]:
    """The part of `path` before its first wildcard, and a pattern for the rest."""
    parts = path.split("/")
    first = next((i for i, part in enumerate(parts) if "*" in part or "?" in part), None)
    if first is None:
        return path, None
    pattern = ""
    for part in parts[first:]:
        word = re.escape(part).replace(r"\?", "[^/]").replace(r"\*", "[^/]+?")
        pattern += _FOLDERS if part == "**" else f"{word}/"
    names_a_file = "." in parts[-1]
    return "/".join(parts[:first]), pattern.removesuffix("/") if names_a_file else f"{pattern}(?P<rest>.*)"
