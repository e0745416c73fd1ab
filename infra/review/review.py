"""Make a review of a change: rehearse it where anything would run, and tell all that was seen."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace

from infra.catalog.difference import Difference
from infra.review import base
from infra.review.change import Change
from infra.review.facts import Facts
from infra.review.lint import lint
from infra.review.roles import Server, rehearsal
from infra.review.rows.fill import Wanted
from infra.review.stage import Stage
from infra.throwaway import SETTINGS, throwaway_cluster

QUICK = {
    **SETTINGS,
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "jit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "8GB",
    "shared_buffers": "256MB",
    "maintenance_work_mem": "256MB",
    "scram_iterations": "1",
}
"""The settings of a server to rehearse on: nothing on it has to last, and nobody else comes in."""
_A_ROW = Wanted()


@dataclass(frozen=True)
class Review:
    """What was seen; and the catalogs before and after, which the picture is drawn from, where anything would run."""

    facts: Facts
    difference: Difference | None


@contextlib.contextmanager
def new_server() -> Iterator[Server]:
    """A throw-away server to rehearse on. Raises ClusterError."""
    password = secrets.token_urlsafe()
    with throwaway_cluster(password, QUICK) as cluster:
        yield Server(cluster.port, password)


def review(server: Server, change: Change, wanted: Wanted = _A_ROW) -> Review:
    """Rehearse a change on `server`, with `wanted` rows. Raises ReviewError where that cannot be done.

    Where something keeps the run from beginning, nothing is rehearsed: `up` would run nothing either.
    """
    facts = _first_look(change, wanted)
    if not needs_server(change):
        return Review(facts, None)
    with rehearsal(server, change.stack.database, change.settings.managed_schemas) as here:
        return Review(*Stage(change, here, wanted).play(facts))


def needs_server(change: Change) -> bool:
    """Whether there is anything to rehearse."""
    return not change.troubles and bool(change.pending or change.sown)


def without_server(change: Change, wanted: Wanted = _A_ROW) -> Review:
    """The review of a change that needs no server."""
    return Review(_first_look(change, wanted), None)


def _first_look(change: Change, wanted: Wanted) -> Facts:
    """What is known without a rehearsal."""
    seen = change.planned.seen if change.planned else None
    unreadable = {trouble.script for trouble in change.troubles}
    origin = change.past.origin
    return Facts(
        stack=change.stack.name,
        origin=replace(origin, unchecked=(*origin.unchecked, *_unchecked(change))),
        applied=len(base.applied(seen)) if seen else 0,
        version=seen.current.text if seen and seen.current else None,
        troubles=change.troubles,
        generated=wanted.each > 1 or bool(wanted.estimates),
        lint=lint([script for script in change.pending if script.script not in unreadable], change.root),
    )


def _unchecked(change: Change) -> Iterator[str]:
    """What a rehearsal cannot show."""
    for name in base.changed_since(change.planned.seen) if change.planned else ():
        yield f"what {name} said before: its text then is not on disk, so that its objects show as new"
    if change.found.callbacks:
        yield "callbacks around the pending scripts: they run while the database is built, not in the rehearsal"
