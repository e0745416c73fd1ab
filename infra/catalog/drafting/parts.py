"""What a draft is put together from: statements with their place in it, and notes to its author."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from ..snapshot import Identity


class Stage(enum.IntEnum):
    """Which script of a draft a statement belongs to: they run in this order, each on its own."""

    TRANSACTION = 0
    CONCURRENT = 1
    """CREATE INDEX CONCURRENTLY, which no transaction may hold, and which does not mix with what needs one."""
    AFTER = 2
    """What needs the indexes of the stage before."""


@dataclass(frozen=True)
class Part:
    """Statements that belong together, for `identity`. `makes` says whether others can need what they make."""

    identity: Identity
    sql: str
    stage: Stage = Stage.TRANSACTION
    makes: bool = True


@dataclass(frozen=True)
class Note:
    """What the author of the migration has to know or to decide about `identity`."""

    identity: Identity
    advice: str
