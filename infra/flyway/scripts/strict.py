"""What a stack refuses, though Flyway lets it pass: files that nobody would miss until data is missing.

Flyway's own settings do most of it: `validateMigrationNaming` and `failOnMissingLocations`, which a stack always sets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from infra.flyway.errors import ScanError
from infra.flyway.scripts.scan import NEXT_STEP, Found, scan
from infra.flyway.settings import FlywaySettings

_NO_SUFFIX = re.compile(r"[VRB][0-9._]*__[^.]*")


def scan_strictly(settings: FlywaySettings, root: Path) -> Found:
    """As scan(), but what may have been meant as a script and would not run is an error too. Raises ScanError."""
    settings = replace(settings, validate_migration_naming=True, fail_on_missing_locations=True)
    found = scan(settings, root)
    if problems := [*_lost(found), *_beyond_history(found), *_links(found, settings, root)]:
        raise ScanError(problems)
    return found


def _lost(found: Found) -> Iterator[str]:
    for file in found.files:
        if _NO_SUFFIX.fullmatch(file.name):
            yield f"{file.path}: does not end in .sql: {NEXT_STEP}"


def _beyond_history(found: Found) -> Iterator[str]:
    """Flyway runs these, fails to record them or records them under another name, and so never finds them again."""
    for script in found.scripts:
        if len(script.version_text or "") > 50:
            yield f"{script.path}: the version has more than 50 characters, which the history cannot hold: shorten it"
        if script.version is None and len(script.description) > 200:
            yield f"{script.path}: the name has more than 200 characters, which the history cannot hold: shorten it"


def _is_below(path: Path, folders: Iterable[Path]) -> bool:
    """Whether the file that `path` leads to is in one of the folders."""
    return any(folder in path.resolve().parents for folder in folders)


def _links(found: Found, settings: FlywaySettings, root: Path) -> Iterator[str]:
    """A link that leaves its location would run what the repository does not show."""
    folders = [(root / location.partition(":")[2]).resolve() for location in settings.locations]
    inside: dict[str, bool] = {}
    for file in found.files:
        parent = file.path[: -len(file.name)]  # each folder is resolved once, and not each of a thousand files
        if parent not in inside:
            inside[parent] = _is_below(Path(parent) / "file", folders)
        if not inside[parent] or (file.is_symlink() and not _is_below(Path(file.path), folders)):
            end = Path(file.path).resolve()
            yield f"{file.path}: is, or lies behind, a link to {end}: put the script itself into the location"
