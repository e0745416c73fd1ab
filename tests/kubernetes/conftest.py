"""Fixtures for tests on a real cluster, to which KUBECONFIG leads. Only who names this folder runs them."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from airgap.kubernetes.client import Client
from airgap.kubernetes.cluster import Cluster
from airgap.kubernetes.errors import ApiError
from airgap.kubernetes.kubeconfig import access
from tests.airgap.kubernetes_engine import Engine
from tests.kubernetes.project import KubernetesProject, new_project

HERE = Path(__file__).parent


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave this folder out of a run of everything, which is for machines without a cluster."""
    named = [Path(argument.split("::")[0]).resolve() for argument in config.args]
    return None if any(path == HERE or HERE in path.parents for path in named) else True


@pytest.fixture(scope="session")
def kubeconfig() -> str:
    """The path of the kubeconfig. Without one, these tests fail: they prove nothing by being skipped."""
    path = os.environ.get("KUBECONFIG", "")
    if not Path(path).is_file():
        pytest.fail("KUBECONFIG names no kubeconfig of a cluster for tests; set it and run this again")
    return path


@dataclass(frozen=True)
class Live:
    """What is really there."""

    cluster: Cluster

    def get(self, kind: str, identifier: str, api_version: str = "v1") -> dict[str, Any] | None:
        """The object of a kind and a `namespace/name`, or None where there is none."""
        try:
            return self.cluster.read(_object(kind, identifier, api_version))
        except ApiError as error:
            assert error.code == 404, error
            return None

    def merge(self, kind: str, identifier: str, patch: dict[str, Any], api_version: str = "v1", **more: str) -> None:
        """Change an object behind Pulumi's back, as `kubectl patch` does."""
        found = _object(kind, identifier, api_version)
        self.cluster.write("PATCH", found, "application/merge-patch+json", patch, **more)

    def create(self, kind: str, identifier: str, api_version: str = "v1", **fields: Any) -> None:
        """Make an object behind Pulumi's back, as `kubectl create` does."""
        obj = _object(kind, identifier, api_version) | fields
        self.cluster.write("POST", obj, "application/json", obj)

    def delete(self, kind: str, identifier: str, api_version: str = "v1") -> None:
        """Have an object deleted, without waiting for it."""
        self.cluster.write("DELETE", _object(kind, identifier, api_version), "application/json", {})


def _object(kind: str, identifier: str, api_version: str) -> dict[str, Any]:
    namespace, _, name = identifier.rpartition("/")
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata}


@pytest.fixture(scope="session")
def live(kubeconfig: str) -> Live:
    """The cluster beside the plugin."""
    return Live(Cluster(Client(access(kubeconfig))))


@pytest.fixture
def namespace(live: Live) -> Iterator[str]:
    """A new namespace of this test's own, deleted after it with all that is in it."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    live.create("Namespace", name)
    yield name
    live.delete("Namespace", name)


@pytest.fixture
def engine(kubeconfig: str) -> Engine:
    """An engine whose provider is an administrator of the cluster."""
    return Engine.configured(kubeconfig=kubeconfig)


@pytest.fixture(scope="session")
def running(live: Live) -> Iterator[KubernetesProject]:
    """A project whose stack `dev` is up, as a production's is: three instances. Tests leave it as they found it."""
    with new_project(live, clusterInstances="3", clusterWalSize="512Mi", clusterCpu="400m") as project:
        project.up()
        yield project
