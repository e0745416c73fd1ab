"""How long a connection waits for a network that says nothing: seconds to log in, and half a minute once it is open.

libpq by itself waits for ever for a server that accepts and never answers, and as long as the operating system does,
two hours on Linux, for one whose machine or network is gone. No statement that takes its time is cut off by this: it is
the server's operating system that answers a keepalive (https://www.postgresql.org/docs/18/libpq-connect.html).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CONNECT_SECONDS = 5
"""For each address of the host."""
ALIVE: Mapping[str, Any] = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
}
"""libpq's parameters: asked after 10 seconds of silence, gone after 30, sent or not (in milliseconds)."""
