"""What repair puts right, and what it leaves to a person, by name."""

from __future__ import annotations

import pytest

from infra.flyway.cli import report
from infra.flyway.commands.repair import Repaired, repair
from infra.flyway.errors import ScriptError, ValidationError

from .conftest import Project


def mend(project: Project, **settings: object) -> Repaired:
    return repair(project.connect, project.settings(**settings), project.scan())


def test_nothing_to_repair_changes_nothing(project: Project) -> None:
    assert mend(project) == Repaired()
    project.write(V1__a="SELECT 1;")
    project.migrate()
    before = project.rows()
    assert mend(project) == Repaired()
    assert project.rows() == before
    assert report.repair_text(Repaired()) == "Nothing to repair"


def test_checksum_type_and_description_become_those_of_the_file(project: Project) -> None:
    project.write(V1__a="SELECT 1;")
    project.migrate()
    (project.folder / "V1__a.sql").rename(project.folder / "V1__b.sql")
    project.write(V1__b="SELECT 2;")
    assert [one.name for one in mend(project).aligned] == ["V1__a.sql"]
    assert [(row.description, row.checksum) for row in project.rows()] == [
        ("b", project.scan().scripts[0].checksum({}))
    ]
    assert project.migrate().applied == ()


def test_what_is_gone_for_good_is_marked_and_may_come_back_as_another(project: Project) -> None:
    project.write(V1__a="SELECT 1;", V2__b="SELECT 1;", R__r="SELECT 1;")
    project.migrate()
    for name in ("V1__a.sql", "R__r.sql"):
        (project.folder / name).unlink()
    with pytest.raises(ValidationError):
        project.migrate()
    assert [one.name for one in mend(project).deleted] == ["V1__a.sql", "R__r.sql"]
    assert [row.type for row in project.rows()] == ["SQL", "SQL", "SQL", "DELETE", "DELETE"]
    assert project.migrate().applied == ()
    project.write(R__r="SELECT 1;")
    assert project.apply() == ["R__r.sql"]


def test_an_invalid_index_is_named_by_the_failure_and_by_repair_until_it_is_gone(project: Project) -> None:
    project.write(V1__a="CREATE TABLE a AS SELECT 1 AS i UNION ALL SELECT 1;")
    project.write(V2__i='CREATE UNIQUE INDEX CONCURRENTLY "My i" ON a (i);')
    with pytest.raises(ScriptError, match=r'hint: index app\."My i" is invalid: DROP INDEX CONCURRENTLY app\."My i"$'):
        project.migrate()
    repaired = mend(project)
    assert ([row.script for row in repaired.removed], repaired.invalid_indexes) == (["V2__i.sql"], ('app."My i"',))
    assert 'run DROP INDEX CONCURRENTLY app."My i", then migrate again' in report.repair_text(repaired)
    project.sql('DROP INDEX CONCURRENTLY app."My i"', "DELETE FROM app.a")
    assert mend(project).invalid_indexes == ()
    assert project.apply() == ["V2__i.sql"]


def test_an_invalid_index_is_not_taken_for_the_real_one_but_built_again(project: Project) -> None:
    """IF NOT EXISTS would skip it, and the script would count as applied."""
    project.write(V1__a="CREATE TABLE a AS SELECT 1 AS i UNION ALL SELECT 1;")
    project.write(V2__i="CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON a (i);")
    for _ in range(2):
        with pytest.raises(ScriptError):
            project.migrate()
        mend(project)
    project.sql("DELETE FROM app.a")
    assert project.migrate().warnings == (
        'V2__i.sql: index "app"."i" was left invalid by a run before: it was dropped, and built again',
    )
    assert mend(project).invalid_indexes == ()
