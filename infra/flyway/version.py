"""Versions of scripts, ordered as Flyway orders them.

A version is numbers between dots or underscores. 1, 001, 1.0 and 1_0 are one version, and 1.10 comes after 1.9; the
text is kept as it was written, with a dot for each underscore (Flyway documentation, "Migrations: naming"). As Java
does, Flyway reads a sign and the digits of any alphabet (recorded: name_19 and name_36 in tests/flyway/cases).
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field

_VERSION = re.compile(r"[+-]?\d+(?:[._]\d+)*")


@dataclass(frozen=True, order=True)
class Version:
    """A version: compared by its numbers, shown by its text."""

    numbers: tuple[int, ...]
    text: str = field(compare=False)

    def __str__(self) -> str:
        return self.text


@functools.lru_cache(maxsize=4096)
def parse(text: str) -> Version:
    """The version that `text` writes. Raises ValueError where it writes none."""
    if not _VERSION.fullmatch(text):
        raise ValueError(f"{text!r} is not a version: write numbers with dots between them, such as 2 or 2.1")
    text = text.replace("_", ".")
    numbers = [int(part) for part in text.split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        del numbers[-1]
    return Version(tuple(numbers), text)
