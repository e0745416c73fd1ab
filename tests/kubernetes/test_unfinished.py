"""What a run that ended part-way has left can be destroyed, or taken into the state; and what is gone is told."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.kubernetes.conftest import Live
from tests.kubernetes.project import CLUSTER, KubernetesProject, new_project
from tests.servers import ROOT
from tests.stack.test_life import changes

API = "postgresql.cnpg.io/v1"
TARGETS = [
    part
    for name in ("namespace", "admin-password", "administrator", "cluster-guard", "cluster")
    for part in ("--target", f"**::{name}")
]
"""What is made before anything logs in, or waits for the Cluster."""


@pytest.fixture
def project(live: Live) -> Iterator[KubernetesProject]:
    """A project whose stack `dev`, of one instance, exists and is empty."""
    with new_project(live, clusterInstances="1") as project:
        yield project


def test_a_stack_whose_first_up_failed_part_way_can_be_destroyed(project: KubernetesProject, live: Live) -> None:
    """It has no resource yet that would open the tunnel before the roles are dropped."""
    project.write("sql/migrations/V003__Fail.sql", "SELECT 1 / 0;")
    assert "division by zero" in project.fail("up", "--yes", "--skip-preview", "--stack", "dev")
    assert "cluster-access" in names(project)
    assert "cluster-access-for-destroy" not in names(project)
    project.ca_file.unlink()
    project.reaching("pulumi", "destroy", "--yes", "--skip-preview", "--non-interactive", "--stack", "dev")
    assert names(project) == []
    assert live.get("Cluster", f"{project.namespace}/{CLUSTER}", API) is None


def names(project: KubernetesProject) -> list[str]:
    """The names of the resources that the stack has."""
    with project.state() as state:
        return [resource["urn"].rpartition("::")[2] for resource in state.get("resources", [])]


def test_objects_that_a_killed_run_has_made_are_taken_into_the_state(project: KubernetesProject) -> None:
    project.up(*TARGETS)
    with project.state() as state:
        made = [each for each in state["resources"] if each["type"].startswith("kubernetes:")]
        assert {each["id"] for each in made} == {
            project.namespace,
            f"{project.namespace}/{CLUSTER}-administrator",
            f"{project.namespace}/{CLUSTER}",
        }
        state["resources"] = [each for each in state["resources"] if each not in made]
        state["pending_operations"] = [{"resource": each, "type": "creating"} for each in made]
    said = project.reaching(sys.executable, ROOT / "tools" / "recover.py", "dev")
    assert [line for line in said.splitlines() if "was made already" in line] == [
        f"{each['type']} {each['id']}: was made already, and is in the state now" for each in made
    ]
    project.up(*TARGETS)
    assert changes(project, "preview", *TARGETS) == {}


def test_a_stack_of_another_identifier_is_not_replaced(project: KubernetesProject) -> None:
    """As one is that was given another name."""
    project.up(*TARGETS)
    with project.state() as state:
        (provider,) = [each for each in state["resources"] if each["type"] == "pulumi:providers:kubernetes"]
        assert provider["inputs"]["clusterIdentifier"] == "creativeflow/dev"
        provider["inputs"]["clusterIdentifier"] = provider["outputs"]["clusterIdentifier"] = "production"
    assert changes(project, "preview", *TARGETS) == {}


def test_a_cluster_that_is_gone_is_told_by_preview_and_up(project: KubernetesProject, live: Live) -> None:
    project.up()
    gone = f"Cluster {project.namespace}/{CLUSTER} is gone: docs/production.md says how to restore it"
    live.delete("Cluster", f"{project.namespace}/{CLUSTER}", API)
    done = project.pulumi("preview", "--expect-no-changes", "--stack", "dev")
    said = done.stdout + done.stderr
    assert done.returncode != 0, said
    assert f"warning: {gone}" in said
    assert gone in project.fail("up", "--yes", "--skip-preview", "--stack", "dev")


def test_a_command_that_logs_in_needs_no_preview_before_it(running: KubernetesProject) -> None:
    """The certificate and the tunnel are there for it."""
    dsn = running.outputs()["appDsn"]
    running.ca_file.unlink()
    query = "import psycopg, sys; print(psycopg.connect(sys.argv[1]).execute('SELECT current_user').fetchone()[0])"
    assert running.reaching(sys.executable, "-c", query, dsn).strip() == "creativeflow_app"
