"""Whose privileges change, told apart from the rest of the catalog's difference. Pure."""

from __future__ import annotations

from infra.catalog.difference import Change, Difference
from infra.catalog.show import names_schemas, subject
from infra.review.facts import Privilege

_PREFIX = "privileges of "
_UNSAID = "default"  # what a kind of object gives without a GRANT


def changes(difference: Difference) -> tuple[Privilege, ...]:
    """What each grantee may do before and after, for each object where that changes. Columns go with their table."""
    several = names_schemas(difference)
    gone = {
        change.identity[:2] for change in difference.changes if change.identity.kind == "table" and not change.after
    }
    return tuple(
        entry
        for change in difference.changes
        if change.identity.kind == "table" or change.identity[:2] not in gone
        for entry in _changes(change, subject(change.identity, several=several))
    )


def _changes(change: Change, shown: str) -> list[Privilege]:
    before, after = change.before, change.after
    names = sorted({name for side in (before, after) for name in side or {} if name.startswith(_PREFIX)})
    found = []
    for name in names:
        old, new = ((None if side is None else str(side.get(name, _UNSAID))) for side in (before, after))
        if old != new:
            found.append(Privilege(shown, name.removeprefix(_PREFIX), old, new))
    return found
