"""What the engine records of a resource: the live object, and the inputs that it came from."""

from __future__ import annotations

from pulumi.provider.experimental.property_value import PropertyValue

from airgap.kubernetes.diff import INPUTS
from airgap.kubernetes.kinds import is_builtin
from airgap.kubernetes.normal import normal, pruned
from airgap.kubernetes.objects import Kind, from_identifier
from airgap.kubernetes.values import Object, Wire, wire_map

MANAGER, VERSION = "__fieldManager", "__initialApiVersion"
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_REVISION = "deployment.kubernetes.io/revision"


def state(inputs: Object, live: Object, secret: Wire, manager: str, version: str = "") -> dict[str, PropertyValue]:
    """The outputs: the live object, and beside it what this plugin has to know again.

    Args:
        inputs: what was asked for.
        live: what came of it.
        secret: values that say which of the two's are secret.
        manager: the resource's field manager.
        version: the apiVersion that it was created with; else that of its inputs.
    """
    found = wire_map(live, secret)
    found[INPUTS] = PropertyValue(wire_map(inputs, secret))
    found[VERSION] = PropertyValue(version or str(inputs.get("apiVersion", "")))
    found[MANAGER] = PropertyValue(manager)
    return found


def known_object(token: str, identifier: str, inputs: Object) -> Object:
    """What tells which object is meant: the inputs, else the type and the identifier."""
    kind = Kind.of(inputs) if inputs.get("kind") else Kind.of_token(token)
    namespace, name = from_identifier(identifier)
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata}


def refreshed_inputs(inputs: Object, live: Object) -> Object:
    """The inputs as if the program had asked for what is live, so that a refresh shows what changed."""
    return dict(pruned(live, normal(inputs)))


def imported_inputs(known: Object, live: Object) -> Object:
    """The inputs of an object that was not known before. As officially, a custom resource's are its name."""
    if not is_builtin(Kind.of(live)):
        return dict(pruned(live, known))
    inputs = normal({name: value for name, value in live.items() if name != "status"})
    annotations = inputs["metadata"].get("annotations") or {}
    kept = {name: value for name, value in annotations.items() if name not in (_LAST_APPLIED, _REVISION)}
    if kept != annotations:
        inputs["metadata"] = inputs["metadata"] | {"annotations": kept}
    return inputs
