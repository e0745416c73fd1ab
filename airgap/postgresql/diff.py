"""What would change: the inputs wanted against the state recorded, property by property, by the type's table."""

from __future__ import annotations

from typing import Any

from pulumi.provider.experimental.provider import DiffRequest, DiffResponse, PropertyDiff, PropertyDiffKind

from airgap.postgresql.check import DEFAULTS
from airgap.postgresql.table import Kind, Property, ResourceType
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
    changed = [
        each
        for each in kind.properties
        if each.name not in ignored and _differs(each, state.get(each.name), wanted.get(each.name))
    ]
    replaces = [each.name for each in changed if each.force_new]
    detailed: dict[str, PropertyDiff] = {}
    for each in changed:
        for path, change in _changes(each, state.get(each.name), wanted.get(each.name)).items():
            detailed[path] = PropertyDiff(_REPLACING[change] if each.force_new else change, input_diff=False)
    chosen = plain(request.new_inputs.get(DEFAULTS)) or ()
    return DiffResponse(
        changes=bool(changed),
        diffs=[each.name for each in changed],
        replaces=replaces,
        detailed_diff=detailed,
        delete_before_replace=bool(replaces)
        and (kind.delete_before_replace or _keeps_name(kind, state, wanted, chosen)),
    )


def _differs(each: Property, old: Any, new: Any) -> bool:
    if each.unsupported or (new is None and each.computed):
        return False
    return bool(new == UNKNOWN or each.comparable(old) != each.comparable(new))


def _changes(each: Property, old: Any, new: Any) -> dict[str, PropertyDiffKind]:
    """The kinds of changes from `old` to `new` by path: of a set, which elements come and go."""
    if new == UNKNOWN:
        return {each.name: PropertyDiffKind.UPDATE}
    if each.kind is Kind.SET and old and new:
        gone = {f"{each.name}[{place}]" for place, item in enumerate(old) if item not in new}
        come = {f"{each.name}[{place}]" for place, item in enumerate(new) if item not in old}
        return (
            dict.fromkeys(gone - come, PropertyDiffKind.DELETE)
            | dict.fromkeys(come - gone, PropertyDiffKind.ADD)
            | dict.fromkeys(gone & come, PropertyDiffKind.UPDATE)
        )
    if (new is None and each.default is None) or new == ():
        return {each.name: PropertyDiffKind.DELETE}
    return {each.name: PropertyDiffKind.ADD if old is None or old == () else PropertyDiffKind.UPDATE}


def _keeps_name(kind: ResourceType, state: Values, wanted: Values, chosen: tuple[str, ...]) -> bool:
    """Whether the replacement would have the name of what it replaces, which must go first then."""
    return any(
        each.name not in chosen and wanted.get(each.name) == state.get(each.name)
        for each in kind.properties
        if each.auto_named
    )
