"""The tables of the plugin against the argument classes of the official SDK, so that neither drifts from the other."""

from __future__ import annotations

import inspect
import json
from importlib.resources import files
from typing import Any, get_args

import pulumi_postgresql
import pytest
from pulumi.provider.experimental.property_value import PropertyValue

from airgap.postgresql.options import OPTIONS
from airgap.postgresql.plugin import VERSION
from airgap.postgresql.resources import TYPES
from airgap.postgresql.table import Kind, Property, ResourceType

_PYTHON_TYPES = {Kind.STRING: str, Kind.BOOLEAN: bool, Kind.INTEGER: int}


def parameters(arguments: type) -> dict[str, inspect.Parameter]:
    """The parameters of an argument class by their names on the wire."""
    found = inspect.signature(arguments).parameters
    return {_wire_name(arguments, name): parameter for name, parameter in found.items()}


def _wire_name(arguments: type, name: str) -> str:
    getter = inspect.getattr_static(arguments, name).fget
    return getattr(getter, "_pulumi_name", name)


def leaves(annotation: Any) -> set[Any]:
    """The types that an annotation is made of: {str} for Input[Optional[Sequence[Input[str]]]]."""
    inner = get_args(annotation)
    return {annotation} if not inner else set().union(*map(leaves, inner))


def compare(arguments: type, properties: tuple[Property, ...]) -> None:
    """Same names, same required ones, and scalars of the same type."""
    accepted = parameters(arguments)
    assert {each.name for each in properties} == set(accepted)
    required = {name for name, each in accepted.items() if each.default is inspect.Parameter.empty}
    assert {each.name for each in properties if each.required} == required
    for each in properties:
        if each.kind in _PYTHON_TYPES and not each.unsupported:
            assert _PYTHON_TYPES[each.kind] in leaves(accepted[each.name].annotation), each.name


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.label)
def test_a_type_has_the_properties_of_the_sdk(kind: ResourceType) -> None:
    compare(getattr(pulumi_postgresql, f"{kind.label}Args"), kind.properties)


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.label)
def test_a_type_has_the_token_of_the_sdk(kind: ResourceType) -> None:
    assert f"'{kind.token}'" in inspect.getsource(getattr(pulumi_postgresql, kind.label))


def test_the_provider_has_the_options_of_the_sdk() -> None:
    compare(pulumi_postgresql.ProviderArgs, OPTIONS)


def test_the_version_is_the_one_that_the_sdk_asks_for() -> None:
    wanted = json.loads((files(pulumi_postgresql) / "pulumi-plugin.json").read_text())
    assert wanted["version"] == VERSION


def test_secrets_of_the_sdk_are_secret_here() -> None:
    role = next(kind for kind in TYPES if kind.label == "Role")
    assert {each.name for each in role.properties if each.secret} == {"password", "passwordWo"}
    assert {each.name for each in OPTIONS if each.secret} == {"password"}
    assert PropertyValue("x", is_secret=True).contains_secret()
