"""Make drift official: `python tools/adopt.py STACK NAME`, or `make adopt STACK=dev NAME=Adopt_x`.

What changed in the stack's database outside of its migrations becomes the next migration, as far as that can be drafted
(infra/drift/official.py). What is left to its author goes on to stop `up`.
"""

from __future__ import annotations

import os
import sys

import psycopg

from infra.catalog.errors import CatalogError
from infra.catalog.snapshot import Snapshot
from infra.drift.changes import accepting, aligned, changes
from infra.drift.interrupted import interrupted, left_behind
from infra.drift.look import Sight, look, one_moment
from infra.drift.official import official
from infra.flyway.cli.arguments import from_environment
from infra.flyway.cli.config import read_settings
from infra.flyway.cli.jdbc import read_database
from infra.flyway.cli.stack import stack_settings
from infra.flyway.errors import FlywayError
from infra.flyway.scripts.scan import Found, scan
from tools.migration import ROOT, MigrationError, check, write


def main(stack: str, name: str) -> None:
    """Write the draft, and say what it leaves open. Exits with a line on standard error where there is none.

    Where there is no drift it says so, and that is a success.
    """
    try:
        check(name)
        sight, found = _look(stack)
        expected, live = sight.drift.expected, sight.catalog
        for note in sight.drift.notes:
            print(note if expected is not None else f"{note}: the next `up` makes a new record")
        rows = [line for line in sight.drift.remedies() if "history row" in line]
        print(*rows, sep="\n", end="\n" if rows else "")
        if live is not None and expected is not None:
            unfinished = left_behind(interrupted(sight.rows, found.scripts), changes(expected, live))
            _adopt(name, accepting(expected, live, unfinished), live)
        elif not sight.drift.notes:
            print(f"nothing is recorded of the database of {stack} yet: run make up STACK={stack}")
    except (MigrationError, CatalogError, FlywayError, OSError) as error:
        sys.exit(f"adopt: {error}")
    except psycopg.Error as error:
        sys.exit(f"adopt: {' '.join(str(error).split())}")


def _look(stack: str) -> tuple[Sight, Found]:
    given = stack_settings(stack, from_environment(os.environ))
    database = read_database({"url": given.pop("url")})
    settings = read_settings(given)
    found = scan(settings, ROOT)
    with one_moment(database.connect, settings) as session:
        return look(session, settings, {script.script for script in found.scripts}), found


def _adopt(name: str, expected: Snapshot, live: Snapshot) -> None:
    if not (lines := changes(expected, live)):
        print("the catalog is as the migrations have left it: nothing to adopt")
        return
    drafted = official(expected, live)
    for path in write(name, drafted):
        print(f"wrote {path.relative_to(ROOT)}")
    if drafted.notes:
        print("for you to decide, with an `-- adopts: ` line of its own once its statement is there:")
        print(*drafted.notes, sep="\n")
    for owner, names in _others(expected, live).items():
        print(f"as an administrator change the owner of {', '.join(names)}, which {owner} has made")
    print("Bring sql/schema to the same state, which a test compares:", *lines, sep="\n")


def _others(expected: Snapshot, live: Snapshot) -> dict[str, list[str]]:
    """New objects by an owner whom nothing belonged to before: elsewhere the migrator makes them."""
    known = aligned(expected, live).objects
    owners = {definition.get("owner") for definition in known.values()}
    found: dict[str, list[str]] = {}
    for identity, definition in live.objects.items():
        if identity not in known and (owner := definition.get("owner")) and owner not in owners:
            found.setdefault(str(owner), []).append(f"{identity.kind} {identity.name}")
    return found


if __name__ == "__main__":
    main(*sys.argv[1:3])
