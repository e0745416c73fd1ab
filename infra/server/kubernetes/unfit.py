"""What a stack may ask for, but CloudNativePG's documentation calls unfit for production."""

from __future__ import annotations

import re
from collections.abc import Iterator

from infra.kubernetes.settings import ClusterSettings, KubernetesSettings, PoolerSettings
from infra.server.kubernetes.parameters import parameters

_RESERVED = 20  # connections for the migrator, the upkeep, people, CloudNativePG's exporter
_LOSING = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}


def warnings(settings: KubernetesSettings) -> list[str]:
    """A line for each such choice, with its key and what to do."""
    return [*_safety(settings), *_instances(settings.cluster), *_pooler(settings.cluster, settings.pooler)]


def _instances(cluster: ClusterSettings) -> Iterator[str]:
    if cluster.instances == 1:
        yield "clusterInstances: with one instance the database is down whenever its node is. Take 3"
    elif cluster.instances == 2 and cluster.durability == "required":
        yield "clusterInstances: with two instances no commit returns while either is away. Take 3"
    if cluster.instances > 1 and cluster.durability != "required":
        yield f"clusterDurability: {cluster.durability} may lose what was committed when the primary's node is lost"
    if cluster.anti_affinity == "preferred":
        yield "clusterAntiAffinity: preferred may put all instances on one node, and lose them with it"
    if cluster.wal is None:
        yield "clusterWalSize: without a volume of its own the write-ahead log and the data stop when either is full"
    if re.search(r":\d+$", cluster.image):
        yield f"clusterImage: {cluster.image} is another version whenever a node pulls it. Pin a minor version"


def _safety(settings: KubernetesSettings) -> Iterator[str]:
    backup, place = settings.backup, settings.place
    if backup is None:
        yield "backupDestination: without backups a mistake, or the loss of the volumes, is final"
    elif (backup.endpoint or "").startswith("http://"):
        yield "backupEndpoint: backups and the object store's keys cross the network in the clear. Take https"
    if not place.network_policy:
        yield "kubernetesNetworkPolicy: every pod of the Kubernetes cluster can reach the database"
    for source in place.sources:
        if source.endswith("/0"):
            yield f"kubernetesServiceSources: {source} lets the whole network try passwords"
    for name, safe in _LOSING.items():
        value = settings.cluster.parameters.get(name, safe)
        if value in ("off", "false", "no", "0", "local"):
            yield f"clusterParameters: {name} {value} loses data that was committed, or worse"


def _pooler(cluster: ClusterSettings, pooler: PoolerSettings) -> Iterator[str]:
    if pooler.instances == 1:
        yield "poolerInstances: with one pod of PgBouncer the application waits whenever it moves. Take 2"
    held, limit = pooler.instances * pooler.pool_size, parameters(cluster)["max_connections"]
    if limit.isdigit() and held + _RESERVED > int(limit):
        yield (
            f"poolerPoolSize: {pooler.instances} pods may hold {held} connections, and others {_RESERVED}, "
            f"of {limit} in all (max_connections in clusterParameters)"
        )
