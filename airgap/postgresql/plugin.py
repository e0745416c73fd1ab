"""What the engine starts as `pulumi-resource-postgresql`."""

from __future__ import annotations

import asyncio
import sys

from airgap.postgresql.provider import PostgresqlProvider, work
from airgap.postgresql.serve import serve

VERSION = "3.18.2"
"""The version of the official plugin that this one stands in for."""


def main() -> None:
    """Serve until the engine interrupts. The engine's address is the last argument; nothing here asks the engine."""
    asyncio.run(serve(PostgresqlProvider(), VERSION, sys.argv[1:], work))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
