"""Which drift a script makes official: `-- adopts: ` and the line of it, in a comment of its own.

`make adopt` writes these lines. A run with such a script lets that drift pass, and expects it from then on.
"""

from __future__ import annotations

from collections.abc import Iterable

from infra.flyway.planning.rows import Row
from infra.flyway.scripts.script import Script

_MARK = b"-- adopts: "


def comment(line: str) -> str:
    """The comment that makes the drift of `line` official."""
    return f"{_MARK.decode()}{line}"


def adopted(scripts: Iterable[Script]) -> frozenset[str]:
    """The lines of drift that the scripts make official."""
    return frozenset(
        line.removeprefix(_MARK).decode().rstrip()
        for script in scripts
        if _MARK in script.content
        for line in script.content.splitlines()
        if line.startswith(_MARK)
    )


def waiting(rows: Iterable[Row], scripts: Iterable[Script]) -> list[Script]:
    """Those of the scripts that no row says were applied."""
    done = _applied(rows)
    return [script for script in scripts if script.script not in done]


def run_between(before: Iterable[Row], after: Iterable[Row], scripts: Iterable[Script]) -> list[Script]:
    """Those of the scripts that were applied between two looks at the history."""
    done = _applied(after) - _applied(before)
    return [script for script in scripts if script.script in done]


def _applied(rows: Iterable[Row]) -> set[str]:
    return {row.script for row in rows if row.success}
