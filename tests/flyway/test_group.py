"""How many scripts share a transaction, and what runs in none."""

from __future__ import annotations

import pytest

from infra.flyway.errors import ScriptError

from .conftest import Project


def test_a_group_is_applied_as_one_or_not_at_all(project: Project) -> None:
    project.write(V1__a="CREATE TABLE a (i int);", V2__b="CREATE TABLE b (i int); SELECT 1 / 0;")
    with pytest.raises(ScriptError, match=r"^V2__b\.sql:1:25: division by zero"):
        project.migrate(group=True)
    assert (project.tables(), project.rows()) == ([], ())
    project.write(V2__b="CREATE TABLE b (i int);")
    assert project.apply(group=True) == ["V1__a.sql", "V2__b.sql"]
    transactions = project.sql("SELECT count(DISTINCT xmin::text) FROM app.flyway_schema_history WHERE version > '0'")
    assert transactions == [(1,)]


def test_one_that_commits_in_between_is_no_part_of_a_group(project: Project) -> None:
    """What comes after it may fail, or have to wait for a lock, and the group would start again."""
    project.write(V1__a="CREATE TABLE a (i int);", V2__b="INSERT INTO a VALUES (1);\nCOMMIT;\nSELECT 1;")
    project.write(V3__c="CREATE TABLE c (i int); COMMIT;")
    with pytest.raises(
        ScriptError, match=r"^V2__b\.sql: ends the transaction that its group shares: set group to false"
    ):
        project.migrate(group=True)
    assert (project.tables(), project.rows()) == ([], ())
    assert project.apply(group=True, target="1") == ["V1__a.sql"]
    assert project.apply(group=True, target="2") == ["V2__b.sql"]
    assert project.apply(group=True) == ["V3__c.sql"]


def test_what_cannot_run_in_a_transaction_is_no_part_of_a_group_unless_mixed_is_set(project: Project) -> None:
    project.write(V1__a="CREATE TABLE a (i int);", V2__i="CREATE INDEX CONCURRENTLY i ON a (i);")
    with pytest.raises(ScriptError, match=r"^V2__i\.sql: cannot run in a transaction, others in the group need one"):
        project.migrate(group=True)
    assert project.rows() == ()
    assert project.apply(group=True, mixed=True) == ["V1__a.sql", "V2__i.sql"]


def test_a_script_mixes_both_kinds_of_statements_only_where_mixed_is_set(project: Project) -> None:
    project.write(V1__a="CREATE TABLE a (i int);\nVACUUM a;")
    with pytest.raises(ScriptError, match=r"^V1__a\.sql:2:1: .* move it to its own script"):
        project.migrate()
    assert project.apply(mixed=True) == ["V1__a.sql"]


@pytest.mark.parametrize("outside", [{"execute_in_transaction": False}, {}])
def test_a_script_runs_outside_of_a_transaction_where_the_settings_or_its_own_say_so(
    project: Project, outside: dict[str, bool]
) -> None:
    project.write(V1__a="CREATE TABLE a (i int);\nSELECT 1 / 0;")
    if not outside:
        (project.folder / "V1__a.sql.conf").write_text("executeInTransaction=false")
    with pytest.raises(ScriptError, match=r"^V1__a\.sql:2:1: division by zero"):
        project.migrate(**outside)
    assert project.tables() == ["a"]
    assert [row.success for row in project.rows()] == [False]


def test_a_scripts_own_settings_outdo_all_others(project: Project) -> None:
    project.write(V1__a="CREATE TABLE a (i int);\nSELECT 1 / 0;")
    (project.folder / "V1__a.sql.conf").write_text("executeInTransaction=true")
    with pytest.raises(ScriptError):
        project.migrate(execute_in_transaction=False)
    assert (project.tables(), project.rows()) == ([], ())


def test_scripts_can_be_recorded_without_being_run(project: Project) -> None:
    project.write(V1__a="CREATE TABLE a (i int);", R__r="SELECT nix;")
    assert project.apply(skip_executing_migrations=True) == ["V1__a.sql", "R__r.sql"]
    assert (project.tables(), len(project.rows())) == ([], 2)


def test_a_target_ends_a_run_early(project: Project) -> None:
    project.write(V1__a="SELECT 1;", V2__b="SELECT 1;", R__r="SELECT 1;")
    assert project.apply(target="next") == ["V1__a.sql"]
    assert project.apply(target="1") == ["R__r.sql"]
    assert project.apply() == ["V2__b.sql"]
