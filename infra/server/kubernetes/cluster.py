"""The Cluster of CloudNativePG, and the Secret that tells it of its administrator.

The administrator is no superuser, but may make roles and databases: the program needs no more. It owns the
first database of CloudNativePG, and is none of its managed roles: from those it revokes every membership that the
manifest does not name, and whoever makes a role in PostgreSQL becomes a member of it.
"""

from __future__ import annotations

from typing import Any

from infra.kubernetes.settings import OUTSIDE, ClusterSettings, KubernetesSettings, Recovery, Volume
from infra.server.kubernetes.objects import (
    Manifest,
    administrator_name,
    guaranteed,
    manifest,
    object_store_name,
    pooler_name,
)
from infra.server.kubernetes.parameters import parameters

PLUGIN = "barman-cloud.cloudnative-pg.io"
_FORGETFUL = 60  # seconds
_PATIENT = 3600


def administrator(settings: KubernetesSettings, user: str, verifier: Any) -> Manifest:
    """The Secret that the server takes its administrator's password from.

    It holds a SCRAM verifier, so that who can read it cannot log in. A newer operator would hash what it holds, were it
    not annotated; the label lets a new one reach the server at once.
    """
    return manifest(
        settings,
        "v1 Secret",
        administrator_name(settings),
        labels={"cnpg.io/reload": "true"},
        annotations={"cnpg.io/passwordPassthrough": "enabled"},
        type="kubernetes.io/basic-auth",
        stringData={"username": user, "password": verifier},
    )


def cluster(settings: KubernetesSettings, user: str) -> Manifest:
    """The Cluster, with `user` as its administrator."""
    wanted = settings.cluster
    spec: Manifest = {
        "description": "The database of CreativeFlow AI",
        "instances": wanted.instances,
        "imageName": wanted.image,
        "enableSuperuserAccess": False,
        "enablePDB": True,
        "bootstrap": _bootstrap(settings, user),
        "postgresql": _postgresql(wanted),
        "storage": _volume(wanted.storage),
        "resources": guaranteed(wanted.cpu, wanted.memory),
        "affinity": _affinity(wanted),
        "certificates": {"serverAltDNSNames": _names(settings)},
        **_updates(wanted),
    }
    if wanted.wal is not None:
        spec["walStorage"] = _volume(wanted.wal)
    if wanted.pull_secrets:
        spec["imagePullSecrets"] = [{"name": name} for name in wanted.pull_secrets]
    if wanted.priority_class:
        spec["priorityClassName"] = wanted.priority_class
    if settings.place.service in OUTSIDE:
        spec["managed"] = {"services": {"additional": [_service(settings)]}}
    spec.update(_archive(settings))
    # What somebody changed with kubectl is put back; else the provider leaves it to them, and fails.
    force = {"pulumi.com/patchForce": "true"}
    return manifest(settings, "postgresql.cnpg.io/v1 Cluster", wanted.name, annotations=force, spec=spec)


def _names(settings: KubernetesSettings) -> list[str]:
    """What the server's certificate is good for, beside its services: a tunnel, the stack's host, and PgBouncer, which
    shows its clients the same one.
    """
    pooler, namespace = pooler_name(settings), settings.place.namespace
    names = {"localhost", settings.place.host, pooler, f"{pooler}.{namespace}", f"{pooler}.{namespace}.svc"}
    return sorted(names)


def _bootstrap(settings: KubernetesSettings, user: str) -> Manifest:
    """How the data comes to be: read once, when the Cluster is made.

    The locale is that of the embedded server: the builtin C.UTF-8 sorts alike on every machine, and no upgrade of an
    image's libraries can break an index.
    """
    owner = {"database": user, "owner": user, "secret": {"name": administrator_name(settings)}}
    if settings.backup is not None and settings.backup.recovery is not None:
        return {"recovery": {**owner, "source": settings.backup.recovery.server, **_target(settings.backup.recovery)}}
    made = {
        **owner,
        "encoding": "UTF8",
        "localeProvider": "builtin",
        "builtinLocale": "C.UTF-8",
        "dataChecksums": True,
        "postInitSQL": [f'ALTER ROLE "{user}" CREATEROLE CREATEDB'],
    }
    return {"initdb": made}


