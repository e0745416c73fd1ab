"""Checksums are Flyway's: the numbers here are those that Flyway 13.12.0 recorded in its history."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.flyway.scripts.checksum import checksum, checksum_of

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


def reference(text: str) -> int:
    """The rule bit by bit: the polynomial of ISO 3309 over the lines, which are read character by character."""
    register = 0xFFFFFFFF
    for byte in "".join(part for part in text.removeprefix("\ufeff") if part not in "\r\n").encode():
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0xEDB88320 if register & 1 else 0)
    return int.from_bytes((register ^ 0xFFFFFFFF).to_bytes(4, "big"), "big", signed=True)


@given(st.text(st.one_of(st.sampled_from("\ufeff\r\n\v\f\u0085\u2028 a"), st.characters(exclude_categories=["Cs"]))))
def test_the_number_is_that_of_the_rule(text: str) -> None:
    assert checksum(text) == reference(text)


@given(st.binary(), st.lists(st.integers(min_value=0, max_value=50)))
def test_a_text_may_be_cut_anywhere(content: bytes, cuts: list[int]) -> None:
    ends = sorted(min(cut, len(content)) for cut in cuts)
    pieces = [content[start:end] for start, end in zip([0, *ends], [*ends, len(content)], strict=True)]
    assert checksum_of(pieces) == checksum_of([content])


def test_a_long_text_is_the_same_to_both() -> None:
    text = "é\r\n" * 700_000
    assert checksum(text) == checksum_of([text.encode()]) == checksum("é" * 700_000)


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]))))
def test_line_ends_do_not_matter(lines: list[str]) -> None:
    numbers = {checksum(end.join(lines) + last) for end in ("\n", "\r\n", "\r") for last in ("", end)}
    assert len(numbers) == 1
    assert -(2**31) <= numbers.pop() < 2**31
