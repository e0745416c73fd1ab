"""The settings of Flyway that this project knows, under Flyway's names and with Flyway's defaults.

https://documentation.red-gate.com/flyway/reference/configuration/flyway-namespace lists them all. The location and
the schema have this project's defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class FlywaySettings:
    """Where the scripts are, where the history is, and how strictly the two are compared.

    `schemas` are created where they do not exist. The first is the default schema: the history table is in it, and
    it leads the search_path of each script. `placeholders` replace `${name}` in scripts.
    """

    locations: tuple[str, ...] = ("filesystem:sql/migrations",)
    schemas: tuple[str, ...] = ("creativeflow",)
    table: str = "flyway_schema_history"
    baseline_version: str = "1"
    baseline_description: str = "<< Flyway Baseline >>"
    baseline_on_migrate: bool = False
    out_of_order: bool = False
    placeholders: Mapping[str, str] = field(default_factory=dict)
    installed_by: str | None = None

    @property
    def default_schema(self) -> str:
        """The schema of the history table: the first of `schemas`, as in Flyway."""
        return self.schemas[0]
