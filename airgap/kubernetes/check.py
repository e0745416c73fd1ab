"""The check of a resource's inputs: kinds that are refused, a name where none is given, and the default namespace."""

from __future__ import annotations

import hashlib
import secrets

from airgap.errors import PluginError
from airgap.kubernetes.kinds import is_builtin
from airgap.kubernetes.normal import normal
from airgap.kubernetes.objects import AUTONAMED, Kind, get, is_autonamed, name_of
from airgap.kubernetes.values import UNKNOWN, Object

_DIGITS = 8
_PACKAGES = ("kubernetes:helm.sh/", "kubernetes:kustomize/", "kubernetes:yaml/", "kubernetes:yaml:")
_USE = "use the official plugin"


def refuse(token: str, inputs: Object) -> None:
    """Raise PluginError for a resource of the type `token` that this stand-in does not have."""
    if token.startswith(_PACKAGES):
        raise PluginError(f"{token} is not supported by the airgap stand-in, which has single objects alone; {_USE}")
    kind = Kind.of_token(token)
    if kind.name.endswith("Patch") and inputs.get("kind", "") != kind.name:
        raise PluginError(f"{token}: patches are not supported by the airgap stand-in; {_USE}")
    if kind.name.endswith("List") and is_builtin(kind):
        raise PluginError(f"{token}: a list is no resource of its own; declare the objects in it")


def checked(token: str, inputs: Object, old: Object, urn_name: str, seed: bytes) -> Object:
    """The inputs with the kind of `token`, in their normal form, and with a name: the old one, or a new one.

    Args:
        token: the resource's type.
        inputs: what the program wants.
        old: the inputs before, empty for a new resource.
        urn_name: the resource's name in the program, from which a name is made.
        seed: the engine's, the same in a preview and after it.
    """
    kind = Kind.of_token(token)
    inputs = normal({"apiVersion": kind.api_version, "kind": kind.name, "metadata": {}} | inputs)
    if inputs["metadata"] == UNKNOWN or get(inputs, "metadata", "name"):
        return inputs
    if get(inputs, "metadata", "generateName"):
        raise PluginError(
            f"{kind.name} {urn_name}: metadata.generateName does not go with server-side apply; give it a name, or none"
        )
    if old and not is_autonamed(old):
        return inputs
    return _named(inputs, name_of(old) or _auto_name(f"{token}::{urn_name}", urn_name, seed))


def _named(inputs: Object, name: str) -> Object:
    metadata = inputs["metadata"]
    annotations = metadata.get("annotations") or {}
    if annotations != UNKNOWN:
        metadata = metadata | {"annotations": annotations | {AUTONAMED: "true"}}
    return inputs | {"metadata": metadata | {"name": name}}


def _auto_name(resource: str, urn_name: str, seed: bytes) -> str:
    """The resource's name, a dash and eight random hexadecimal digits."""
    digits = hashlib.sha256(seed + resource.encode()).hexdigest() if seed else secrets.token_hex()
    return f"{urn_name}-{digits[:_DIGITS]}"


def in_namespace(inputs: Object, default: str, *, namespaced: bool) -> Object:
    """The inputs in the default namespace, if they belong to one and name none."""
    metadata = inputs["metadata"]
    if not namespaced or metadata == UNKNOWN or metadata.get("namespace"):
        return inputs
    return inputs | {"metadata": metadata | {"namespace": default}}
