"""What the engine records of a resource: outputs with their secrets, and inputs that tell what drifted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi.provider.experimental.property_value import PropertyValue

from airgap.postgresql.check import DEFAULTS
from airgap.postgresql.table import Kind, Property, ResourceType
from airgap.postgresql.values import UNKNOWN, Values, is_secret, plain, wire

Wire = Mapping[str, PropertyValue]


def outputs(kind: ResourceType, values: Values, *known: Wire, identifier: str = "") -> dict[str, PropertyValue]:
    """The outputs for `values`: secret is what the table says, and what is so in the maps `known`.

    All properties are there, if only as a null: in a preview, the program would take a missing one for unknown.
    """
    found = {
        each.name: wire(_ordered(each, values.get(each.name)), secret=each.secret or is_secret(each.name, *known))
        for each in kind.properties
    }
    return found | ({"id": wire(identifier)} if identifier else {})


def _ordered(each: Property, value: Any) -> Any:
    return tuple(sorted(value)) if each.kind is Kind.SET and isinstance(value, tuple) else value


def previewed(kind: ResourceType, values: Values) -> dict[str, Any]:
    """`values` before the object is made: what the server will choose is unknown."""
    unknown = {each.name: UNKNOWN for each in kind.properties if each.computed and not each.unsupported}
    return unknown | {name: value for name, value in values.items() if value is not None}


def refreshed_inputs(kind: ResourceType, inputs: Wire, found: Values) -> dict[str, PropertyValue]:
    """The inputs as if the program had asked for what is `found`, so that a refresh shows what changed.

    Without `inputs` the resource is being imported: all that is not a default is an input then.
    """
    fresh = {DEFAULTS: inputs.get(DEFAULTS, wire(()))}
    for each in kind.properties:
        value = found.get(each.name)
        if each.name in inputs and each.comparable(plain(inputs[each.name])) == each.comparable(value):
            fresh[each.name] = inputs[each.name]
        elif each.name in inputs or _notable(each, value, importing=not inputs):
            fresh[each.name] = wire(value, secret=each.secret or is_secret(each.name, inputs))
    return {name: value for name, value in fresh.items() if value.value is not None}


def _notable(each: Property, value: Any, *, importing: bool) -> bool:
    """Whether a value that the program has not asked for has to become an input."""
    usual = each.default if each.default is not None else each.kind.zero
    return (importing or not each.computed) and each.comparable(value) != each.comparable(usual)
