"""The checksum that Flyway records for a script.

CRC-32 over the lines without their ends, as a signed 32-bit number. Lines end at \\n, \\r or \\r\\n and nowhere else.
So a file keeps its checksum when its line ends or its last newline change. A leading byte order mark does not count,
nor does the encoding of the file: what counts is the text in UTF-8 (Flyway documentation, "Validate";
tests/flyway/test_checksum.py has numbers that Flyway recorded).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

_BLOCK = 1 << 20  # a script of many megabytes is not to be in memory twice
_BYTE_ORDER_MARK = "\ufeff"


def checksum(text: str) -> int:
    """Flyway's checksum of a script's text."""
    start = len(_BYTE_ORDER_MARK) if text.startswith(_BYTE_ORDER_MARK) else 0
    return checksum_of(text[at : at + _BLOCK].encode() for at in range(start, len(text), _BLOCK))


def checksum_of(chunks: Iterable[bytes | memoryview]) -> int:
    """Flyway's checksum of a text that comes in chunks of UTF-8 without a byte order mark, cut anywhere."""
    unsigned = 0
    for chunk in chunks:
        view = memoryview(chunk)
        for at in range(0, len(view), _BLOCK):
            unsigned = zlib.crc32(bytes(view[at : at + _BLOCK]).translate(None, b"\r\n"), unsigned)
    return unsigned - (1 << 32) if unsigned >= 1 << 31 else unsigned
