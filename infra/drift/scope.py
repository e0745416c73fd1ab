"""What of a catalog a migration makes, so that a change of it outside of one is drift.

Left out is what others look after: detached months wait for their archive (detach_partitions()), and the schemas,
their privileges and the default privileges are resources of the stack, as are the roles. Extensions and event triggers
belong to the whole database, and are often the provider's. Months that come and go are for changes.py.
"""

from __future__ import annotations

import re

from infra.catalog.snapshot import Definition, Identity, Snapshot, unquoted

_OTHERS = ("extension", "event trigger", "default privileges")
_MONTH = re.compile(r"(.+)_\d{4}_\d{2}")


def counted(snapshot: Snapshot) -> Snapshot:
    """`snapshot` without what is no drift when it changes."""
    months = _detached_months(snapshot)
    objects = {
        identity: _without_grants(definition) if identity.kind == "schema" else definition
        for identity, definition in snapshot.objects.items()
        if identity.kind not in _OTHERS and identity[:2] not in months and not _is_of(months, identity, definition)
    }
    return Snapshot(snapshot.schemas, objects)


def _detached_months(snapshot: Snapshot) -> set[tuple[str, str]]:
    """Tables with the name of a month of a partitioned one: detached, or made and not attached yet."""
    tables = {identity: definition for identity, definition in snapshot.objects.items() if identity.kind == "table"}
    parents = {(one.schema, unquoted(one.name)) for one, definition in tables.items() if "partition by" in definition}
    return {
        identity[:2]
        for identity, definition in tables.items()
        if "partition of" not in definition
        and (month := _MONTH.fullmatch(unquoted(identity.name)))
        and (identity.schema, month[1]) in parents
    }


def _is_of(months: set[tuple[str, str]], identity: Identity, definition: Definition) -> bool:
    """Whether it is a sequence of a detached month's."""
    return (identity.schema, str(definition.get("owned by", "")).rpartition(".")[0]) in months


def _without_grants(definition: Definition) -> Definition:
    return {name: value for name, value in definition.items() if name == "comment"}
