"""Names and labels that the manifests share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.kubernetes.settings import KubernetesSettings

Manifest = dict[str, Any]
"""An object of Kubernetes as its API has it: apiVersion, kind, metadata and the rest."""

CLIENT = {"creativeflow-database": "client"}
"""The label of a pod that may reach the database."""

_LABELS = {"app.kubernetes.io/part-of": "creativeflow", "app.kubernetes.io/managed-by": "pulumi"}


def manifest(
    settings: KubernetesSettings,
    kind: str,
    name: str,
    *,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    **content: Any,
) -> Manifest:
    """An object in the stack's namespace; `kind` is an apiVersion and a kind, with a blank between."""
    api_version, _, kind = kind.rpartition(" ")
    metadata: Manifest = {"name": name, "namespace": settings.place.namespace, "labels": {**_LABELS, **(labels or {})}}
    if annotations:
        metadata["annotations"] = dict(annotations)
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **content}


def namespace(settings: KubernetesSettings) -> Manifest:
    """The namespace. It admits pods only that run as Kubernetes' restricted standard asks, as all of these do."""
    labels = {**_LABELS, "pod-security.kubernetes.io/enforce": "restricted"}
    metadata = {"name": settings.place.namespace, "labels": labels}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def guaranteed(cpu: str, memory: str) -> Manifest:
    """Requests equal to limits: Kubernetes then takes the memory of others first (quality of service Guaranteed)."""
    amounts = {"cpu": cpu, "memory": memory}
    return {"requests": amounts, "limits": amounts}


def administrator_name(settings: KubernetesSettings) -> str:
    """The Secret with what the server is told of the administrator."""
    return f"{settings.cluster.name}-administrator"


def pooler_name(settings: KubernetesSettings) -> str:
    """The Pooler, its service and its pods."""
    return f"{settings.cluster.name}-pooler"


def object_store_name(settings: KubernetesSettings) -> str:
    """The ObjectStore of the backups, and the Secret with its keys."""
    return f"{settings.cluster.name}-backup"
