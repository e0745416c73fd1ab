"""What is unfit for production is said in the preview of a protected stack, a line each."""

from __future__ import annotations

import pytest

from infra.server.kubernetes.unfit import warnings
from tests.unit.test_kubernetes_program import KUBERNETES
from tests.unit.test_kubernetes_settings import BACKUP, kubernetes
from tests.unit.test_program import declare


def test_the_defaults_with_backups_are_fit() -> None:
    assert warnings(kubernetes(**BACKUP)) == []


@pytest.mark.parametrize(
    ("stack", "keys"),
    [
        ({"clusterInstances": "1"}, ["clusterInstances"]),
        ({"clusterInstances": "2"}, ["clusterInstances"]),
        ({"clusterDurability": "preferred"}, ["clusterDurability"]),
        ({"clusterAntiAffinity": "preferred"}, ["clusterAntiAffinity"]),
        ({"clusterWalSize": "none"}, ["clusterWalSize"]),
        ({"clusterImage": "ghcr.io/cloudnative-pg/postgresql:18"}, ["clusterImage"]),
        ({"backupDestination": ""}, ["backupDestination"]),
        ({"backupEndpoint": "http://minio:9000"}, ["backupEndpoint"]),
        ({"kubernetesNetworkPolicy": "false"}, ["kubernetesNetworkPolicy"]),
        (
            {"kubernetesService": "LoadBalancer", "kubernetesServiceSources": "0.0.0.0/0", "postgresHost": "a.example"},
            ["kubernetesServiceSources"],
        ),
        ({"clusterParameters": '{"fsync": "off"}'}, ["clusterParameters"]),
        ({"poolerInstances": "1"}, ["poolerInstances"]),
        ({"poolerPoolSize": "45"}, ["poolerPoolSize"]),
        ({"poolerPoolSize": "45", "clusterParameters": '{"max_connections": "200"}'}, []),
        ({"clusterInstances": "1", "clusterWalSize": "none"}, ["clusterInstances", "clusterWalSize"]),
    ],
)
def test_each_is_a_line_with_its_key(stack: dict[str, str], keys: list[str]) -> None:
    assert [line.partition(":")[0] for line in warnings(kubernetes(**{**BACKUP, **stack}))] == keys


def test_only_a_protected_stack_is_warned(caplog: pytest.LogCaptureFixture) -> None:
    declare(**KUBERNETES, protect="false")
    assert "backupDestination" not in caplog.text
    declare(**KUBERNETES)
    assert "backupDestination: without backups" in caplog.text
