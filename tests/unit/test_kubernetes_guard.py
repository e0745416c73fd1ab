"""A change that loses data is stopped before the Cluster is touched, whether or not Kubernetes can be asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.kubernetes.api import Where
from infra.kubernetes.errors import Forbidden, NotFound, Unreachable
from infra.resources.cluster_guard import ClusterGuardProvider
from tests.unit.test_kubernetes_changes import made
from tests.unit.test_kubernetes_program import KUBERNETES
from tests.unit.test_kubernetes_settings import BACKUP
from tests.unit.test_program import declare, inputs


def asked(**stack: str) -> dict[str, Any]:
    return {"cluster": json.dumps(made(**stack)), "kubeconfig": None, "context": None}


def live(
    monkeypatch: pytest.MonkeyPatch,
    answer: dict[str, Any] | Exception,
    volumes: list[dict[str, Any]] | None = None,
    **classes: dict[str, Any],
) -> list[str]:
    """Let Kubernetes answer so, and note what it is asked for. It has `volumes`, which may be forbidden."""
    questions: list[str] = []

    def get(self: Where, kind: str, name: str) -> dict[str, Any]:
        if kind == "storageclasses":
            return classes[name]
        questions.append(f"{kind} {self.namespace}/{name}")
        if isinstance(answer, Exception):
            raise answer
        return answer

    def find(self: Where, kind: str, labelSelector: str) -> list[dict[str, Any]]:
        assert (kind, labelSelector) == ("persistentvolumeclaims", "cnpg.io/cluster=db")
        if volumes is None:
            raise Forbidden("no")
        return volumes

    monkeypatch.setattr(Where, "get", get)
    monkeypatch.setattr(Where, "find", find)
    return questions


def volume(role: str, storage_class: str) -> dict[str, Any]:
    return {"metadata": {"labels": {"cnpg.io/pvcRole": role}}, "spec": {"storageClassName": storage_class}}


def test_its_message_is_one_line_without_the_manifest(monkeypatch: pytest.MonkeyPatch) -> None:
    live(monkeypatch, made())
    (failure,) = ClusterGuardProvider().check(asked(), asked(clusterWalSize="none")).failures or []
    assert failure.property == "", "Pulumi prints the value of a property that is named"
    assert "\n" not in failure.reason


def refused(olds: dict[str, Any], news: dict[str, Any]) -> list[str]:
    return [failure.reason.partition(":")[0] for failure in ClusterGuardProvider().check(olds, news).failures or []]


def test_the_live_cluster_is_what_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    live(monkeypatch, made(clusterStorageSize="70Gi"))
    assert refused(asked(clusterStorageSize="50Gi"), asked(clusterStorageSize="60Gi")) == ["clusterStorageSize"]


def test_a_cluster_is_looked_for_under_the_name_that_it_had(monkeypatch: pytest.MonkeyPatch) -> None:
    questions = live(monkeypatch, made())
    assert refused(asked(), asked(clusterName="other", kubernetesNamespace="elsewhere")) == [
        *("clusterName", "kubernetesNamespace"),
    ]
    assert questions == ["clusters creativeflow/db"]


def test_without_kubernetes_in_reach_what_was_asked_for_before_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    live(monkeypatch, Unreachable("no route"))
    assert refused(asked(), asked(clusterWalSize="none")) == ["clusterWalSize"]
    assert refused({}, asked()) == [], "the first preview of a stack"


def test_a_cluster_that_is_gone_may_be_made_anew_in_any_way(monkeypatch: pytest.MonkeyPatch) -> None:
    live(monkeypatch, NotFound("no such object"))
    assert refused(asked(**BACKUP), asked(**BACKUP, recoveryServer="db", backupServer="db-2")) == []


def test_a_context_that_does_not_have_the_cluster_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    live(monkeypatch, NotFound("no such object"))
    (failure,) = ClusterGuardProvider().check(asked(), {**asked(), "context": "staging"}).failures or []
    assert failure.reason == (
        "kubernetesContext: there is no Cluster creativeflow/db in staging, and it cannot move there. "
        "Set it back to the current one, or make another stack: docs/production.md"
    )
    live(monkeypatch, made())
    assert refused(asked(), {**asked(), "context": "another name"}) == []


@pytest.mark.parametrize(("role", "said"), [("PG_DATA", "clusterStorageSize"), ("PG_WAL", "clusterWalSize")])
def test_volumes_whose_storage_class_lets_them_not_grow_stay_as_they_are(
    role: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    larger = asked(clusterStorageSize="60Gi", clusterWalSize="20Gi")
    volumes = [volume(role, "fixed"), volume("PG_DATA", "elastic"), volume("PG_WAL", "elastic")]
    live(monkeypatch, made(), volumes, fixed={}, elastic={"allowVolumeExpansion": True})
    (failure,) = ClusterGuardProvider().check(asked(), larger).failures or []
    assert failure.reason.startswith(f"{said}: volumes of storage class fixed cannot grow (allowVolumeExpansion). Set")
    assert refused(asked(), asked(clusterMemory="8Gi")) == []


def test_volumes_that_may_not_be_looked_at_may_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    live(monkeypatch, made(), volumes=None)
    assert refused(asked(), asked(clusterStorageSize="60Gi")) == []


def test_the_guard_is_asked_about_the_cluster_that_is_declared() -> None:
    declared = declare(**KUBERNETES, kubernetesContext="production")
    guard = inputs(declared, "cluster-guard")
    assert json.loads(guard["cluster"])["spec"]["instances"] == declared["cluster"].inputs["spec"]["instances"]
    assert guard["context"] == "production"
