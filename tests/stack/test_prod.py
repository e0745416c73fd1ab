"""The stack `prod` can be reviewed anywhere: its preview needs secrets, and neither Kubernetes nor a database."""

from __future__ import annotations

import json

from tests.stack.project import Project
from tests.unit.test_settings import HASH

SECRETS = {"adminPasswordHash": HASH, "backupAccessKey": "an-access-key", "backupSecretKey": "of-production"}
NOWHERE = {"KUBECONFIG": "/nowhere/kubeconfig"}


def set_secrets(project: Project) -> None:
    for key, value in SECRETS.items():
        project.succeed("config", "set", "--stack", "prod", "--secret", f"creativeflow:{key}", value)


def test_prod_previews_without_its_cluster_once_its_secrets_are_set(project: Project) -> None:
    project.succeed("stack", "init", "prod")
    message = project.fail("preview", "--stack", "prod")
    assert [key for key in SECRETS if f"creativeflow:{key} is missing" not in message] == []

    set_secrets(project)
    preview = project.succeed("preview", "--stack", "prod", **NOWHERE)
    assert "unreachable" in preview
    assert "of-production" not in preview
    steps = json.loads(project.succeed("preview", "--json", "--stack", "prod", **NOWHERE))["steps"]
    states = {step["urn"].rpartition("::")[2]: step["newState"] for step in steps}
    protected = {name for name, state in states.items() if state.get("protect")}
    retained = {name for name, state in states.items() if state.get("retainOnDelete")}
    assert protected == retained == {"namespace", "cluster", "database", "schema-creativeflow"}

    waits = {name: {urn.rpartition("::")[2] for urn in state.get("dependencies", ())} for name, state in states.items()}
    assert "cluster-guard" in waits["cluster"], "what would lose data is refused before"
    assert "cluster-access" in waits["role-owner"], "who logs in needs the way to the server"
    assert {"seeds", "partitions"} <= waits["cluster-access-for-destroy"], "it is the first to be destroyed"


def test_a_mistake_in_a_script_is_found_without_a_server_too(project: Project) -> None:
    project.succeed("stack", "init", "prod")
    set_secrets(project)
    project.write("sql/migrations/V003__Broken.sql", "SELECT 1;\nSELEC 2;\n")
    assert "V003__Broken.sql:2:1: syntax error" in project.fail("preview", "--stack", "prod", **NOWHERE)
