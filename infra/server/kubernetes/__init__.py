"""PostgreSQL on Kubernetes, by CloudNativePG: replicas, failover, a pooler, backups.

The modules beside this one make the manifests, as plain values; here they are declared, in the order in which they come
to be. Whatever logs in waits for the ClusterAccess, which waits for the Cluster and knows the way to it.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Callable, Sequence

import pulumi

from infra.kubernetes.settings import KubernetesSettings
from infra.resources.cluster_access import ClusterAccess
from infra.resources.cluster_guard import ClusterGuard
from infra.resources.password import Password
from infra.server import Endpoint, Upkeep
from infra.server.kubernetes import backup, monitoring, network, objects, pooler, unfit, upkeep
from infra.server.kubernetes.cluster import administrator, cluster
from infra.server.kubernetes.declare import Declarer
from infra.server.kubernetes.objects import Manifest
from infra.settings import ServerSettings


def provision(
    settings: ServerSettings, wanted: KubernetesSettings, database: str, data: pulumi.ResourceOptions
) -> Endpoint:
    """Declare the cluster and what belongs to it. `data` are the options of what holds data.

    A protected stack is a production's: what is unfit for one is warned of.
    """
    if data.protect:
        for line in unfit.warnings(wanted):
            pulumi.log.warn(line)
    password = Password("admin-password", "scram-sha-256", settings.password)
    declare = Declarer(wanted.place)
    declare.namespace("namespace", objects.namespace(wanted), data)
    manifest = cluster(wanted, settings.user)
    before: list[pulumi.Resource] = [_guard(wanted, manifest)]
    before += [declare.object("administrator", administrator(wanted, settings.user, password.verifier))]
    before += _object_store(declare, wanted)
    made = declare.object("cluster", manifest, data, after=before)
    _beside(declare, wanted, made)
    endpoint = Endpoint(
        host=wanted.place.host,
        port=wanted.place.port,
        user=settings.user,
        password=password.value,
        sslmode=settings.sslmode,
        sslrootcert=f".local/{pulumi.get_stack()}-ca.pem",
        resource=None,
    )
    way = _way(wanted, endpoint, database, manifest)
    access = way("cluster-access", opts=pulumi.ResourceOptions(depends_on=[made]))
    return dataclasses.replace(
        endpoint, ready=[access], finish=functools.partial(_finish, declare=declare, wanted=wanted, way=way)
    )


def _guard(wanted: KubernetesSettings, manifest: Manifest) -> ClusterGuard:
    return ClusterGuard(
        "cluster-guard",
        cluster=json.dumps(manifest, sort_keys=True),
        kubeconfig=wanted.place.config_file,
        context=wanted.place.context,
    )


def _way(
    wanted: KubernetesSettings, endpoint: Endpoint, database: str, manifest: Manifest
) -> Callable[..., ClusterAccess]:
    """What makes a ClusterAccess: it takes the resource's name and options."""
    return functools.partial(
        ClusterAccess,
        namespace=wanted.place.namespace,
        cluster=wanted.cluster.name,
        fingerprint=json.dumps(manifest, sort_keys=True),
        access=wanted.place.access,
        host=endpoint.host,
        port=endpoint.port,
        user=endpoint.user,
        password=endpoint.password,
        database=database,
        ca_file=endpoint.sslrootcert,
        kubeconfig=wanted.place.config_file,
        context=wanted.place.context,
        timeout=wanted.place.timeout,
    )


def _finish(
    wants: Upkeep,
    after: Sequence[pulumi.Resource],
    *,
    declare: Declarer,
    wanted: KubernetesSettings,
    way: Callable[..., ClusterAccess],
) -> None:
    """The upkeep's job, after the migrations that make the functions which it calls; and the first to be destroyed.

    A destroy does not run the program: the way to the database must be opened anew before the roles can go.
    """
    if wanted.upkeep_schedule is not None:
        secret = declare.object("upkeep-credentials", upkeep.password(wanted, wants.user, wants.password))
        declare.object("upkeep", upkeep.job(wanted, wants), after=[secret, *after])
    way("cluster-access-for-destroy", teardown=True, opts=pulumi.ResourceOptions(depends_on=[*after]))


def _object_store(declare: Declarer, wanted: KubernetesSettings) -> list[pulumi.Resource]:
    if wanted.backup is None:
        return []
    secret = declare.object("backup-credentials", backup.credentials(wanted, wanted.backup))
    return [declare.object("backup-store", backup.object_store(wanted, wanted.backup), after=[secret])]


def _beside(declare: Declarer, wanted: KubernetesSettings, made: pulumi.Resource) -> None:
    """What stands beside the Cluster."""
    if wanted.place.network_policy:
        for policy in network.policies(wanted):
            declare.object(f"network-{policy['metadata']['name']}", policy)
    if wanted.backup is not None:
        declare.object("backup-schedule", backup.schedule(wanted, wanted.backup), after=[made])
    if wanted.pooler.instances:
        declare.object("pooler", pooler.pooler(wanted), after=[made])
    if wanted.cluster.pod_monitor:
        for monitor in monitoring.monitors(wanted):
            declare.object(f"monitor-{monitor['metadata']['name']}", monitor)
