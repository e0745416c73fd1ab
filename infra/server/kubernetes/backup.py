"""Backups by CloudNativePG's barman-cloud plugin: the log as it is written, and base backups on a schedule."""

from __future__ import annotations

from infra.kubernetes.settings import BackupSettings, KubernetesSettings
from infra.server.kubernetes.cluster import PLUGIN
from infra.server.kubernetes.objects import Manifest, manifest, object_store_name

_ACCESS, _SECRET = "ACCESS_KEY_ID", "ACCESS_SECRET_KEY"


def credentials(settings: KubernetesSettings, backup: BackupSettings) -> Manifest:
    """The Secret with the object store's keys."""
    keys = {_ACCESS: backup.access_key, _SECRET: backup.secret_key}
    return manifest(settings, "v1 Secret", object_store_name(settings), type="Opaque", stringData=keys)


def object_store(settings: KubernetesSettings, backup: BackupSettings) -> Manifest:
    """Where backups go. `retentionPolicy` deletes what no recovery within that time needs."""
    name = object_store_name(settings)
    configuration: Manifest = {
        "destinationPath": backup.destination,
        "s3Credentials": {
            "accessKeyId": {"name": name, "key": _ACCESS},
            "secretAccessKey": {"name": name, "key": _SECRET},
        },
        # Archiving must keep up with the busiest hour; eight at a time do, where one waits for each answer.
        "wal": {"compression": "gzip", "maxParallel": 8},
        "data": {"compression": "gzip"},
    }
    if backup.endpoint:
        configuration["endpointURL"] = backup.endpoint
    spec = {"retentionPolicy": backup.retention, "configuration": configuration}
    return manifest(settings, "barmancloud.cnpg.io/v1 ObjectStore", name, spec=spec)


def schedule(settings: KubernetesSettings, backup: BackupSettings) -> Manifest:
    """Base backups from a standby, where there is one; the first at once, since without one no log is of use."""
    spec = {
        "cluster": {"name": settings.cluster.name},
        "schedule": backup.schedule,
        "immediate": True,
        "backupOwnerReference": "self",
        "method": "plugin",
        "pluginConfiguration": {"name": PLUGIN},
        "target": "prefer-standby",
    }
    return manifest(settings, "postgresql.cnpg.io/v1 ScheduledBackup", settings.cluster.name, spec=spec)
