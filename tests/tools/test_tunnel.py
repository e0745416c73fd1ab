"""What logs in to a stack's server finds the way to it, on a machine that has never run a preview."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from infra.cluster import free_port
from tests.airgap.kubernetes_server import Server, serving
from tests.servers import ROOT

_CLUSTER = "GET /apis/postgresql.cnpg.io/v1/namespaces/ns/clusters/db"
_CERTIFICATE = "GET /api/v1/namespaces/ns/secrets/db-ca"
_SHOW = "cat .local/prod-ca.pem; echo; echo $CREATIVEFLOW_TUNNEL"


@dataclass
class Checkout:
    """A folder with a stack `prod`, whose state a `pulumi` of its own tells; and the Kubernetes that it names."""

    folder: Path
    kubernetes: Server
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.configure("kubernetes")
        self.kubernetes.answers["GET /version/"] = (200, {"gitVersion": "v1.34.4"})
        self.kubernetes.answers[_CLUSTER] = (200, {"status": {"currentPrimary": "db-1"}})
        secret = {"data": {"ca.crt": base64.b64encode(b"a certificate").decode()}}
        self.kubernetes.answers[_CERTIFICATE] = (200, secret)
        self.has({})

    def configure(self, server: str) -> None:
        (self.folder / "Pulumi.prod.yaml").write_text(f"config:\n  creativeflow:server: {server}\n")

    def has(self, changes: dict[str, Any]) -> None:
        """Let the state hold a way to a Cluster, with `changes` to its inputs."""
        (self.folder / "kubeconfig").write_text(self.kubernetes.kubeconfig)
        inputs = {
            "namespace": "ns",
            "cluster": "db",
            "fingerprint": json.dumps({"spec": {"postgresql": {}}}),
            "access": "tunnel",
            "host": "localhost",
            "port": self.port,
            "user": "administrator",
            "password": {"ciphertext": "…"},
            "database": "creativeflow",
            "ca_file": ".local/prod-ca.pem",
            "kubeconfig": str(self.folder / "kubeconfig"),
            **changes,
        }
        resource = {"type": "pulumi-python:dynamic/creativeflow:ClusterAccess", "inputs": inputs}
        (self.folder / "state.json").write_text(json.dumps({"deployment": {"resources": [resource]}}))
        program = self.folder / "bin" / "pulumi"
        program.parent.mkdir(exist_ok=True)
        program.write_text("#!/bin/sh\ntouch asked\ncat state.json\n")
        program.chmod(0o755)

    def start(self, *command: str) -> subprocess.Popen[str]:
        """As `make` starts what logs in, in a session of its own, as a terminal's is."""
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        return subprocess.Popen(
            [sys.executable, ROOT / "tools" / "tunnel.py", "prod", *command],
            cwd=self.folder,
            env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *command: str) -> tuple[int, list[str], str]:
        """The status, the lines and the errors of a command."""
        with self.start(*command) as process:
            said, errors = process.communicate(timeout=60)
        return process.returncode, said.splitlines(), errors


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    with serving() as server:
        yield Checkout(tmp_path, server)


def test_a_tunnel_and_the_certificate_are_there_while_the_command_runs(checkout: Checkout) -> None:
    reach = f"import socket; socket.create_connection(('127.0.0.1', {checkout.port})).close()"
    assert checkout.run("sh", "-c", f'{_SHOW}; "{sys.executable}" -c "{reach}"; exit 3') == (
        3,
        ["a certificate", f"{checkout.port} ns/db"],
        "",
    )
    socket.create_server(("127.0.0.1", checkout.port)).close()


def test_a_service_needs_the_certificate_alone(checkout: Checkout) -> None:
    checkout.has({"access": "service"})
    assert checkout.run("sh", "-c", _SHOW) == (0, ["a certificate", ""], "")


def test_an_interrupt_is_the_commands_and_its_status_is_told(checkout: Checkout) -> None:
    wait = "trap 'echo interrupted; exit 4' INT; echo started; for each in $(seq 100); do sleep 0.1; done"
    with checkout.start("sh", "-c", wait) as process:
        assert process.stdout
        assert process.stdout.readline() == "started\n"
        os.killpg(process.pid, signal.SIGINT)
        assert process.communicate(timeout=60) == ("interrupted\n", "")
    assert process.returncode == 4


def test_a_command_runs_and_its_user_is_warned_where_there_is_no_way(checkout: Checkout) -> None:
    del checkout.kubernetes.answers[_CLUSTER]
    status, said, errors = checkout.run("echo", "ran")
    assert (status, said) == (0, ["ran"])
    assert errors == "warning: Cluster ns/db is gone: docs/production.md says how to restore it\n"

    checkout.has({"kubeconfig": "/nowhere/kubeconfig"})
    status, said, errors = checkout.run("echo", "ran")
    assert (status, said) == (0, ["ran"])
    assert errors.startswith("warning: no credentials for Kubernetes in /nowhere/kubeconfig")


def test_nothing_is_sent_to_whoever_has_the_port(checkout: Checkout) -> None:
    with socket.create_server(("127.0.0.1", checkout.port)):
        status, said, errors = checkout.run("echo", "ran")
    assert (status, said) == (1, [])
    assert errors.startswith(f"tunnel: port {checkout.port} of 127.0.0.1, where the tunnel to Cluster ns/db begins, is")


def test_other_stacks_commands_just_run(checkout: Checkout) -> None:
    checkout.configure("external")
    assert checkout.run("echo", "ran") == (0, ["ran"], "")
    assert not (checkout.folder / "asked").exists()


@pytest.mark.parametrize("target", ["down", "recover", "info", "psql", "review", "adopt"])
def test_make_takes_it_along_for_all_that_logs_in(target: str) -> None:
    command = ["make", "--no-print-directory", "--dry-run", target, "STACK=prod", "NAME=Adopt_x"]
    lines = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert "tools/tunnel.py prod " in lines[-1]
