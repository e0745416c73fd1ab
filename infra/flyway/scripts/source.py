"""The source of a script: its bytes, rendered piece by piece where somebody reads them.

A script may be a COPY with many megabytes of data, which are never in memory twice. So its text is kept once, in UTF-8,
and what looks at it takes slices: the statements, which are copied, for PostgreSQL's grammar, the data for the server.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from infra.flyway.errors import ScriptError
from infra.flyway.scripts.placeholders import DEFAULT_MARKS, Marks, Rendered, conceal, replace, shown_for

_BLOCK = 1 << 16


@dataclass(frozen=True)
class Source:
    """What a script says. `script` is its name, `content` its text in UTF-8 without a byte order mark.

    `values`, from placeholder_values(), go in for its placeholders; None leaves them as they are (Flyway's
    placeholderReplacement).
    """

    script: str
    content: bytes
    values: Mapping[str, str] | None = None
    marks: Marks = DEFAULT_MARKS

    def place(self, offset: int) -> tuple[int, int]:
        """The line and the column, in characters from 1, of the byte at `offset`."""
        begin = self.content.rfind(b"\n", 0, offset) + 1
        return self.content.count(b"\n", 0, begin) + 1, len(self.content[begin:offset].decode()) + 1

    def rendered(self, start: int, end: int) -> Rendered:
        """The text between two offsets, with its placeholders replaced. Raises PlaceholderError as replace() does."""
        text = self.content[start:end].decode()
        if self.values is None or self.marks.prefix not in text:
            return Rendered(text, text)

        def locate(offset: int) -> tuple[int, int]:
            return self.place(start + len(text[:offset].encode()))

        return replace(self.script, text, self.values, self.marks, locate)

    def chunks(self, start: int = 0, end: int | None = None) -> Iterator[bytes | memoryview]:
        """What is between two offsets, in chunks of UTF-8 that hold whole lines where placeholders are replaced."""
        end = len(self.content) if end is None else end
        replaces = self.has_marks(start, end)
        view = memoryview(self.content)
        while start < end:
            stop = min(start + _BLOCK, end)
            if replaces and stop < end:
                stop = self.content.find(b"\n", stop, end) + 1 or end
            yield self.rendered(start, stop).text.encode() if replaces else view[start:stop]
            start = stop

    def has_marks(self, start: int, end: int) -> bool:
        """Whether there is anything to replace between two offsets."""
        return self.values is not None and self.content.find(self.marks.prefix.encode(), start, end) >= 0

    def error_at(self, offset: int, message: str, sqlstate: str | None = None) -> ScriptError:
        """The ScriptError for the byte at `offset`. It shows the source, in which no value can leak."""
        return ScriptError(self.script, *self.place(offset), message, self.excerpt(offset), sqlstate)

    def conceal(self, message: str) -> str:
        """A message of the server's about this script, without the values that it quotes."""
        return conceal(message, shown_for(self.values or {}, self.marks))

    def excerpt(self, offset: int) -> str:
        """The source's line from `offset` on, cut to what a reader takes in at a glance."""
        end = self.content.find(b"\n", offset, offset + 400)
        piece = self.content[offset : end if end >= 0 else offset + 400].decode(errors="ignore").strip()
        return piece if len(piece) <= 80 else piece[:79] + "…"


def in_utf8(content: bytes, codec: str) -> bytes:
    """What is written in `codec`, in UTF-8: `content` itself where it is that already. It is read block by block.

    Raises UnicodeDecodeError, whose `start` is the offset in `content`, and LookupError for a codec that is not known.
    """
    keeps = codecs.lookup(codec).name == "utf-8"
    if keeps and content.isascii():
        return content
    decoder = codecs.getincrementaldecoder(codec)()
    done: list[bytes] = []
    for start in range(0, len(content), _BLOCK):
        block = content[start : start + _BLOCK]
        try:
            text = decoder.decode(block, final=start + _BLOCK >= len(content))
        except UnicodeDecodeError as error:
            offset = start + len(block) - len(error.object)  # what was left of the block before comes first
            raise UnicodeDecodeError(codec, content, offset + error.start, offset + error.end, error.reason) from None
        if not keeps:
            done.append(text.encode())
    return content if keeps else b"".join(done)
