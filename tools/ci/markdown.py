"""Markdown that fits into a comment on GitHub. Pure: text in, text out."""

from __future__ import annotations

import re
from dataclasses import dataclass

# GitHub: "Body is too long (maximum is 65536 characters)". We count bytes, of which there are never fewer.
LIMIT = 65_536

_FENCE = re.compile(r" {0,3}(`{3,})")
_SIGN = re.compile(r"^( +)([+-])(?= )", re.MULTILINE)


def fenced(text: str) -> str:
    """`text` as a block of code, coloured as a difference, whatever backticks are in it.

    Pulumi indents its signs; they move to the first column, where GitHub looks for them.
    """
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    coloured = _SIGN.sub(r"\2\1", text.rstrip())
    return f"{fence}diff\n{coloured}\n{fence}"


def folded(summary: str, text: str) -> str:
    """`text` behind a line that opens it."""
    return f"<details><summary>{summary}</summary>\n\n{text}\n\n</details>"


def fit(markdown: str, pointer: str, limit: int = LIMIT) -> str:
    """`markdown` if it has at most `limit` bytes; else as many whole lines as fit, and `pointer` to the rest.

    A block of code and a fold that the cut left open are closed, so that the pointer can be read.
    """
    if _size(markdown) <= limit:
        return markdown
    kept: list[str] = []
    opened = _Opened()
    used = _size(pointer)
    for line in markdown.splitlines():
        after = opened.after(line)
        used += _size(line) + 1
        if used + _size(after.closing) > limit:
            break
        kept.append(line)
        opened = after
    return "\n".join(kept) + opened.closing + pointer


def _size(text: str) -> int:
    return len(text.encode())


@dataclass(frozen=True)
class _Opened:
    """What is open at the end of a line: the fence of a block of code, and how many folds."""

    fence: str = ""
    folds: int = 0

    def after(self, line: str) -> _Opened:
        found = _FENCE.match(line)
        if self.fence:
            closes = found and len(found[1]) >= len(self.fence) and not line.strip().strip("`")
            return _Opened("" if closes else self.fence, self.folds)
        if found:
            return _Opened(found[1], self.folds)
        return _Opened("", max(0, self.folds + line.count("<details") - line.count("</details>")))

    @property
    def closing(self) -> str:
        fence = f"\n{self.fence}" if self.fence else ""
        return fence + "\n\n</details>" * self.folds + "\n\n"