def _target(recovery: Recovery) -> Manifest:
    return {"recoveryTarget": {"targetTime": recovery.target_time}} if recovery.target_time else {}


def _postgresql(wanted: ClusterSettings) -> Manifest:
    """A commit waits for one standby. Which of them is left to the moment, so that a slow one holds up nobody."""
    spec: Manifest = {
        "parameters": parameters(wanted),
        # CloudNativePG's last rule lets all hosts log in with a password, without TLS too.
        "pg_hba": ["hostnossl all all all reject"],
    }
    if wanted.durability != "none" and wanted.instances > 1:
        required = wanted.durability == "required"
        spec["synchronous"] = {
            "method": "any",
            "number": 1,
            "dataDurability": wanted.durability,
            # No standby is promoted that may lack what was acknowledged. With two instances there is no other to ask.
            "failoverQuorum": required and wanted.instances > 2,
        }
    return spec


def _volume(volume: Volume) -> Manifest:
    spec: Manifest = {"size": volume.size, "resizeInUseVolumes": True}
    return {**spec, "storageClass": volume.storage_class} if volume.storage_class else spec


def _affinity(wanted: ClusterSettings) -> Manifest:
    affinity: Manifest = {
        "enablePodAntiAffinity": True,
        "podAntiAffinityType": wanted.anti_affinity,
        "topologyKey": wanted.topology_key,
    }
    if wanted.node_selector:
        affinity["nodeSelector"] = dict(wanted.node_selector)
    if wanted.tolerations:
        affinity["tolerations"] = [dict(toleration) for toleration in wanted.tolerations]
    return affinity


def _updates(wanted: ClusterSettings) -> Manifest:
    """How a primary gives way.

    By a switchover, which takes seconds, where a restart takes as long as a pod does. A smart shutdown would wait for
    sessions to end by themselves, and a pool's never do, while it lets nobody in. A primary that does not stop in
    `switchoverDelay` is killed, which loses nothing that a standby has acknowledged; without that it gets the hour that
    CloudNativePG gives it to archive.
    """
    return {
        "primaryUpdateStrategy": wanted.primary_update,
        "primaryUpdateMethod": "switchover" if wanted.instances > 1 else "restart",
        "failoverDelay": 0,
        "smartShutdownTimeout": 1,
        "switchoverDelay": _FORGETFUL if wanted.durability == "required" and wanted.instances > 1 else _PATIENT,
    }


def _service(settings: KubernetesSettings) -> Manifest:
    """A service that the outside reaches, beside CloudNativePG's own.

    Traffic to a load balancer keeps its source's address, so that the network policy can look at it; a node's port must
    lead to the primary from every node, and cannot.
    """
    place = settings.place
    balanced = place.service == "LoadBalancer"
    port: Manifest = {
        "name": "postgres",
        "protocol": "TCP",
        "port": place.port if balanced else 5432,
        "targetPort": 5432,
    }
    if not balanced:
        port["nodePort"] = place.port
    spec: Manifest = {"type": place.service, "externalTrafficPolicy": "Local" if balanced else "Cluster"}
    if balanced:
        spec["loadBalancerSourceRanges"] = list(place.sources)
    metadata = {"name": f"{settings.cluster.name}-outside", "annotations": dict(place.service_annotations)}
    return {
        "selectorType": "rw",
        "serviceTemplate": {"metadata": metadata, "spec": {**spec, "ports": [port]}},
        "updateStrategy": "patch",
    }


def _archive(settings: KubernetesSettings) -> Manifest:
    backup = settings.backup
    if backup is None:
        return {}
    store = {"barmanObjectName": object_store_name(settings)}
    archive: Manifest = {
        "plugins": [{"name": PLUGIN, "isWALArchiver": True, "parameters": {**store, "serverName": backup.server}}]
    }
    if backup.recovery is not None:
        source = {"name": PLUGIN, "parameters": {**store, "serverName": backup.recovery.server}}
        archive["externalClusters"] = [{"name": backup.recovery.server, "plugin": source}]
    return archive
