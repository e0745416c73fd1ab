"""PodMonitors for the Prometheus Operator. Its CRDs may be absent, so that a stack has to ask for them."""

from __future__ import annotations

from infra.kubernetes.settings import KubernetesSettings
from infra.server.kubernetes.objects import Manifest, manifest, pooler_name


def monitors(settings: KubernetesSettings) -> list[Manifest]:
    """One for the instances, and one for the pooler where there is one."""
    selected = {settings.cluster.name: {"cnpg.io/cluster": settings.cluster.name, "cnpg.io/podRole": "instance"}}
    if settings.pooler.instances:
        selected[pooler_name(settings)] = {"cnpg.io/poolerName": pooler_name(settings)}
    return [
        manifest(
            settings,
            "monitoring.coreos.com/v1 PodMonitor",
            name,
            spec={"selector": {"matchLabels": labels}, "podMetricsEndpoints": [{"port": "metrics"}]},
        )
        for name, labels in selected.items()
    ]
