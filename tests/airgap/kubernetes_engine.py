"""A small engine for tests: it calls the Kubernetes provider as Pulumi's engine does, with values over the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pulumi.provider.experimental import provider as protocol
from pulumi.provider.experimental.property_value import PropertyValue

from airgap.errors import PartialFailure
from airgap.kubernetes.log import Log
from airgap.kubernetes.provider import KubernetesProvider
from airgap.kubernetes.values import plain_map, wire

Wire = dict[str, PropertyValue]


class Secret(str):
    """A string that the program marked as secret."""


class Told(Log):
    """What the plugin told the engine to show."""

    def __init__(self) -> None:
        super().__init__("")
        self.warnings: list[str] = []
        self.statuses: list[str] = []

    def warn(self, message: str, about: str = "") -> None:  # noqa: ARG002  # as the engine's
        self.warnings.append(message)

    def status(self, message: str, about: str) -> None:  # noqa: ARG002  # as the engine's
        self.statuses.append(message)


@dataclass(frozen=True)
class Resource:
    """What the engine records."""

    urn: str
    id: str
    inputs: Wire
    state: Wire

    @property
    def values(self) -> dict[str, Any]:
        """The outputs as a plain object."""
        return plain_map(self.state)

    @property
    def asked(self) -> dict[str, Any]:
        """The checked inputs as a plain object."""
        return plain_map(self.inputs)


@dataclass(frozen=True)
class Engine:
    """One provider, configured, and what it told."""

    provider: KubernetesProvider
    told: Told

    @classmethod
    def configured(cls, **options: str) -> Engine:
        """An engine whose provider has these options, as strings, as they arrive from a program."""
        provider = KubernetesProvider("")
        provider._log = told = Told()
        args = {name: PropertyValue(value) for name, value in options.items()}
        asyncio.run(provider.configure(protocol.ConfigureRequest({}, args, True, True)))
        return cls(provider, told)

    def check(self, token: str, name: str, inputs: Mapping[str, Any], old: Wire | None = None) -> Wire:
        """The checked inputs."""
        request = protocol.CheckRequest(urn(token, name), old or {}, sent(inputs), b"seed")
        response = asyncio.run(self.provider.check(request))
        assert not response.failures
        return over_the_wire(response.inputs or {})

    def create(self, token: str, name: str, /, timeout: float = 0, **inputs: Any) -> Resource:
        """Check and create a resource of the type `token`, such as `core/v1:Namespace`."""
        return self._create(token, name, inputs, timeout, preview=False)

    def preview(self, token: str, name: str, /, **inputs: Any) -> Resource:
        """Check, and say what a resource would become."""
        return self._create(token, name, inputs, 0, preview=True)

    def _create(self, token: str, name: str, inputs: Mapping[str, Any], timeout: float, *, preview: bool) -> Resource:
        checked = self.check(token, name, inputs)
        request = protocol.CreateRequest(urn(token, name), checked, timeout, preview)
        response = asyncio.run(self.provider.create(request))
        return Resource(request.urn, response.resource_id or "", checked, over_the_wire(response.properties))

    def unready(self, token: str, name: str, /, timeout: float, **inputs: Any) -> tuple[Resource, str]:
        """A resource that is made and does not get ready, as the engine records it, and the error."""
        checked = self.check(token, name, inputs)
        request = protocol.CreateRequest(urn(token, name), checked, timeout, False)
        try:
            asyncio.run(self.provider.create(request))
        except PartialFailure as error:
            return Resource(request.urn, error.identifier, checked, over_the_wire(error.properties)), str(error)
        raise AssertionError("it got ready")

    def diff(self, resource: Resource, /, ignore: tuple[str, ...] = (), **inputs: Any) -> protocol.DiffResponse:
        """What the program's new `inputs` would change, apart from the paths that it ignores."""
        checked = self._checked(resource, inputs)
        request = protocol.DiffRequest(resource.urn, resource.id, resource.state, checked, list(ignore))
        return asyncio.run(self.provider.diff(request))

    def kinds(self, resource: Resource, /, **inputs: Any) -> dict[str, str]:
        """The kind of each difference by path: `{"spec.replicas": "UPDATE"}`."""
        return {path: change.kind.name for path, change in self.diff(resource, **inputs).detailed_diff.items()}

    def update(
        self, resource: Resource, /, timeout: float = 0, ignore: tuple[str, ...] = (), **inputs: Any
    ) -> Resource:
        """Check and update, whether or not the diff asks for it."""
        return self._update(resource, inputs, timeout, ignore, preview=False)

    def preview_update(self, resource: Resource, /, **inputs: Any) -> Resource:
        """Check, and say what the resource would become."""
        return self._update(resource, inputs, 0, (), preview=True)

    def _update(
        self, resource: Resource, inputs: Mapping[str, Any], timeout: float, ignore: tuple[str, ...], *, preview: bool
    ) -> Resource:
        checked = self._checked(resource, inputs)
        request = protocol.UpdateRequest(
            resource.urn, resource.id, resource.state, checked, timeout, list(ignore), preview
        )
        response = asyncio.run(self.provider.update(request))
        return replace(resource, inputs=checked, state=over_the_wire(response.properties))

    def _checked(self, resource: Resource, inputs: Mapping[str, Any]) -> Wire:
        token = resource.urn.split("::")[2].removeprefix("kubernetes:")
        return self.check(token, resource.urn.split("::")[3], inputs, resource.inputs)

    def refresh(self, resource: Resource) -> Resource | None:
        """The resource as the cluster has it now, or None where it is gone."""
        return self._read(protocol.ReadRequest(resource.urn, resource.id, resource.state, resource.inputs))

    def read(self, token: str, identifier: str) -> Resource | None:
        """What a `get` or an import of `identifier` finds."""
        return self._read(protocol.ReadRequest(urn(token, "read"), identifier, {}, {}))

    def _read(self, request: protocol.ReadRequest) -> Resource | None:
        response = asyncio.run(self.provider.read(request))
        if not response.resource_id:
            return None
        state, inputs = over_the_wire(response.properties), over_the_wire(response.inputs)
        return Resource(request.urn, response.resource_id, inputs, state)

    def delete(self, resource: Resource, timeout: float = 0) -> None:
        """Delete the resource, and wait until it is gone."""
        request = protocol.DeleteRequest(resource.urn, resource.id, resource.state, timeout)
        asyncio.run(self.provider.delete(request))


def urn(token: str, name: str) -> str:
    return f"urn:pulumi:test::project::kubernetes:{token}::{name}"


def sent(inputs: Mapping[str, Any]) -> Wire:
    """The inputs of a program as they arrive, apiVersion and kind among them, which the SDK fills in."""
    return over_the_wire({name: _property(value) for name, value in inputs.items()})


def _property(value: Any) -> PropertyValue:
    if isinstance(value, dict):
        return PropertyValue({name: _property(item) for name, item in value.items()})
    if isinstance(value, list):
        return PropertyValue([_property(item) for item in value])
    return PropertyValue(str(value), is_secret=True) if isinstance(value, Secret) else wire(value)


def over_the_wire(values: Mapping[str, PropertyValue]) -> Wire:
    """`values` after the trip between two processes."""
    return PropertyValue.unmarshal_map(PropertyValue.marshal_map(dict(values)))
