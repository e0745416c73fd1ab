"""The life of stacks on Kubernetes: the same tests as on an embedded server, and what only a Cluster can meet."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from infra.kubernetes.tunnel import HOST
from tests.kubernetes.conftest import Live
from tests.kubernetes.project import CLUSTER, KubernetesProject, new_project
from tests.stack.test_life import (  # noqa: F401 - collected here again, with the fixtures of this folder
    changes,
    rows,
    test_a_new_script_is_one_line_of_the_diff_and_is_applied_once,
    test_a_second_up_changes_nothing,
    test_a_table_made_later_works_for_app_at_once,
    test_app_writes_and_readonly_reads_alone,
    test_everything_belongs_to_the_owner_who_cannot_log_in,
    test_readonly_reads_everything_but_the_secrets,
    test_the_settings_of_each_role_are_in_force_at_login,
    test_up_makes_22_tables_runs_both_scripts_and_both_seeds,
)

API = "postgresql.cnpg.io/v1"


@pytest.fixture
def project(live: Live) -> Iterator[KubernetesProject]:
    """A project whose stack `dev`, of one instance, exists and is empty."""
    with new_project(live, clusterInstances="1") as project:
        yield project


def test_a_preview_before_there_is_a_cluster_shows_all_that_will_be_made(project: KubernetesProject) -> None:
    printed = project.succeed("preview", "--stack", "dev")
    assert " to create" in printed
    assert "migrations create" in printed
    assert "warning" not in printed


def test_a_preview_without_a_cluster_in_reach_says_so_and_shows_the_rest(
    running: KubernetesProject, tmp_path: Path
) -> None:
    nowhere = tmp_path / "kubeconfig"
    names = {"cluster": "nowhere", "user": "nobody"}
    config = {
        "clusters": [{"name": "nowhere", "cluster": {"server": "https://127.0.0.1:1"}}],
        "users": [{"name": "nobody", "user": {"token": "none"}}],
        "contexts": [{"name": "nowhere", "context": names}],
        "current-context": "nowhere",
    }
    nowhere.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Config", **config}))
    script = running.write("sql/migrations/V003__Add_nickname.sql", 'ALTER TABLE "User" ADD COLUMN nickname text;')
    try:
        done = running.pulumi("preview", "--diff", "--stack", "dev", KUBECONFIG=str(nowhere))
    finally:
        script.unlink()
    printed = done.stdout + done.stderr
    assert done.returncode == 0, printed
    assert f"reading clusters {running.namespace}/{CLUSTER}: Kubernetes cannot be reached" in printed
    assert "+ V003__Add_nickname.sql" in printed
    assert "replace" not in printed


def test_what_others_change_of_the_cluster_is_seen_and_put_back(running: KubernetesProject, live: Live) -> None:
    name = f"{running.namespace}/{CLUSTER}"
    live.merge("Cluster", name, {"spec": {"postgresql": {"parameters": {"max_connections": "120"}}}}, API)
    assert changes(running, "preview", "--refresh")["update"] >= 1
    running.up("--refresh")
    found = live.get("Cluster", name, API)
    assert found
    assert found["spec"]["postgresql"]["parameters"]["max_connections"] != "120"
    with running.connect("app") as app:
        assert rows(app, "SELECT current_setting('max_connections')") != [("120",)]
    assert changes(running) == {}


def test_a_port_that_is_in_use_is_named_before_anything_is_made(project: KubernetesProject) -> None:
    with socket.create_server((HOST, project.port)):
        said = project.fail("preview", "--stack", "dev")
    assert f"port {project.port} of 127.0.0.1, where the tunnel to Cluster {project.namespace}/db begins, is in" in said
    assert f"pulumi config set postgresPort {project.port + 1}" in said
