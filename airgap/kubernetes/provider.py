"""The provider that the engine talks to: objects of any kind behind Pulumi's interface."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any, TypeVar

from pulumi.provider.experimental import provider as protocol
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime.proto import provider_pb2

from airgap.errors import PartialFailure, PluginError
from airgap.kubernetes.errors import ApiError
from airgap.kubernetes.log import Log
from airgap.kubernetes.options import Options, check_options, moved, options
from airgap.kubernetes.secrecy import masked
from airgap.kubernetes.values import Wire

_PREFIX = "kubernetes:config:"
_THREADS = 64  # most of them wait
_Answer = TypeVar("_Answer")


@functools.cache
def work() -> ModuleType:
    """What handles the requests. Imported on demand, since it brings httpx: the port comes before it."""
    from airgap.kubernetes import handlers  # noqa: PLC0415

    return handlers


class KubernetesProvider(protocol.Provider):
    """Objects of one cluster."""

    def __init__(self, engine: str) -> None:
        self._log = Log(engine)
        self._stop = threading.Event()
        self._threads = ThreadPoolExecutor(_THREADS, "operation")
        self._options: Options | None = None

    @functools.cached_property
    def _handlers(self) -> Any:
        return work().Handlers(self._options, self._log, self._stop)

    async def check_config(self, request: protocol.CheckRequest) -> protocol.CheckResponse:
        return protocol.CheckResponse(inputs=request.new_inputs, failures=check_options(request.new_inputs))

    async def diff_config(self, request: protocol.DiffRequest) -> protocol.DiffResponse:
        replaces = await self._run(moved, request.old_state, request.new_inputs)
        # The framework passes `changes` on as it is. Without it, the engine compares the options itself.
        some: Any = provider_pb2.DiffResponse.DIFF_SOME
        return protocol.DiffResponse(changes=some if replaces else None, replaces=replaces, diffs=replaces)

    async def configure(self, request: protocol.ConfigureRequest) -> protocol.ConfigureResponse:
        """Note the options; nothing connects before there is something to do."""
        variables = {name.removeprefix(_PREFIX): PropertyValue(text) for name, text in request.variables.items()}
        self._options = options(request.args or variables)
        self.__dict__.pop("_handlers", None)
        return protocol.ConfigureResponse(accept_secrets=True, supports_preview=True)

    async def check(self, request: protocol.CheckRequest) -> protocol.CheckResponse:
        answer: protocol.CheckResponse = await self._handle("check", request, request.new_inputs)
        return answer

    async def diff(self, request: protocol.DiffRequest) -> protocol.DiffResponse:
        answer: protocol.DiffResponse = await self._handle("diff", request, request.new_inputs)
        return answer

    async def create(self, request: protocol.CreateRequest) -> protocol.CreateResponse:
        answer: protocol.CreateResponse = await self._handle("create", request, request.properties)
        return answer

    async def read(self, request: protocol.ReadRequest) -> protocol.ReadResponse:
        """Refresh a resource; or read one that the program names, or import it, which has no inputs yet."""
        answer: protocol.ReadResponse = await self._handle("read", request, request.properties, request.inputs)
        return answer

    async def update(self, request: protocol.UpdateRequest) -> protocol.UpdateResponse:
        answer: protocol.UpdateResponse = await self._handle("update", request, request.olds, request.news)
        return answer

    async def delete(self, request: protocol.DeleteRequest) -> None:
        await self._handle("delete", request, request.properties)

    async def cancel(self) -> None:
        """Stop waiting: the engine was interrupted."""
        self._stop.set()

    async def _handle(self, operation: str, request: Any, *secretive: Wire) -> Any:
        """Let a thread do it, and keep the secrets of the request out of what goes wrong."""
        try:
            return await self._run(self._in_thread, operation, request)
        except PartialFailure as error:
            message = masked(str(error), *secretive)
            raise PartialFailure(message, error.identifier, error.properties) from None
        except PluginError as error:
            raise PluginError(masked(str(error), *secretive)) from None

    def _in_thread(self, operation: str, request: Any) -> Any:
        try:
            return getattr(self._handlers, operation)(request)
        except ApiError as error:  # of a request beside the one that the operation is
            raise PluginError(f"{operation} of {request.name}: the API server says: {error}") from None

    async def _run(self, do: Callable[..., _Answer], *arguments: Any) -> _Answer:
        return await asyncio.get_running_loop().run_in_executor(self._threads, do, *arguments)
