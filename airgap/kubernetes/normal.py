"""Inputs in the one form of several that mean the same, so that a comparison finds nothing but differences."""

from __future__ import annotations

import base64
import binascii
import contextlib
from typing import Any

from airgap.kubernetes.kinds import is_builtin
from airgap.kubernetes.objects import Kind, get, is_crd, is_secret
from airgap.kubernetes.quantities import canonical
from airgap.kubernetes.values import Object, has_unknown

# https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/: what the server alone writes
_READ_ONLY = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "uid",
)
_QUANTITIES = ("limits", "requests", "hard", "capacity")


def normal(obj: Object) -> Object:
    """`obj` as it is compared and sent. The values of custom resources are left as they are."""
    obj = dict(obj)
    if isinstance(obj.get("metadata"), dict):
        obj["metadata"] = {name: value for name, value in obj["metadata"].items() if name not in _READ_ONLY}
    if has_unknown(obj) or not is_builtin(Kind.of(obj)):
        return obj
    if is_crd(obj):
        return _normal_crd(obj)
    if is_secret(obj):
        return _normal_secret(obj)
    return {name: _normal_quantities(value) for name, value in obj.items()}


def _normal_crd(obj: Object) -> Object:
    obj.pop("status", None)
    if get(obj, "spec", "preserveUnknownFields") is False:
        obj["spec"] = {name: value for name, value in obj["spec"].items() if name != "preserveUnknownFields"}
    return obj


def _normal_secret(obj: Object) -> Object:
    """Without stringData, which the server stores as data, and never returns."""
    data = dict(obj.get("data") or {})
    for name, value in data.items():
        with contextlib.suppress(binascii.Error, TypeError):
            data[name] = base64.b64encode(base64.b64decode(value)).decode()
    strings = obj.pop("stringData", None) or {}
    data |= {name: base64.b64encode(str(value).encode()).decode() for name, value in strings.items()}
    return obj | {"data": data} if data else obj


def _normal_quantities(value: Any) -> Any:
    if isinstance(value, list):
        return [_normal_quantities(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: {key: canonical(each) for key, each in item.items()}
        if name in _QUANTITIES and isinstance(item, dict)
        else _normal_quantities(item)
        for name, item in value.items()
    }


def pruned(live: Any, like: Any) -> Any:
    """Those parts of `live` that `like` has too: what the cluster made of the inputs, without what it added."""
    if isinstance(live, dict) and isinstance(like, dict):
        return {name: pruned(value, like[name]) for name, value in live.items() if name in like}
    if isinstance(live, list) and isinstance(like, list):
        return [pruned(item, other) for item, other in zip(live, like, strict=False)]
    return live
