"""A rehearsal from beginning to end, in a database of its own: build, fill, run, compare."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from infra.catalog.difference import Difference
from infra.catalog.errors import CatalogError
from infra.flyway.commands.command import Command, command_on
from infra.flyway.server.session import opened
from infra.flyway.statements.prepare import Prepared, prepare
from infra.review import base, seeding, tree
from infra.review.change import Change
from infra.review.facts import Facts, Filled, ScriptFacts, SeedFacts
from infra.review.losses import losses
from infra.review.privileges import changes as privilege_changes
from infra.review.rehearse import rehearse
from infra.review.roles import Rehearsal
from infra.review.rows import fill as rows
from infra.review.rows.tables import read_tables
from infra.review.watch import Watch
from infra.seeds import TABLE as SEED_HISTORY


class Stage:
    """Where a change is rehearsed. `wanted` are the rows to generate."""

    def __init__(self, change: Change, here: Rehearsal, wanted: rows.Wanted) -> None:
        self._change, self._here, self._wanted = change, here, wanted
        self._settings = change.settings
        self._ignored = (self._settings.table, SEED_HISTORY)
        self._filled: list[int] = []
        self._sizes: dict[str, int] = {}
        self._partitioned: frozenset[str] = frozenset()
        self._values = {
            "creativeflow.admin_email": change.stack.admin_email,
            "creativeflow.admin_password_hash": base.ADMIN_HASH,
        }

    def play(self, facts: Facts) -> tuple[Facts, Difference | None]:
        """Rehearse, and add to `facts` what was seen. Raises ReviewError where the history does not run.

        There is no difference where a script has committed that a schema is gone: there is nothing to compare.
        """
        here, settings = self._here, self._settings
        self._build()
        before = base.snapshot(here, settings)
        with opened(here.as_migrator) as session:
            command = command_on(session, settings, self._change.found)
            filled, scripts = self._run(command)
            failed = any(script.failure for script in scripts)
            seeds = () if failed else tuple(self._sow(command))
        if not failed:
            base.grant(here, settings)
        facts = replace(
            facts, scripts=scripts, seeds=seeds, filled=filled, estimates=self._sizes, partitioned=self._partitioned
        )
        try:
            after = base.snapshot(here, settings)
        except CatalogError:
            return facts, None
        # Which months there are depends on the day; that one is gone does not.
        difference = Difference(before.without_implied_partitions(), after.without_implied_partitions())
        return replace(
            facts,
            difference=difference.lines,
            losses=losses(Difference(before, after)),
            privileges=privilege_changes(difference),
            unvalidated=_unvalidated(difference),
        ), difference

    def _build(self) -> None:
        """Bring the database to where the stack's is."""
        change = self._change
        assert change.planned is not None
        base.replay(self._here, self._settings, base.applied(change.planned.seen), change.found)
        sown = {seed.name for seed in change.sown}
        before = [seed for seed in change.seeds if seed.name not in sown]
        base.plant(self._here, self._settings, before, self._values)

    def _run(self, command: Command) -> tuple[tuple[Filled, ...], tuple[ScriptFacts, ...]]:
        pending = [prepare(script, self._settings, command.values) for script in self._change.pending]
        watch = Watch(command.connection, self._settings.managed_schemas, self._ignored)
        self._partitioned = watch.partitioned
        return self._fill(pending, watch), tuple(rehearse(command, pending, watch, self._empty))

    def _fill(self, pending: list[Prepared], watch: Watch) -> tuple[Filled, ...]:
        """Fill the tables that the pending scripts name, or whose indexes they name."""
        named = {name for one in pending for statement in one.statements for name in tree.named(statement)}
        with self._here.as_superuser() as connection:
            tables = read_tables(connection, self._settings.managed_schemas, self._ignored)
            filled = rows.fill(connection, tables, watch.tables_of(named), self._wanted)
        shown = {one.table for one in filled}
        self._filled = [oid for oid, table in tables.items() if table.shown in shown]
        known = {**(self._wanted.estimates or {}), **self._change.past.estimates}
        self._sizes = {table.shown: known[table.name] for table in tables.values() if table.name in known}
        return tuple(one._replace(of=self._sizes.get(one.table)) for one in filled)

    def _empty(self) -> bool:
        """Remove the generated rows, and say whether there were any."""
        with self._here.as_superuser() as connection:
            rows.empty(connection, self._filled)
        return bool(self._filled)

    def _sow(self, command: Command) -> Iterator[SeedFacts]:
        watch = Watch(command.connection, self._settings.managed_schemas, self._ignored)
        return seeding.sow(command, watch, self._change.sown, self._change.past.seeds, self._values)


def _unvalidated(difference: Difference) -> tuple[str, ...]:
    """The constraints that the change leaves NOT VALID, and that were not so before."""
    found = []
    for change in difference.changes:
        new, old = change.after or {}, change.before or {}
        text, was = str(new.get("definition", "")), str(old.get("definition", ""))
        if change.identity.kind == "constraint" and "NOT VALID" in text and "NOT VALID" not in was:
            found.append(f"{change.identity.name} on {change.identity.table}")
    return tuple(found)
