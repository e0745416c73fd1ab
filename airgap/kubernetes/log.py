"""What the engine shows to the user of a resource, beside errors."""

from __future__ import annotations

import contextlib
import functools

import grpc  # type: ignore[import-untyped]
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

_SECONDS = 5


class Log:
    """Tells the engine at `address`; a deaf one is no failure."""

    def __init__(self, address: str) -> None:
        self._address = address

    @functools.cached_property
    def _engine(self) -> engine_pb2_grpc.EngineStub:
        return engine_pb2_grpc.EngineStub(grpc.insecure_channel(self._address))

    def warn(self, message: str, about: str = "") -> None:
        """Show a warning about a resource, by its URN, or about the whole run."""
        self._say(engine_pb2.LogRequest(severity=engine_pb2.WARNING, message=message, urn=about))

    def status(self, message: str, about: str) -> None:
        """Show what a resource is at, until there is something newer."""
        self._say(engine_pb2.LogRequest(severity=engine_pb2.INFO, message=message, urn=about, ephemeral=True))

    def _say(self, request: engine_pb2.LogRequest) -> None:
        if self._address:
            with contextlib.suppress(grpc.RpcError):
                self._engine.Log(request, timeout=_SECONDS)
