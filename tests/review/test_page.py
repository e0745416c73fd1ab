"""The page, looked at in a real browser: it renders, in the light and in the dark, on a desk and on a telephone."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from infra.review.report.layout import lay_out
from infra.review.report.model import Box, Edge, Item, Picture
from infra.review.report.page import to_html
from infra.review.report.svg import draw
from infra.review.roles import Server
from infra.review.verdict import judge
from tests.review import browser
from tests.review.browser import Browser, find_browser, requests_of_the_page
from tests.review.project import review
from tests.review.test_report import HOSTILE, hostile_facts

_SQL = """
ALTER TABLE "Project" ADD COLUMN a text, DROP COLUMN notes;
ALTER TABLE "User" ALTER COLUMN "fullName" TYPE varchar(200);
DROP TABLE "Asset";
CREATE TABLE "Tag" (id uuid PRIMARY KEY, "projectId" uuid REFERENCES "Project" (id), parent uuid REFERENCES "Tag" (id));
CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
"""


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Browser:
    return find_browser(tmp_path_factory.mktemp("chromium"))


@pytest.fixture(scope="module")
def page(rehearsals: Server) -> str:
    made = review(rehearsals, {"V100__Change.sql": _SQL})
    return to_html(made.facts, judge(made.facts), made.difference)


@pytest.fixture(scope="module")
def seen(chromium: Browser, page: str) -> dict[str, Any]:
    return chromium.measure(page)


def _overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    return (
        one["x"] < other["right"]
        and other["x"] < one["right"]
        and one["y"] < other["bottom"]
        and other["y"] < one["bottom"]
    )


def test_the_picture_has_the_changed_tables_and_says_what_became_of_each(seen: dict[str, Any]) -> None:
    assert {box["name"]: box["word"] for box in seen["boxes"]} == {
        '"Project"': "changed",
        '"User"': "changed",
        '"Asset"': "dropped",
        '"Tag"': "new",
        "outside tables": "changed",
    }
    assert len(seen["edges"]) == 4


def test_boxes_do_not_overlap_and_hold_their_text(seen: dict[str, Any]) -> None:
    frames = [box["frame"] for box in seen["boxes"]]
    assert not [pair for pair in itertools.combinations(frames, 2) if _overlap(*pair)]
    for box in seen["boxes"]:
        for text in box["texts"]:
            assert box["frame"]["x"] < text["x"], box["name"]
            assert text["right"] < box["frame"]["right"], box["name"]
            assert box["frame"]["y"] <= text["y"] and text["bottom"] <= box["frame"]["bottom"], box["name"]


def test_all_of_the_picture_is_in_its_view(seen: dict[str, Any]) -> None:
    _, _, width, height = seen["view"]
    for frame in [*(box["frame"] for box in seen["boxes"]), *seen["edges"]]:
        assert frame["x"] >= 0 and frame["y"] >= 0
        assert frame["right"] <= width and frame["bottom"] <= height


def test_the_verdict_is_what_one_reads_first(seen: dict[str, Any]) -> None:
    assert seen["heading"] == seen["title"] == "prod: needs care"
    assert seen["text"].index("needs care") < seen["text"].index("What changes in the catalog")


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_sticks_out_of_the_window(chromium: Browser, page: str, width: int) -> None:
    seen = chromium.measure(page, width)
    assert seen["wide"] <= seen["room"]


def test_it_is_dark_where_the_reader_wants_that(chromium: Browser, page: str, seen: dict[str, Any]) -> None:
    dark = chromium.measure(page, dark=True)
    assert (seen["background"], dark["background"]) == ("rgb(255, 255, 255)", "rgb(15, 19, 25)")


def test_it_renders_without_an_error_and_asks_nobody_for_anything(chromium: Browser, page: str, tmp_path: Path) -> None:
    file, log, image = tmp_path / "review.html", tmp_path / "net.json", tmp_path / "page.png"
    file.write_text(page, encoding="utf-8")
    done = chromium.run(file.as_uri(), f"--log-net-log={log}", f"--screenshot={image}", "--window-size=1280,1600")
    assert "CONSOLE" not in done.stderr
    assert image.read_bytes().startswith(b"\x89PNG")
    assert image.stat().st_size > 20_000
    assert requests_of_the_page(log) == []


def test_the_log_of_the_browser_would_show_an_error_and_a_request(chromium: Browser, tmp_path: Path) -> None:
    file, log = tmp_path / "bad.html", tmp_path / "net.json"
    file.write_text('<img src="http://127.0.0.1:1/x.png"><script>console.error("seen")</script>')
    done = chromium.run(file.as_uri(), f"--log-net-log={log}", "--dump-dom")
    assert "CONSOLE" in done.stderr
    assert requests_of_the_page(log) == ["http://127.0.0.1:1/x.png"]


def test_hostile_names_are_text_in_the_browser_too(chromium: Browser) -> None:
    facts = hostile_facts()
    seen = chromium.measure(to_html(facts, judge(facts), None))
    assert "<script>alert(1)</script>" in seen["text"]
    assert seen["heading"].endswith(": will fail")


@pytest.mark.parametrize("tables", [1, 4, 40])
def test_pictures_of_any_size_do_not_overlap(tables: int) -> None:
    boxes = [Box(f"t{i}", "changed", (Item("+", "x" * i), Item("~", HOSTILE)) * (i % 12)) for i in range(tables)]
    edges = [Edge(f"t{i}", f"t{i * 7 % tables}", "k", "") for i in range(tables)]
    laid = lay_out(Picture(tuple(boxes), tuple(edges)))
    assert laid.placed.keys() == {box.name for box in boxes}
    frames = [{"x": p.x, "y": p.y, "right": p.x + p.width, "bottom": p.y + p.height} for p in laid.placed.values()]
    assert not [pair for pair in itertools.combinations(frames, 2) if _overlap(*pair)]
    assert all(f["x"] >= 0 and f["right"] <= laid.width and f["y"] >= 0 and f["bottom"] <= laid.height for f in frames)
    assert draw(Picture(tuple(boxes), tuple(edges))).count('class="frame"') == tables


def test_without_a_browser_the_test_fails_in_ci_and_says_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(browser.shutil, "which", lambda _: None)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="apt-get install chromium"):
        find_browser(tmp_path)
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception):
        find_browser(tmp_path)


def test_the_page_holds_no_script_and_a_policy_against_one(page: str) -> None:
    assert "<script" not in page
    assert "Content-Security-Policy" in page
