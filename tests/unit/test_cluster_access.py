"""When a Cluster counts as ready, and what is said of one that is not."""

from __future__ import annotations

import copy
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from infra.kubernetes.cluster import causes, not_in_force, unready
from infra.kubernetes.tunnel import HOST
from infra.resources import ResourceError
from infra.resources.cluster_access import ClusterAccessProvider
from tests.airgap.kubernetes_server import serving

RESOURCES = {"requests": {"cpu": "500m", "memory": "256Mi"}, "limits": {"cpu": "500m", "memory": "256Mi"}}
CLUSTER: dict[str, Any] = {
    "metadata": {"name": "db", "namespace": "ns"},
    "spec": {"instances": 1, "imageName": "postgresql:18", "resources": copy.deepcopy(RESOURCES)},
    "status": {
        "phase": "Cluster in healthy state",
        "readyInstances": 1,
        "currentPrimary": "db-1",
        "targetPrimary": "db-1",
    },
}
POD: dict[str, Any] = {
    "metadata": {"name": "db-1", "labels": {"cnpg.io/podRole": "instance"}},
    "spec": {"containers": [{"name": "postgres", "image": "postgresql:18", "resources": RESOURCES}]},
    "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
}


def changed(*path: str, to: object) -> dict[str, Any]:
    """The Cluster with another value somewhere."""
    cluster = copy.deepcopy(CLUSTER)
    *parents, last = path
    inner = cluster
    for key in parents:
        inner = inner[key]
    inner[last] = to
    return cluster


@pytest.mark.parametrize(
    ("cluster", "said"),
    [
        (CLUSTER, ""),
        (changed("spec", "resources", "requests", "cpu", to="0.5"), ""),  # is 500m
        (changed("status", to={}), "the operator has not begun"),
        (changed("status", to={"phase": "Upgrading", "phaseReason": "db-1 is old"}), "Upgrading (db-1 is old)"),
        (changed("metadata", "deletionTimestamp", to="2026-01-31T12:00:00Z"), "it is being deleted"),
        (changed("spec", "instances", to=3), "1 of 3 instances are ready"),
        (changed("status", "targetPrimary", to="db-2"), "db-2 is about to become the primary"),
        (changed("spec", "imageName", to="postgresql:18.7"), "db-1 still to be replaced"),
        (changed("spec", "resources", "limits", "memory", to="1Gi"), "db-1 still to be replaced"),
    ],
)
def test_a_cluster_is_ready_when_its_instances_are_what_it_asks_for(cluster: dict[str, Any], said: str) -> None:
    assert unready(cluster, [POD], []) == said


@pytest.mark.parametrize(
    ("capacity", "said"),
    [
        ({"storage": "1Gi"}, ""),
        ({"storage": "1024Mi"}, ""),
        ({"storage": "2Gi"}, ""),  # as some storage rounds
        ({"storage": "1000Mi"}, "volume db-1 has 1000Mi of 1Gi, volume db-1-wal has 1000Mi of 3Gi"),
        ({}, "volume db-1 has 0 of 1Gi, volume db-1-wal has 0 of 3Gi"),
    ],
)
def test_a_cluster_waits_for_volumes_to_grow(capacity: dict[str, str], said: str) -> None:
    cluster = changed("spec", "storage", to={"size": "1Gi"})
    cluster["spec"]["walStorage"] = {"size": "3Gi" if said else "1Gi"}
    roles = {"db-1": "PG_DATA", "db-1-wal": "PG_WAL", "db-1-tbs": "PG_TABLESPACE"}
    volumes = [
        {"metadata": {"name": name, "labels": {"cnpg.io/pvcRole": role}}, "status": {"capacity": capacity}}
        for name, role in roles.items()
    ]
    assert unready(cluster, [POD], volumes) == said


WRITINGS = [  # the default in other words, and what is another value
    ("shared_buffers", "131072kB", "129MB"),
    ("shared_buffers", "0.125GB", "16385"),
    ("checkpoint_timeout", "300s", "6min"),
    ("checkpoint_timeout", "5min", "301000ms"),
    ("max_connections", " 100 ", "101"),
    ("autovacuum_vacuum_scale_factor", "0.20", "0.21"),
    ("fsync", "TRUE", "off"),
]


@pytest.mark.parametrize(("name", "same", "other"), WRITINGS)
def test_a_parameter_is_in_force_however_its_value_is_written(
    admin: psycopg.Connection, name: str, same: str, other: str
) -> None:
    query = "SELECT name, boot_val AS setting, unit, vartype, false AS pending_restart FROM pg_settings WHERE name = %s"
    row = admin.cursor(row_factory=dict_row).execute(query, (name,)).fetchone()
    assert row
    assert not_in_force({name: same}, [row]) == []
    assert not_in_force({name: other}, [row]) == [name]


def test_what_waits_for_a_restart_or_cannot_be_compared_is_what_the_server_says() -> None:
    row = {"name": "wal_compression", "setting": "pglz", "unit": None, "vartype": "enum", "pending_restart": False}
    assert not_in_force({"wal_compression": "on"}, [row]) == []
    assert not_in_force({}, [{**row, "pending_restart": True}]) == ["wal_compression"]


