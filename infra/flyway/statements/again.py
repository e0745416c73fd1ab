"""Which statements may run again where nobody knows whether they ran, as after the end of a run that was killed.

Most that cannot run in a transaction are of this kind, since PostgreSQL expects them to be interrupted: what they left
behind is dropped, and they begin anew (https://www.postgresql.org/docs/current/sql-createindex.html, "Building Indexes
Concurrently").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from infra.flyway.statements.transactions import Node

_ALWAYS = {"VacuumStmt", "ReindexStmt", "ClusterStmt", "AlterSystemStmt", "VariableSetStmt"}


class Relation(NamedTuple):
    """A table or an index as a statement names it; without a schema the search_path finds it."""

    schema: str | None
    name: str


@dataclass(frozen=True)
class Again:
    """How to run a statement again: as it is, unless it builds, drops or rebuilds an index.

    `builds` is the name of an index on the table `on`, `rebuilds` an index, or a table with all of its indexes.
    """

    builds: str | None = None
    on: Relation | None = None
    drops: Relation | None = None
    rebuilds: Relation | None = None


def again(kind: str, node: Node) -> Again | None:
    """How a statement may run again, or None where it may not, told from its parse tree.

    An index that is built without a name is not found again.
    """
    if kind == "IndexStmt" and node.get("concurrent") and "idxname" in node:
        return Again(builds=node["idxname"], on=_relation(node))
    if kind == "DropStmt" and node.get("concurrent"):
        names = [part["String"]["sval"] for part in node["objects"][0]["List"]["items"]]
        return Again(drops=Relation(names[-2] if len(names) > 1 else None, names[-1]))
    if kind == "ReindexStmt" and "relation" in node:
        return Again(rebuilds=_relation(node))
    return Again() if kind in _ALWAYS else None


def _relation(node: Node) -> Relation:
    return Relation(node["relation"].get("schemaname"), node["relation"]["relname"])
