"""The scripts that a history says are applied, as the input of the migrations has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from infra.flyway.version import parse

if TYPE_CHECKING:
    from infra.flyway.planning.rows import Row


def applied(rows: Iterable[Row], before: Mapping[str, str]) -> dict[str, str]:
    """Each applied script with the checksum that the history has of it, and each that will never run."""
    scripts: dict[str, str] = {}
    baselines = {name: checksum for name, checksum in before.items() if _version(name, "B")}
    for row in rows:
        if row.type in ("BASELINE", "SQL_BASELINE") and row.version is not None:
            scripts |= {name: checksum for name, checksum in before.items() if _is_covered(name, row.version)}
        if row.type == "DELETE":
            scripts.pop(row.script, None)
        elif row.type in ("SQL", "SQL_BASELINE") and row.success:
            scripts[row.script] = str(row.checksum)
            scripts |= baselines
    return scripts


def _is_covered(script: str, baseline: str) -> bool:
    version = _version(script, "V")
    return bool(version) and parse(version) <= parse(baseline)


def _version(script: str, prefix: str) -> str:
    """The version in the name of a script with that prefix. A baseline script runs on an empty database alone."""
    name = script.rpartition("/")[2]
    return name[1:].partition("__")[0] if name.startswith(prefix) else ""
