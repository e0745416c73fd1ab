"""A Login as a resource's inputs, and back. Flat, since one secret inside a map makes a secret of the whole map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import pulumi
from pulumi.output import Unknown

from infra.connection import Login


@dataclass(frozen=True)
class LoginInputs:
    """A Login whose parts may not be known yet."""

    host: pulumi.Input[str]
    port: pulumi.Input[int]
    database: pulumi.Input[str]
    user: pulumi.Input[str]
    password: pulumi.Input[str]
    sslmode: str
    sslrootcert: str | None

    def properties(self) -> dict[str, Any]:
        """The inputs, each by its own name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def login(props: Mapping[str, Any]) -> Login:
    """The Login in a resource's inputs. Numbers come back from Pulumi as floats."""
    values: dict[str, Any] = {field.name: props.get(field.name) for field in fields(LoginInputs)}
    return Login(**{**values, "port": int(props["port"])})


def known(props: Mapping[str, Any]) -> bool:
    """Whether all inputs are known: in the first preview the server and its passwords are still to come."""
    return not any(isinstance(value, Unknown) for value in props.values())
