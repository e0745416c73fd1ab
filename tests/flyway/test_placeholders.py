"""Placeholders become values everywhere in a script, and errors still point into the file as it is on disk."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.flyway.errors import ScriptError
from infra.flyway.placeholders import placeholder_values, replace
from infra.flyway.settings import FlywaySettings


def render(source: str, **placeholders: str) -> str:
    settings = FlywaySettings(schemas=("app",), placeholders=placeholders)
    known = placeholder_values(settings, user="ann", database="shop", timestamp="2026-01-02 03:04:05")
    return replace("a/V1__x.sql", source, known).text


def test_a_value_replaces_its_name_in_comments_and_strings_too() -> None:
    assert render("-- ${x}\nSELECT '${x}', $$${x}$$;", x="v") == "-- v\nSELECT 'v', $$v$$;"


def test_names_ignore_case() -> None:
    assert render("${MyName} ${FLYWAY:Table}", myNAME="v") == "v flyway_schema_history"


def test_a_value_is_not_searched_again() -> None:
    assert render("${x}", x="${y}") == "${y}"


def test_flyway_has_values_of_its_own() -> None:
    source = "${flyway:defaultSchema} ${flyway:user} ${flyway:database} ${flyway:timestamp} ${flyway:filename}"
    assert render(source) == "app ann shop 2026-01-02 03:04:05 V1__x.sql"


@pytest.mark.parametrize("name", ["nope", "", " x ", "flyway:nope"])
def test_a_name_without_a_value_is_an_error_with_its_place(name: str) -> None:
    with pytest.raises(ScriptError, match=r"a/V1__x\.sql:2:4: no value for the placeholder \$\{" + name):
        render(f"SELECT 1;\n-- ${{{name}}}", x="v")


def test_a_placeholder_without_an_end_is_an_error() -> None:
    with pytest.raises(ScriptError, match=r"a/V1__x\.sql:1:8: .* no closing brace"):
        render("SELECT ${x", x="v")


@given(st.lists(st.sampled_from(["é", "\n", "${long}", "${empty}", "😀"])))
def test_every_character_leads_back_to_where_it_was_written(parts: list[str]) -> None:
    rendered = replace("x", "".join(parts), {"long": "a much longer value\nof two lines", "empty": ""})
    for offset, character in enumerate(rendered.text):
        origin = rendered.source[rendered.origin(offset) :]
        assert origin.startswith(("${", character))
