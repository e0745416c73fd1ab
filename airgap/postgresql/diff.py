"""What would change: the inputs wanted against the state recorded, property by property, by the type's table."""

from __future__ import annotations

from typing import Any

from pulumi.provider.experimental.provider import DiffRequest, DiffResponse, PropertyDiff, PropertyDiffKind

from airgap.postgresql.check import DEFAULTS
from airgap.postgresql.table import Property, ResourceType
from airgap.postgresql.values import UNKNOWN, Values, plain, plain_map

_REPLACING = {
    PropertyDiffKind.ADD: PropertyDiffKind.ADD_REPLACE,
    PropertyDiffKind.UPDATE: PropertyDiffKind.UPDATE_REPLACE,
    PropertyDiffKind.DELETE: PropertyDiffKind.DELETE_REPLACE,
}


def diff(kind: ResourceType, request: DiffRequest) -> DiffResponse:
    """The differences; those in a property that the server cannot change ask for a replacement."""
    state, wanted = plain_map(request.old_state), plain_map(request.new_inputs)
    ignored = {path.split(".")[0].split("[")[0] for path in request.ignore_changes}
    changes = {
        each.name: change
        for each in kind.properties
        if each.name not in ignored and (change := _change(each, state.get(each.name), wanted.get(each.name)))
    }
    replaces = [name for name in changes if kind.by_name[name].force_new]
    chosen = plain(request.new_inputs.get(DEFAULTS)) or ()
    return DiffResponse(
        changes=bool(changes),
        diffs=list(changes),
        replaces=replaces,
        detailed_diff={name: _detail(kind.by_name[name], change) for name, change in changes.items()},
        delete_before_replace=bool(replaces)
        and (kind.delete_before_replace or _keeps_name(kind, state, wanted, chosen)),
    )


def _change(each: Property, old: Any, new: Any) -> PropertyDiffKind | None:
    if each.unsupported or (new is None and each.computed):
        return None
    if new == UNKNOWN:
        return PropertyDiffKind.UPDATE
    if each.comparable(old) == each.comparable(new):
        return None
    if new is None:
        return PropertyDiffKind.DELETE
    return PropertyDiffKind.ADD if old is None else PropertyDiffKind.UPDATE


def _detail(each: Property, change: PropertyDiffKind) -> PropertyDiff:
    return PropertyDiff(_REPLACING[change] if each.force_new else change, input_diff=False)


def _keeps_name(kind: ResourceType, state: Values, wanted: Values, chosen: tuple[str, ...]) -> bool:
    """Whether the replacement would have the name of what it replaces, which must go first then."""
    return any(
        each.name not in chosen and wanted.get(each.name) == state.get(each.name)
        for each in kind.properties
        if each.auto_named
    )
