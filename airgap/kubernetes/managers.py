"""Who manages which fields of an object: https://kubernetes.io/docs/reference/using-api/server-side-apply/"""

from __future__ import annotations

import copy
import secrets
from typing import Any

from airgap.kubernetes.diff import steps
from airgap.kubernetes.objects import annotation, get
from airgap.kubernetes.values import Object

CREATOR = "pulumi-kubernetes"
"""The manager of what was created and not yet updated."""

# Managers of fields that were not applied, which a resource's own takes over: the official plugin's, and kubectl's.
_ADOPTED = {
    ("pulumi-kubernetes", "Update"),
    ("pulumi-kubernetes.exe", "Update"),
    ("pulumi-resource-kubernetes", "Update"),
    ("kubectl", "Apply"),
    ("kubectl", "Update"),
    ("before-first-apply", "Update"),
}


def manager_of(inputs: Object, state: Object) -> str:
    """The resource's own manager: by its annotation, else as recorded, else a new name."""
    named = annotation(inputs, "pulumi.com/patchFieldManager")
    return named or str(state.get("__fieldManager") or f"pulumi-kubernetes-{secrets.token_hex(4)}")


def is_adoptable(live: Object) -> bool:
    """Whether some fields of a live object belong to a manager whose fields the resource's own takes over."""
    return any(map(_is_adopted, _managed(live)))


def adopted(live: Object, manager: str) -> list[Object]:
    """The managed fields of `live` with those of adoptable managers given to `manager`."""
    kept: list[Object] = []
    own: Object = {}
    for each in _managed(live):
        if not _is_adopted(each) and (each.get("manager"), each.get("operation")) != (manager, "Apply"):
            kept.append(each)
        elif not own:
            own = copy.deepcopy(each) | {"manager": manager, "operation": "Apply"}
        else:
            _join(own["fieldsV1"], each.get("fieldsV1") or {})
    return [own, *kept] if own else kept


def _is_adopted(entry: Object) -> bool:
    """Whether an entry of an object's managed fields is one to take over. A status is its controller's own."""
    return not entry.get("subresource") and (entry.get("manager"), entry.get("operation")) in _ADOPTED


def _managed(live: Object) -> list[Object]:
    return list(get(live, "metadata", "managedFields") or ())


def _join(fields: Object, more: Object) -> None:
    for name, value in more.items():
        _join(fields.setdefault(name, {}), value)


def without_ignored(inputs: Object, live: Object, manager: str, ignored: list[str]) -> Object:
    """The inputs with each field of ignore_changes as it is in the cluster, or without it where another manages it."""
    inputs = copy.deepcopy(inputs)
    theirs: Object = {}
    mine: Object = {}
    for each in _managed(live):
        _join(mine if each.get("manager") == manager else theirs, copy.deepcopy(each.get("fieldsV1") or {}))
    for path in filter(None, map(steps, ignored)):
        fields = [f"f:{step}" for step in path]
        value = get(live, *path)
        if get(theirs, *fields) is not None and get(mine, *fields) is None:
            _remove(inputs, path)
        elif value is not None:
            _set(inputs, path, value)
    return inputs


def _remove(obj: Object, path: list[str]) -> None:
    holder = get(obj, *path[:-1])
    if isinstance(holder, dict):
        holder.pop(path[-1], None)


def _set(obj: Object, path: list[str], value: Any) -> None:
    for step in path[:-1]:
        obj = obj.setdefault(step, {})
        if not isinstance(obj, dict):
            return
    obj[path[-1]] = value
