"""The checksum that Flyway records for a script.

CRC-32 over the lines without their ends, as a signed 32-bit number. Lines end at \\n, \\r or \\r\\n and nowhere else.
So a file keeps its checksum when its line ends or its last newline change. A leading byte order mark does not count
(Flyway documentation, "Validate"; tests/flyway/test_checksum.py has numbers that Flyway recorded).
"""

from __future__ import annotations

import re
import zlib

_LINE_END = re.compile(r"\r\n|\r|\n")


def checksum(text: str) -> int:
    """Flyway's checksum of a script's text."""
    unsigned = zlib.crc32(_LINE_END.sub("", text.removeprefix("\ufeff")).encode())
    return unsigned - (1 << 32) if unsigned >= 1 << 31 else unsigned
