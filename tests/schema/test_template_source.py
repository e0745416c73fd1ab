"""The templates of the seed can be drawn: they have the documented shape, and a layout that a person could use."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import psycopg
import pytest

from tests.schema import legibility, svg
from tests.schema.geometry import Box, box_of, canvas_of, safe_area_of, with_bleed
from tests.schema.scripts import SQL, TEMPLATES, execute

SCHEMA = json.loads((SQL / "seeds" / "template.schema.json").read_text())
CATEGORIES = {
    *("social_post", "social_story", "carousel", "cover", "thumbnail", "advertisement", "flyer", "invitation"),
    *("presentation", "email_header", "business_card", "logo"),
}
TAGS = {
    *("a5", "announcement", "banner", "business", "card", "carousel", "cover", "display", "elegant", "email", "event"),
    *("facebook", "instagram", "linkedin", "logo", "monogram", "newsletter", "photo", "pinterest", "post"),
    *("presentation", "print", "product", "quote", "sale", "square", "story", "thumbnail", "tiktok", "vertical"),
    *("video", "wide", "x", "youtube"),
}
# What a person must be able to read or press, so that nothing covers it and it covers nothing of its kind.
CONTENT = {"text", "button", "logo"}

Layer = dict[str, Any]


@dataclass(frozen=True)
class Template:
    name: str
    category: str
    preview: str
    tags: list[str]
    source: dict[str, Any]

    def layers(self) -> Iterator[Layer]:
        for page in self.source["pages"]:
            yield from page["layers"]


@pytest.fixture
def templates(connection: psycopg.Connection) -> list[Template]:
    execute(connection, TEMPLATES)
    found = connection.execute('SELECT name, category, "previewUrl", tags, "sourceData" FROM "Template"').fetchall()
    return [Template(*row) for row in found]


def _where(template: Template, layer: Layer) -> str:
    return f"{template.name}, {layer['slot']}"


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_every_source_has_the_shape_of_the_schema(templates: list[Template]) -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    problems = [
        f"{template.name}: {error.json_path}: {error.message}"
        for template in templates
        for error in validator.iter_errors(template.source)
    ]
    assert problems == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"type": "video"}, "is not one of"),
        ({"colour": "#ffffff"}, "Unevaluated properties"),
        ({"size": None}, "is not of type 'number'"),
        ({"color": "red"}, "is not valid under any of the given schemas"),
        ({"slot": "My Slot"}, "does not match"),
    ],
)
def test_the_schema_refuses_what_a_renderer_cannot_draw(change: Layer, why: str, templates: list[Template]) -> None:
    source = next(template for template in templates if template.name == "X Quote Card").source
    layer = next(layer for layer in source["pages"][0]["layers"] if layer["type"] == "text")
    layer.update(change)
    errors = jsonschema.Draft202012Validator(SCHEMA).iter_errors(source)
    assert any(why in error.message for error in errors)


def test_every_category_of_the_product_has_a_template(templates: list[Template]) -> None:
    assert {template.category for template in templates} == CATEGORIES
    assert len(templates) >= 14


def test_tags_are_of_the_known_list(templates: list[Template]) -> None:
    assert [tag for template in templates for tag in template.tags if tag not in TAGS] == []
    assert [template.name for template in templates if len(set(template.tags)) != len(template.tags)] == []


@pytest.mark.parametrize("column", ["name", "preview"])
def test_names_and_previews_are_distinct(templates: list[Template], column: str) -> None:
    values = [getattr(template, column) for template in templates]
    assert len(set(values)) == len(values)


def test_slots_and_pages_are_unique_in_a_template(templates: list[Template]) -> None:
    for template in templates:
        slots = [layer["slot"] for layer in template.layers()]
        pages = [page["name"] for page in template.source["pages"]]
        assert (len(set(slots)), len(set(pages))) == (len(slots), len(pages)), template.name


def test_what_is_paged_has_pages(templates: list[Template]) -> None:
    least = {"carousel": 3, "presentation": 3, "business_card": 2}
    assert [
        template.name for template in templates if len(template.source["pages"]) < least.get(template.category, 1)
    ] == []


def test_print_has_bleed_and_a_safe_area(templates: list[Template]) -> None:
    printed = [template.source for template in templates if template.source["canvas"]["unit"] == "mm"]
    assert len(printed) >= 3
    assert all(source["canvas"]["bleed"] == 3 and min(source["safeArea"].values()) >= 4 for source in printed)


def test_the_palette_says_what_every_token_stands_for(templates: list[Template]) -> None:
    for template in templates:
        used = set(_tokens(template.source))
        assert {f"brand.{token}" for token in template.source["palette"]} == used, template.name


def _tokens(value: object) -> Iterator[str]:
    if isinstance(value, str) and value.startswith("brand."):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _tokens(part)


def test_the_lowest_layer_covers_the_page_and_its_bleed(templates: list[Template]) -> None:
    for template in templates:
        for page in template.source["pages"]:
            lowest = page["layers"][0]
            assert lowest["slot"].startswith("background"), page
            assert lowest["type"] == "image" or lowest["kind"] == "rectangle", page
            assert box_of(lowest["frame"]) == with_bleed(template.source), page


def test_every_frame_lies_on_the_canvas(templates: list[Template]) -> None:
    outside = [
        _where(template, layer)
        for template in templates
        for layer in template.layers()
        if not with_bleed(template.source).holds(box_of(layer["frame"]))
    ]
    assert outside == []


def test_only_what_reaches_the_end_of_the_bleed_leaves_the_canvas(templates: list[Template]) -> None:
    """A layer that ended within the bleed would show a thin line of the ground where the cut is not exact."""
    short = [
        _where(template, layer)
        for template in templates
        for layer in template.layers()
        if not _bled(box_of(layer["frame"]), canvas_of(template.source), with_bleed(template.source))
    ]
    assert short == []


def _bled(box: Box, canvas: Box, bleed: Box) -> bool:
    """Whether each edge either stays inside the canvas, or lies at the end of the bleed."""
    return (
        (box.left > canvas.left or box.left == bleed.left)
        and (box.top > canvas.top or box.top == bleed.top)
        and (box.right < canvas.right or box.right == bleed.right)
        and (box.bottom < canvas.bottom or box.bottom == bleed.bottom)
    )


def test_text_buttons_and_logos_stay_in_the_safe_area(templates: list[Template]) -> None:
    outside = [
        _where(template, layer)
        for template in templates
        for layer in template.layers()
        if layer["type"] in CONTENT and not safe_area_of(template.source).holds(box_of(layer["frame"]))
    ]
    assert outside == []


def test_text_buttons_and_logos_do_not_overlap(templates: list[Template]) -> None:
    overlaps = []
    for template in templates:
        for page in template.source["pages"]:
            content = [layer for layer in page["layers"] if layer["type"] in CONTENT]
            overlaps += [
                f"{_where(template, one)} and {other['slot']}"
                for one, other in itertools.combinations(content, 2)
                if box_of(one["frame"]).overlaps(box_of(other["frame"]))
            ]
    assert overlaps == []


def test_no_picture_or_shape_covers_text(templates: list[Template]) -> None:
    covered = [
        f"{_where(template, over)} covers {layer['slot']}"
        for template in templates
        for page in template.source["pages"]
        for number, layer in enumerate(page["layers"])
        for over in page["layers"][number + 1 :]
        if layer["type"] in CONTENT and box_of(layer["frame"]).overlaps(box_of(over["frame"]))
    ]
    assert covered == []


def test_the_default_text_fits_its_frame(templates: list[Template]) -> None:
    too_long = []
    for template in templates:
        for layer in template.layers():
            if layer["type"] in {"text", "button"}:
                width, height = svg.extent(layer)
                if width > layer["frame"]["width"] or height > layer["frame"]["height"]:
                    too_long.append(f"{_where(template, layer)}: {width:.0f} x {height:.0f}")
    assert too_long == []


def test_text_is_legible_on_any_photo(templates: list[Template]) -> None:
    """4.5 is the contrast that WCAG 2.2 asks of text (success criterion 1.4.3)."""
    faint = []
    for template in templates:
        for page in template.source["pages"]:
            for number, layer in enumerate(page["layers"]):
                contrast = legibility.contrast(template.source, page["layers"][:number], layer)
                if contrast is not None and contrast < 4.5:
                    faint.append(f"{_where(template, layer)}: {contrast:.1f}")
    assert faint == []


def test_a_renderer_can_draw_every_layer_of_every_page(templates: list[Template]) -> None:
    for template in templates:
        for page in template.source["pages"]:
            drawn = ET.fromstring(svg.render(template.source, page))  # noqa: S314 - our own
            groups = {group.get("id"): group for group in drawn.iterfind("{http://www.w3.org/2000/svg}g")}
            assert list(groups) == [layer["slot"] for layer in page["layers"]], template.name
            assert all(len(group) for group in groups.values()), template.name
            for layer in page["layers"]:
                words = " ".join("".join(groups[layer["slot"]].itertext()).split())
                assert "".join(layer.get("text", "").split()) in "".join(words.split()), _where(template, layer)
