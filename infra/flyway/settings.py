"""The settings of Flyway that this project knows, under Flyway's names and with Flyway's defaults.

https://documentation.red-gate.com/flyway/reference/configuration/flyway-namespace lists them all; config.py says what
becomes of each. The locations and the schema have this project's defaults. The last group has no counterpart in Flyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class FlywaySettings:
    """Where the scripts are, where the history is, how the two are compared, and how scripts run.

    `default_schema` has the history table and leads the search_path of each script. It is the first of `schemas` where
    it is not given; where neither is, it is the current schema of the connection, which Session.settle() fills in.
    `target` is a version, or one with `?` where it need not exist, or latest, next or current.
    """

    locations: tuple[str, ...] = ("filesystem:sql/migrations",)
    callback_locations: tuple[str, ...] = ()
    fail_on_missing_locations: bool = False
    encoding: str = "UTF-8"
    detect_encoding: bool = False

    schemas: tuple[str, ...] = ("creativeflow",)
    default_schema: str = ""
    create_schemas: bool = True
    table: str = "flyway_schema_history"
    tablespace: str | None = None
    installed_by: str | None = None
    init_sql: str | None = None

    sql_migration_prefix: str = "V"
    repeatable_sql_migration_prefix: str = "R"
    baseline_migration_prefix: str = "B"
    sql_migration_separator: str = "__"
    sql_migration_suffixes: tuple[str, ...] = (".sql",)
    validate_migration_naming: bool = False

    baseline_version: str = "1"
    baseline_description: str = "<< Flyway Baseline >>"
    baseline_on_migrate: bool = False
    out_of_order: bool = False
    target: str = "latest"
    validate_on_migrate: bool = True
    ignore_migration_patterns: tuple[str, ...] = ("*:future",)

    group: bool = False
    mixed: bool = False
    execute_in_transaction: bool = True
    skip_executing_migrations: bool = False
    skip_default_callbacks: bool = False

    placeholders: Mapping[str, str] = field(default_factory=dict)
    placeholder_replacement: bool = True
    placeholder_prefix: str = "${"
    placeholder_suffix: str = "}"
    placeholder_separator: str = ":"

    transactional_lock: bool = False  # whether afterConnect runs twice, as where Flyway has a connection for its lock
    lock_retry_count: int = 50  # about as many seconds; below 0, it waits for ever

    # In seconds, 0 for ever: how long a statement in a transaction waits for a lock, and how long one may take. None is
    # as long as the session says, but 5 for a lock where it does not say.
    lock_timeout: float | None = None
    statement_timeout: float | None = None
    lock_retries: int = 5  # how often a script starts again after that, or after a deadlock

    def __post_init__(self) -> None:
        if not self.default_schema and self.schemas:
            object.__setattr__(self, "default_schema", self.schemas[0])

    @property
    def managed_schemas(self) -> tuple[str, ...]:
        """The schemas to create and to look at: `schemas`, after the default schema where that is not among them."""
        named = (self.default_schema,) if self.default_schema and self.default_schema not in self.schemas else ()
        return (*named, *self.schemas)
