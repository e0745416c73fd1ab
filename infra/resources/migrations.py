"""All migrations of a stack as one resource, whose input is a map from each script to its checksum.

So a pull request shows `+ V003__Add_x.sql: 1234567`. The database's own history is the truth: `check` compares the
scripts with it before anything is touched, and `read` rebuilds the map from it, so that a database that was restored
or changed by hand shows as an ordinary difference.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi import dynamic

from infra.connection import ConnectionFailed
from infra.flyway.errors import FlywayError
from infra.flyway.placeholders import placeholder_values
from infra.flyway.scan import Script, scan
from infra.flyway.settings import FlywaySettings
from infra.flyway.version import parse
from infra.resources import Provider, tell_applied, told_plainly
from infra.resources.login import LoginInputs, known, login

if TYPE_CHECKING:
    from infra.flyway.history import Row


class MigrationsProvider(Provider):
    """Scans, plans and runs. Keeps nothing between calls, and deletes nothing: a script is undone by a new one."""

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.CheckResult:
        """Fill in the scripts on disk. A mistake in one, or a conflict with the history, is a failure of its own."""
        settings = _settings(news)
        try:
            scripts = scan(settings, Path.cwd())
            problems = list(_problems(news, settings, scripts))
            if not problems:
                news["scripts"] = {script.script: str(script.checksum(_placeholders(news))) for script in scripts}
        except FlywayError as error:
            problems = str(error).splitlines()
        return dynamic.CheckResult(news, [dynamic.CheckFailure("scripts", problem) for problem in problems])

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        return dynamic.CreateResult(f"{props['database']}.{props['schemas'][0]}", _migrate(props))

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.UpdateResult:
        return dynamic.UpdateResult(_migrate(news))

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        """The scripts that the history says are applied, and those that its baseline stands for."""
        from infra.flyway.plan import schema_version
        from infra.flyway.preview import read_history

        with told_plainly():
            rows = read_history(login(props).connect, _settings(props)) or ()
        inputs = {**props, "scripts": _applied(rows, props.get("scripts", {}))}
        inputs.pop("schemaVersion", None)
        return dynamic.ReadResult(id_, {**inputs, "schemaVersion": schema_version(rows)}, inputs)


def _problems(props: Mapping[str, Any], settings: FlywaySettings, scripts: tuple[Script, ...]) -> Iterator[str]:
    """What is wrong with the scripts: by the history, where the server can be asked, and by PostgreSQL's grammar."""
    from infra.flyway.preview import mistakes, preview

    if known(props):
        try:
            yield from preview(login(props).connect, settings, scripts).problems
            return
        except ConnectionFailed:
            pass  # it is not made yet, or the program has said already that it cannot be reached
    yield from mistakes(scripts, _placeholders(props))


def _placeholders(props: Mapping[str, Any]) -> dict[str, str]:
    """What placeholders stand for, as far as it is known without the server."""
    return placeholder_values(_settings(props), user=props["owner"], database=props["database"], timestamp="unknown")


def _migrate(props: dict[str, Any]) -> dict[str, Any]:
    """Run what is pending, telling of each script, and return the outputs."""
    from infra.flyway.plan import schema_version
    from infra.flyway.run import Applied, migrate

    def tell(applied: Applied) -> None:
        tell_applied(applied.script, applied.execution_time_ms)

    settings = _settings(props)
    with told_plainly():
        outcome = migrate(login(props).connect, settings, scan(settings, Path.cwd()), tell)
    for warning in outcome.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    return {**props, "schemaVersion": schema_version(outcome.rows)}


def _settings(props: Mapping[str, Any]) -> FlywaySettings:
    return FlywaySettings(
        locations=tuple(props["locations"]),
        schemas=tuple(props["schemas"]),
        baseline_version=props["baselineVersion"],
        baseline_on_migrate=props["baselineOnMigrate"],
        out_of_order=props["outOfOrder"],
        placeholders=props["placeholders"],
    )


def _applied(rows: Iterable[Row], before: Mapping[str, str]) -> dict[str, str]:
    """Each applied script with the checksum that the history has of it."""
    scripts: dict[str, str] = {}
    for row in rows:
        if row.type == "BASELINE" and row.version is not None:
            scripts |= {name: checksum for name, checksum in before.items() if _is_covered(name, row.version)}
        elif row.type == "DELETE":
            scripts.pop(row.script, None)
        elif row.type == "SQL" and row.success:
            scripts[row.script] = str(row.checksum)
    return scripts


def _is_covered(script: str, baseline: str) -> bool:
    name = script.rpartition("/")[2]
    return name.startswith("V") and parse(name[1:].partition("__")[0]) <= parse(baseline)


class Migrations(dynamic.Resource, module="creativeflow", name="Migrations"):
    """The scripts of the stack's locations, applied."""

    schemaVersion: pulumi.Output[str]

    def __init__(
        self, name: str, login: LoginInputs, settings: FlywaySettings, *, owner: str, opts: pulumi.ResourceOptions
    ) -> None:
        """Migrate as `login`, which acts as the role `owner`."""
        props = {
            **login.properties(),
            "owner": owner,
            "locations": list(settings.locations),
            "schemas": list(settings.schemas),
            "baselineVersion": settings.baseline_version,
            "baselineOnMigrate": settings.baseline_on_migrate,
            "outOfOrder": settings.out_of_order,
            "placeholders": dict(settings.placeholders),
            "schemaVersion": None,
        }
        super().__init__(MigrationsProvider(), name, props, opts)
