"""See what a statement did: its locks, what it scanned, what it wrote anew. Asked in its own, still open transaction.

Nothing is guessed. pg_locks has the locks that this session holds, pg_class another file for a table that was written
anew, and the counters of the transaction tell which tables were read from end to end, by DDL too. What the question
itself locks are catalogs, which are left out.

A lock on an index counts as one on its table, since who plans a query of the table waits for it. A partition counts as
its partitioned table where that is locked as strongly, and stands for itself where it is not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from infra.review.facts import MODES, Effect, Lock, Written

_RELATIONS = """
SELECT c.oid::bigint, n.nspname, c.relname, c.relkind::text, c.relfilenode::bigint,
       (SELECT min(a.relid::oid::bigint) FILTER (WHERE a.relid <> t.oid AND p.relkind = 'p' AND NOT p.relispartition)
        FROM pg_catalog.pg_partition_ancestors(t.oid) a JOIN pg_catalog.pg_class p ON p.oid = a.relid),
       t.oid::bigint,
       pg_catalog.quote_ident(n.nspname), pg_catalog.quote_ident(c.relname)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
JOIN pg_catalog.pg_class t ON t.oid = coalesce(i.indrelid, c.oid)
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'i', 'I') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND n.nspname NOT LIKE 'pg\\_t%%' AND t.relname <> ALL (%s)
"""
_STATE = """
SELECT (SELECT coalesce(json_agg(json_build_array(l.relation::bigint, l.mode)), '[]')
        FROM pg_catalog.pg_locks l
        WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.granted
          AND l.relation = ANY (%(oids)s::oid[])),
       (SELECT coalesce(json_object_agg(c.oid, c.relfilenode::bigint), '{}')
        FROM pg_catalog.pg_class c WHERE c.oid = ANY (%(oids)s::oid[])),
       (SELECT coalesce(json_agg(json_build_array(o::bigint, s.scans, s.inserted, s.updated, s.deleted)), '[]')
        FROM unnest(%(oids)s::oid[]) o, LATERAL (SELECT
          pg_catalog.pg_stat_get_xact_numscans(o), pg_catalog.pg_stat_get_xact_tuples_inserted(o),
          pg_catalog.pg_stat_get_xact_tuples_updated(o), pg_catalog.pg_stat_get_xact_tuples_deleted(o)
        ) AS s (scans, inserted, updated, deleted)
        WHERE s.scans + s.inserted + s.updated + s.deleted > 0)
