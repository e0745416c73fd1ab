"""Who may reach the database's pods: CloudNativePG, each other, the pooler, labelled clients. Nobody else.

What comes through the Kubernetes API (a tunnel) begins inside the pod, where no policy applies.
"""

from __future__ import annotations

from infra.kubernetes.settings import KubernetesSettings
from infra.server.kubernetes.objects import CLIENT, Manifest, manifest, pooler_name

_POSTGRES = {"port": 5432, "protocol": "TCP"}
_STATUS = {"port": 8000, "protocol": "TCP"}
_METRICS = {"port": 9187, "protocol": "TCP"}
_NAME = "kubernetes.io/metadata.name"


def policies(settings: KubernetesSettings) -> list[Manifest]:
    """The policy of the instances, and that of the pooler where there is one."""
    cluster = {"matchLabels": {"cnpg.io/cluster": settings.cluster.name}}
    operator = {"namespaceSelector": {"matchLabels": {_NAME: settings.place.operator_namespace}}}
    among = {"from": [operator, {"podSelector": cluster}], "ports": [_POSTGRES, _STATUS]}
    made = [
        _policy(settings, settings.cluster.name, cluster, [among, *_clients(settings), *_metrics(settings, _METRICS)])
    ]
    if settings.pooler.instances:
        pods = {"matchLabels": {"cnpg.io/poolerName": pooler_name(settings)}}
        metrics = _metrics(settings, {"port": 9127, "protocol": "TCP"})
        made.append(_policy(settings, pooler_name(settings), pods, [*_clients(settings), *metrics]))
    return made


def _clients(settings: KubernetesSettings) -> list[Manifest]:
    """Pods with the label, the pooler's and the upkeep's among them; and the networks that may use the service."""
    pods = {"matchLabels": dict(CLIENT)}
    spaces = [{_NAME: name} for name in settings.place.client_namespaces]
    sources: list[Manifest] = [
        {"podSelector": pods},
        *({"namespaceSelector": {"matchLabels": space}, "podSelector": pods} for space in spaces),
        *({"ipBlock": {"cidr": source}} for source in settings.place.sources),
    ]
    return [{"from": sources, "ports": [_POSTGRES]}]


def _metrics(settings: KubernetesSettings, port: Manifest) -> list[Manifest]:
    return [{"ports": [port]}] if settings.cluster.pod_monitor else []


def _policy(settings: KubernetesSettings, name: str, pods: Manifest, ingress: list[Manifest]) -> Manifest:
    spec = {"podSelector": pods, "policyTypes": ["Ingress"], "ingress": ingress}
    return manifest(settings, "networking.k8s.io/v1 NetworkPolicy", name, spec=spec)
