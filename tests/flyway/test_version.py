"""Versions compare by their numbers, however they are written."""

from __future__ import annotations

import functools
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.flyway.version import parse

NUMBERS = st.lists(st.integers(min_value=0, max_value=10**30), min_size=1, max_size=6)


@pytest.mark.parametrize("text", ["1", "001", "1.0", "1_0", "1.0.0", "01_00"])
def test_spellings_of_one_are_one_version(text: str) -> None:
    assert parse(text) == parse("1")
    assert hash(parse(text)) == hash(parse("1"))


def test_the_text_is_kept_with_dots() -> None:
    assert str(parse("001_02")) == "001.02"


def test_the_order_is_flyways() -> None:
    recorded = (
        "0.1 1 1.0.1 1.1 1.9 1.10 2 003 4.0 5.0.0 10 2024.1.1 2024.01.02 20240101120000 99999999999999999999999999"
    )
    versions = [parse(text) for text in recorded.split()]
    assert sorted(reversed(versions)) == versions


@given(NUMBERS, NUMBERS)
def test_the_order_is_that_of_the_numbers(left: list[int], right: list[int]) -> None:
    size = max(len(left), len(right))
    padded = [numbers + [0] * (size - len(numbers)) for numbers in (left, right)]
    versions = [parse(".".join(map(str, numbers))) for numbers in (left, right)]
    assert (versions[0] < versions[1]) == (padded[0] < padded[1])
    assert (versions[0] == versions[1]) == (padded[0] == padded[1])


@given(st.lists(NUMBERS, max_size=8))
def test_sorting_puts_them_in_flyways_order_whatever_the_spelling(several: list[list[int]]) -> None:
    """Flyway compares part by part as big integers, and takes a part that is not there for 0."""

    def compare(left: list[int], right: list[int]) -> int:
        for one, other in itertools.zip_longest(left, right, fillvalue=0):
            if one != other:
                return -1 if one < other else 1
        return 0

    texts = [".".join(f"{number:03}" for number in numbers) for numbers in several]
    expected = [
        texts[index]
        for index in sorted(
            range(len(several)), key=functools.cmp_to_key(lambda left, right: compare(several[left], several[right]))
        )
    ]
    assert [version.text for version in sorted(map(parse, texts))] == expected


@pytest.mark.parametrize("text", ["9" * 4000, "1." * 1000 + "1"])
def test_a_version_may_be_as_long_as_its_name(text: str) -> None:
    assert parse(text).text == text
    assert parse(text) > parse("1")


@given(NUMBERS, st.integers(min_value=0, max_value=5))
def test_leading_zeros_and_underscores_change_nothing(numbers: list[int], zeros: int) -> None:
    assert parse("_".join("0" * zeros + str(number) for number in numbers)) == parse(".".join(map(str, numbers)))


def test_a_sign_and_digits_of_any_alphabet_are_read_as_java_reads_them() -> None:
    assert parse("-1") < parse("0") < parse("+1") == parse("\uff11") == parse("1")


@pytest.mark.parametrize("text", ["", ".", "1.", ".1", "1..2", "1__2", "a", "1a", "1.-1", " 1", "1\n"])
def test_anything_else_is_no_version(text: str) -> None:
    with pytest.raises(ValueError, match="is not a version"):
        parse(text)
