"""Scripts are found by Flyway's naming convention; a stack also names every file that would be overlooked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from infra.flyway.errors import ScanError
from infra.flyway.scripts.scan import Found, scan
from infra.flyway.scripts.script import Script
from infra.flyway.scripts.strict import scan_strictly
from infra.flyway.settings import FlywaySettings


def find(root: Path, *locations: str, **settings: Any) -> tuple[Script, ...]:
    return scan(FlywaySettings(locations=locations or ("filesystem:.",), **settings), root).scripts


def strictly(root: Path, *locations: str) -> Found:
    return scan_strictly(FlywaySettings(locations=locations or ("filesystem:.",)), root)


def problems(root: Path, *locations: str) -> tuple[str, ...]:
    with pytest.raises(ScanError) as caught:
        strictly(root, *locations)
    assert str(caught.value).splitlines() == list(caught.value.problems)
    return caught.value.problems


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def test_versioned_scripts_come_by_version_then_repeatables_by_description(tmp_path: Path) -> None:
    touch(tmp_path, "R__b.sql", "R__B2.sql", "R__10_x.sql", "R__9_x.sql", "V10__a.sql", "V9_1__a.sql", "V009__a.SQL")
    names = ["V009__a.SQL", "V9_1__a.sql", "V10__a.sql", "R__10_x.sql", "R__9_x.sql", "R__B2.sql", "R__b.sql"]
    assert [script.script for script in find(tmp_path)] == names


def test_a_script_is_named_by_its_path_in_its_location(tmp_path: Path) -> None:
    touch(tmp_path, "one/x y/V1_2__Add_some__Users_.sql")
    (script,) = find(tmp_path, "filesystem:one", "filesystem:one/x y", "filesystem:one/")
    assert (script.script, script.version_text, script.description) == (
        "x y/V1_2__Add_some__Users_.sql",
        "1.2",
        "Add some  Users ",
    )


@pytest.mark.parametrize(
    ("location", "scripts"),
    [
        ("filesystem:*/sql", ["a/sql/V1__a.sql", "b/sql/V2__b.sql"]),
        ("filesystem:**/sql", ["a/sql/V1__a.sql", "b/sql/V2__b.sql", "b/c/sql/V3__c.sql"]),
        ("filesystem:b/**/V?__*.sql", ["b/sql/V2__b.sql", "b/c/sql/V3__c.sql"]),
        ("filesystem:?/sql/V*.sql", ["a/sql/V1__a.sql", "b/sql/V2__b.sql"]),
    ],
)
def test_a_location_may_have_wildcards(tmp_path: Path, location: str, scripts: list[str]) -> None:
    touch(tmp_path, "a/sql/V1__a.sql", "b/sql/V2__b.sql", "b/c/sql/V3__c.sql", "b/notes/V4__d.txt")
    assert [script.path.relative_to(tmp_path).as_posix() for script in find(tmp_path, location)] == scripts


def test_hidden_folders_and_files_of_other_kinds_are_ignored(tmp_path: Path) -> None:
    touch(tmp_path, "README.md", "V1__x.sql~", ".git/V1__x.sql")
    assert find(tmp_path) == ()


def test_a_baseline_script_may_have_the_version_of_another(tmp_path: Path) -> None:
    touch(tmp_path, "V1__a.sql", "B1__base.sql", "V2__b.sql")
    assert [(script.kind, script.type) for script in find(tmp_path)] == [
        ("versioned", "SQL"),
        ("baseline", "SQL_BASELINE"),
        ("versioned", "SQL"),
    ]


def test_callbacks_come_by_event_and_description(tmp_path: Path) -> None:
    touch(tmp_path, "afterMigrate__b.sql", "afterMigrate__a.sql", "afterMigrate.sql", "beforeEachMigrateError.sql")
    found = scan(FlywaySettings(locations=("filesystem:.",)), tmp_path)
    assert [(one.event, one.script.description) for one in found.callbacks] == [
        ("afterMigrate", ""),
        ("afterMigrate", "a"),
        ("afterMigrate", "b"),
    ]
    assert [warning.kind for warning in found.warnings] == ["name"]


def test_callbacks_may_have_locations_of_their_own(tmp_path: Path) -> None:
    touch(tmp_path, "sql/V1__a.sql", "sql/beforeMigrate.sql", "calls/afterMigrate.sql")
    settings = FlywaySettings(locations=("filesystem:sql",), callback_locations=("filesystem:calls",))
    assert [callback.event for callback in scan(settings, tmp_path).callbacks] == ["afterMigrate"]


def test_text_is_read_in_its_encoding_and_kept_in_utf8(tmp_path: Path) -> None:
    (tmp_path / "V1__a.sql").write_bytes(b"\xef\xbb\xbf-- a")
    (tmp_path / "V2__b.sql").write_bytes("-- ä".encode("latin-1"))
    (tmp_path / "V2__b.sql.conf").write_text("encoding=ISO-8859-1\nexecuteInTransaction=false\n")
    (tmp_path / "V3__c.sql").write_bytes("-- €".encode("utf-16"))
    (tmp_path / "V3__c.sql.conf").write_text("encoding=UTF-16")
    contents = [script.content.decode() for script in find(tmp_path)]
    assert contents == ["-- a", "-- ä", "-- €"]
    assert find(tmp_path)[1].options.execute_in_transaction is False


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16-le", "utf-16"])
def test_an_encoding_can_be_detected(tmp_path: Path, encoding: str) -> None:
    text = "\ufeffSELECT 1 " if encoding == "utf-16-le" else "SELECT 'é' "
    (tmp_path / "V1__a.sql").write_bytes(text.encode(encoding))
    (script,) = find(tmp_path, detect_encoding=True)
    assert script.content.decode() == text.removeprefix("\ufeff")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("executeInTransaction=maybe", "executeInTransaction is 'maybe': write true or false"),
        ("shouldExecute=${x}==y", "shouldExecute is for Flyway's paid editions"),
        ("nope=1", "nope is no setting of a script"),
    ],
)
def test_a_mistake_in_a_scripts_settings_names_the_file(tmp_path: Path, text: str, said: str) -> None:
    touch(tmp_path, "V1__a.sql")
    (tmp_path / "V1__a.sql.conf").write_text(text)
    (problem,) = problems(tmp_path)
    assert problem.startswith(f"{tmp_path}/V1__a.sql.conf: {said}")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("V1_x.sql", "'1_x' is not a version"),
        ("V1a__x.sql", "'1a' is not a version"),
        ("V__x.sql", "has no version"),
        ("v1__x.sql", "the name is not a script's"),
        ("R1__x.sql", "has '1' where a repeatable script has nothing"),
        ("notes.sql", "the name is not a script's"),
        (".V1__x.sql", "the name is not a script's"),
        ("U1__x.sql", "the name is not a script's"),
        ("beforeMigrateX.sql", "has 'X' where a repeatable script has nothing"),
        ("V1.2__x", "does not end in .sql"),
        (f"V{'1.' * 25}1__x.sql", "the version has more than 50 characters"),
        (f"R__{'d' * 201}.sql", "the name has more than 200 characters"),
    ],
)
def test_what_flyway_would_overlook_is_an_error_of_a_stack(tmp_path: Path, name: str, reason: str) -> None:
    touch(tmp_path, name)
    find(tmp_path)
    (problem,) = problems(tmp_path)
    assert problem.startswith(f"{tmp_path / name}: {reason}")


@pytest.mark.parametrize("name", ["V1__x", "R__x.sh", "B2__x.py", "beforeMigrate.sh"])
def test_what_flyway_would_run_in_a_shell_is_refused(tmp_path: Path, name: str) -> None:
    touch(tmp_path, name)
    with pytest.raises(ScanError, match="Flyway would run it in a shell"):
        find(tmp_path)


def test_a_file_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "V1__x.sql").write_bytes(b"SELECT 1;\n-- \xe4")
    with pytest.raises(ScanError, match=r"V1__x\.sql: line 2 is not UTF-8"):
        find(tmp_path)


@pytest.mark.parametrize(
    ("one", "other"), [("V1__a.sql", "V1__b.sql"), ("V1.0__a.sql", "V01_0_0__b.sql"), ("R__a_b.sql", "R__a b.sql")]
)
def test_two_scripts_of_one_version_or_description_are_an_error(tmp_path: Path, one: str, other: str) -> None:
    touch(tmp_path, one, other)
    (problem,) = problems(tmp_path)
    assert str(tmp_path / one) in problem
    assert str(tmp_path / other) in problem


def test_a_stacks_script_may_not_lie_behind_a_link_that_leaves_its_location(tmp_path: Path) -> None:
    touch(tmp_path, "out/V3__secret.sql", "in/V2__b.sql")
    (tmp_path / "in/V1__x.sql").symlink_to(tmp_path / "out/V3__secret.sql")
    (tmp_path / "in/more").symlink_to(tmp_path / "out")
    assert [line.partition(": is, or lies behind, a link")[0] for line in problems(tmp_path, "filesystem:in")] == [
        str(tmp_path / "in/V1__x.sql"),
        str(tmp_path / "in/more/V3__secret.sql"),
    ]
    assert len(find(tmp_path, "filesystem:in")) == 3


def test_a_link_within_the_location_is_a_script(tmp_path: Path) -> None:
    """Kubernetes mounts a ConfigMap this way."""
    touch(tmp_path, "..data/V1__x.sql")
    (tmp_path / "V1__x.sql").symlink_to("..data/V1__x.sql")
    assert [script.script for script in strictly(tmp_path).scripts] == ["V1__x.sql"]


@pytest.mark.parametrize(
    ("name", "end", "reason"),
    [
        ("deep/loop", ".", "leads back to a folder that it lies in: remove the link"),
        ("deep/up", "../..", "leads back to a folder that it lies in: remove the link"),
        ("deep/itself", "itself", "Too many levels of symbolic links: remove the link, or let this user follow it"),
    ],
)
def test_a_link_in_a_circle_is_an_error(tmp_path: Path, name: str, end: str, reason: str) -> None:
    touch(tmp_path, "deep/V1__x.sql")
    (tmp_path / name).symlink_to(end)
    assert problems(tmp_path) == (f"{tmp_path / name}: {reason}",)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list every folder")
def test_a_folder_that_cannot_be_listed_is_an_error(tmp_path: Path) -> None:
    touch(tmp_path, "V1__x.sql", "closed/V2__x.sql")
    (tmp_path / "closed").chmod(0)
    (problem,) = problems(tmp_path)
    assert problem.startswith(f"{tmp_path / 'closed'}: Permission denied: let this user list it")


def test_all_mistakes_are_reported_at_once(tmp_path: Path) -> None:
    touch(tmp_path, "V1__a.sql", "V01__b.sql", "notes.sql")
    assert len(problems(tmp_path, "filesystem:.", "filesystem:nowhere", "classpath:db", "s3:bucket")) == 5
