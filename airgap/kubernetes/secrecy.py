"""Keeps the secrets of a resource out of what the API server says of it, for servers quote what they refuse."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulumi.provider.experimental.property_value import PropertyValue

_SHORTEST = 4  # a shorter one would hide parts of ordinary words


def masked(text: str, *maps: Mapping[str, PropertyValue]) -> str:
    """`text` with each secret of `maps`, also decoded from base64, as `[secret]`."""
    found = {each for values in maps for value in values.values() for each in _secrets(value, secret=False)}
    for secret in sorted(found, key=len, reverse=True):
        text = text.replace(secret, "[secret]")
    return text


def _secrets(value: PropertyValue, *, secret: bool) -> Iterator[str]:
    secret = secret or value.is_secret
    inner: Any = value.value
    if isinstance(inner, Mapping):
        for item in inner.values():
            yield from _secrets(item, secret=secret)
    elif isinstance(inner, str):
        if secret:
            yield from (each for each in (inner, _decoded(inner)) if len(each) >= _SHORTEST)
    elif isinstance(inner, Sequence):
        for item in inner:
            yield from _secrets(item, secret=secret)


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        return ""
