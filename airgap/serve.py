"""A plugin's gRPC server: errors as one line, and a quiet end when the engine interrupts it or is gone."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

import grpc  # type: ignore[import-untyped]
import grpc.aio  # type: ignore[import-untyped]
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import Provider
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from airgap.errors import PartialFailure, PluginError

_HOST = "127.0.0.1"
_WATCH_SECONDS = 1.0
_GRACE_SECONDS = 2.0


class OneLineErrors(grpc.aio.ServerInterceptor):  # type: ignore[misc]  # gRPC has no types
    """Answers what a handler raises with a status, where gRPC would print a traceback and its own wording."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler:
        handler = await continuation(handler_call_details)
        if handler is None or handler.unary_unary is None:
            return handler

        async def answer(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
            try:
                answered = handler.unary_unary(request, context)
                return await answered if inspect.isawaitable(answered) else answered
            except grpc.aio.AbortError:
                raise
            except Exception as error:
                await context.abort(*_status(error, handler_call_details.method), _details(error))

        return grpc.unary_unary_rpc_method_handler(answer, handler.request_deserializer, handler.response_serializer)


def _status(error: Exception, method: str) -> tuple[grpc.StatusCode, str]:
    """The status for `error`. The engine takes the outcome of INTERNAL for unknown, of the others for failed."""
    if isinstance(error, PartialFailure):
        return grpc.StatusCode.UNKNOWN, str(error)
    if isinstance(error, PluginError):
        return grpc.StatusCode.FAILED_PRECONDITION, str(error)
    if isinstance(error, NotImplementedError):
        return grpc.StatusCode.UNIMPLEMENTED, f"{method} is not supported by the airgap stand-in"
    place = traceback.extract_tb(error.__traceback__)[-1]
    # Without the error's own words, which may bear a secret.
    what = f"{type(error).__name__} at {os.path.basename(place.filename)}:{place.lineno}"  # noqa: PTH119
    return grpc.StatusCode.INTERNAL, f"a mistake in the airgap stand-in: {what}; please report it"


def _details(error: Exception) -> tuple[tuple[str, bytes], ...]:
    """What tells the engine of a resource that it is there all the same: gRPC's metadata for google.rpc.Status."""
    if not isinstance(error, PartialFailure):
        return ()
    failed = provider_pb2.ErrorResourceInitFailed(
        id=error.identifier, properties=PropertyValue.marshal_map(dict(error.properties)), reasons=[str(error)]
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error))
    status.details.add().Pack(failed)
    return (("grpc-status-details-bin", status.SerializeToString()),)


async def serve(provider: Provider, version: str, arguments: list[str], then: Callable[[], object]) -> None:
    """Serve `provider` until the engine interrupts this process or is gone, and call `then` once the port is printed.

    The port, a free one, is the first line of the output.
    """
    server = grpc.aio.server(interceptors=[OneLineErrors()], options=_GRPC_CHANNEL_OPTIONS)
    engine = arguments[-1] if arguments else ""
    servicer = ProviderServicer(arguments, version, provider, engine_address=engine)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port(f"{_HOST}:0")
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    prepared = asyncio.create_task(asyncio.to_thread(then))
    await _ended_or_orphaned(ended)
    await prepared
    await server.stop(_GRACE_SECONDS)


async def _ended_or_orphaned(ended: asyncio.Event) -> None:
    """Wait for the signal, or until another process is this one's parent: the engine died."""
    engine = os.getppid()
    while os.getppid() == engine:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), _WATCH_SECONDS)
            return
