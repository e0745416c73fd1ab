"""`python -m infra.review`: what it reads, what it writes, and how it ends."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.review import __main__ as command
from infra.review.roles import Server
from infra.review.stacks import Known
from infra.seeds import scan_seeds
from tests.review.project import BASE, PULLS, STACK, scan
from tests.servers import ROOT


@pytest.fixture
def project(tmp_path: Path, rehearsals: Server, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose stack prod stands, by Pulumi's state, where its scripts are now. The server is the shared one."""
    shutil.copytree(BASE / "sql", tmp_path / "sql")
    shutil.copy(ROOT / "sql" / ".squawk.toml", tmp_path / "sql")
    (tmp_path / "Pulumi.prod.yaml").write_text("config:\n  creativeflow:adminEmail: a@b.example\n")
    found, _ = scan(BASE, STACK.settings)
    known = Known(
        True,
        {script.script: str(script.plain_checksum) for script in found.scripts},
        {seed.name: str(seed.checksum) for seed in scan_seeds(BASE / "sql" / "seeds")},
        why_no_login="its passphrase is not known here",
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "read_state", lambda *_: known)
    monkeypatch.setattr(command, "new_server", lambda: _shared(rehearsals))
    return tmp_path


@contextlib.contextmanager
def _shared(server: Server) -> Iterator[Server]:
    yield server


def _lay_over(project: Path, pull: str) -> None:
    shutil.copytree(PULLS / pull / "sql", project / "sql", dirs_exist_ok=True)


@pytest.mark.parametrize(
    ("pull", "options", "ends"),
    [
        ("add_column", [], 0),
        ("drop_column", [], 0),
        ("drop_column", ["--fail-on-care"], 1),
        ("syntax_error", [], 1),
        ("add_required_column", [], 1),
    ],
)
def test_it_ends_with_the_verdict(project: Path, pull: str, options: list[str], ends: int) -> None:
    _lay_over(project, pull)
    assert command.main(["--stack", "prod", *options], {}) == ends


def test_one_rehearsal_writes_every_report(project: Path) -> None:
    _lay_over(project, "drop_column")
    options = [part for name in ("r.md", "r.json", "r.html") for part in ("--output", name)]
    assert command.main(["--stack", "prod", *options], {}) == 0
    assert json.loads((project / "r.json").read_text())["verdict"] == "needs care"
    assert (project / "r.md").read_text().startswith("<!-- creativeflow review: prod -->")
    assert (project / "r.html").read_text().startswith("<!doctype html>")


def test_it_prints_a_comment_and_says_what_it_could_not_ask(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--stack", "prod"], {}) == 0
    said = capsys.readouterr()
    assert "Nothing would run." in said.out
    assert "the server was not asked: its passphrase is not known here" in said.out
    assert said.err == ""


def test_a_statistics_file_gives_the_rows(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _lay_over(project, "create_index")
    (project / "rows.json").write_text('{"Project": 1234}')
    assert command.main(["--stack", "prod", "--statistics", "rows.json", "--format", "json"], {}) == 0
    rows = {one["table"]: (one["rows"], one["of"]) for one in json.loads(capsys.readouterr().out)["rows"]}
    assert rows['"Project"'] == (1234, 1234)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--stack", "porduction"], "Pulumi.porduction.yaml: no such file"),
        (["--stack", "prod", "--statistics", "none.json"], "none.json: cannot be read"),
        (["--stack", "prod", "--output", "report.txt"], "report.txt: name it .md, .json or .html"),
        (["--stack", "prod", "--output", "no/folder.md"], "no/folder.md: No such file or directory"),
    ],
)
def test_what_keeps_it_from_reviewing_is_one_line_and_another_end(
    project: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    assert command.main(options, {}) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("review: ")
    assert said in printed
    assert printed.count("\n") == 1


def test_a_history_that_does_not_run_on_an_empty_database_cannot_be_reviewed(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "sql/migrations/V000__First.sql").write_text("SELECT * FROM somebody_made_this_by_hand")
    found, _ = scan(project, STACK.settings)
    known = Known(True, {script.script: str(script.plain_checksum) for script in found.scripts}, {})
    monkeypatch.setattr(command, "read_state", lambda *_: known)
    _lay_over(project, "add_column")
    assert command.main(["--stack", "prod"], {}) == 2
    assert "nothing to rehearse on: V000__First.sql:1" in capsys.readouterr().err


def test_a_history_that_has_dropped_a_schema_of_the_stack_cannot_be_reviewed(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "Pulumi.prod.yaml").write_text("config:\n  creativeflow:flywaySchemas: creativeflow,other\n")
    (project / "sql/migrations/V000__First.sql").write_text("DROP SCHEMA other")
    found, _ = scan(project, STACK.settings)
    known = Known(True, {script.script: str(script.plain_checksum) for script in found.scripts}, {})
    monkeypatch.setattr(command, "read_state", lambda *_: known)
    _lay_over(project, "add_column")
    assert command.main(["--stack", "prod"], {}) == 2
    assert capsys.readouterr().err.startswith("review: database creativeflow has no schema other")


def test_a_stack_that_pulumi_does_not_know_is_asked_for_with_the_real_one(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.chdir(project)
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{project}")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "x")
    (project / "Pulumi.yaml").write_text("name: creativeflow\nruntime: python\n")
    (project / "sql/migrations/V004__Wrong.sql").write_text("SELEC 1")
    assert command.main(["--stack", "prod"], os.environ) == 1
    said = capsys.readouterr().out
    assert "Pulumi knows no such stack yet" in said
    assert "syntax error at or near" in said
