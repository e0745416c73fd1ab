"""Flyway and this project take turns on one database, where a program that runs real Flyway is at hand.

CREATIVEFLOW_FLYWAY names it: it takes a command and -key=value arguments, and prints what Flyway's API returns in JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
from typing import Any

import pytest

from infra.flyway.commands.look import info, validate

from .conftest import Project

PROGRAM = os.environ.get("CREATIVEFLOW_FLYWAY", "")
pytestmark = pytest.mark.skipif(not PROGRAM, reason="CREATIVEFLOW_FLYWAY names no program that runs Flyway")

SCRIPTS = {
    "V1__Tables": "CREATE TABLE a (i int PRIMARY KEY);\nCREATE TABLE b (i int REFERENCES a);\n",
    "V1_1__Function": "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END;\n",
    "V2__Data": "COPY a (i) FROM stdin;\n1\n2\n\\.\nINSERT INTO b SELECT i FROM a;\n",
    "V3__Index": "CREATE INDEX CONCURRENTLY ON b (i);\n",
    "R__View": "CREATE OR REPLACE VIEW v AS SELECT '${flyway:defaultSchema}'::text AS s;\n",
}
CONTENT = """
    SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = 'app'::regnamespace ORDER BY 1
"""
HISTORY = """
    SELECT installed_rank, version, description, type, script, checksum, success
    FROM app.flyway_schema_history ORDER BY 1
"""


def flyway(project: Project, command: str, **settings: str) -> dict[str, Any]:
    database: Any = project.database
    given = {
        "url": f"jdbc:postgresql://{database['host']}:{database['port']}/{database['dbname']}",
        "user": database["user"],
        "password": database["password"],
        "locations": f"filesystem:{project.folder}",
        "schemas": "app",
        "postgresql.transactional.lock": "false",
        **settings,
    }
    arguments = [f"-{name}={value}" for name, value in given.items()]
    done = subprocess.run([PROGRAM, command, *arguments], stdout=subprocess.PIPE, text=True, check=False)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_what_this_project_has_applied_is_in_order_for_flyway(project: Project) -> None:
    project.write(**SCRIPTS)
    assert len(project.apply()) == len(SCRIPTS)
    before = project.sql(HISTORY)
    assert flyway(project, "validate")["ok"]
    assert {one["state"] for one in flyway(project, "info")["migrations"]} == {"Success"}
    answer = flyway(project, "migrate")
    assert (answer["ok"], answer["migrationsExecuted"]) == (True, 0)
    assert project.sql(HISTORY) == before


def test_what_flyway_has_applied_is_taken_over_without_a_change(project: Project) -> None:
    project.write(**SCRIPTS)
    assert flyway(project, "migrate")["migrationsExecuted"] == len(SCRIPTS)
    history, content = project.sql(HISTORY), project.sql(CONTENT)
    assert validate(project.connect, project.settings(), project.scan()).problems == ()
    states = {one.state.value for one in info(project.connect, project.settings(), project.scan()).seen.migrations}
    assert states == {"Success"}
    assert project.migrate().applied == ()
    assert (project.sql(HISTORY), project.sql(CONTENT)) == (history, content)


def test_both_leave_the_same_history_and_the_same_objects(project: Project) -> None:
    project.write(**SCRIPTS)
    project.migrate()
    mine = project.sql(HISTORY), project.sql(CONTENT)
    project.sql("DROP SCHEMA app CASCADE")
    flyway(project, "migrate")
    assert (project.sql(HISTORY), project.sql(CONTENT)) == mine


def test_they_can_take_turns_script_by_script(project: Project) -> None:
    for number in range(1, 5):
        project.write(**{f"V{number}__t": f"CREATE TABLE t{number} (i int);"})
        if number % 2:
            assert project.apply() == [f"V{number}__t.sql"]
        else:
            assert flyway(project, "migrate")["migrationsExecuted"] == 1
    assert [row.installed_rank for row in project.rows()] == [1, 2, 3, 4]


@pytest.mark.parametrize("attempt", range(10))
def test_both_at_once_apply_each_script_once(project: Project, attempt: int) -> None:
    count = 6
    project.write(**{f"V{i}__t": f"CREATE TABLE t{i} (i int); SELECT pg_sleep(0.02);" for i in range(1, count + 1)})
    project.sql("CREATE SCHEMA app")  # two that create one schema at once: Flyway fails, and tries again a second later
    answers: list[dict[str, Any]] = []
    theirs = threading.Thread(target=lambda: answers.append(flyway(project, "migrate", lockRetryCount="20")))
    theirs.start()
    mine = project.apply()
    theirs.join(timeout=60)
    (answer,) = answers
    assert answer["ok"], answer
    assert len(mine) + answer["migrationsExecuted"] == count
    assert [row.installed_rank for row in project.rows()] == list(range(1, count + 1))
