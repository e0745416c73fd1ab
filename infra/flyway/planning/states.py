"""Put the scripts and the history together: every migration with its state.

The states are Flyway's (https://documentation.red-gate.com/flyway/flyway-concepts/migrations/migration-states), and so
is the order: what lies below the baseline, what is in the history by rank, then what is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from infra.flyway.errors import HistoryError
from infra.flyway.planning.migration import Migration, Overview, State, row_version
from infra.flyway.planning.rows import BASELINES, SYNTHETIC, TYPES, Row
from infra.flyway.planning.targets import Target, read_target
from infra.flyway.scripts.script import Script, collation
from infra.flyway.settings import FlywaySettings
from infra.flyway.version import Version


@dataclass
class _Applied:
    """A row, and what later ones make of it."""

    row: Row
    version: Version | None
    deleted: bool = False
    out_of_order: bool = False


def overview(
    scripts: Iterable[Script],
    rows: Iterable[Row],
    settings: FlywaySettings,
    values: Mapping[str, str],
    *,
    repairing: bool = False,
) -> Overview:
    """Put scripts and rows together. `values`, from placeholder_values(), go into the checksums of repeatables.

    `repairing` looks as `repair` does: at all versions, in any order. Raises ScriptError for a placeholder without a
    value, TargetError, and HistoryError for a history that nobody can read.
    """
    context = _Context(tuple(scripts), tuple(rows), settings, values, repairing)
    found = [*context.applied(), *context.unapplied()]
    context.target.check(one.version for one in found)
    migrations = sorted(found, key=_order)
    if context.target.only_next:
        migrations = _until_next(migrations)
    return Overview(tuple(migrations), context.last_applied, context.baseline)


class _Context:
    """What the state of one migration depends on."""

    def __init__(
        self,
        scripts: tuple[Script, ...],
        rows: tuple[Row, ...],
        settings: FlywaySettings,
        values: Mapping[str, str],
        repairing: bool,
    ) -> None:
        self.values = values
        for script in scripts:
            if script.version is None:
                script.checksum(values)  # a placeholder without a value is found before anything runs, as in Flyway
        self.any_order = settings.out_of_order or repairing
        self.versioned = {(script.version, script.type): script for script in scripts if script.version}
        self.repeatable = {script.description: script for script in scripts if not script.version}
        self.last_resolved = max((version for version, _ in self.versioned if version), default=None)
        self.rows = _marked(rows)
        self.baseline = max((a.version for a in self.rows if a.version and a.row.type in BASELINES), default=None)
        self.last_applied: Version | None = None
        for applied in self.rows:
            self._count(applied)
        self.latest = {
            applied.row.description: applied.row.installed_rank for applied in self.rows if not applied.version
        }
        self.target = (Target() if repairing else read_target(settings.target)).settled(self.last_applied)

    def _count(self, applied: _Applied) -> None:
        if applied.version is None:
            return
        if self.last_applied is not None and applied.version <= self.last_applied:
            applied.out_of_order = True
        elif not applied.deleted:
            self.last_applied = applied.version

    def applied(self) -> Iterable[Migration]:
        for applied in self.rows:
            row, version = applied.row, applied.version
            script = self.versioned.get((version, row.type)) if version else self.repeatable.get(row.description)
            state = State.DELETED if applied.deleted else self._state(applied, script)
            yield Migration(script, row, state, version)

    def unapplied(self) -> Iterable[Migration]:
        done = {(a.version, a.row.type) for a in self.rows if a.version and not a.deleted}
        waiting = [script for key, script in self.versioned.items() if key not in done]
        bases = [script.version for script in waiting if script.version and script.kind == "baseline"]
        base = self.baseline if self.last_applied else max(bases, default=None)
        for script in waiting:
            yield Migration(script, None, self._waiting_state(script, base), script.version)
        current = {a.row.description: a for a in self.rows if not a.version and self._is_latest(a)}
        for description, script in self.repeatable.items():
            last = current.get(description)
            counts = last is not None and not last.deleted and last.row.type != "DELETE"
            if not (last and counts and script.matches(last.row.checksum, self.values)):
                yield Migration(script, None, State.PENDING, None)

    def _is_latest(self, applied: _Applied) -> bool:
        return bool(applied.version) or self.latest[applied.row.description] == applied.row.installed_rank

    def _state(self, applied: _Applied, script: Script | None) -> State:
        row = applied.row
        if row.type in SYNTHETIC:
            return State.BASELINE if row.type == "BASELINE" else State.SUCCESS
        if script is None and self._is_latest(applied):
            return self._lost_state(applied)
        if not row.success:
            return State.FAILED
        if row.type in BASELINES:
            return State.BASELINE
        if applied.version is None:
            return self._repeatable_state(applied, script)
        return State.OUT_OF_ORDER if applied.out_of_order else State.SUCCESS

    def _lost_state(self, applied: _Applied) -> State:
        """The state of a row without a script. Those above all scripts belong to a later release."""
        row, version = applied.row, applied.version
        if version is None or (self.last_resolved is not None and version < self.last_resolved):
            return State.MISSING if row.success else State.MISSING_FAILED
        return State.FUTURE if row.success else State.FUTURE_FAILED

    def _repeatable_state(self, applied: _Applied, script: Script | None) -> State:
        if not self._is_latest(applied):
            return State.SUPERSEDED
        fits = script is not None and script.matches(applied.row.checksum, self.values)
        return State.SUCCESS if fits else State.OUTDATED

    def _waiting_state(self, script: Script, base: Version | None) -> State:
        """The state of a script that is not in the history; `base` is the baseline that is, or the one to come."""
        version = script.version
        assert version is not None
        if base is not None and version <= base:
            if script.kind == "baseline" and version == base and self.last_applied is None:
                return State.PENDING
            return State.BELOW_BASELINE if version < base else State.BASELINE_IGNORED
        if self.target.excludes(version):
            return State.ABOVE_TARGET
        too_old = self.last_applied is not None and version < self.last_applied and not self.any_order
        late = script.kind == "baseline" and self.last_applied is not None
        return State.IGNORED if too_old or late else State.PENDING


def _marked(rows: Iterable[Row]) -> list[_Applied]:
    """The rows, where one of type DELETE takes back the last one of its version or description."""
    marked: list[_Applied] = []
    for row in rows:
        if row.type not in TYPES:
            message = (
                f"row {row.installed_rank} of the history ({row.script}) has the type {row.type}, which this project"
                " does not know: it comes from a paid edition of Flyway, or from another tool"
            )
            raise HistoryError(message, "type", row)
        version = row_version(row)
        if row.type == "DELETE" and row.success:
            _take_back(marked, row, version)
            if version is not None:
                continue
        marked.append(_Applied(row, version))
    return marked


def _take_back(marked: list[_Applied], row: Row, version: Version | None) -> None:
    for applied in reversed(marked):
        same = applied.version == version if version else applied.row.description == row.description
        if same and (version is not None) == (applied.version is not None) and applied.row.type not in SYNTHETIC:
            if applied.deleted and version is not None:
                message = f"the history takes version {version} back twice: delete row {row.installed_rank}"
                raise HistoryError(message, "deleted twice", row)
            applied.deleted = True
            return


def _order(one: Migration) -> tuple[object, ...]:
    if one.row is not None:
        return 1, one.row.installed_rank
    group = 0 if one.state in (State.BELOW_BASELINE, State.BASELINE_IGNORED) else 2
    numbers = one.version.numbers if one.version else ()
    return group, one.version is None, numbers, one.type in BASELINES, collation(one.description)


def _until_next(migrations: list[Migration]) -> list[Migration]:
    """Target `next`: of the versions that are pending, only the first is."""
    pending = [one for one in migrations if one.state is State.PENDING]
    limit = pending[0].version if pending else None
    return [
        replace(one, state=State.ABOVE_TARGET)
        if one.state is State.PENDING and limit and one.version and limit < one.version
        else one
        for one in migrations
    ]
