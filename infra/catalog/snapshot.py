"""What a database looks like at one moment, as a value: each object's identity, and its definition in attributes.

Attributes and not one text for each object: a difference can then name what changed, and a draft can tell a longer
varchar from another type. Names are quoted already, as PostgreSQL would (quote_ident), so that a line for a reader and
a statement for the server are put together from the same parts.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from .errors import CatalogError

Value = str | tuple[str, ...]
Definition = Mapping[str, Value]
"""An object's attributes, such as type, default, comment, owner and `privileges of app`. What is not set is absent."""

_PRIVILEGES = "privileges of "
RELATIONS = ("table", "foreign table", "view", "materialized view")


class Identity(NamedTuple):
    """What tells an object from all others. Names are quoted; `name` of a function has the types of its arguments.

    `schema` is empty for what belongs to the database, `table` for what belongs to no relation. A relation has its own
    name in both `table` and `name`.
    """

    schema: str
    table: str
    kind: str
    name: str


@dataclass(frozen=True)
class Snapshot:
    """Everything that counts in `schemas`. Two are equal where the databases differ in nothing that counts.

    With one schema nothing in a definition names it: it is equal in schemas of two names but for its identities. With
    several, every definition names the schema of what it mentions.
    """

    schemas: tuple[str, ...]
    objects: Mapping[Identity, Definition]

    def relation(self, name: str) -> Identity | None:
        """The table or view that definitions mention as `name`, or None where it is in none of the schemas."""
        return self._relations.get(name)

    @functools.cached_property
    def _relations(self) -> Mapping[str, Identity]:
        return {self.mention(identity): identity for identity in self.objects if identity.kind in RELATIONS}

    def mention(self, identity: Identity, name: str | None = None) -> str:
        """How definitions write the name of an object, or of `name` beside it."""
        name = identity.name if name is None else name
        return name if len(self.schemas) < 2 or not identity.schema else f"{identity.schema}.{name}"

    def without_implied_partitions(self) -> Snapshot:
        """This snapshot without the partitions that are just what their parent implies, save the default partitions.

        Which months have a partition depends on the day on which somebody looks. A partition with an index, a comment,
        a setting or a grant of its own stays, and so does one that is itself partitioned.
        """
        members = {identity[:2] for identity in self.objects if identity.kind not in RELATIONS}
        gone = {
            identity
            for identity in self.passing_partitions
            if identity[:2] not in members and self._implied(self.objects[identity]) == self.objects[identity]
        }
        return Snapshot(self.schemas, {key: value for key, value in self.objects.items() if key not in gone})

    def with_partitions_of(self, other: Snapshot) -> Snapshot:
        """This snapshot as if its passing partitions were those of `other`, so that none is new or gone there.

        One that only `other` has is what its parent here implies: what it has beside that differs. One that only this
        has is left out, with all that belongs to it.
        """
        gone = {identity[:2] for identity in self.passing_partitions - other.passing_partitions}
        objects = {identity: value for identity, value in self.objects.items() if identity[:2] not in gone}
        for identity in other.passing_partitions - self.objects.keys():
            if (implied := self._implied(other.objects[identity])) is not None:
                objects[identity] = implied
        return Snapshot(self.schemas, objects)

    @functools.cached_property
    def passing_partitions(self) -> frozenset[Identity]:
        """The partitions that come and go, such as months: all but the default ones and those with partitions."""
        return frozenset(
            identity
            for identity, definition in self.objects.items()
            if "partition of" in definition
            and definition.get("bounds") != "DEFAULT"
            and "partition by" not in definition
        )

    def _implied(self, definition: Definition) -> Definition | None:
        """What of a partition with this `definition` its parent here implies; None where that is not here.

        Privileges do not come down from a parent, and are not asked for where rows are reached through it. So a
        partition may grant less; what it grants beyond its parent lets somebody read it by its own name.
        """
        parent = self.relation(str(definition.get("partition of", "")))
        if parent is None:
            return None
        above = self.objects[parent]
        inherited = {name: value for name, value in above.items() if name == "owner" or name.startswith(_PRIVILEGES)}
        return {name: value for name, value in inherited.items() if name in definition} | {
            name: value
            for name, value in definition.items()
            if name in ("partition of", "bounds") or above.get(name) == value or _is_granted(name, definition, above)
        }

    def to_json(self) -> dict[str, Any]:
        """The snapshot in JSON's types: schema → table → kind → name → attributes, each sorted."""
        tree: dict[str, Any] = {}
        for (schema, table, kind, name), definition in sorted(self.objects.items()):
            kinds = tree.setdefault(schema, {}).setdefault(table, {})
            kinds.setdefault(kind, {})[name] = {
                key: list(value) if isinstance(value, tuple) else value for key, value in sorted(definition.items())
            }
        return {"schemas": list(self.schemas), "objects": tree}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Snapshot:
        """The snapshot that to_json() gave `value`. Raises CatalogError where `value` is not of that form."""
        try:
            objects = {
                Identity(schema, table, kind, name): definition_of(attributes)
                for schema, tables in value["objects"].items()
                for table, kinds in tables.items()
                for kind, names in kinds.items()
                for name, attributes in names.items()
            }
            return cls(tuple(value["schemas"]), objects)
        except (KeyError, TypeError, AttributeError):
            start = json.dumps(value, default=str)[:80]
            raise CatalogError(f"this is not a stored snapshot: {start}; take a new one from the database") from None


def unquoted(name: str) -> str:
    """A name as the catalog has it, from one that is quoted where it has to be."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def definition_of(attributes: Mapping[str, Any]) -> Definition:
    """A definition from JSON's types, where a list stands for a tuple."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in attributes.items()}


def _is_granted(name: str, definition: Definition, above: Definition) -> bool:
    """Whether `name` has the privileges of a grantee who may do all of it above, or owns the partition."""
    if not name.startswith(_PRIVILEGES):
        return False
    words = str(above.get(name, "none")).split(", ")
    allowed = {"none", *words, *(word.removesuffix("*") for word in words)}
    return name == f"{_PRIVILEGES}{definition.get('owner')}" or allowed.issuperset(str(definition[name]).split(", "))
