"""When objects of Kubernetes' own kinds are ready, for those that the official plugin waits for.

Deployments, StatefulSets, DaemonSets, Jobs, Services and the tokens of service accounts. Here also
CustomResourceDefinitions, a matter of a second, for which their objects would have to wait. All others are ready as
soon as they are there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from airgap.kubernetes.errors import ApiError
from airgap.kubernetes.objects import Kind, get
from airgap.kubernetes.values import Object

Reader = Callable[[Object], Object]
Check = Callable[[Object, Reader, float], str]
"""Given the live object, what reads others, and how many seconds it waits, tells for what; empty when it is ready."""

_SETTLED_SECONDS = 10
"""How long the official plugin gives a Service's pods to show up."""


def check_of(kind: Kind) -> Check | None:
    """How to tell that an object of `kind` is ready, or None where there is nothing to wait for."""
    return _CHECKS.get((kind.group, kind.name))


def _number(obj: Object, *path: str) -> int:
    return int(get(obj, *path) or 0)


def _observed(obj: Object) -> bool:
    return _number(obj, "status", "observedGeneration") >= _number(obj, "metadata", "generation")


def _condition(obj: Object, kind: str) -> Object:
    return next((each for each in get(obj, "status", "conditions") or () if each.get("type") == kind), {})


def _deployment(obj: Object, _read: Reader, _waited: float) -> str:
    wanted = get(obj, "spec", "replicas")
    wanted = 1 if wanted is None else int(wanted)
    updated, there = _number(obj, "status", "updatedReplicas"), _number(obj, "status", "availableReplicas")
    if not _observed(obj):
        return "the controller to take notice"
    rolled_out = updated >= wanted and there >= wanted and _number(obj, "status", "replicas") <= updated
    if rolled_out and _condition(obj, "Available").get("status") == "True":
        return ""
    return f"{wanted} available pods, of which there are {min(updated, there)}"


def _stateful_set(obj: Object, _read: Reader, _waited: float) -> str:
    wanted = get(obj, "spec", "replicas")
    wanted = 1 if wanted is None else int(wanted)
    ready, updated = _number(obj, "status", "readyReplicas"), _number(obj, "status", "updatedReplicas")
    rolling = get(obj, "spec", "updateStrategy", "type") != "OnDelete"
    partition = _number(obj, "spec", "updateStrategy", "rollingUpdate", "partition")
    if _observed(obj) and ready >= wanted and (not rolling or updated >= wanted - partition):
        return ""
    return f"{wanted} ready pods, of which there are {min(ready, updated)}"


def _daemon_set(obj: Object, _read: Reader, _waited: float) -> str:
    wanted = _number(obj, "status", "desiredNumberScheduled")
    ready, updated = _number(obj, "status", "numberReady"), _number(obj, "status", "updatedNumberScheduled")
    rolling = get(obj, "spec", "updateStrategy", "type") != "OnDelete"
    if _observed(obj) and ready >= wanted and (not rolling or updated >= wanted):
        return ""
    return f"{wanted} ready pods, of which there are {min(ready, updated)}"


def _job(obj: Object, _read: Reader, _waited: float) -> str:
    if get(obj, "spec", "suspend") or _condition(obj, "Complete").get("status") == "True":
        return ""
    return "the job to complete"


def _service(obj: Object, read: Reader, waited: float) -> str:
    spec: Any = obj.get("spec") or {}
    if spec.get("type") == "LoadBalancer" and not get(obj, "status", "loadBalancer", "ingress"):
        return "an address from the cloud; does this cluster have them?"
    if spec.get("clusterIP") == "None" or spec.get("type") == "ExternalName" or not spec.get("selector"):
        return ""
    endpoints = {"apiVersion": "v1", "kind": "Endpoints", "metadata": obj["metadata"]}
    try:
        subsets = read(endpoints).get("subsets") or ()
    except ApiError as error:
        if error.code != 404:
            raise
        subsets = ()
    if any(each.get("notReadyAddresses") for each in subsets):
        return "the pods that it selects to be ready"
    return "" if subsets or waited >= _SETTLED_SECONDS else "pods that match spec.selector"


def _secret(obj: Object, _read: Reader, _waited: float) -> str:
    if obj.get("type") != "kubernetes.io/service-account-token" or obj.get("data"):
        return ""
    return "a token for the service account"


def _definition(obj: Object, _read: Reader, _waited: float) -> str:
    return "" if _condition(obj, "Established").get("status") == "True" else "the kind to be established"


_CHECKS: dict[tuple[str, str], Check] = {
    ("apps", "Deployment"): _deployment,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("batch", "Job"): _job,
    ("", "Service"): _service,
    ("", "Secret"): _secret,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
}
