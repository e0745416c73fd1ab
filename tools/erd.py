"""Write docs/schema.md, the tables and pictures of how they refer to each other: `python tools/erd.py`, or `make erd`.

It reads a database that the migrations have just made, so that the page cannot say anything else than they do. The
pictures are Mermaid, which GitHub and GitLab draw.
"""

from __future__ import annotations

import functools
import re
import secrets
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from infra.cluster import HOST
from infra.flyway.commands.run import migrate
from infra.flyway.errors import FlywayError
from infra.flyway.scripts.scan import scan
from infra.flyway.server.session import Connect
from infra.flyway.settings import FlywaySettings
from infra.programs import ClusterError
from infra.throwaway import throwaway_cluster
from tools.tables import Column, Reference, Table, read_tables

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "schema.md"


@dataclass(frozen=True)
class Area:
    """A part of the schema that fits one picture."""

    title: str
    about: str
    tables: tuple[str, ...]


AREAS = (
    Area(
        "Accounts",
        "Who uses the platform: people, their teams, how they sign in and what they have connected.",
        ("User", "Team", "TeamMember", "Session", "Notification", "SocialMediaConnection", "APIClient"),
    ),
    Area(
        "Projects",
        "What people work on: brands, projects and the files in them.",
        ("BrandKit", "Workbench", "Project", "Template", "Asset", "AssetVersion"),
    ),
    Area(
        "Generation",
        "What people ask the models for, and what was done on the platform.",
        ("GenerationRequest", "UsageLog"),
    ),
    Area("Billing", "What people have subscribed to, and their credits.", ("Subscription", "CreditTransaction")),
    Area(
        "Models",
        "The models themselves: versions, checks, where they run, and what people think of them.",
        ("AIModel", "AIModelVersion", "AIModelValidationResult", "AIModelDeployment", "AIModelFeedback"),
    ),
)

_INTRODUCTION = """\
# The schema

Written by `make erd` from a database that the migrations have made: change those, not this page.

A picture shows the tables of one area with their columns, and the tables of other areas that they refer to without.
A line is a foreign key, drawn in the area of the table that has the column, whose name it bears. It ends at that table
with a crow's foot for many rows, and at the other with a circle where the column may be NULL. A **secret** is a column
that no log, export or answer may show. Casts to text are left out of expressions.
"""


class ErdError(Exception):
    """A table without an area, or an area without its table."""


def current(connect: Connect) -> str:
    """The page, for the empty database of `connect`, which the migrations are applied to.

    Raises FlywayError for a migration that fails, and ErdError for a table that is in no area.
    """
    settings = FlywaySettings()
    migrate(connect, settings, scan(settings, ROOT))
    with connect() as connection:
        return document(read_tables(connection, settings.default_schema, ignore={settings.table}))


def document(tables: Sequence[Table], areas: Sequence[Area] = AREAS) -> str:
    """The page of these tables in these areas. Raises ErdError where the two do not fit."""
    by_name = {table.name: table for table in tables}
    placed = [name for area in areas for name in area.tables]
    for name in sorted(by_name.keys() - placed):
        raise ErdError(f'table "{name}" is in no area: add it to AREAS in tools/erd.py')
    for name in placed:
        if name not in by_name or placed.count(name) > 1:
            raise ErdError(f'AREAS in tools/erd.py names "{name}", which is no table, or in two areas: correct it')
    parts = [_INTRODUCTION, "\n".join(f"- {_link(area.title)}: {_contents(area)}" for area in areas) + "\n"]
    for area in areas:
        members = [by_name[name] for name in area.tables]
        parts.append(f"## {area.title}\n\n{area.about}\n\n```mermaid\n{diagram(members)}```\n")
        parts += [_section(table) for table in members]
    return "\n".join(parts)


