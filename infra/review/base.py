"""Bring a rehearsal's database to where the stack's is: the scripts of its history, and the seeds that ran."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from infra import privileges, seeds
from infra.catalog.read import read
from infra.catalog.snapshot import Snapshot
from infra.flyway.commands.run import migrate
from infra.flyway.errors import FlywayError
from infra.flyway.planning.migration import Migration, Overview, State
from infra.flyway.scripts.scan import Found
from infra.flyway.scripts.script import Script
from infra.flyway.settings import FlywaySettings
from infra.review.errors import ReviewError
from infra.review.roles import Rehearsal, role_name
from infra.seeds import Seed

ADMIN_HASH = "$argon2id$v=19$m=65536,t=3,p=4$cmVoZWFyc2Fs$cmVoZWFyc2Fs"
"""What the seed of the administrator gets for a hash here: it fits no password."""
_RAN = {State.SUCCESS, State.OUT_OF_ORDER, State.BASELINE, State.OUTDATED, State.FUTURE}
_COVERED = {State.BELOW_BASELINE, State.BASELINE_IGNORED}


def applied(seen: Overview) -> tuple[Script, ...]:
    """The scripts on disk that made the database what it is: those that ran, and those that its baseline stands for.

    A repeatable that has changed since is not among them: what it said then is not on disk.
    """
    return tuple(one.script for one in seen.migrations if one.script and _counts(one))


def _counts(one: Migration) -> bool:
    if one.state in _COVERED:
        return one.script is not None and one.script.kind == "versioned"
    return one.state in _RAN and one.state is not State.OUTDATED and one.row is not None


def changed_since(seen: Overview) -> tuple[str, ...]:
    """The repeatables that ran with another text than they have now."""
    return tuple(one.name for one in seen.migrations if one.state is State.OUTDATED)


def replay(here: Rehearsal, settings: FlywaySettings, scripts: tuple[Script, ...], found: Found) -> None:
    """Run the scripts of the history. Raises ReviewError for one that does not run on an empty database."""
    every = replace(settings, out_of_order=True, target="latest", group=False, baseline_on_migrate=False)
    try:
        migrate(here.as_migrator, every, Found(scripts=scripts, callbacks=found.callbacks))
        grant(here, settings)
    except FlywayError as error:
        raise ReviewError(
            f"the scripts of the history do not run on an empty database, so there is nothing to rehearse on: {error}"
        ) from None


def grant(here: Rehearsal, settings: FlywaySettings) -> None:
    """What `up` does after the scripts, and default privileges cannot do. Raises FlywayError."""
    privileges.grant_reads(here.as_migrator, settings.schemas, role_name(here.database, "readonly"))
    privileges.grant_upkeep(here.as_migrator, settings.schemas, role_name(here.database, "upkeep"))


def plant(here: Rehearsal, settings: FlywaySettings, before: Iterable[Seed], values: Mapping[str, str]) -> None:
    """Run the seeds that ran on the stack, as they are now. One that fails is no part of the review: its rows lack."""
    for seed in before:
        try:
            seeds.run_seeds(here.as_migrator, settings.default_schema, (seed,), values)
        except FlywayError:
            continue


def snapshot(here: Rehearsal, settings: FlywaySettings) -> Snapshot:
    """The catalog as it is now, without the histories. Raises CatalogError where a schema is gone."""
    with here.as_superuser() as connection:
        return read(connection, settings.schemas, ignore=[settings.table, seeds.TABLE])
