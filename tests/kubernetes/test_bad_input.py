"""What can be wrong with a Kubernetes cluster, or with what is asked of it, ends with one clear message, in time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from infra.kubernetes import api, tunnel
from infra.kubernetes.api import Where
from infra.kubernetes.errors import Forbidden, KubernetesError, NotFound, Unreachable
from tests.kubernetes.conftest import Live
from tests.kubernetes.project import KubernetesProject, new_project, quiet_port

TIMEOUT = 12
CLUSTERS = {"apiGroups": ["postgresql.cnpg.io"], "resources": ["clusters"], "verbs": ["get"]}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"clusterImage": "registry.invalid/postgresql:18.6"}, ["pull", "registry.invalid/postgresql:18.6"]),
        ({"clusterStorageClass": "nowhere"}, ["storage class nowhere is Pending"]),
        ({"clusterCpu": "900"}, ["Pending", "Insufficient cpu"]),
    ],
    ids=["image", "storage class", "resources"],
)
def test_a_cluster_that_never_gets_ready(live: Live, settings: dict[str, str], said: list[str]) -> None:
    with new_project(live, clusterInstances="1", kubernetesTimeout=str(TIMEOUT), **settings) as project:
        began = time.monotonic()
        message = project.fail("up", "--yes", "--skip-preview", "--stack", "dev")
        assert time.monotonic() - began < TIMEOUT + 40
        (line,) = lines(message, f"Cluster {project.namespace}/db is not ready after")
        assert [part for part in said if part not in line] == [], line
        assert len(line) < 1200


def lines(message: str, beginning: str) -> set[str]:
    """The lines of the engine's diagnostics that say something."""
    return {line.strip() for line in message.splitlines() if line.strip().startswith("error:") and beginning in line}


def test_a_webhook_that_says_no(live: Live) -> None:
    with new_project(live, clusterInstances="2", clusterParameters={"wal_level": "minimal"}) as project:
        message = project.fail("up", "--yes", "--skip-preview", "--stack", "dev")
    assert lines(message, "wal_level")


def test_a_namespace_that_is_terminating(live: Live) -> None:
    with new_project(live, clusterInstances="1") as project:
        live.create("Namespace", project.namespace)
        held = f"{project.namespace}/held"
        metadata = {"namespace": project.namespace, "name": "held", "finalizers": ["example.com/held"]}
        live.create("ConfigMap", held, metadata=metadata)
        live.delete("Namespace", project.namespace)
        try:
            message = project.fail("up", "--yes", "--skip-preview", "--stack", "dev")
        finally:
            live.merge("ConfigMap", held, {"metadata": {"finalizers": None}})
    assert lines(message, project.namespace), message


def test_a_kubernetes_without_cloudnativepg(namespace: str, monkeypatch: pytest.MonkeyPatch, kubeconfig: str) -> None:
    monkeypatch.setitem(api._KINDS, "clusters", "postgresql.example.com/v1")
    with pytest.raises(KubernetesError) as failed:
        Where(kubeconfig, None, namespace).get("clusters", "db")
    assert "install the operator of CloudNativePG" in str(failed.value)


@pytest.fixture
def limited(live: Live, namespace: str, kubeconfig: str, tmp_path: Path) -> Iterator[str]:
    """The kubeconfig of an account that may read Clusters, in a namespace of this test's own, and no more."""
    live.create("ServiceAccount", f"{namespace}/limited")
    rbac = "rbac.authorization.k8s.io"
    live.create("Role", f"{namespace}/limited", f"{rbac}/v1", rules=[CLUSTERS])
    subject = {"kind": "ServiceAccount", "name": "limited", "namespace": namespace}
    role = {"apiGroup": rbac, "kind": "Role", "name": "limited"}
    live.create("RoleBinding", f"{namespace}/limited", f"{rbac}/v1", subjects=[subject], roleRef=role)
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/limited/token"
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    answer, _ = live.cluster.client.request("POST", path, {}, request, "application/json")
    config: dict[str, Any] = yaml.safe_load(Path(kubeconfig).read_text())
    config["users"] = [{"name": each["name"], "user": {"token": answer["status"]["token"]}} for each in config["users"]]
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.safe_dump(config))
    yield str(file)


def test_a_permission_that_is_missing_is_named_with_its_verb_and_kind(limited: str, namespace: str) -> None:
    where = Where(limited, None, namespace)
    with pytest.raises(NotFound):
        where.get("clusters", "db")
    with pytest.raises(Forbidden) as failed:
        where.get("secrets", "db-ca")
    assert f'cannot get resource "secrets" in API group "" in the namespace "{namespace}"' in str(failed.value)
    assert str(failed.value).endswith("; ask the cluster's administrator for that permission, or take another user")


def test_a_tunnel_that_may_not_be_opened_says_so(limited: str, running: KubernetesProject, live: Live) -> None:
    where, port = Where(limited, None, running.namespace), quiet_port()
    opened = tunnel.ensure(port, where, "db")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(running.conninfo("app"), port=port)
    assert 'cannot get resource "clusters"' in opened.trouble


def test_an_up_without_permissions_fails_at_the_first_object(live: Live, limited: str) -> None:
    with new_project(live, clusterInstances="1") as project:
        message = project.fail("up", "--yes", "--skip-preview", "--stack", "dev", KUBECONFIG=limited)
        assert lines(message, "forbidden"), message


def test_a_kubeconfig_that_is_not_there_or_has_no_such_context(kubeconfig: str, tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="set KUBECONFIG, or kubernetesConfigFile and kubernetesContext"):
        Where(str(tmp_path / "none"), None, "default").get("pods", "a")
    with pytest.raises(Unreachable, match="No such context elsewhere"):
        Where(kubeconfig, "elsewhere", "default").get("pods", "a")


def test_what_is_asked_takes_no_longer_than_it_may(tmp_path: Path, kubeconfig: str) -> None:
    config: dict[str, Any] = yaml.safe_load(Path(kubeconfig).read_text())
    for each in config["clusters"]:
        each["cluster"]["server"] = "https://192.0.2.1:6443"  # of a network that is for documentation
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config))
    began = time.monotonic()
    with pytest.raises(Unreachable):
        Where(str(tmp_path / "kubeconfig"), None, "default").get("pods", "a")
    assert time.monotonic() - began < api.ANSWER_SECONDS + 5
