"""What the engine starts as `pulumi-resource-kubernetes`."""

from __future__ import annotations

import asyncio
import os
import sys

from airgap.kubernetes.provider import KubernetesProvider, work
from airgap.serve import serve

VERSION = "4.34.2"
"""The version of the official plugin that this one stands in for."""


def main() -> None:
    """Serve until the engine interrupts. The engine's address is the last argument."""
    asyncio.run(_serve_and_exit())


async def _serve_and_exit() -> None:
    engine = sys.argv[-1] if len(sys.argv) > 1 else ""
    await serve(KubernetesProvider(engine), VERSION, sys.argv[1:], work)
    # A thread that waits for a server to answer would hold up an ordinary end.
    os._exit(0)


if __name__ == "__main__":
    main()
