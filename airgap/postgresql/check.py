"""The check of a resource's inputs against its table: everything wrong at once, and the defaults filled in."""

from __future__ import annotations

import difflib
import hashlib
import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import CheckFailure, CheckRequest, CheckResponse

from airgap.postgresql.table import Kind, Property, ResourceType
from airgap.postgresql.values import UNKNOWN, plain, plain_map, wire

DEFAULTS = "__defaults"
"""Where the official plugin notes which inputs it filled in itself."""
_LONGEST_NAME = 63  # bytes, NAMEDATALEN - 1: https://www.postgresql.org/docs/current/sql-syntax-lexical.html
_RANDOM_DIGITS = 7


def check(kind: ResourceType, request: CheckRequest) -> CheckResponse:
    """The inputs with their defaults, or all that is wrong with them."""
    given = {name: value for name, value in request.new_inputs.items() if not name.startswith("__")}
    inputs = dict(coerced(kind.properties, given))
    defaults = _defaults(kind.properties, inputs, request)
    inputs |= defaults
    failures = list(failures_of(kind.label, kind.properties, inputs))
    values = plain_map(inputs)
    if not failures and UNKNOWN not in values.values():
        failures = [CheckFailure(name, reason) for name, reason in kind.problems(values)]
    inputs[DEFAULTS] = wire(tuple(sorted(defaults)))
    return CheckResponse(inputs=inputs, failures=failures)


def coerced(properties: Iterable[Property], given: Mapping[str, PropertyValue]) -> Iterator[tuple[str, PropertyValue]]:
    """The values given, without nulls; numbers and booleans in strings, as options of a provider are, as such."""
    kinds = {each.name: each.kind for each in properties}
    for name, value in given.items():
        if value.value is not None:
            yield name, value.with_value(_coerce(kinds.get(name), value.value))


def _coerce(kind: Kind | None, value: Any) -> Any:
    if kind is Kind.BOOLEAN and value in ("true", "false"):
        return value == "true"
    if kind is Kind.INTEGER and isinstance(value, str) and value.removeprefix("-").isdecimal():
        return float(value)
    return value


def _defaults(
    properties: Iterable[Property], inputs: Mapping[str, PropertyValue], request: CheckRequest
) -> dict[str, PropertyValue]:
    defaults = {}
    for each in properties:
        if each.name in inputs:
            continue
        if each.auto_named:
            defaults[each.name] = request.old_inputs.get(each.name) or wire(_auto_name(request))
        elif each.default:  # a zero value, such as false, is as good as none
            defaults[each.name] = wire(each.default)
    return defaults


def _auto_name(request: CheckRequest) -> str:
    """The resource's name, a dash and seven random hexadecimal digits, the same in the preview and after it."""
    seed = request.random_seed
    digits = hashlib.sha256(seed + request.urn.encode()).hexdigest() if seed else secrets.token_hex()
    return f"{request.name}-{digits[:_RANDOM_DIGITS]}"


def failures_of(
    owner: str, properties: Iterable[Property], inputs: Mapping[str, PropertyValue]
) -> Iterator[CheckFailure]:
    """What is wrong with each of `inputs` by the table `properties` of the type called `owner`."""
    known = {each.name: each for each in properties}
    for name in inputs:
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean `{nearest[0]}`?" if nearest else f"; it has {', '.join(sorted(known))}"
            yield CheckFailure(name, f"{owner} has no property `{name}`{hint}")
    for each in known.values():
        if reason := _reason(each, plain(inputs.get(each.name))):
            yield CheckFailure(each.name, reason)


def _reason(each: Property, value: Any) -> str | None:
    """Why `value` will not do, or None."""
    if value is None:
        return "missing required property" if each.required else None
    if value == UNKNOWN:
        return None
    if each.unsupported:
        return None if not value else "not supported by the airgap stand-in; use the official plugin"
    if not _fits(each.kind, value):
        shown = "" if each.secret else f", not {value!r}"
        return f"must be {each.kind.phrase}{shown}"
    return _out_of_bounds(each, value)


def _out_of_bounds(each: Property, value: Any) -> str | None:
    if each.choices and value not in each.choices:
        return f"must be one of {', '.join(each.choices)}, not {value!r}"
    if each.minimum is not None and value < each.minimum:
        return f"must be {each.minimum} or more, not {value}"
    if each.auto_named and not 0 < len(value.encode()) <= _LONGEST_NAME:
        return f"must have 1 to {_LONGEST_NAME} bytes, all that PostgreSQL keeps of a name, not {value!r}"
    return None


def _fits(kind: Kind, value: Any) -> bool:
    match kind:
        case Kind.STRING:
            return isinstance(value, str)
        case Kind.BOOLEAN:
            return isinstance(value, bool)
        case Kind.INTEGER:
            return isinstance(value, int) and not isinstance(value, bool)
        case Kind.LIST | Kind.SET:
            return isinstance(value, tuple) and all(isinstance(item, str) for item in value)
        case Kind.OBJECT:
            return True
