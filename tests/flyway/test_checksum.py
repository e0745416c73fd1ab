"""Checksums are Flyway's: the numbers here are those that Flyway 13.12.0 recorded in its history."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.flyway.checksum import checksum

RECORDED = {
    "": 0,
    "select 1;\nselect 2;\n": -593479011,
    "select 1;\r\nselect 2;\r\n": -593479011,
    "\ufeffselect 1;\nselect 2;\n": -593479011,
    "\n\nselect 1;\n\nselect 2;": -593479011,
    "select 1;\n \nselect 2;\n": 1691610383,
    "select 1;  \nselect 2;\n": 2053794992,
    "\tselect 1;\nselect 2;\n": -1074749086,
    "SELECT 1;\nSELECT 2;\n": -1665099012,
    "select 1;\v\fselect 2;\n": -1967749251,
    "select 'a\u0085b';\n": -1775849397,
    "select 'a\u00a0b';\n": 30076743,
    "select 'a\u200bb';\n": 1988898435,
    "select 'äöü€日本';\n": 1608760641,
    "select '😀';\n": -2004159141,
}


@pytest.mark.parametrize("text", RECORDED, ids=repr)
def test_the_number_is_what_flyway_recorded(text: str) -> None:
    assert checksum(text) == RECORDED[text]


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]))))
def test_line_ends_do_not_matter(lines: list[str]) -> None:
    numbers = {checksum(end.join(lines) + last) for end in ("\n", "\r\n", "\r") for last in ("", end)}
    assert len(numbers) == 1
    assert -(2**31) <= numbers.pop() < 2**31
