"""The life of a stack on the real engine and a real server: up, nothing to do, a new script, drift, down.

tests/kubernetes/test_life.py runs the same on another kind of server.
"""

from __future__ import annotations

import json
import re

import psycopg
import pytest
from pulumi import automation

from tests.stack.project import PASSPHRASE, VENV, Project

ADD_COLUMN = 'ALTER TABLE "User" ADD COLUMN nickname text;\n'
TABLES = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'creativeflow'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
"""
HISTORY = "SELECT script, success FROM flyway_schema_history WHERE type = 'SQL' ORDER BY installed_rank"


def changes(project: Project, command: str = "preview", *options: str) -> dict[str, int]:
    """What the engine counts by operation, resources that stay the same left out."""
    printed = project.succeed(command, "--json", *options, "--stack", "dev")
    summary: dict[str, int] = json.loads(printed)["changeSummary"]
    return {operation: count for operation, count in summary.items() if operation != "same"}


def rows(connection: psycopg.Connection, query: str) -> list[tuple[object, ...]]:
    return connection.execute(query).fetchall()  # type: ignore[call-overload, no-any-return]


def test_up_makes_22_tables_runs_both_scripts_and_both_seeds(running: Project) -> None:
    with running.connect("migrator") as connection:
        assert len([name for (name,) in rows(connection, TABLES) if not str(name).endswith("_history")]) == 22
        assert rows(connection, HISTORY) == [
            ("V001__Initial_Schema.sql", True),
            ("V002__Add_User_Preferences_Detail.sql", True),
        ]
        assert rows(connection, 'SELECT email FROM "User"') == [("admin@creativeflow.localhost",)]
        assert rows(connection, 'SELECT count(*) >= 8 FROM "Template" WHERE "userId" IS NULL') == [(True,)]


def test_everything_belongs_to_the_owner_who_cannot_log_in(running: Project) -> None:
    with running.connect("admin") as connection:
        owners = """
            SELECT DISTINCT relowner::regrole::text FROM pg_class WHERE relnamespace = 'creativeflow'::regnamespace
            UNION SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'creativeflow'
            UNION SELECT datdba::regrole::text FROM pg_database WHERE datname = 'creativeflow'
        """
        assert rows(connection, owners) == [("creativeflow_owner",)]
        assert rows(connection, "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'creativeflow_owner'") == [(False,)]


def test_app_writes_and_readonly_reads_alone(running: Project) -> None:
    insert = """INSERT INTO "Team" (name, "ownerId") SELECT 'a team', id FROM "User" RETURNING name"""
    with running.connect("app") as app:
        with app.transaction(force_rollback=True):
            assert rows(app, insert) == [("a team",)]
        for forbidden in ("CREATE TABLE mine (id int)", 'DROP TABLE "User"', "DELETE FROM flyway_schema_history"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(forbidden)
    with running.connect("readonly") as readonly:
        assert rows(readonly, 'SELECT count(*) FROM "Team"') == [(0,)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            readonly.execute(insert)


def test_readonly_reads_everything_but_the_secrets(running: Project) -> None:
    with running.connect("readonly") as readonly:
        assert rows(readonly, 'SELECT count(email) FROM "User"') == [(1,)]
        assert rows(readonly, "SELECT count(*) FROM flyway_schema_history WHERE success") != [(0,)]
        for secret in (
            '"passwordHash" FROM "User"',
            '"accessToken" FROM "SocialMediaConnection"',
            '* FROM "APIClient"',
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                readonly.execute(f"SELECT {secret}")  # type: ignore[arg-type]


def test_a_table_made_later_works_for_app_at_once(running: Project) -> None:
    with running.connect("migrator") as migrator:
        migrator.execute("CREATE TABLE later (id bigint GENERATED ALWAYS AS IDENTITY)")
    try:
        with running.connect("app") as app:
            app.execute("INSERT INTO later DEFAULT VALUES")
    finally:
        with running.connect("migrator") as migrator:
            migrator.execute("DROP TABLE later")


def test_the_settings_of_each_role_are_in_force_at_login(running: Project) -> None:
    settings = "SELECT current_setting('statement_timeout'), current_setting('search_path'), current_user::text"
    seen = {}
    for role in ("migrator", "app", "readonly"):
        with running.connect(role) as connection:
            seen[role] = rows(connection, settings)[0]
    assert seen == {
        "migrator": ("0", "creativeflow", "creativeflow_owner"),
        "app": ("30s", "creativeflow", "creativeflow_app"),
        "readonly": ("5min", "creativeflow", "creativeflow_readonly"),
    }


def test_a_second_up_changes_nothing(running: Project) -> None:
    assert changes(running) == {}
    printed = running.up("--expect-no-changes")
    assert "applied in" not in printed


def test_a_new_script_is_one_line_of_the_diff_and_is_applied_once(project: Project) -> None:
    first = project.up()
    assert len(set(re.findall(r"V00[12]__\w+\.sql: applied in \d+\.\d\d s", first))) == 2
    project.write("sql/migrations/V003__Add_nickname.sql", ADD_COLUMN)

    preview = project.succeed("preview", "--diff", "--stack", "dev")
    added = [line for line in preview.splitlines() if line.strip().startswith("+ ")]
    assert [line.strip().split(":")[0] for line in added] == ["+ V003__Add_nickname.sql"]
    assert changes(project) == {"update": 1}

    assert "V003__Add_nickname.sql: applied in" in project.up()
    assert changes(project) == {}
    with project.connect("readonly") as readonly:
        assert rows(readonly, 'SELECT nickname FROM "User"') == [(None,)]
    assert changes(project, "preview", "--refresh") == {}

    with project.connect("migrator") as connection:
        connection.execute("DELETE FROM flyway_schema_history WHERE version = '003'")
        connection.execute('ALTER TABLE "User" DROP COLUMN nickname')
    assert changes(project, "preview", "--refresh") == {"update": 1}
    assert "V003__Add_nickname.sql: applied in" in project.up("--refresh")
    assert project.outputs()["schemaVersion"] == "003"

    project.destroy()
    assert project.leftovers() == []


def test_every_up_looks_after_the_months_ahead(project: Project) -> None:
    first = project.up()
    assert len(set(re.findall(r"UsageLog_\d{4}_\d\d", first))) == 4, "this month and three ahead"
    project.succeed("config", "set", "partitionMonths", "5", "--stack", "dev")
    assert changes(project) == {"update": 1}
    assert len(set(re.findall(r"UsageLog_\d{4}_\d\d", project.up()))) == 2
    assert changes(project) == {}

    with project.connect("admin") as connection:
        connection.execute("SET search_path = creativeflow")
        connection.execute("""INSERT INTO "Notification" ("userId", type, message, "createdAt")
            SELECT id, 'news', 'long ago', '2001-01-01' FROM "User" """)
        [(newest,)] = rows(
            connection, "SELECT max(relname) FROM pg_class WHERE relname ~ '^UsageLog_[0-9]{4}_[0-9]{2}$'"
        )
        connection.execute(f'DROP TABLE "{newest}"')  # type: ignore[arg-type]
    assert changes(project) == {"update": 1}
    mended = project.up()
    assert f"partitions made: {newest}" in mended
    assert '"Notification_default" holds rows of 2001-01-01 to 2001-01-01' in mended
    assert changes(project) == {}


def test_the_automation_api_runs_the_same_program(project: Project) -> None:
    """As other programs would embed this one."""
    options = automation.LocalWorkspaceOptions(
        env_vars={**project.environment, "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE},
        pulumi_command=automation.PulumiCommand(root=str(VENV)),
    )
    stack = automation.select_stack("dev", work_dir=str(project.folder), opts=options)
    up = stack.up()
    assert up.summary.resource_changes is not None
    assert set(up.summary.resource_changes) == {"create"}
    again = stack.up()
    assert again.summary.resource_changes is not None
    assert set(again.summary.resource_changes) == {"same"}
    assert up.outputs["adminDsn"].secret
    assert set(stack.refresh().summary.resource_changes or {}) == {"same"}
    assert set(stack.destroy().summary.resource_changes or {}) == {"delete"}
