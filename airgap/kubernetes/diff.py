"""What would change: the inputs wanted against what the cluster made of the old ones, field by field."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from pulumi.provider.experimental.provider import DiffResponse, PropertyDiff, PropertyDiffKind

from airgap.kubernetes.normal import normal, pruned
from airgap.kubernetes.objects import get, is_autonamed, name_of, namespace_of
from airgap.kubernetes.replacing import Path, touches
from airgap.kubernetes.values import Object

_MISSING = object()
_REPLACING = {
    PropertyDiffKind.ADD: PropertyDiffKind.ADD_REPLACE,
    PropertyDiffKind.UPDATE: PropertyDiffKind.UPDATE_REPLACE,
    PropertyDiffKind.DELETE: PropertyDiffKind.DELETE_REPLACE,
}
INPUTS = "__inputs"


def recorded(state: Object) -> tuple[Object, Object]:
    """The inputs and the live object that a state has."""
    live = {name: value for name, value in state.items() if name != INPUTS}
    return dict(state.get(INPUTS) or {}), live


def diff(
    state: Object,
    wanted: Object,
    fields: Callable[[Object], Any],
    *,
    namespaced: bool,
    ignored: list[str],
) -> DiffResponse:
    """The differences; those in `fields(wanted)` ask for a replacement.

    Args:
        state: what is recorded.
        wanted: the new inputs.
        fields: gives the paths that cannot be changed in place.
        namespaced: whether the objects of the kind belong to namespaces.
        ignored: property paths of the resource's ignore_changes.
    """
    inputs, live = recorded(state)
    wanted = normal(wanted)
    old = _comparable(pruned(live, normal(inputs)), live, wanted, namespaced=namespaced)
    wanted = _in_namespace(wanted, namespaced=namespaced)
    forcing = fields(wanted)
    detailed = {
        shown(path): _property(kind, touches(path, value, forcing))
        for path, kind, value in changes(old, wanted)
        if not any(_covers(each, shown(path)) for each in ignored)
    }
    replaces = [path for path, each in detailed.items() if each.kind in _REPLACING.values() or _is_identity(path, each)]
    same_place = name_of(wanted) == name_of(live) and namespace_of(wanted) == namespace_of(live)
    return DiffResponse(
        changes=bool(detailed),
        diffs=sorted({path.split(".")[0].split("[")[0] for path in detailed}),
        replaces=replaces,
        detailed_diff=detailed,
        delete_before_replace=bool(replaces) and bool(name_of(wanted)) and not is_autonamed(wanted) and same_place,
    )


def _comparable(old: Object, live: Object, wanted: Object, *, namespaced: bool) -> Object:
    old = _in_namespace(old, namespaced=namespaced)
    old.setdefault("apiVersion", wanted.get("apiVersion"))
    old.setdefault("kind", wanted.get("kind"))
    if name_of(wanted):
        old["metadata"] = (old.get("metadata") or {}) | {"name": name_of(live)}
    return old


def _in_namespace(obj: Object, *, namespaced: bool) -> Object:
    metadata = {name: value for name, value in (obj.get("metadata") or {}).items() if name != "namespace"}
    if namespaced:
        metadata["namespace"] = get(obj, "metadata", "namespace") or "default"
    return obj | {"metadata": metadata}


def _property(kind: PropertyDiffKind, forcing: bool) -> PropertyDiff:
    return PropertyDiff(_REPLACING[kind] if forcing else kind, input_diff=kind is PropertyDiffKind.DELETE)


def _is_identity(path: str, change: PropertyDiff) -> bool:
    return path == "metadata" and change.kind is PropertyDiffKind.DELETE


def changes(old: Any, new: Any, path: Path = ()) -> Iterator[tuple[Path, PropertyDiffKind, Any]]:
    """Each change from `old` to `new`: its path, its kind, and the new value."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() | new.keys()):
            yield from changes(old.get(name, _MISSING), new.get(name, _MISSING), (*path, name))
    elif isinstance(old, list) and isinstance(new, list):
        for place in range(max(len(old), len(new))):
            yield from changes(_at(old, place), _at(new, place), (*path, place))
    elif new is _MISSING:
        yield path, PropertyDiffKind.DELETE, None
    elif old is _MISSING:
        yield path, PropertyDiffKind.ADD, new
    elif (type(old) is not type(new) and not _numbers(old, new)) or old != new:
        yield path, PropertyDiffKind.UPDATE, new


def _at(items: list[Any], place: int) -> Any:
    return items[place] if place < len(items) else _MISSING


def _numbers(old: Any, new: Any) -> bool:
    return all(isinstance(each, int | float) and not isinstance(each, bool) for each in (old, new))


def shown(path: Path) -> str:
    """A path as Pulumi writes it: `spec.ports[0]`, `metadata.labels["a.b/c"]`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif any(sign in step for sign in '."[]'):
            quoted = step.replace('"', '\\"')
            text += f'["{quoted}"]'
        else:
            text += f".{step}" if text else step
    return text


def _covers(ignored: str, path: str) -> bool:
    """Whether a path of ignore_changes is `path`, or leads to it. Its quotes and `[*]` are the user's to choose."""
    mine, other = steps(ignored), steps(path)
    return len(mine) <= len(other) and all(a in (b, "*") for a, b in zip(mine, other[: len(mine)], strict=True))


def steps(path: str) -> list[str]:
    """The steps of a property path: `a["b.c"][0].d` has a, b.c, 0 and d."""
    found = re.findall(r'\["((?:[^"\\]|\\.)*)"\]|\[([^\]]*)\]|([^.\[\]]+)', path)
    return [(quoted.replace('\\"', '"') or place or name) for quoted, place, name in found]
