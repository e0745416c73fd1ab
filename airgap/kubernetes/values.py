"""Between the engine's property values, with their secrets and unknowns, and plain objects as JSON has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pulumi.provider.experimental.property_value import Computed, PropertyValue
from pulumi.runtime import rpc

UNKNOWN: Final = rpc.UNKNOWN
"""What stands for a value that a preview cannot know yet. The framework leaves it the string that it is on the wire."""

Object = dict[str, Any]
"""A Kubernetes object, or a part of one."""

Wire = Mapping[str, PropertyValue]

# The SDKs cannot have a dash in a name: https://www.pulumi.com/registry/packages/kubernetes/
_DASHED = {
    name.replace("-", "_"): name
    for name in (
        "x-kubernetes-embedded-resource",
        "x-kubernetes-int-or-string",
        "x-kubernetes-list-map-keys",
        "x-kubernetes-list-type",
        "x-kubernetes-map-type",
        "x-kubernetes-preserve-unknown-fields",
        "x-kubernetes-validations",
    )
}
_UNDERSCORED = {dashed: name for name, dashed in _DASHED.items()}


def plain(value: PropertyValue) -> Any:
    """`value` without its secrecy and without nulls in maps; integral numbers as int."""
    inner = value.value
    if isinstance(inner, Computed):
        return UNKNOWN
    if isinstance(inner, float):
        return int(inner) if inner.is_integer() else inner
    if isinstance(inner, Mapping):
        return plain_map(inner)
    if isinstance(inner, Sequence) and not isinstance(inner, str):
        return [plain(item) for item in inner]
    return inner


def plain_map(values: Wire) -> Object:
    """The object that `values` describe."""
    return {_DASHED.get(name, name): plain(value) for name, value in values.items() if value.value is not None}


def has_unknown(value: Any) -> bool:
    """Whether a plain value is unknown in any part."""
    if isinstance(value, dict):
        return any(map(has_unknown, value.values()))
    if isinstance(value, list):
        return any(map(has_unknown, value))
    return bool(value == UNKNOWN)


def wire(value: Any, like: PropertyValue | None = None) -> PropertyValue:
    """A plain value as the engine wants it, secret where `like` is. A secret in a list makes the list one."""
    if like is not None and like.is_secret:
        return wire(value).with_secret(True)
    if isinstance(value, dict):
        within = like.value if like is not None and isinstance(like.value, Mapping) else None
        if within is not None or like is None or not like.contains_secret():
            return PropertyValue(wire_map(value, within or {}))
    elif like is None or not like.contains_secret():
        return _wire(value)
    return wire(value).with_secret(True)


def wire_map(values: Object, like: Wire) -> dict[str, PropertyValue]:
    """An object as the engine wants it, secret where `like` is; of a Secret, its data always are."""
    found = {}
    for key, value in values.items():
        name = _UNDERSCORED.get(key, key)
        found[name] = wire(value, like.get(name))
    if values.get("kind") == "Secret":
        for name in found.keys() & {"data", "stringData"}:
            found[name] = wire(values[name]).with_secret(True)
    return found


def _wire(value: Any) -> PropertyValue:
    if isinstance(value, int) and not isinstance(value, bool):
        return PropertyValue(float(value))
    if isinstance(value, list):
        return PropertyValue([wire(item) for item in value])
    return PropertyValue(value)
