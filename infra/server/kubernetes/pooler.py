"""PgBouncer before the application: many clients share few connections, and wait out a switchover rather than fail.

PgBouncer learns of a client's SCRAM verifier from the server itself, by CloudNativePG's query, and keeps no password.
"""

from __future__ import annotations

from infra.kubernetes.settings import KubernetesSettings
from infra.server.kubernetes.objects import CLIENT, Manifest, guaranteed, manifest, pooler_name

# Pulumi deletes an object after its dependents. CloudNativePG makes them anew meanwhile, for a minute or so.
_IN_BACKGROUND = {"pulumi.com/deletionPropagationPolicy": "background"}


def pooler(settings: KubernetesSettings) -> Manifest:
    """The Pooler that leads to the primary."""
    wanted = settings.pooler
    pgbouncer = {"poolMode": wanted.mode, "parameters": _parameters(settings)}
    spec = {
        "cluster": {"name": settings.cluster.name},
        "type": "rw",
        "instances": wanted.instances,
        "pgbouncer": pgbouncer,
        "template": {"metadata": {"labels": {"app": pooler_name(settings), **CLIENT}}, "spec": _pod(settings)},
    }
    return manifest(
        settings, "postgresql.cnpg.io/v1 Pooler", pooler_name(settings), annotations=_IN_BACKGROUND, spec=spec
    )


def _parameters(settings: KubernetesSettings) -> dict[str, str]:
    return {
        "default_pool_size": str(settings.pooler.pool_size),
        "max_client_conn": str(settings.pooler.max_clients),
        # Drivers prepare statements by themselves; in transaction mode PgBouncer must know them.
        "max_prepared_statements": "200",
        # CloudNativePG's "prefer" would let a client in without TLS.
        "client_tls_sslmode": "require",
        # Longer than a failover takes, shorter than people wait.
        "query_wait_timeout": "30",
        **settings.pooler.parameters,
    }


def _pod(settings: KubernetesSettings) -> Manifest:
    """PgBouncer is one thread: half a core is a thousand clients, and more cores are more pods."""
    apart = {
        "topologyKey": settings.cluster.topology_key,
        "labelSelector": {"matchLabels": {"app": pooler_name(settings)}},
    }
    affinity = {
        "podAntiAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": apart}]
        }
    }
    return {
        "containers": [{"name": "pgbouncer", "resources": guaranteed("500m", "256Mi")}],
        "affinity": affinity,
    }
