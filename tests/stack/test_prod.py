"""The stack `prod` can be reviewed anywhere: its preview needs secrets, and no server."""

from __future__ import annotations

import json

from tests.stack.project import Project
from tests.unit.test_settings import HASH


def test_prod_previews_without_its_server_once_its_secrets_are_set(project: Project) -> None:
    project.succeed("stack", "init", "prod")
    message = project.fail("preview", "--stack", "prod")
    assert "creativeflow:postgresPassword is missing" in message
    assert "creativeflow:adminPasswordHash is missing" in message

    for key, value in {"postgresPassword": "of-production", "adminPasswordHash": HASH}.items():
        project.succeed("config", "set", "--stack", "prod", "--secret", f"creativeflow:{key}", value)
    preview = project.succeed("preview", "--stack", "prod")
    assert "db.creativeflow.example:5432" in preview
    assert "could not compare the database with the scripts" in preview
    steps = json.loads(project.succeed("preview", "--json", "--stack", "prod"))["steps"]
    protected = {step["urn"].rpartition("::")[2] for step in steps if step["newState"].get("protect")}
    assert protected == {"database", "schema-creativeflow"}
    assert "of-production" not in preview


def test_a_mistake_in_a_script_is_found_without_a_server_too(project: Project) -> None:
    project.succeed("stack", "init", "prod")
    for key, value in {"postgresPassword": "of-production", "adminPasswordHash": HASH}.items():
        project.succeed("config", "set", "--stack", "prod", "--secret", f"creativeflow:{key}", value)
    project.write("sql/migrations/V003__Broken.sql", "SELECT 1;\nSELEC 2;\n")
    assert "V003__Broken.sql:2:1: syntax error" in project.fail("preview", "--stack", "prod")
