"""What stacks declare is what a real API server takes: a dry run of every object, past its webhooks."""

from __future__ import annotations

from typing import Any

import pytest

from airgap.kubernetes.errors import ApiError, NoMatch
from infra.kubernetes.changes import refusals
from tests.kubernetes.conftest import Live
from tests.unit.test_kubernetes_program import BACKUP, OUTSIDE, objects

SMALL = {
    "clusterInstances": "1",
    "clusterAntiAffinity": "preferred",
    "clusterWalSize": "none",
    "clusterStorageSize": "1Gi",
    "clusterMemory": "256Mi",
    "clusterCpu": "100m",
    "poolerInstances": "0",
    "upkeepSchedule": "none",
    "kubernetesAccess": "tunnel",
}
FULL = {
    "clusterStorageClass": "standard",
    "clusterWalClass": "standard",
    "clusterNodeSelector": '{"pool": "db"}',
    "clusterTolerations": '[{"key": "db", "operator": "Exists", "effect": "NoSchedule"}]',
    "clusterPriorityClass": "high",
    "clusterImagePullSecrets": "registry",
    "clusterParameters": '{"work_mem": "64MB", "pg_stat_statements.track": "all"}',
    "clusterPodMonitor": "true",
    "poolerParameters": '{"server_idle_timeout": "60"}',
    "kubernetesClientNamespaces": "web,jobs",
    "kubernetesService": "LoadBalancer",
    "kubernetesServiceAnnotations": '{"example.com/internal": "true"}',
    **OUTSIDE,
    **BACKUP,
}
RECOVERED = {**BACKUP, "recoveryServer": "old", "recoveryTargetTime": "2026-01-31T12:00:00Z"}
OPTIONAL = {"ObjectStore", "PodMonitor"}
"""Kinds of CRDs that a cluster may lack: of the barman-cloud plugin, and of the Prometheus Operator."""


def tried(live: Live, manifest: dict[str, Any]) -> dict[str, Any] | None:
    """What the server would make of the manifest, any unknown field being an error; None where it lacks the kind."""
    media = "application/apply-patch+yaml"
    try:
        return live.cluster.write(
            "PATCH", manifest, media, manifest, fieldManager="test", dryRun="All", fieldValidation="Strict"
        )
    except NoMatch:
        return None


@pytest.mark.parametrize("stack", [SMALL, {}, FULL, RECOVERED], ids=["small", "default", "full", "recovered"])
def test_every_object_is_taken_as_it_is_declared(live: Live, namespace: str, stack: dict[str, str]) -> None:
    made = objects(kubernetesNamespace=namespace, **stack)
    refused = {manifest["kind"] for manifest in made.values() if tried(live, manifest) is None}
    assert refused <= OPTIONAL
    assert len(made) - len(refused) >= len({"namespace", "administrator", "cluster", "network-db"})


def test_the_server_adds_nothing_to_the_way_a_cluster_is_made_that_would_be_refused_later(
    live: Live, namespace: str
) -> None:
    manifest = objects(kubernetesNamespace=namespace)["cluster"]
    answer = tried(live, manifest)
    assert answer is not None
    assert answer["spec"] != manifest["spec"], "the webhook fills in defaults"
    assert refusals(answer, manifest) == []


def test_a_field_that_is_none_of_cloudnativepgs_is_refused_here(live: Live, namespace: str) -> None:
    manifest = objects(kubernetesNamespace=namespace)["cluster"]
    manifest["spec"]["instancez"] = 3
    with pytest.raises(ApiError, match="instancez"):
        tried(live, manifest)
