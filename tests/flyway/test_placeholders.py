"""Placeholders become values everywhere in a script, and errors still point into the file as it is on disk."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.flyway.errors import FlywayError, ScriptError
from infra.flyway.scripts.placeholders import Marks, PlaceholderError, conceal, placeholder_values, replace, shown_for
from infra.flyway.settings import FlywaySettings

from .conftest import Project


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
    with pytest.raises(PlaceholderError, match=r"a/V1__x\.sql:2:4: no value for the placeholder \$\{" + name):
        render(f"SELECT 1;\n-- ${{{name}}}", x="v")


def test_a_placeholder_without_an_end_is_an_error() -> None:
    with pytest.raises(PlaceholderError, match=r"a/V1__x\.sql:1:8: .* has no end") as caught:
        render("SELECT ${x", x="v")
    assert caught.value.placeholder == "${x"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("${x", None),
        ("$${x}", "$${x}"),
        ("$$${x}$$", "$$v$$"),
        ("$$$${x}", "$$$${x}"),
        ("'$' ${x}", "'$' v"),
        ("${x}${x}", "vv"),
        ("$x {x} $", "$x {x} $"),
    ],
)
def test_a_dollar_before_a_placeholder_hides_it_as_in_flyway(source: str, text: str | None) -> None:
    """Recorded with Flyway 13.12.0, which looks for the prefix without turning back."""
    if text is None:
        with pytest.raises(PlaceholderError):
            render(source, x="v")
    else:
        assert render(source, x="v") == text


@pytest.mark.parametrize(
    ("marks", "source", "text"),
    [
        (Marks("@@", "@@"), "@@x@@ ${x}", "v ${x}"),
        (Marks("$(", ")"), "<$(x)> ${x}", "<v> ${x}"),
        (Marks("<<<", "]]"), "<<<x]]] <<x]] <x]]", "v] <<x]] <x]]"),
    ],
)
def test_a_script_may_have_marks_of_its_own(marks: Marks, source: str, text: str) -> None:
    assert replace("s", source, {"x": "v"}, marks).text == text


def test_flyways_names_have_a_separator_of_their_own() -> None:
    settings = FlywaySettings(schemas=("app",), placeholder_separator="_")
    values = placeholder_values(settings)
    marks = Marks(separator="_")
    assert replace("a/V1.sql", "${flyway_defaultSchema} ${flyway_filename}", values, marks).text == "app V1.sql"


def test_a_value_that_would_cut_the_script_off_is_an_error() -> None:
    with pytest.raises(PlaceholderError, match="holds a NUL character"):
        render("SELECT '${x}'; SELECT 2;", x="\0")


SECRET = {"Secret": "it''s a  s3cr3t"}  # doubled, as a string of SQL needs it


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("SELECT '${secret}'::uuid;", 'invalid input syntax for type uuid: "${secret}"'),
        ("DO $a$ BEGIN RAISE 'x' USING HINT = 'not ${secret}'; END $a$;", "hint: not ${secret}"),
        (
            'CREATE TABLE t (i int CONSTRAINT "${secret}" UNIQUE DEFERRABLE INITIALLY DEFERRED);'
            "INSERT INTO t VALUES (1), (1);",
            'could not be committed with its history row: duplicate key value violates unique constraint "${secret}"',
        ),
    ],
)
def test_what_the_server_says_shows_the_name_and_not_the_value(project: Project, script: str, said: str) -> None:
    project.write(V1__a=script)
    with pytest.raises(ScriptError) as caught:
        project.migrate(placeholders=SECRET)
    assert said in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


def test_neither_does_a_warning_nor_what_initsql_fails_with(project: Project) -> None:
    project.write(V1__a="DO $a$ BEGIN RAISE WARNING 'beware of ${secret}'; END $a$;")
    assert project.migrate(placeholders=SECRET).warnings == ("the server: beware of ${secret} (SQLSTATE 01000)",)
    with pytest.raises(FlywayError, match=r'^initSql: invalid input syntax for type integer: "\$\{secret\}"'):
        project.migrate(placeholders=SECRET, init_sql="SELECT '${secret}'::int")


def test_the_longest_value_goes_first_and_short_ones_and_flyways_own_stay() -> None:
    values = {"a": "s3cr3t", "b": "s3cr3t-too", "c": "on", "flyway:table": "flyway_schema_history"}
    shown = shown_for(values, Marks("$(", ")"))
    assert conceal("s3cr3t-too on s3cr3t on flyway_schema_history", shown) == "$(b) on $(a) on flyway_schema_history"


@given(st.lists(st.sampled_from(["é", "\n", "${long}", "${empty}", "😀"])))
def test_every_character_leads_back_to_where_it_was_written(parts: list[str]) -> None:
    rendered = replace("x", "".join(parts), {"long": "a much longer value\nof two lines", "empty": ""})
    for offset, character in enumerate(rendered.text):
        origin = rendered.source[rendered.origin(offset) :]
        assert origin.startswith(("${", character))
