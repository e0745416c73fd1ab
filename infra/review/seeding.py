"""Which seeds will run, and what they write: each is run on a rehearsal's database, and taken back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import psycopg

from infra.flyway.commands.command import Command
from infra.flyway.errors import FlywayError, ScriptError
from infra.flyway.scripts.placeholders import conceal
from infra.flyway.scripts.source import Source
from infra.flyway.server.execute import run_script
from infra.review.facts import Failure, SeedFacts
from infra.review.watch import Watch
from infra.seeds import Seed, parse, shown_for


def changed(seeds: Iterable[Seed], before: Mapping[str, int]) -> tuple[Seed, ...]:
    """The seeds that never ran, or ran with another text. Whether their values changed, nobody can tell here."""
    return tuple(seed for seed in seeds if before.get(seed.name) != seed.checksum)


def sow(
    command: Command, watch: Watch, seeds: Iterable[Seed], before: Mapping[str, int], values: Mapping[str, str]
) -> Iterator[SeedFacts]:
    """Run each seed in a transaction that is rolled back, and tell what it wrote."""
    shown = shown_for(values)
    for seed in seeds:
        reason = "changed" if seed.name in before else "new"
        try:
            yield _sow(command, watch, seed, SeedFacts(seed.name, reason), values)  # type: ignore[arg-type]
        except ScriptError as error:
            message, hint = conceal(error.message, shown), error.hint and conceal(error.hint, shown)
            failure = Failure(seed.name, error.line, message, error.sqlstate, hint)
            yield SeedFacts(seed.name, reason, failure=failure)  # type: ignore[arg-type]
        except (FlywayError, psycopg.Error) as error:
            failure = Failure(seed.name, None, conceal(str(error), shown))
            yield SeedFacts(seed.name, reason, failure=failure)  # type: ignore[arg-type]


def _sow(command: Command, watch: Watch, seed: Seed, facts: SeedFacts, values: Mapping[str, str]) -> SeedFacts:
    connection, session = command.connection, command.session
    parsed = parse(seed)
    with connection.transaction(force_rollback=True):
        session.enter(command.settings.default_schema)
        for name, value in values.items():
            connection.execute("SELECT pg_catalog.set_config(%s, %s, true)", (name, value))
        before = watch.look(connection)
        run_script(connection, Source(seed.name, seed.text.encode()), parsed)
        session.leave()
        written = watch.effect(before, watch.look(connection)).written
    return SeedFacts(facts.name, facts.reason, written)
