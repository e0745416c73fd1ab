"""A server that speaks TLS, for tests: the wheel's PostgreSQL is built without, so that TLS ends before it.

The certificates are valid for a hundred years: `ca.pem` signs `server.pem` (localhost and 127.0.0.1), `other-ca.pem`
signs nothing. The key protects nothing but what a test starts on loopback.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parent
_ASKS_FOR_TLS = bytes.fromhex("0000000804d2162f")  # PostgreSQL's protocol, SSLRequest


@contextlib.contextmanager
def speaking_tls(port: int) -> Iterator[int]:
    """The port of a proxy on loopback that takes TLS alone and hands on to the server on `port`."""
    loop = asyncio.new_event_loop()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(FOLDER / "server.pem", FOLDER / "server.key")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError), contextlib.closing(writer):
            if await reader.readexactly(8) != _ASKS_FOR_TLS:
                return
            writer.write(b"S")
            await writer.start_tls(context)
            answers, asks = await asyncio.open_connection("127.0.0.1", port)
            with contextlib.closing(asks):
                await asyncio.wait(
                    [asyncio.create_task(_copy(reader, asks)), asyncio.create_task(_copy(answers, writer))],
                    return_when=asyncio.FIRST_COMPLETED,
                )

    server = loop.run_until_complete(asyncio.start_server(serve, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0.1))
        loop.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
