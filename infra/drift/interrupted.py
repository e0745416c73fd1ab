"""What a run that was killed outside a transaction has left behind: indexes, which the next run finishes.

A script that the next run can go on with makes, drops or rebuilds indexes CONCURRENTLY, and does nothing else that a
catalog shows (infra/flyway/statements/again.py). So whatever else differs is drift as ever.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from infra.catalog.difference import Change
from infra.catalog.snapshot import Identity, unquoted
from infra.flyway.planning.rows import Row
from infra.flyway.scripts.script import Script

_TRANSIENT = re.compile(r"_cc(?:new|old)\d*$")  # an index that REINDEX CONCURRENTLY was building, or about to drop


def interrupted(rows: Iterable[Row], scripts: Iterable[Script]) -> list[Script]:
    """Those of the scripts whose run was killed."""
    begun = {row.script for row in rows if row.interrupted}
    return [script for script in scripts if script.script in begun]


def left_behind(scripts: Iterable[Script], drifted: Mapping[str, tuple[Change, ...]]) -> frozenset[str]:
    """Those lines of drift, with their changes, that are of an index which one of the scripts names."""
    texts = [script.content.decode() for script in scripts]
    return frozenset(
        line
        for line, changes in drifted.items()
        if all(any(_names(text, change.identity) for text in texts) for change in changes)
    )


def _names(script: str, identity: Identity) -> bool:
    if identity.kind != "index":
        return False
    index = unquoted(identity.name)
    names = {_TRANSIENT.sub("", index)} | ({unquoted(identity.table)} if _TRANSIENT.search(index) else set())
    return any(re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", script, re.IGNORECASE) for name in names)
