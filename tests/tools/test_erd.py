"""docs/schema.md: it is up to date, its pictures are Mermaid, and every table is in one of them."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

import psycopg
import pytest

from tests.servers import temporary_database
from tools.erd import AREAS, PAGE, Area, ErdError, current, diagram, document
from tools.tables import Table, read_tables

# As much of Mermaid's grammar of entity relationship diagrams as the tool may use (mermaid.js.org, in its Syntax).
_MERMAID = re.compile(
    r"""erDiagram\n
    (?:\ {4}"\w+"\ \{\n
       (?:\ {8}[a-z][a-z0-9_]*(?:\[\])?\ [A-Za-z]\w*(?:\ (?:PK|FK|UK)(?:,\ (?:FK|UK))*)?(?:\ "[^"\n]+")?\n)+
       \ {4}\}\n)+
    (?:\ {4}"\w+"\ (?:\|\||\|o)--(?:o\{|o\|)\ "\w+"\ :\ "\w+(?:,\ \w+)*"\n)*""",
    re.VERBOSE,
)

_EXAMPLE = """
CREATE TABLE owner (id uuid PRIMARY KEY, name text);
COMMENT ON TABLE owner IS 'Who *owns* a|b';
CREATE TABLE thing (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  "ownerId" uuid NOT NULL REFERENCES owner (id) ON DELETE CASCADE,
  "lastOwnerId" uuid REFERENCES owner (id),
  "badgeId" uuid UNIQUE REFERENCES owner (id),
  price numeric(12, 2) CHECK (price > 0 OR price IS NULL),
  "key" varchar(9) DEFAULT 'a|b',
  shout text GENERATED ALWAYS AS (upper("key")) STORED,
  at double precision[]
);
COMMENT ON COLUMN thing."key" IS 'secret: opens the door';
CREATE UNIQUE INDEX thing_some_idx ON thing ("ownerId") WHERE price > 5;
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON thing FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE TABLE log (at date NOT NULL, "thingId" bigint REFERENCES thing (id)) PARTITION BY RANGE (at);
CREATE TABLE log_default PARTITION OF log DEFAULT;
"""


@pytest.fixture(scope="module")
def page(admin: psycopg.Connection) -> Iterator[str]:
    """What the tool would write now."""
    with temporary_database(admin) as login:
        yield current(functools.partial(psycopg.connect, **login))


@pytest.fixture
def example(admin: psycopg.Connection) -> dict[str, Table]:
    with admin.transaction(force_rollback=True):
        admin.execute('CREATE SCHEMA "Example"; SET LOCAL search_path = "Example"')
        admin.execute(_EXAMPLE)
        return {table.name: table for table in read_tables(admin, "Example")}


def test_the_page_is_what_the_tool_would_write_now(page: str) -> None:
    assert PAGE.read_text(encoding="utf-8") == page, "docs/schema.md is out of date: run `make erd`"


def test_every_picture_is_mermaid(page: str) -> None:
    pictures = re.findall(r"```mermaid\n(.*?)```", page, re.DOTALL)
    assert len(pictures) == len(AREAS)
    for picture in pictures:
        assert _MERMAID.fullmatch(picture), picture


def test_every_link_has_its_heading(page: str) -> None:
    headings = {heading.lower() for heading in re.findall(r"^#+ (\w+)$", page, re.MULTILINE)}
    links = set(re.findall(r"\]\(#(\w+)\)", page))
    assert links
    assert links <= headings


def test_a_picture_shows_columns_keys_and_secrets_and_how_many_rows_refer(example: dict[str, Table]) -> None:
    picture = diagram([example["thing"]])
    assert _MERMAID.fullmatch(picture), picture
    assert picture.splitlines()[1:] == [
        '    "thing" {',
        "        bigint id PK",
        "        uuid ownerId FK",
        "        uuid lastOwnerId FK",
        "        uuid badgeId FK, UK",
        "        numeric price",
        '        varchar key "secret"',
        "        text shout",
        "        double_precision[] at",
        "    }",
        '    "owner" |o--o| "thing" : "badgeId"',
        '    "owner" |o--o{ "thing" : "lastOwnerId"',
        '    "owner" ||--o{ "thing" : "ownerId"',
    ]


def test_the_page_tells_all_of_a_table(example: dict[str, Table]) -> None:
    text = document([*example.values()], [Area("All", "Everything.", ("owner", "thing", "log"))])
    for line in (
        r"Who \*owns\* a|b",
        "| `id` | `bigint` |  | `identity` |  |  |",
        "| `ownerId` | `uuid` |  |  | [owner](#owner) (id), on delete cascade |  |",
        r"| `key` | `varchar(9)` | null | `'a\|b'` |  | **secret:** opens the door |",
        "| `shout` | `text` | null | `generated: upper(key)` |  |  |",
        "- primary key `thing_pkey`: `btree (id)`",
        '- unique index `thing_some_idx`: `btree ("ownerId") WHERE price > 5::numeric`',
        "- check `thing_price_check`: `(price > 0::numeric OR price IS NULL)`",
        "- trigger `stamp`: `BEFORE INSERT OR UPDATE, stamp()`",
        "Partitioned by `RANGE (at)`.",
    ):
        assert line in text.splitlines()


def test_partitions_are_left_out(example: dict[str, Table]) -> None:
    assert list(example) == ["log", "owner", "thing"]


def test_a_new_table_has_to_be_placed(example: dict[str, Table]) -> None:
    with pytest.raises(ErdError, match=r'^table "log" is in no area: add it to AREAS in tools/erd\.py$'):
        document([*example.values()], [Area("All", "Everything.", ("owner", "thing"))])


@pytest.mark.parametrize("areas", [("log", "owner", "thing", "gone"), ("log", "owner", "thing", "log")])
def test_an_area_names_tables_that_are_there_and_in_no_other(example: dict[str, Table], areas: tuple[str, ...]) -> None:
    with pytest.raises(ErdError, match=rf'AREAS in tools/erd\.py names "{areas[-1]}"'):
        document([*example.values()], [Area("One", "Some.", areas[:3]), Area("Two", "More.", areas[3:])])