def diagram(tables: Sequence[Table]) -> str:
    """A Mermaid erDiagram: these tables with their columns, and what they refer to (mermaid.js.org, Entity Relationship
    Diagrams)."""
    lines = ["erDiagram"]
    for table in tables:
        lines += [
            f'    "{table.name}" {{',
            *(f"        {_attribute(table, column)}" for column in table.columns),
            "    }",
        ]
    lines += [f"    {_relation(table, reference)}" for table in tables for reference in table.references]
    return "\n".join(lines) + "\n"


def _attribute(table: Table, column: Column) -> str:
    keys = {
        "PK": any(column.name in index.unique_columns for index in table.indexes if index.primary),
        "FK": any(column.name in reference.columns for reference in table.references),
        "UK": any((column.name,) == index.unique_columns for index in table.indexes if not index.primary),
    }
    marks = ", ".join(key for key, has in keys.items() if has)
    # Mermaid has no room for a space or a comma in a type.
    kind = re.sub(r"\(.*?\)", "", column.type).replace(" ", "_")
    return " ".join(filter(None, (kind, column.name, marks, '"secret"' if column.secret else "")))


def _relation(table: Table, reference: Reference) -> str:
    """Such as `"Team" ||--o{ "TeamMember" : "teamId"`: one team, and zero or more members."""
    nullable = any(column.nullable for column in table.columns if column.name in reference.columns)
    unique = any(
        index.unique_columns and set(index.unique_columns) <= set(reference.columns) for index in table.indexes
    )
    line = f"{'|o' if nullable else '||'}--{'o|' if unique else 'o{'}"
    return f'"{reference.table}" {line} "{table.name}" : "{", ".join(reference.columns)}"'


def _section(table: Table) -> str:
    lines = [f"### {table.name}", "", _escaped(table.comment)]
    if table.partition_key:
        lines += ["", f"Partitioned by {_code(table.partition_key)}."]
    lines += ["", "| column | type | null | default | references | comment |", "|---|---|---|---|---|---|"]
    lines += [_row(table, column) for column in table.columns]
    lines += ["", *_details(table), ""]
    return "\n".join(lines)


def _row(table: Table, column: Column) -> str:
    cells = (
        _code(column.name),
        _code(column.type),
        "null" if column.nullable else "",
        _code(column.default),
        "; ".join(_reference(reference) for reference in table.references if column.name in reference.columns),
        re.sub("^secret:", "**secret:**", _escaped(column.comment)),
    )
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def _reference(reference: Reference) -> str:
    deletion = "" if reference.on_delete == "no action" else f", on delete {reference.on_delete}"
    return f"{_link(reference.table)} ({', '.join(reference.targets)}){deletion}"


def _details(table: Table) -> Iterator[str]:
    for index in table.indexes:
        kind = "primary key" if index.primary else "unique index" if index.unique else "index"
        yield f"- {kind} {_code(index.name)}: {_code(index.definition)}"
    yield from (f"- check {_code(name)}: {_code(definition)}" for name, definition in table.checks)
    yield from (f"- trigger {_code(name)}: {_code(definition)}" for name, definition in table.triggers)


def _contents(area: Area) -> str:
    return ", ".join(map(_link, area.tables))


def _link(heading: str) -> str:
    return f"[{heading}](#{heading.lower()})"


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _escaped(text: str) -> str:
    """A comment as Markdown shows it to the letter, in one line."""
    return re.sub(r"([\\`*_<\[])", r"\\\1", " ".join(text.split()))


def main() -> None:
    """Write the page. Exits with one line where that cannot be done."""
    password = secrets.token_urlsafe()
    try:
        with throwaway_cluster(password) as cluster:
            login = {"host": HOST, "port": cluster.port, "user": "postgres", "password": password, "dbname": "postgres"}
            PAGE.write_text(current(functools.partial(psycopg.connect, **login)), encoding="utf-8")
    except (ClusterError, FlywayError, ErdError) as error:
        sys.exit(f"erd: {error}")


if __name__ == "__main__":
    main()
