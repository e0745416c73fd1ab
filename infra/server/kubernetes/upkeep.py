"""The job that makes months ahead, and fails when rows came before their month did.

It logs in as a role that can call the two functions for that and nothing else (infra/privileges.py), from
PostgreSQL's own image.
"""

from __future__ import annotations

from typing import Any

from infra.kubernetes.settings import KubernetesSettings
from infra.server import Upkeep
from infra.server.kubernetes.objects import CLIENT, Manifest, guaranteed, manifest

_POSTGRES_UID = 26  # of CloudNativePG's images
_CERTIFICATES = "/certificates"


def password(settings: KubernetesSettings, user: str, value: Any) -> Manifest:
    """The Secret that the job logs in with; `value` may be an output."""
    data = {"username": user, "password": value}
    return manifest(settings, "v1 Secret", _name(settings), type="kubernetes.io/basic-auth", stringData=data)


def job(settings: KubernetesSettings, wants: Upkeep) -> Manifest:
    """The CronJob. It gives up on locks in seconds, so that nobody waits for it, and is tried again."""
    home = '"' + wants.schema.replace('"', '""') + '"'
    calls = (f"SELECT {home}.make_months_ahead({wants.months})", f"SELECT {home}.refuse_stray_rows()")
    container = {
        "name": "psql",
        "image": settings.cluster.image,
        "command": ["psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1", *(f"--command={call}" for call in calls)],
        "env": _environment(settings, wants),
        "resources": guaranteed("100m", "64Mi"),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "certificates", "mountPath": _CERTIFICATES, "readOnly": True}],
    }
    tries = {"backoffLimit": 5, "activeDeadlineSeconds": 900, "template": _pod(settings, container)}
    spec = {
        "schedule": settings.upkeep_schedule,
        "timeZone": "Etc/UTC",
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": 3600,
        "jobTemplate": {"spec": tries},
    }
    return manifest(settings, "batch/v1 CronJob", _name(settings), spec=spec)


def _environment(settings: KubernetesSettings, wants: Upkeep) -> list[Manifest]:
    plain = {
        "PGHOST": f"{settings.cluster.name}-rw",
        "PGDATABASE": wants.database,
        "PGUSER": wants.user,
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": f"{_CERTIFICATES}/ca.crt",
    }
    secret = {"secretKeyRef": {"name": _name(settings), "key": "password"}}
    return [
        *({"name": name, "value": value} for name, value in plain.items()),
        {"name": "PGPASSWORD", "valueFrom": secret},
    ]


def _pod(settings: KubernetesSettings, container: Manifest) -> Manifest:
    """The certificate alone is mounted: its key lies in the same Secret."""
    certificate = {"secretName": f"{settings.cluster.name}-ca", "items": [{"key": "ca.crt", "path": "ca.crt"}]}
    spec: Manifest = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _POSTGRES_UID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [{"name": "certificates", "secret": certificate}],
    }
    if settings.cluster.pull_secrets:
        spec["imagePullSecrets"] = [{"name": name} for name in settings.cluster.pull_secrets]
    return {"metadata": {"labels": dict(CLIENT)}, "spec": spec}


def _name(settings: KubernetesSettings) -> str:
    return f"{settings.cluster.name}-upkeep"
