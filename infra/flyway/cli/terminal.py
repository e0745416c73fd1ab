"""What a terminal is shown: a file, a row or an object may carry a name that would command it.

Control characters (an escape sequence clears the screen, or writes over a line) and those that turn the direction of
text become escapes such as `\\x1b`, and so does what is no text at all: a file's name of bytes that are no UTF-8.
"""

from __future__ import annotations


def visible(text: str) -> str:
    """`text` as one line in which every character can be seen."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