"""
_INDEX = ("i", "I")


@dataclass(frozen=True)
class Relation:
    """A relation that was there before the scripts.

    `table` is itself, or of an index its table; `root` the partitioned table that this is a part of.
    """

    name: str
    kind: str
    file: int
    root: int | None
    table: int

    @property
    def is_index(self) -> bool:
        return self.kind in _INDEX


@dataclass(frozen=True)
class State:
    """What the session holds and has counted at one moment of its transaction."""

    locks: frozenset[tuple[int, str]] = frozenset()
    files: Mapping[int, int] | None = None
    counts: Mapping[int, tuple[int, int, int, int]] | None = None


class Watch:
    """The relations that were there before, and what happens to them."""

    def __init__(self, connection: psycopg.Connection, schemas: Iterable[str], ignore: Iterable[str]) -> None:
        """Note what `connection` sees now, without the tables of the names `ignore`."""
        several = len(tuple(schemas)) > 1
        self.relations: dict[int, Relation] = {}
        self._by_name: dict[tuple[str, str], Relation] = {}
        for oid, schema, name, kind, file, root, table, *quoted in connection.execute(_RELATIONS, (list(ignore),)):
            shown = ".".join(quoted) if several else quoted[1]
            self.relations[oid] = self._by_name[schema, name] = Relation(shown, kind, file, root, table)
        self._default = next(iter(schemas), "public")
        self._oids = list(self.relations)

    def show(self, schema: str | None, name: str) -> str | None:
        """How a table or view of before is shown, or None where there was none. Without a schema: the default one."""
        found = self._by_name.get((schema or self._default, name))
        return None if found is None or found.is_index else found.name

    def tables_of(self, named: Iterable[tuple[str | None, str]]) -> set[int]:
        """The tables of before that bear these names, or whose indexes or partitions do, by oid."""
        found = (self._by_name.get((schema or self._default, name)) for schema, name in named)
        return {relation.root or relation.table for relation in found if relation is not None}

    @property
    def partitioned(self) -> frozenset[str]:
        """The tables of before that are partitioned."""
        return frozenset(relation.name for relation in self.relations.values() if relation.kind == "p")

    def look(self, connection: psycopg.Connection) -> State:
        """What the session holds now. Its transaction has to be sound."""
        row: tuple[Any, ...] = connection.execute(_STATE, {"oids": self._oids}).fetchone() or ()
        locks, files, counts = (json.loads(part) if isinstance(part, str) else part for part in row)
        return State(
            frozenset((oid, mode) for oid, mode in locks),
            {int(oid): file for oid, file in files.items()},
            {oid: (scans, inserted, updated, deleted) for oid, scans, inserted, updated, deleted in counts},
        )

    def effect(self, before: State, after: State, *, by_index: bool = False) -> Effect:
        """What happened between two looks at one transaction.

        A scan of an index looks up some rows, save where a foreign key is validated: `by_index`. That may read all.
        """
        held = _strongest(after.locks)
        counts = {oid: self._grown(oid, before, after) for oid in after.counts or {}}
        scanned = (oid for oid, (scans, *_) in counts.items() if scans and (by_index or not self._is_index(oid)))
        files = self._changed(before, after)
        rewritten = {self._shown(oid, held) for oid in files if not self._is_index(oid)}
        rebuilt = {self._shown(oid, held) for oid in files if self._is_index(oid)}
        return Effect(
            self._locks(after.locks - before.locks, held),
            tuple(sorted(rewritten)),
            tuple(sorted(rebuilt - rewritten)),
            tuple(sorted({self._shown(oid, held) for oid in scanned})),
            self._written({oid: rest for oid, (_, *rest) in counts.items() if any(rest)}, held),
        )

    def _grown(self, oid: int, before: State, after: State) -> tuple[int, int, int, int]:
        old = (before.counts or {}).get(oid, (0, 0, 0, 0))
        scans, inserted, updated, deleted = (now - was for was, now in zip(old, (after.counts or {})[oid], strict=True))
        return scans, inserted, updated, deleted

    def _is_index(self, oid: int) -> bool:
        return self.relations[oid].is_index

    def _locks(self, new: frozenset[tuple[int, str]], held: Mapping[int, int]) -> tuple[Lock, ...]:
        """Locks on tables, on indexes and partitions only where their table has no lock as strong."""
        found = set()
        for oid, mode in new:
            relation, words = self.relations[oid], _words(mode)
            above = (held.get(other, len(MODES)) for other in {relation.table, relation.root or oid} - {oid})
            if min(above, default=len(MODES)) > MODES.index(words):
                found.add(Lock(self.relations[relation.table].name, words))
        return tuple(sorted(found))

    def _changed(self, before: State, after: State) -> list[int]:
        """The tables and indexes of before that have another file now. A sequence is a row, and no work."""
        return [
            oid
            for oid, file in (after.files or {}).items()
            if file != (before.files or {}).get(oid, self.relations[oid].file) and self.relations[oid].kind != "S"
        ]

    def _written(self, counts: Mapping[int, list[int]], held: Mapping[int, int]) -> tuple[Written, ...]:
        sums: dict[str, list[int]] = {}
        for oid, numbers in counts.items():
            total = sums.setdefault(self._shown(oid, held), [0, 0, 0])
            for index, number in enumerate(numbers):
                total[index] += number
        return tuple(Written(name, *total) for name, total in sorted(sums.items()))

    def _shown(self, oid: int, held: Mapping[int, int]) -> str:
        """The table of a relation, for a part the partitioned one where that is locked as strongly."""
        table, root = self.relations[oid].table, self.relations[oid].root
        if root in self.relations and held.get(root, len(MODES)) <= held.get(table, len(MODES)):
            table = root
        return self.relations[table].name


def _strongest(locks: Iterable[tuple[int, str]]) -> dict[int, int]:
    """The place in MODES of the strongest lock on each relation."""
    held: dict[int, int] = {}
    for oid, mode in locks:
        held[oid] = min(held.get(oid, len(MODES)), MODES.index(_words(mode)))
    return held


def _words(mode: str) -> str:
    """`AccessExclusiveLock` as the documentation writes it."""
    text = mode.removesuffix("Lock")
    return "".join(f" {letter}" if letter.isupper() else letter for letter in text).strip().upper()
