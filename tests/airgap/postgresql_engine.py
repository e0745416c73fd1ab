"""A small engine for tests: it calls the provider as Pulumi's engine does, with values that went over the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pulumi.provider.experimental import provider as protocol
from pulumi.provider.experimental.property_value import PropertyValue

from airgap.postgresql.provider import PostgresqlProvider
from airgap.postgresql.values import plain, wire

Wire = dict[str, PropertyValue]


class Secret(str):
    """A string that the program marked as secret."""


class Refused(Exception):
    """What the check found wrong, by property."""

    def __init__(self, failures: list[protocol.CheckFailure]) -> None:
        super().__init__("; ".join(failure.reason for failure in failures))
        self.reasons = {failure.property: failure.reason for failure in failures}


@dataclass(frozen=True)
class Resource:
    """What the engine records."""

    urn: str
    id: str
    inputs: Wire
    state: Wire

    @property
    def values(self) -> dict[str, Any]:
        """The outputs that are not null, apart from the identifier, as plain values."""
        found = {name: plain(value) for name, value in self.state.items() if name != "id"}
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True)
class Engine:
    """One provider, configured."""

    provider: PostgresqlProvider

    @classmethod
    def configured(cls, **options: Any) -> Engine:
        """An engine whose provider has these options, as strings, as they arrive from a program."""
        provider = PostgresqlProvider()
        args = {name: PropertyValue(str(value)) for name, value in options.items()}
        asyncio.run(provider.configure(protocol.ConfigureRequest({}, args, True, True)))
        return cls(provider)

    def check(self, urn: str, inputs: Mapping[str, Any], old: Wire | None = None) -> Wire:
        """The checked inputs. Raises Refused."""
        request = protocol.CheckRequest(urn, old or {}, sent(inputs), b"seed")
        response = asyncio.run(self.provider.check(request))
        if response.failures:
            raise Refused(response.failures)
        return over_the_wire(response.inputs or {})

    def create(self, kind: str, name: str, /, **inputs: Any) -> Resource:
        """Check and create a resource of the type `kind`, such as `role:Role`."""
        return self._create(kind, name, inputs, preview=False)

    def preview(self, kind: str, name: str, /, **inputs: Any) -> Resource:
        """Check, and say what a resource would become."""
        return self._create(kind, name, inputs, preview=True)

    def _create(self, kind: str, name: str, inputs: Mapping[str, Any], *, preview: bool) -> Resource:
        urn = f"urn:pulumi:test::project::postgresql:index/{kind}::{name}"
        checked = self.check(urn, inputs)
        response = asyncio.run(self.provider.create(protocol.CreateRequest(urn, checked, 0, preview)))
        return Resource(urn, response.resource_id or "", checked, over_the_wire(response.properties))

    def diff(self, resource: Resource, /, **inputs: Any) -> protocol.DiffResponse:
        """What the program's new `inputs` would change."""
        return self.diff_ignoring((), resource, **inputs)

    def diff_ignoring(self, ignore: tuple[str, ...], resource: Resource, /, **inputs: Any) -> protocol.DiffResponse:
        """What they would change apart from the paths that the program ignores."""
        checked = self.check(resource.urn, inputs, resource.inputs)
        request = protocol.DiffRequest(resource.urn, resource.id, resource.state, checked, list(ignore))
        return asyncio.run(self.provider.diff(request))

    def kinds(self, resource: Resource, /, **inputs: Any) -> dict[str, str]:
        """The kind of each difference by property: `{"login": "UPDATE"}`."""
        detailed = self.diff(resource, **inputs).detailed_diff
        return {name: change.kind.name for name, change in detailed.items()}

    def update(self, resource: Resource, /, **inputs: Any) -> Resource:
        """Check and update, whether or not the diff asks for it."""
        return self._update(resource, inputs, preview=False)

    def preview_update(self, resource: Resource, /, **inputs: Any) -> Resource:
        """Check, and say what the resource would become."""
        return self._update(resource, inputs, preview=True)

    def _update(self, resource: Resource, inputs: Mapping[str, Any], *, preview: bool) -> Resource:
        checked = self.check(resource.urn, inputs, resource.inputs)
        request = protocol.UpdateRequest(resource.urn, resource.id, resource.state, checked, 0, [], preview)
        response = asyncio.run(self.provider.update(request))
        return replace(resource, inputs=checked, state=over_the_wire(response.properties))

    def refresh(self, resource: Resource) -> Resource | None:
        """The resource as the catalog has it now, or None where it is gone."""
        request = protocol.ReadRequest(resource.urn, resource.id, resource.state, resource.inputs)
        return self._read(request)

    def imported(self, kind: str, name: str, identifier: str) -> Resource | None:
        """What an import of `identifier` finds."""
        urn = f"urn:pulumi:test::project::postgresql:index/{kind}::{name}"
        return self._read(protocol.ReadRequest(urn, identifier, {}, {}))

    def _read(self, request: protocol.ReadRequest) -> Resource | None:
        response = asyncio.run(self.provider.read(request))
        if not response.resource_id:
            return None
        state, inputs = over_the_wire(response.properties), over_the_wire(response.inputs)
        return Resource(request.urn, response.resource_id, inputs, state)

    def delete(self, resource: Resource) -> None:
        """Delete the resource."""
        request = protocol.DeleteRequest(resource.urn, resource.id, resource.state, 0)
        asyncio.run(self.provider.delete(request))


def sent(inputs: Mapping[str, Any]) -> Wire:
    """The inputs of a program, lists as lists, as they arrive."""
    return over_the_wire(
        {
            name: value
            if isinstance(value, PropertyValue)
            else wire(tuple(value) if isinstance(value, list) else value, secret=isinstance(value, Secret))
            for name, value in inputs.items()
        }
    )


def over_the_wire(values: Mapping[str, PropertyValue]) -> Wire:
    """`values` after the trip between two processes."""
    return PropertyValue.unmarshal_map(PropertyValue.marshal_map(dict(values)))
