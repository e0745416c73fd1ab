"""Stacks on a real Kubernetes cluster, each in a namespace of its own, driven by the real engine."""

from __future__ import annotations

import contextlib
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import yaml
from psycopg.conninfo import make_conninfo

from infra.kubernetes import tunnel
from infra.kubernetes.api import Where
from infra.kubernetes.cluster import unready
from infra.kubernetes.errors import KubernetesError
from tests.servers import ROOT
from tests.stack.project import VENV, Project
from tests.unit.test_settings import HASH

IMAGE = os.environ.get("TEST_POSTGRES_IMAGE", "ghcr.io/cloudnative-pg/postgresql:18")
CLUSTER = "db"
SMALL = {
    "server": "kubernetes",
    "adminEmail": "admin@creativeflow.localhost",
    "protect": "false",
    "kubernetesAccess": "tunnel",
    "clusterImage": IMAGE,
    "clusterAntiAffinity": "preferred",  # there may be a single node
    "clusterStorageSize": "1Gi",
    "clusterWalSize": "none",
    "clusterCpu": "300m",  # with less a failover takes twice as long: CloudNativePG's own work counts too
    "clusterMemory": "256Mi",
    "poolerInstances": "0",
}
"""A stack that fits on a laptop beside others."""


@dataclass(frozen=True)
class KubernetesProject(Project):
    """A project whose stack `dev` is in `namespace`. Its tunnel begins at `port`, those of tests elsewhere."""

    namespace: str
    port: int

    @classmethod
    def make(cls, folder: Path, namespace: str, **settings: Any) -> KubernetesProject:
        """A project whose stack is not up, with `settings` beside those that make it small."""
        project = cls(Project.copy(folder).folder, namespace, quiet_port())
        place = {"kubernetesNamespace": namespace, "postgresPort": str(project.port)}
        values = {f"creativeflow:{key}": value for key, value in {**SMALL, **place, **settings}.items()}
        project.write("Pulumi.dev.yaml", yaml.safe_dump({"config": values}))
        project.succeed("stack", "init", "dev")
        project.succeed("config", "set", "--secret", "adminPasswordHash", HASH, "--stack", "dev")
        return project

    @property
    def environment(self) -> dict[str, str]:
        """As `make` calls the engine: what refreshes needs the tunnel, which the program opens."""
        return {**super().environment, "PULUMI_RUN_PROGRAM": "true"}

    @property
    def where(self) -> Where:
        return Where(None, None, self.namespace)

    def connect(self, role: str, stack: str = "dev") -> psycopg.Connection:
        """Log in through a tunnel of this process: the program's ends with it."""
        return psycopg.connect(self.conninfo(role, stack), autocommit=True)

    def conninfo(self, role: str, stack: str = "dev", **more: Any) -> str:
        """What a login of the role needs in this process."""
        dsn = self.outputs(stack)[f"{role}Dsn"]
        return make_conninfo(dsn, port=tunnel_port(self.where), sslrootcert=str(self.ca_file), **more)

    @property
    def ca_file(self) -> Path:
        return self.folder / ".local" / "dev-ca.pem"

    def reaching(self, *command: str | Path, stack: str = "dev") -> str:
        """What a command prints that must succeed, run as `make` runs what logs in to the server."""
        path = f"{VENV / 'bin'}:{os.environ['PATH']}"
        done = subprocess.run(
            [sys.executable, ROOT / "tools" / "tunnel.py", stack, *command],
            cwd=self.folder,
            env={**os.environ, **super().environment, "PATH": path, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextlib.contextmanager
    def state(self, stack: str = "dev") -> Iterator[dict[str, Any]]:
        """The stack's state, to be changed: an import would forget what is pending."""
        (file,) = self.folder.glob(f"state/.pulumi/stacks/*/{stack}.json")
        checkpoint = json.loads(file.read_text())
        state: dict[str, Any] = checkpoint["checkpoint"]["latest"]
        yield state
        file.write_text(json.dumps(checkpoint))

    def destroy(self, stack: str = "dev") -> str:
        """As from a new checkout on another machine, and without what `make` adds."""
        self.ca_file.unlink()
        return self.succeed("destroy", "--yes", "--skip-preview", "--stack", stack, PULUMI_RUN_PROGRAM="false")

    def leftovers(self) -> list[str]:
        """What is left in the namespace, and on this machine."""
        left = [pod["metadata"]["name"] for pod in self.where.find("pods")]
        return left + [str(path) for path in (self.folder / ".local").glob("*")]


_tunnels: dict[Where, int] = {}


def quiet_port() -> int:
    """A free port below those that the kernel gives to whoever asks for any: what is started next does not get it."""
    with socket.socket() as probe:
        for port in random.sample(range(20000, 30000), 100):
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise AssertionError("a hundred ports are in use")


def tunnel_port(where: Where) -> int:
    """The near end, in this process, of a tunnel to the Cluster in a namespace."""
    if where not in _tunnels:
        port = quiet_port()
        tunnel.ensure(port, where, CLUSTER)
        _tunnels[where] = port
    return _tunnels[where]


@contextlib.contextmanager
def new_project(live: Any, **settings: Any) -> Iterator[KubernetesProject]:
    """A project whose stack is not up; with its namespace it is removed afterwards, whatever has become of it."""
    namespace = f"test-{uuid.uuid4().hex[:8]}"
    with tempfile.TemporaryDirectory(prefix="creativeflow-test-") as folder:
        Path(folder).chmod(0o755)
        try:
            yield KubernetesProject.make(Path(folder) / "a project", namespace, **settings)
        finally:
            if live.get("Namespace", namespace) is not None:
                live.delete("Namespace", namespace)


def until(done: Callable[[], bool], seconds: float, what: str) -> float:
    """Wait for something, and return how long that took."""
    began = time.monotonic()
    while not done():
        assert time.monotonic() - began < seconds, f"{what}: not within {seconds} s"
        time.sleep(0.2)
    return time.monotonic() - began


def wait_until_healthy(where: Where, seconds: float = 180) -> None:
    """Until all instances of the Cluster are ready."""

    def healthy() -> bool:
        with contextlib.suppress(KubernetesError):
            pods = where.find("pods", labelSelector=f"cnpg.io/cluster={CLUSTER}")
            return not unready(where.get("clusters", CLUSTER), pods, [])
        return False

    until(healthy, seconds, f"Cluster {where.namespace}/{CLUSTER} is healthy")


def primary(where: Where) -> str:
    """The pod that is the primary now."""
    return str(where.get("clusters", CLUSTER)["status"]["currentPrimary"])
