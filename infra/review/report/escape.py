"""Text of a pull request, made harmless: names, comments and messages in it are whatever somebody wrote. Pure.

Nothing that it holds may end a table, a code span or a fold, become markup, call somebody by name, or hide: control
characters, and those that turn the direction of text round, are written as escapes.
"""

from __future__ import annotations

import html
import re
import unicodedata

_HIDDEN = {"Cc", "Cf", "Zl", "Zp", "Cs", "Co"}
_NAMES = {"\n": r"\n", "\t": r"\t", "\r": r"\r"}
_MARKUP = re.compile(r"[\\`*\[\]<>|~&!]|(?<!\w)_|_(?!\w)|^[-+=#]|(?<=^\d)[.)]")
_LINKS = re.compile(r"(?<=[@#])(?=\w)|(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
_TICKS = re.compile("`+")
_APART = "&#8203;"  # a space without width: what GitHub would make a link or a mention of is cut in two


def plain(text: str) -> str:
    """Text in one line in which every character shows."""
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character.isascii() and character.isprintable():
        return character
    if character in _NAMES:
        return _NAMES[character]
    return f"\\u{ord(character):04x}" if unicodedata.category(character) in _HIDDEN else character


def in_html(text: str) -> str:
    """Text for an element or an attribute of HTML or SVG."""
    return html.escape(plain(text), quote=True)


def in_markdown(text: str) -> str:
    """Text for a paragraph or a cell of GitHub's and GitLab's Markdown."""
    return _LINKS.sub(_APART, _MARKUP.sub(r"\\\g<0>", plain(text)))


def in_summary(text: str) -> str:
    """Text for a <summary> in Markdown, where HTML is read as it stands, but names still become mentions."""
    return _LINKS.sub(_APART, in_html(text))


def code(text: str) -> str:
    """Text as a code span, which a cell may hold too."""
    shown = plain(text)
    fence = "`" * (1 + max((len(run) for run in _TICKS.findall(shown)), default=0))
    pad = " " if shown[:1] in ("`", " ") or shown[-1:] in ("`", " ") or not shown else ""
    return f"{fence}{pad}{shown}{pad}{fence}".replace("|", r"\|")


def fenced(lines: list[str], language: str = "") -> str:
    """Lines as a block of code."""
    shown = [plain(line) for line in lines]
    longest = max((len(run) for line in shown for run in _TICKS.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}{language}", *shown, fence])


def word(text: str) -> str:
    """A name for a place where only letters, digits, dots and dashes are harmless, such as an HTML comment."""
    return re.sub(r"-{2,}", "-", re.sub(r"[^\w.-]", "_", text))
