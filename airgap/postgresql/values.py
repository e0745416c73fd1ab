"""Between the engine's property values, with their secrets and unknowns, and plain Python values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pulumi.provider.experimental.property_value import Computed, PropertyValue
from pulumi.runtime import rpc

UNKNOWN: Final = rpc.UNKNOWN
"""What stands for a value that a preview cannot know yet. The framework leaves it the string that it is on the wire."""

Values = Mapping[str, Any]
"""The properties of one resource by name: str, bool, int, a tuple of str, None where there is none, or UNKNOWN."""


def plain(value: PropertyValue | None) -> Any:
    """`value` without its secrecy; integral numbers as int, lists as tuples. UNKNOWN if anything in it is."""
    inner = None if value is None else value.value
    if isinstance(inner, Computed):
        return UNKNOWN
    if isinstance(inner, float):
        return int(inner) if inner.is_integer() else inner
    if isinstance(inner, Mapping):
        return {name: plain(item) for name, item in inner.items()}
    if isinstance(inner, Sequence) and not isinstance(inner, str):
        items = tuple(plain(item) for item in inner)
        return UNKNOWN if UNKNOWN in items else items
    return inner


def plain_map(values: Mapping[str, PropertyValue]) -> dict[str, Any]:
    """The plain values of `values`, without nulls and without the names in `__` that the engine keeps for itself."""
    known = {name: plain(value) for name, value in values.items() if not name.startswith("__")}
    return {name: value for name, value in known.items() if value is not None}


def wire(value: Any, *, secret: bool = False) -> PropertyValue:
    """A plain value as the engine wants it."""
    if isinstance(value, bool) or value is None:
        return PropertyValue(value, is_secret=secret)
    if isinstance(value, int):
        return PropertyValue(float(value), is_secret=secret)
    if isinstance(value, tuple):
        return PropertyValue([wire(item) for item in value], is_secret=secret)
    return PropertyValue(value, is_secret=secret)


def is_secret(name: str, *maps: Mapping[str, PropertyValue]) -> bool:
    """Whether the property `name` is, or holds, a secret in one of `maps`."""
    return any(name in values and values[name].contains_secret() for values in maps)