def test_what_holds_a_cluster_up_is_told_with_its_reason_and_without_what_is_over() -> None:
    pulling = {
        "metadata": {"name": "db-2"},
        "status": {
            "phase": "Pending",
            "conditions": [{"type": "PodScheduled", "status": "True"}],
            "containerStatuses": [
                {"image": "nowhere:18", "state": {"waiting": {"reason": "ErrImagePull", "message": "no such\nhost"}}}
            ],
        },
    }
    unscheduled = {
        "metadata": {"name": "db-3"},
        "status": {
            "phase": "Pending",
            "conditions": [{"type": "PodScheduled", "status": "False", "message": "Insufficient cpu"}],
        },
    }
    volume = {"metadata": {"name": "db-4"}, "spec": {"storageClassName": "fast"}, "status": {"phase": "Pending"}}
    events = [
        event("db-1", "over"),
        event("db-9", "x" * 999),
        event("web-1", "another's"),
        event("db-3", "Insufficient cpu"),
    ]
    assert causes("db", [POD, pulling, unscheduled], [volume], events) == [
        "pod db-2: ErrImagePull, image nowhere:18: no such host",
        "pod db-3 is Pending: Insufficient cpu",
        "volume db-4 of storage class fast is Pending",
        "x" * 240 + "…",
    ]


def event(name: str, message: str) -> dict[str, Any]:
    return {"type": "Warning", "message": message, "involvedObject": {"name": name}}


def manifest(name: str = "db", size: str = "1Gi") -> str:
    spec = {
        "imageName": "postgresql:18",
        "storage": {"size": size},
        "bootstrap": {"initdb": {"owner": "administrator"}},
        "postgresql": {"parameters": {}},
    }
    return json.dumps({"metadata": {"name": name, "namespace": "ns"}, "spec": spec})


def props(**changes: Any) -> dict[str, Any]:
    """The inputs of a ClusterAccess whose Kubernetes is nowhere."""
    return {
        "namespace": "ns",
        "cluster": "db",
        "fingerprint": manifest(),
        "access": "service",
        "host": "db.example.com",
        "port": 5432.0,
        "user": "administrator",
        "password": "a password",
        "database": "creativeflow",
        "ca_file": ".local/dev-ca.pem",
        "kubeconfig": "/nowhere/kubeconfig",
        "context": None,
        "timeout": 10,
        "teardown": False,
        **changes,
    }


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program's folder, on a machine from which no Kubernetes can be reached."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_check_that_cannot_see_a_cluster_warns_and_lets_pass(
    nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not ClusterAccessProvider().check({}, props()).failures
    assert "warning: no credentials for Kubernetes in /nowhere/kubeconfig" in capsys.readouterr().err


def test_a_check_refuses_the_port_of_another(nowhere: Path) -> None:
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]
        (failure,) = ClusterAccessProvider().check({}, props(access="tunnel", port=port)).failures or ()
    assert failure.property == "port"
    assert f"port {port} of 127.0.0.1" in failure.reason


def test_where_no_cluster_can_be_seen_only_another_wish_is_a_difference(nowhere: Path) -> None:
    provider = ClusterAccessProvider()
    assert not provider.diff("ns/db", props(), props(port=5432)).changes
    assert provider.diff("ns/db", props(), props(fingerprint=manifest(size="2Gi"))).changes


def test_a_wish_that_is_taken_back_is_a_difference_too(nowhere: Path) -> None:
    provider, news = ClusterAccessProvider(), props()
    del news["kubeconfig"], news["context"]
    assert provider.diff("ns/db", props(), news).changes
    assert not provider.diff("ns/db", {**news, "context": None}, {**news, "__provider": "…"}).changes


VERSION = (200, {"gitVersion": "v1.34.4"})


def test_a_cluster_that_is_gone_is_a_difference_a_warning_and_no_success(
    nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = "Cluster ns/db is gone: docs/production.md says how to restore it"
    with serving() as kubernetes:
        kubernetes.answers["GET /version/"] = VERSION
        (nowhere / "kubeconfig").write_text(kubernetes.kubeconfig)
        provider, asked = ClusterAccessProvider(), props(kubeconfig=str(nowhere / "kubeconfig"))
        assert not provider.check({}, asked).failures
        assert capsys.readouterr().err == "", "the first preview of a stack"
        assert not provider.check(asked, asked).failures
        assert capsys.readouterr().err == f"warning: {gone}\n"
        assert provider.diff("ns/db", asked, asked).changes
        with pytest.raises(ResourceError) as failed:
            provider.update("ns/db", asked, asked)
        assert str(failed.value) == gone


@pytest.mark.parametrize(
    "act",
    [
        lambda provider: provider.read("ns/db", props()),
        lambda provider: provider.delete("ns/db", props(teardown=True)),
    ],
)
def test_what_needs_the_cluster_fails_in_one_line(
    act: Callable[[ClusterAccessProvider], object], nowhere: Path
) -> None:
    with pytest.raises(ResourceError) as failed:
        act(ClusterAccessProvider())
    assert "\n" not in str(failed.value)
    assert "set KUBECONFIG, or kubernetesConfigFile and kubernetesContext" in str(failed.value)
    assert "a password" not in str(failed.value)


def test_the_last_of_both_takes_the_certificate_away(nowhere: Path) -> None:
    (nowhere / ".local").mkdir()
    (nowhere / ".local" / "dev-ca.pem").write_text("a certificate")
    ClusterAccessProvider().delete("ns/db", props())
    assert list((nowhere / ".local").iterdir()) == []
