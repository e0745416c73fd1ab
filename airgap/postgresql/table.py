"""How a resource type is declared: a table of its properties, and the SQL that does the work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airgap.postgresql.values import Values

if TYPE_CHECKING:
    from airgap.postgresql.session import Session


class Kind(Enum):
    """The kinds of properties, each with its name in an error and its zero value.

    Terraform, which the official plugin is made of, does not tell a value that is left out from its zero value.
    """

    STRING = ("a string", "")
    BOOLEAN = ("a boolean", False)
    INTEGER = ("an integer", 0)
    LIST = ("a list of strings", ())
    SET = ("a set of strings", ())
    OBJECT = ("an object", None)

    @property
    def phrase(self) -> str:
        return str(self.value[0])

    @property
    def zero(self) -> Any:
        return self.value[1]


@dataclass(frozen=True)
class Property:
    """One property of a resource type, or one option of the provider."""

    name: str
    kind: Kind = Kind.STRING
    required: bool = False
    default: Any = None
    """What the check fills in."""
    computed: bool = False
    """Left out by the program, it is the server's to choose, and no difference."""
    force_new: bool = False
    secret: bool = False
    auto_named: bool = False
    """Left out by the program, it is made from the resource's name."""
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    unsupported: bool = False
    """Known to the official plugin, and refused here."""

    def comparable(self, value: Any) -> Any:
        """What two values of this property have in common when they mean the same."""
        if value is None:
            return frozenset() if self.kind is Kind.SET else self.kind.zero
        return frozenset(value) if self.kind is Kind.SET and isinstance(value, tuple) else value


@dataclass(frozen=True)
class ResourceType:
    """A resource type: its table, and what to do in a session with the plain values of a resource."""

    token: str
    properties: tuple[Property, ...]
    create: Callable[[Session, Values], None]
    read: Callable[[Session, Values], dict[str, Any] | None]
    """All properties as the catalog has them, or None where the object is gone. Takes the values known so far."""
    update: Callable[[Session, Values, Values], None]
    """Takes the old values and the new ones."""
    delete: Callable[[Session, Values], None]
    identifier: Callable[[Values], str]
    from_identifier: Callable[[str], Values] | None = None
    """The values to import by; None where the official plugin cannot import either."""
    server_wide: bool = False
    """Whether all databases of a server share such objects."""
    autocommit: bool = False
    delete_before_replace: bool = False
    problems: Callable[[Values], Iterator[tuple[str, str]]] = lambda _values: iter(())
    """What is wrong with the values as a whole: property and reason."""

    @cached_property
    def by_name(self) -> dict[str, Property]:
        """The properties by their names."""
        return {each.name: each for each in self.properties}

    def database(self, values: Values) -> str | None:
        """The database to connect to for a resource of these values; None is the provider's own."""
        return None if self.server_wide else values.get("database")

    @property
    def label(self) -> str:
        """The type's name in the program: `DefaultPrivileges`."""
        return self.token.rpartition(":")[2]

    def completed(self, values: Values, state: Values) -> dict[str, Any]:
        """Each property's value: the one given, else what the server chose before, else None."""
        return {
            each.name: values[each.name]
            if each.name in values
            else (state.get(each.name) if each.computed else each.default)
            for each in self.properties
        }
