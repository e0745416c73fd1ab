"""Changes of a Cluster that would lose data, or that need more than an `up`, are refused with the reason."""

from __future__ import annotations

import pytest

from infra.kubernetes.changes import major_version, refusals
from infra.server.kubernetes.cluster import cluster
from infra.server.kubernetes.objects import Manifest
from tests.unit.test_kubernetes_settings import BACKUP, kubernetes

IMAGE = "ghcr.io/cloudnative-pg/postgresql"


def made(user: str = "administrator", **stack: str) -> Manifest:
    return cluster(kubernetes(**stack), user)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {}),
        ({}, {"clusterStorageSize": "51Gi", "clusterWalSize": "20Gi"}),
        ({"clusterWalSize": "none"}, {"clusterWalSize": "10Gi"}),
        ({"clusterInstances": "3"}, {"clusterInstances": "2", "clusterMemory": "8Gi"}),
        ({"clusterImage": f"{IMAGE}:18.1"}, {"clusterImage": f"{IMAGE}:18.6-system-trixie@sha256:{'0' * 64}"}),
        ({"recoveryServer": "old", **BACKUP}, {"recoveryServer": "old", **BACKUP}),
    ],
)
def test_what_can_be_done_in_place_is_let_through(before: dict[str, str], after: dict[str, str]) -> None:
    assert refusals(made(**before), made(**after)) == []


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({}, {"clusterName": "other"}, "clusterName: other would be a new and empty cluster"),
        ({}, {"kubernetesNamespace": "other"}, "kubernetesNamespace: other would be"),
        ({}, {"clusterStorageSize": "49Gi"}, "clusterStorageSize: a volume cannot shrink to 49Gi. Set it back to 50Gi"),
        ({"clusterWalSize": "1.5Gi"}, {"clusterWalSize": "1500Mi"}, "clusterWalSize: a volume cannot shrink"),
        ({}, {"clusterWalSize": "none"}, "clusterWalSize: a volume that is in use cannot be taken away"),
        (
            {},
            {"clusterStorageClass": "fast"},
            "clusterStorageClass: volumes that are there keep their class, the default",
        ),
        (
            {"clusterWalClass": "a"},
            {"clusterWalClass": "b"},
            "clusterWalClass: volumes that are there keep their class, a",
        ),
        ({}, {"recoveryServer": "old", **BACKUP}, "recoveryServer: it is read once"),
        (
            {"clusterImage": f"{IMAGE}:17.5"},
            {"clusterImage": f"{IMAGE}:18"},
            "from PostgreSQL 17 to 18 is a major upgrade",
        ),
        ({"clusterImage": f"{IMAGE}:18"}, {"clusterImage": f"{IMAGE}:17.5"}, "goes back, which no PostgreSQL can"),
    ],
)
def test_what_would_lose_data_is_refused_in_one_line(before: dict[str, str], after: dict[str, str], said: str) -> None:
    (line,) = refusals(made(**before), made(**after))
    assert said in line


def test_the_moment_of_a_recovery_and_the_administrators_name_stay() -> None:
    old = {**BACKUP, "recoveryServer": "old"}
    (line,) = refusals(made(**old), made(**old, recoveryTargetTime="2026-01-31T12:00:00Z"))
    assert line.startswith("recoveryTargetTime: read once")
    (line,) = refusals(made(), made(user="other"))
    assert line.startswith("postgresUser")


def test_what_the_server_has_added_is_no_change() -> None:
    live = made()
    live["spec"]["bootstrap"]["initdb"]["localeCollate"] = "C"
    live["spec"]["storage"]["pvcTemplate"] = {}
    assert refusals(live, made()) == []


@pytest.mark.parametrize(
    ("image", "major"),
    [
        ("a/b:18.6-system-trixie", 18),
        ("localhost:5000/b:17", 17),
        ("a/b:18@sha256:12", 18),
        ("a/b", None),
        ("a/b:main", None),
    ],
)
def test_the_version_is_in_the_tag(image: str, major: int | None) -> None:
    assert major_version(image) == major
