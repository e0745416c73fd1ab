"""What the engine starts as `pulumi-resource-postgresql`."""

from __future__ import annotations

import asyncio
import os
import sys

from airgap.postgresql.provider import PostgresqlProvider, work
from airgap.serve import serve

VERSION = "3.18.2"
"""The version of the official plugin that this one stands in for."""


def main() -> None:
    """Serve until the engine interrupts. The engine's address is the last argument; nothing here asks the engine."""
    asyncio.run(_serve_and_exit())


async def _serve_and_exit() -> None:
    await serve(PostgresqlProvider(), VERSION, sys.argv[1:], work)
    # A thread that waits for a server to answer would hold up an ordinary end for as long as connectTimeout says.
    os._exit(0)


if __name__ == "__main__":
    main()
