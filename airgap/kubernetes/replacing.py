"""Which fields cannot be changed in place: the table of the official plugin, whose decisions these are.

https://github.com/pulumi/pulumi-kubernetes/blob/v4.32.0/provider/pkg/provider/diff.go
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airgap.kubernetes.objects import Kind, is_secret
from airgap.kubernetes.values import Object

Path = tuple[str | int, ...]

_STATEFUL_SET = ("podManagementPolicy", "revisionHistoryLimit", "selector", "serviceName", "volumeClaimTemplates")
_CLAIM = ("accessModes", "selector", "storageClassName", "volumeName")
_VOLUME = """
    awsElasticBlockStore azureDisk azureFile cephfs cinder csi fc flexVolume flocker gcePersistentDisk glusterfs
    hostPath iscsi local nfs photonPersistentDisk portworxVolume quobyte rbd scaleIO storageos vsphereVolume
"""
_POD = """
    affinity automountServiceAccountToken dnsConfig dnsPolicy enableServiceLinks hostAliases hostIPC hostNetwork
    hostPID hostname imagePullSecrets nodeName nodeSelector overhead preemptionPolicy priority priorityClassName
    readinessGates restartPolicy runtimeClassName schedulerName securityContext serviceAccount serviceAccountName
    shareProcessNamespace subdomain terminationGracePeriodSeconds volumes
"""
_CONTAINER = """
    args command env image imagePullPolicy lifecycle livenessProbe ports readinessProbe resources securityContext
    stdin stdinOnce terminationMessagePath terminationMessagePolicy tty volumeDevices volumeMounts workingDir
"""


def _spec(*names: str) -> tuple[Path, ...]:
    return tuple(("spec", name) for name in names)


_FIELDS: dict[tuple[str, str], tuple[Path, ...]] = {
    ("", "PersistentVolume"): _spec(*_VOLUME.split()),
    ("", "PersistentVolumeClaim"): _spec(*_CLAIM),
    ("", "Pod"): _spec(*_POD.split())
    + tuple(("spec", kind, "*", name) for kind in ("containers", "initContainers") for name in _CONTAINER.split()),
    ("", "ResourceQuota"): _spec("scopes"),
    ("", "Secret"): (("type",),),
    ("", "Service"): _spec("clusterIP"),
    ("apps", "DaemonSet"): _spec("selector"),
    ("apps", "Deployment"): _spec("selector"),
    ("apps", "StatefulSet"): _spec(*_STATEFUL_SET),
    ("batch", "Job"): _spec("completions", "parallelism", "selector", "template"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): (("roleRef",),),
    ("rbac.authorization.k8s.io", "RoleBinding"): (("roleRef",),),
    ("storage.k8s.io", "StorageClass"): (("parameters",), ("provisioner",)),
}
_IDENTITY: tuple[Path, ...] = (("metadata", "name"), ("metadata", "namespace"))
_SECRET: tuple[Path, ...] = (("type",), ("stringData",), ("data",))
_CONFIG_MAP: tuple[Path, ...] = (("binaryData",), ("data",))


def force_new(obj: Object, *, mutable_secrets: bool = False, mutable_config_maps: bool = False) -> Sequence[Path]:
    """The paths whose change replaces `obj`. `*` stands for any place in a list.

    Args:
        obj: the new inputs.
        mutable_secrets: the provider's enableSecretMutable.
        mutable_config_maps: the provider's enableConfigMapMutable.
    """
    kind = Kind.of(obj)
    if is_secret(obj) and (not mutable_secrets or obj.get("immutable")):
        return _IDENTITY + _SECRET
    if kind == Kind("", "v1", "ConfigMap") and (not mutable_config_maps or obj.get("immutable")):
        return _IDENTITY + _CONFIG_MAP
    return _IDENTITY + _FIELDS.get((kind.group, kind.name), ())


def touches(path: Path, value: Any, fields: Sequence[Path]) -> bool:
    """Whether the change of `path` to `value` changes one of `fields`, as a part of it or as the whole around it."""
    return any(_touches(path, value, field) for field in fields)


def _touches(path: Path, value: Any, field: Path) -> bool:
    for place, step in zip(path, field, strict=False):
        if place != step and not (step == "*" and isinstance(place, int)):
            return False
    return len(path) >= len(field) or _has(value, field[len(path) :])


def _has(value: Any, field: Path) -> bool:
    if not field:
        return True
    if field[0] == "*":
        return isinstance(value, list) and any(_has(item, field[1:]) for item in value)
    return isinstance(value, dict) and field[0] in value and _has(value[field[0]], field[1:])
