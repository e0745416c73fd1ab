"""The provider that the engine talks to: the tables and the SQL of the resource types behind Pulumi's interface."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

from pulumi.provider.experimental import provider as protocol

from airgap.errors import PluginError
from airgap.postgresql.check import check
from airgap.postgresql.diff import diff
from airgap.postgresql.options import Server, check_options, server
from airgap.postgresql.states import outputs, previewed, refreshed_inputs
from airgap.postgresql.table import ResourceType
from airgap.postgresql.values import plain_map, wire

_PREFIX = "postgresql:config:"


@functools.cache
def work() -> tuple[ModuleType, ModuleType]:
    """The operations and the resource types. Imported on demand, since they bring psycopg: the port comes before it."""
    from airgap.postgresql import operations, resources  # noqa: PLC0415

    return operations, resources


class PostgresqlProvider(protocol.Provider):
    """Resources of one PostgreSQL server."""

    def __init__(self) -> None:
        self._server: Server | None = None

    @functools.cached_property
    def _sessions(self) -> Any:
        if self._server is None:
            raise PluginError("the options of the provider are not known yet; run `pulumi up`, which makes the server")
        return work()[0].Sessions(self._server)

    async def check_config(self, request: protocol.CheckRequest) -> protocol.CheckResponse:
        return protocol.CheckResponse(inputs=request.new_inputs, failures=check_options(request.new_inputs))

    async def configure(self, request: protocol.ConfigureRequest) -> protocol.ConfigureResponse:
        """Note the server; nothing connects before there is something to do."""
        options = request.args or {name.removeprefix(_PREFIX): wire(value) for name, value in request.variables.items()}
        self._server = server(options)
        self.__dict__.pop("_sessions", None)
        return protocol.ConfigureResponse(accept_secrets=True, supports_preview=True)

    async def check(self, request: protocol.CheckRequest) -> protocol.CheckResponse:
        return check(await _type(request.urn), request)

    async def diff(self, request: protocol.DiffRequest) -> protocol.DiffResponse:
        return diff(await _type(request.urn), request)

    async def create(self, request: protocol.CreateRequest) -> protocol.CreateResponse:
        kind = await _type(request.urn)
        values = kind.completed(plain_map(request.properties), {})
        if request.preview:
            return protocol.CreateResponse(properties=outputs(kind, previewed(kind, values), request.properties))
        made = await self._operate("create", kind, _name(request.urn), values)
        identifier = kind.identifier(made)
        return protocol.CreateResponse(identifier, outputs(kind, made, request.properties, identifier=identifier))

    async def read(self, request: protocol.ReadRequest) -> protocol.ReadResponse:
        """Refresh a resource; or import one, which has no inputs yet."""
        kind = await _type(request.urn)
        known = dict(plain_map(request.properties))
        if not request.inputs:
            known = _imported(kind, request.resource_id) | known
        found = await self._operate("read", kind, _name(request.urn), kind.completed(known, {}))
        if found is None and not request.inputs:
            # To the engine an import without an answer is an object without properties.
            raise PluginError(f"{kind.label} {request.resource_id} does not exist: nothing was imported")
        if found is None:
            return protocol.ReadResponse()
        identifier = kind.identifier(found)
        return protocol.ReadResponse(
            identifier,
            outputs(kind, found, request.properties, request.inputs, identifier=identifier),
            refreshed_inputs(kind, request.inputs, found),
        )

    async def update(self, request: protocol.UpdateRequest) -> protocol.UpdateResponse:
        kind = await _type(request.urn)
        old = kind.completed(plain_map(request.olds), {})
        new = kind.completed(plain_map(request.news), old)
        identifier = request.resource_id
        if not request.preview:
            new = await self._operate("update", kind, _name(request.urn), old, new)
            identifier = kind.identifier(new)
        return protocol.UpdateResponse(outputs(kind, new, request.news, identifier=identifier))

    async def delete(self, request: protocol.DeleteRequest) -> None:
        kind = await _type(request.urn)
        values = kind.completed(plain_map(request.properties), {})
        await self._operate("delete", kind, _name(request.urn), values)

    async def _operate(self, operation: str, kind: ResourceType, *arguments: Any) -> Any:
        run: Callable[..., Any] = getattr(work()[0], operation)
        return await asyncio.to_thread(run, self._sessions, kind, *arguments)


async def _type(urn: str) -> ResourceType:
    """The type in `urn`, which also names the types of the resource's parents. Raises PluginError."""
    _, resources = await asyncio.to_thread(work)
    kind: ResourceType = resources.resource_type(urn.split("::")[2].rpartition("$")[2])
    return kind


def _name(urn: str) -> str:
    return urn.split("::", 3)[3]


def _imported(kind: ResourceType, identifier: str) -> dict[str, Any]:
    if kind.from_identifier is None:
        raise PluginError(f"a {kind.label} cannot be imported; create it, which grants again what is granted already")
    return dict(kind.from_identifier(identifier))
