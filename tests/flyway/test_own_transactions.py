"""A script that runs outside a transaction may have transactions of its own, from BEGIN to COMMIT."""

from __future__ import annotations

import pytest

from infra.flyway.errors import ScriptError

from .conftest import Project

SCRIPT = """
BEGIN;
SET LOCAL lock_timeout = '5s';
INSERT INTO done VALUES (pg_current_xact_id());
SET LOCAL work_mem = '8MB';
INSERT INTO done SELECT pg_current_xact_id(){failing};
COMMIT;
CREATE INDEX CONCURRENTLY i ON done (id);
"""


@pytest.fixture(params=["by itself", "with callbacks of its statements"])
def own(project: Project, request: pytest.FixtureRequest) -> Project:
    """A project whose second script is to run outside a transaction."""
    if request.param != "by itself":
        project.write(beforeEachMigrateStatement="SELECT 1;", afterEachMigrateStatement="SELECT 1;")
    project.write(V1__a="CREATE TABLE done (id xid8);")
    (project.folder / "V2__b.sql.conf").write_text("executeInTransaction=false")
    return project


def test_what_stands_between_begin_and_commit_is_one_transaction(own: Project) -> None:
    own.write(V2__b=SCRIPT.format(failing=""))
    assert own.apply() == ["V1__a.sql", "V2__b.sql"]
    assert own.sql("SELECT count(*), count(DISTINCT id::text) FROM app.done") == [(2, 1)]
    assert own.sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'app.i'::regclass") == [(True,)]


def test_a_failure_between_them_takes_it_back(own: Project) -> None:
    own.write(V2__b=SCRIPT.format(failing=" WHERE 1 / 0 = 0"))
    with pytest.raises(ScriptError, match=r"^V2__b\.sql:6:1: division by zero"):
        own.migrate()
    assert own.sql("SELECT FROM app.done") == []
    assert [(row.success, row.interrupted) for row in own.rows()] == [(True, False), (False, False)]


def test_one_that_is_left_open_is_committed_with_the_script(own: Project) -> None:
    own.write(V2__b="BEGIN; SET LOCAL work_mem = '8MB'; INSERT INTO done VALUES ('7'); COMMIT AND CHAIN; TABLE done;")
    assert own.apply() == ["V1__a.sql", "V2__b.sql"]
    assert own.sql("SELECT id::text FROM app.done") == [("7",)]
    assert [row.success for row in own.rows()] == [True, True]


def test_an_index_can_be_rebuilt_in_one(own: Project) -> None:
    """Nothing makes way for it there: what PostgreSQL drops concurrently, it does not drop in a transaction."""
    own.write(V1__a="CREATE TABLE done (id int); CREATE INDEX i ON done (id); CREATE INDEX i_ccnew ON done (id);")
    own.write(V2__b="BEGIN; REINDEX TABLE done; COMMIT;")
    own.apply(target="1")
    own.sql("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'app.i_ccnew'::regclass")
    assert own.apply() == ["V2__b.sql"]
