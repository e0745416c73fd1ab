"""The order in which statements can run: what they mention is made before them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from ..difference import KINDS
from ..snapshot import Identity
from .parts import Part


def ordered(parts: Sequence[Part]) -> list[Part]:
    """`parts`, each after those that make what its text mentions. Where they go in a circle, by their kinds.

    The columns of a table keep their order, which is the table's. A mention in a comment or a string costs nothing but
    a place in the order. The body of a function in a procedural language does not count: PostgreSQL looks at it when
    it runs.
    """
    done: dict[int, Part] = {}
    waiting = sorted(parts, key=lambda part: (KINDS.index(part.identity.kind), part.identity[:2]))
    makers = [(part, [_word(name) for name in _names(part.identity)]) for part in waiting if part.makes]
    columns = _columns_before(waiting)

    def visit(part: Part, path: tuple[int, ...]) -> None:
        if id(part) in done or id(part) in path:
            return
        text = _counted(part)
        needed = [columns[id(part)]] if id(part) in columns else []
        needed += [maker for maker, words in makers if all(word.search(text) for word in words)]
        for other in needed:
            visit(other, (*path, id(part)))
        done[id(part)] = part

    for part in waiting:
        visit(part, ())
    return list(done.values())


def _columns_before(parts: Sequence[Part]) -> dict[int, Part]:
    """By a column's part, that of the column before it in its table."""
    return {
        id(part): before
        for before, part in itertools.pairwise(parts)
        if part.identity.kind == before.identity.kind == "column" and part.identity[:2] == before.identity[:2]
    }


def _names(identity: Identity) -> tuple[str, ...]:
    name = identity.name.partition("(")[0]
    return (identity.table, name) if identity.table else (name,)


def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf'(?<![\w"$]){re.escape(name)}(?![\w"$])')


def _counted(part: Part) -> str:
    return part.sql if "\n LANGUAGE plpgsql" not in part.sql else part.sql.partition("\nAS $")[0]
