"""What a stack's config says of PostgreSQL on Kubernetes, with defaults fit for production.

Each value becomes a part of a manifest (infra/server/kubernetes), where CloudNativePG's field of that name is set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Access = Literal["service", "tunnel"]
OUTSIDE = ("LoadBalancer", "NodePort")
"""Kinds of a service that the outside reaches."""


@dataclass(frozen=True)
class Place:
    """Which Kubernetes, where in it, and how to reach the database.

    A `config_file` or `context` of None is kubectl's own choice. `host` and `port` are what logins use, from
    wherever the program runs. `sources` are the networks that may use a service that the outside reaches.
    """

    config_file: str | None
    context: str | None
    namespace: str
    access: Access
    host: str
    port: int
    service: str
    service_annotations: Mapping[str, str]
    sources: Sequence[str]
    client_namespaces: Sequence[str]
    operator_namespace: str
    network_policy: bool
    timeout: int
    """Seconds that an `up` waits for the cluster."""


@dataclass(frozen=True)
class Volume:
    """A volume of each instance. A `storage_class` of None is the Kubernetes cluster's default."""

    size: str
    storage_class: str | None


@dataclass(frozen=True)
class ClusterSettings:
    """The Cluster of CloudNativePG. A `wal` of None keeps the write-ahead log on the data's volume."""

    name: str
    instances: int
    image: str
    pull_secrets: Sequence[str]
    durability: str
    storage: Volume
    wal: Volume | None
    cpu: str
    memory: str
    anti_affinity: str
    topology_key: str
    node_selector: Mapping[str, str]
    tolerations: Sequence[Mapping[str, Any]]
    priority_class: str | None
    parameters: Mapping[str, str]
    primary_update: str
    pod_monitor: bool


@dataclass(frozen=True)
class PoolerSettings:
    """PgBouncer before the application. None are made where `instances` is 0."""

    instances: int
    mode: str
    pool_size: int
    max_clients: int
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class Recovery:
    """A backup that the cluster begins with: the server's name in the object store, and the moment to stop at."""

    server: str
    target_time: str | None


@dataclass(frozen=True)
class BackupSettings:
    """An object store that takes the write-ahead log all the time and a base backup on a schedule."""

    destination: str
    endpoint: str | None
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    schedule: str
    retention: str
    server: str
    recovery: Recovery | None


@dataclass(frozen=True)
class KubernetesSettings:
    """All that a stack says of its Kubernetes server. A `backup` of None makes none, nor an `upkeep_schedule` a job."""

    place: Place
    cluster: ClusterSettings
    pooler: PoolerSettings
    backup: BackupSettings | None
    upkeep_schedule: str | None
