"""Scripts are found by Flyway's naming convention, and every file that breaks it is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.flyway.errors import ScanError
from infra.flyway.scan import Script, scan
from infra.flyway.settings import FlywaySettings


def find(root: Path, *locations: str) -> tuple[Script, ...]:
    return scan(FlywaySettings(locations=locations or ("filesystem:.",)), root)


def problems(root: Path, *locations: str) -> tuple[str, ...]:
    with pytest.raises(ScanError) as caught:
        find(root, *locations)
    assert str(caught.value).splitlines() == list(caught.value.problems)
    return caught.value.problems


def test_versioned_scripts_come_by_version_then_repeatables_by_description(tmp_path: Path) -> None:
    for name in ["R__b.sql", "R__B2.sql", "R__10_x.sql", "R__9_x.sql", "V10__a.sql", "V9_1__a.sql", "V009__a.SQL"]:
        (tmp_path / name).touch()
    names = ["V009__a.SQL", "V9_1__a.sql", "V10__a.sql", "R__10_x.sql", "R__9_x.sql", "R__B2.sql", "R__b.sql"]
    assert [script.script for script in find(tmp_path)] == names


def test_a_script_is_named_by_its_path_in_its_location(tmp_path: Path) -> None:
    (tmp_path / "one/x y").mkdir(parents=True)
    (tmp_path / "one/x y/V1_2__Add_some__Users_.sql").write_bytes(b"\xef\xbb\xbfSELECT 1;")
    (script,) = find(tmp_path, "filesystem:one", "filesystem:one/x y", "filesystem:./one")
    assert (script.script, script.version_text, script.description) == (
        "x y/V1_2__Add_some__Users_.sql",
        "1.2",
        "Add some  Users ",
    )
    assert script.text == "SELECT 1;"


def test_hidden_files_and_files_of_other_kinds_are_ignored(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    for name in ["README.md", "V1__x.sql~", ".V1__x.sql", ".git/V1__x.sql"]:
        (tmp_path / name).touch()
    assert find(tmp_path) == ()


def test_a_long_description_is_cut_as_flyway_cuts_it(tmp_path: Path) -> None:
    (tmp_path / f"V1__{'d' * 200}.sql").touch()
    (tmp_path / f"V2__{'d' * 201}.sql").touch()
    assert [script.description for script in find(tmp_path)] == ["d" * 200, "d" * 197 + "..."]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("V1_x.sql", "'1_x' is not a version"),
        ("V1a__x.sql", "'1a' is not a version"),
        ("V-1__x.sql", "'-1' is not a version"),
        ("V__x.sql", "'' is not a version"),
        ("v1__x.sql", "the name is not a script's"),
        ("R1__x.sql", "the name is not a script's"),
        ("R.sql", "the name is not a script's"),
        ("notes.sql", "the name is not a script's"),
        ("afterMigrate.sql", "the name is not a script's"),
        ("U1__x.sql", "is an undo script"),
        ("B1__x.sql", "is a baseline script"),
        ("V1.2__x", "without .sql at the end Flyway would run it as a shell script"),
        ("V1__x.sql.conf", "settings of a single script are not supported"),
        (f"V{'1.' * 25}1__x.sql", "the version has more than 50 characters"),
    ],
)
def test_a_file_that_breaks_the_convention_is_an_error(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / name).touch()
    (problem,) = problems(tmp_path)
    assert problem.startswith(f"{tmp_path / name}: {reason}")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"SELECT 1;\n-- \xe4", "line 2 is not UTF-8"),
        (b"SELECT 1;\n\n-- \0", "line 3 holds a NUL character"),
    ],
)
def test_a_file_that_is_no_text_is_an_error(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "V1__x.sql").write_bytes(content)
    (problem,) = problems(tmp_path)
    assert reason in problem


@pytest.mark.parametrize(
    ("one", "other"), [("V1__a.sql", "V1__b.sql"), ("V1.0__a.sql", "V01_0_0__b.sql"), ("R__a_b.sql", "R__a b.sql")]
)
def test_two_scripts_of_one_version_or_description_are_an_error(tmp_path: Path, one: str, other: str) -> None:
    for name in (one, other):
        (tmp_path / name).touch()
    (problem,) = problems(tmp_path)
    assert str(tmp_path / one) in problem
    assert str(tmp_path / other) in problem


def test_a_script_may_not_lie_behind_a_link_that_leaves_its_location(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/secret.sql").touch()
    (tmp_path / "in/V1__x.sql").symlink_to(tmp_path / "out/secret.sql")
    (tmp_path / "in/more").symlink_to(tmp_path / "out")
    assert [line.partition(": the link leads to")[0] for line in problems(tmp_path, "filesystem:in")] == [
        str(tmp_path / "in/V1__x.sql"),
        str(tmp_path / "in/more"),
    ]


def test_a_link_within_the_location_is_a_script(tmp_path: Path) -> None:
    """Kubernetes mounts a ConfigMap this way."""
    (tmp_path / "..data").mkdir()
    (tmp_path / "..data/V1__x.sql").write_text("SELECT 1;")
    (tmp_path / "V1__x.sql").symlink_to("..data/V1__x.sql")
    assert [script.text for script in find(tmp_path)] == ["SELECT 1;"]


def test_all_mistakes_are_reported_at_once(tmp_path: Path) -> None:
    for name in ["V1__a.sql", "V01__b.sql", "notes.sql"]:
        (tmp_path / name).touch()
    assert len(problems(tmp_path, "filesystem:.", "filesystem:nowhere", "classpath:db")) == 4
