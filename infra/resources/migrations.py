"""All migrations of a stack as one resource, whose input is a map from each script to its checksum.

So a pull request shows `+ V003__Add_x.sql: 1234567`. The database's own history is the truth: `check` compares the
scripts with it before anything is touched, and `read` rebuilds the map from it, so that a database that was restored
or changed by hand shows as an ordinary difference. What changed outside of migrations is a second map, `drift`, which
is there only where there is any.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi import dynamic

from infra.connection import ConnectionFailed
from infra.flyway.errors import FlywayError
from infra.flyway.scripts.placeholders import placeholder_values
from infra.flyway.scripts.scan import Found
from infra.flyway.scripts.strict import scan_strictly
from infra.flyway.settings import FlywaySettings
from infra.resources import Provider, tell_applied, told_plainly, warn
from infra.resources.applied import applied
from infra.resources.login import LoginInputs, known, login

if TYPE_CHECKING:
    from infra.drift.compare import Drift
    from infra.drift.look import Sight
    from infra.flyway.commands.perform import Applied

_UNCHECKED = "So this could not check which scripts have run, what else has changed, and which months have partitions"
_OUTSIDE = "the database changed outside of migrations"
_MOST_LINES = 40  # that anybody reads before the next look
_GO_ON = "until `pulumi config set onDrift warn` lets a run go on all the same"


class MigrationsProvider(Provider):
    """Scans, plans and runs. Keeps nothing between calls, and deletes nothing: a script is undone by a new one."""

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.CheckResult:
        """Fill in the scripts on disk, and the drift where that is let pass.

        A mistake in a script, a conflict with the history, and each change that stops the run is a failure of its own.
        """
        settings = _settings(news)
        try:
            found = scan_strictly(settings, Path.cwd())
            problems, sight = _examine(news, settings, found)
            if not problems:
                values = _placeholders(news)
                news["scripts"] = {script.script: str(script.checksum(values)) for script in found.scripts}
        except FlywayError as error:
            problems, sight = tuple(str(error).splitlines()), None
        failures = [dynamic.CheckFailure("scripts", problem) for problem in problems]
        if sight is None:  # who cannot look takes it as it was
            return dynamic.CheckResult(news | {name: olds[name] for name in ("drift",) if name in olds}, failures)
        failures += [dynamic.CheckFailure("", line) for line in _stopping(sight.drift, news)]
        _warn(sight.drift, news)
        return dynamic.CheckResult(news | _found(sight) | _behind(sight, olds, news), failures)

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.DiffResult:
        """As Pulumi compares the inputs, but that a record was to be made before is no difference."""
        before = {name: value for name, value in olds.items() if name != "schemaVersion"}
        after = {name: value for name, value in news.items() if name != "schemaVersion"}
        return dynamic.DiffResult(changes=False if before == after else None)

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        return dynamic.CreateResult(f"{props['database']}.{props['schemas'][0]}", _migrate(props))

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.UpdateResult:
        return dynamic.UpdateResult(_migrate(news))

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        """The scripts that the history says are applied, those that its baseline stands for, and the drift."""
        from infra.drift.look import look, one_moment
        from infra.flyway.planning.plan import schema_version

        before, settings = props.get("scripts", {}), _settings(props)
        with told_plainly(), one_moment(login(props).connect, settings) as session:
            seen = look(session, settings, before)
        inputs = {name: value for name, value in props.items() if name not in ("schemaVersion", "drift")}
        inputs["scripts"] = applied(seen.rows, before)
        if seen.drift.lines:
            inputs["drift"] = seen.drift.by_line()
        return dynamic.ReadResult(id_, {**inputs, "schemaVersion": schema_version(seen.rows)}, inputs)


def _examine(props: Mapping[str, Any], settings: FlywaySettings, found: Found) -> tuple[tuple[str, ...], Sight | None]:
    """What is wrong with the scripts, and what is in the database, with the drift that none of them makes official.

    By the history, where the server can be asked; else by PostgreSQL's grammar alone, and the drift is not known.
    """
    from infra.flyway.statements.prepare import mistakes

    if known(props):
        try:
            return _examine_live(props, settings, found)
        except ConnectionFailed as failure:
            warn(f"{failure}. {_UNCHECKED}")
    return tuple(map(str, mistakes(found.scripts, settings, _placeholders(props)))), None


def _examine_live(
    props: Mapping[str, Any], settings: FlywaySettings, found: Found
) -> tuple[tuple[str, ...], Sight | None]:
    from infra.drift.look import look, one_moment, unadopted
    from infra.flyway.commands.preview import problems_on

    with one_moment(login(props).connect, settings) as session:
        if problems := problems_on(session, settings, found):
            return problems, None
        return (), unadopted(look(session, settings, _names(found)), found)


def _stopping(drift: Drift, props: Mapping[str, Any]) -> tuple[str, ...]:
    """The lines of drift that stop a run, with what to do."""
    if not drift.lines or props.get("onDrift") == "warn":
        return ()
    lines = drift.remedies()
    more = (f"and {len(lines) - _MOST_LINES} more changes",) if len(lines) > _MOST_LINES else ()
    return (*lines[:_MOST_LINES], *more, f"{_OUTSIDE}: nothing runs until that is undone or adopted, or {_GO_ON}")


def _warn(drift: Drift, props: Mapping[str, Any]) -> None:
    """Tell what does not stop a run."""
    lines = [f"{_OUTSIDE}: {line}" for line in drift.remedies()] if props.get("onDrift") == "warn" else []
    for warning in (*drift.notes, *lines):
        warn(warning)


def _found(sight: Sight) -> dict[str, Any]:
    """What a look at the database adds to the inputs."""
    drift = {"drift": sight.drift.by_line()} if sight.drift.lines else {}
    return drift | ({"catalog": "to be recorded"} if sight.lacks_record else {})


def _behind(sight: Sight, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
    """A mark, which makes `up` run them, where the history lacks scripts that the state has, as after a restore."""
    scripts = news.get("scripts")
    if scripts is None or scripts != olds.get("scripts") or scripts.keys() <= applied(sight.rows, scripts).keys():
        return {}
    return {"history": "behind"}


def _names(found: Found) -> set[str]:
    return {script.script for script in found.scripts}


def _placeholders(props: Mapping[str, Any]) -> dict[str, str]:
    """What placeholders stand for, as far as it is known without the server."""
    return placeholder_values(_settings(props), user=props["owner"], database=props["database"], timestamp="unknown")


def _migrate(props: dict[str, Any]) -> dict[str, Any]:
    """Run what is pending, telling of each script, grant and record what that made, and return the outputs."""
    from infra.drift.look import DriftError, look, one_moment, unadopted
    from infra.flyway.commands.run import migrate
    from infra.flyway.planning.plan import schema_version

    def tell(applied: Applied) -> None:
        tell_applied(applied.script, applied.execution_time_ms)

    settings, connect = _settings(props), login(props).connect
    with told_plainly():
        found = scan_strictly(settings, Path.cwd())
        with one_moment(connect, settings) as session:  # things may have changed since the preview
            before = look(session, settings, _names(found))
        if stopping := _stopping(unadopted(before, found).drift, props):
            raise DriftError("\n".join(stopping))
        try:
            outcome = migrate(connect, settings, found, tell, parse_first=True)
        except FlywayError:
            with contextlib.suppress(ConnectionFailed, FlywayError):  # what failed first is what to tell
                _settle(props, settings, before, found)
            raise
        closed = _settle(props, settings, before, found)
    for warning in (*outcome.warnings, *closed):
        warn(warning)
    outputs = {name: value for name, value in props.items() if name not in ("catalog", "history")}
    return {**outputs, "schemaVersion": schema_version(outcome.rows)}


def _settle(props: Mapping[str, Any], settings: FlywaySettings, before: Sight, found: Found) -> tuple[str, ...]:
    """Grant what others may do with what the scripts have left, also where one failed, and record that.

    Returns what to warn of.
    """
    from infra.drift.look import record
    from infra.privileges import grant_reads, grant_upkeep

    connect = login(props).connect
    try:
        grant_upkeep(connect, settings.schemas, props["upkeep"])
        return grant_reads(connect, settings.schemas, props["reader"])
    finally:
        record(connect, settings, before, found)


def _settings(props: Mapping[str, Any]) -> FlywaySettings:
    return FlywaySettings(
        locations=tuple(props["locations"]),
        schemas=tuple(props["schemas"]),
        baseline_version=props["baselineVersion"],
        baseline_on_migrate=props["baselineOnMigrate"],
        out_of_order=props["outOfOrder"],
        placeholders=props["placeholders"],
        lock_timeout=props.get("lockTimeout", FlywaySettings.lock_timeout),
        lock_retries=int(props.get("lockRetries", FlywaySettings.lock_retries)),
        statement_timeout=props.get("statementTimeout", FlywaySettings.statement_timeout),
    )


class Migrations(dynamic.Resource, module="creativeflow", name="Migrations"):
    """The scripts of the stack's locations, applied."""

    schemaVersion: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        login: LoginInputs,
        settings: FlywaySettings,
        *,
        owner: str,
        reader: str,
        upkeep: str,
        on_drift: str,
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Migrate as `login`, which acts as the role `owner`, and let the role `reader` read what is no secret.

        The role `upkeep` may call what is for upkeep. `on_drift` is what to do where the database changed outside of
        migrations: stop or warn.
        """
        props = {
            **login.properties(),
            "owner": owner,
            "reader": reader,
            "upkeep": upkeep,
            "onDrift": on_drift,
            "locations": list(settings.locations),
            "schemas": list(settings.schemas),
            "baselineVersion": settings.baseline_version,
            "baselineOnMigrate": settings.baseline_on_migrate,
            "outOfOrder": settings.out_of_order,
            "placeholders": dict(settings.placeholders),
            "lockTimeout": settings.lock_timeout,
            "lockRetries": settings.lock_retries,
            "statementTimeout": settings.statement_timeout,
            "schemaVersion": None,
        }
        super().__init__(MigrationsProvider(), name, props, opts)
