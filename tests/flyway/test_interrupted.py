"""A script outside a transaction whose run was killed: what the next run finishes, and what it leaves to a person."""

from __future__ import annotations

import pytest

from infra.flyway.commands import preview
from infra.flyway.commands.look import validate
from infra.flyway.commands.repair import repair
from infra.flyway.errors import ScriptError, ValidationError

from .conftest import Project

TABLE = "CREATE TABLE a AS SELECT 1 AS i;"
KILLED = "UPDATE app.flyway_schema_history SET success = false, execution_time = -1 WHERE installed_rank = 2"


def kill(project: Project, script: str, *queries: str) -> None:
    """Leave what a run leaves that was killed right after `script`, or has done no more of it than `queries`."""
    project.write(V1__a=TABLE, V2__i=script)
    project.migrate()
    project.sql(KILLED, *queries)


def test_a_row_says_that_a_script_was_begun(project: Project) -> None:
    """So that Flyway, too, sees that it failed."""
    project.write(V1__a="SELECT 1;", V2__i="CREATE INDEX CONCURRENTLY i ON nowhere (i);")
    with pytest.raises(ScriptError):
        project.migrate()
    assert [(row.success, row.interrupted) for row in project.rows()] == [(True, False), (False, False)]


@pytest.mark.parametrize(
    "left",
    [
        "SELECT 1",
        "DROP INDEX app.i",
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'app.i'::regclass",
    ],
    ids=["all of it", "nothing", "an invalid index"],
)
def test_an_index_is_built_whatever_is_left_of_it(project: Project, left: str) -> None:
    kill(project, "CREATE INDEX CONCURRENTLY i ON a (i);", left)
    assert project.apply() == ["V2__i.sql"]
    assert project.sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'app.i'::regclass") == [(True,)]
    assert [(row.installed_rank, row.success) for row in project.rows()] == [(1, True), (2, True)]


def test_an_index_that_is_gone_already_is_not_dropped_again(project: Project) -> None:
    project.write(V1__a=TABLE + "CREATE INDEX i ON a (i);", V2__i="DROP INDEX CONCURRENTLY i;")
    project.migrate()
    project.sql(KILLED)
    assert project.apply() == ["V2__i.sql"]


def test_what_may_have_run_and_cannot_run_twice_is_for_a_person_to_look_at(project: Project) -> None:
    (project.folder / "V2__i.sql.conf").write_text("executeInTransaction=false")
    kill(project, "VACUUM a;\nINSERT INTO a VALUES (2);")
    message = "V2__i.sql:2:1: the run of this script was killed, and whether this statement ran is not known"
    with pytest.raises(ScriptError, match=message):
        project.migrate()
    assert preview.problems(project.connect, project.settings(), project.scan())[0].startswith(message)
    repair(project.connect, project.settings(), project.scan())
    assert project.apply() == ["V2__i.sql"]


def test_a_script_that_commits_in_between_does_not_run_twice(project: Project) -> None:
    kill(project, "INSERT INTO a VALUES (2);\nCOMMIT;\nINSERT INTO a VALUES (3);")
    with pytest.raises(ScriptError, match=r"^V2__i\.sql:1:1: the run of this script was killed"):
        project.migrate()
    assert project.sql("SELECT count(*) FROM app.a") == [(3,)]


def test_a_script_that_was_edited_since_does_not_go_on(project: Project) -> None:
    kill(project, "VACUUM a;")
    project.write(V2__i="VACUUM ANALYZE a;")
    with pytest.raises(
        ValidationError, match=r"^V2__i\.sql: the run of .* was killed .*, and the file was edited since: restore it"
    ):
        project.migrate()
    project.write(V2__i="VACUUM a;")
    assert project.apply() == ["V2__i.sql"]


def test_nor_does_one_whose_file_is_gone(project: Project) -> None:
    kill(project, "VACUUM a;")
    (project.folder / "V2__i.sql").unlink()
    with pytest.raises(
        ValidationError, match=r"^V2__i\.sql: the run of .* was killed .*, and the file is missing: restore"
    ):
        project.migrate(ignore_migration_patterns=())


def test_validate_says_that_migrate_goes_on(project: Project) -> None:
    kill(project, "VACUUM a;")
    (problem,) = validate(project.connect, project.settings(), project.scan()).problems
    assert problem.kind == "FAILED_VERSIONED_MIGRATION"
    assert "run migrate, which goes on where that is safe" in problem.message


def test_what_committed_and_then_failed_has_a_row_and_is_not_tried_again(project: Project) -> None:
    project.write(V1__a="CREATE TABLE a (i int);\nCOMMIT;\nSELECT 1 / 0;")
    with pytest.raises(ScriptError, match=r"^V1__a\.sql:3:1: division by zero"):
        project.migrate()
    assert (project.tables(), [row.success for row in project.rows()]) == (["a"], [False])
    project.write(V1__a="SELECT 1 / 0;\nCOMMIT;\nSELECT 1;")
    repair(project.connect, project.settings(), project.scan())
    with pytest.raises(ScriptError):
        project.migrate()
    assert project.rows() == ()


def test_what_a_failed_reindex_has_left_is_dropped(project: Project) -> None:
    kill(project, "REINDEX TABLE CONCURRENTLY a;", "CREATE INDEX i_ccnew ON app.a (i)")
    project.sql("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'app.i_ccnew'::regclass")
    assert project.apply() == ["V2__i.sql"]
    assert project.sql("SELECT to_regclass('app.i_ccnew')") == [(None,)]
