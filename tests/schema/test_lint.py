"""The linter of migrations finds nothing, and does find what it is there for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.schema.scripts import SQL


def _squawk(*arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "squawk"), "--config", str(SQL / ".squawk.toml"), *arguments]
    return subprocess.run(command, input=given, capture_output=True, text=True, check=False)


def test_squawk_finds_nothing_in_the_migrations() -> None:
    scripts = [str(script) for script in (SQL / "migrations").glob("*.sql")]
    assert len(scripts) >= 2
    done = _squawk(*scripts)
    assert done.returncode == 0, done.stdout


def test_squawk_still_finds_what_breaks_running_programs() -> None:
    done = _squawk(given="SET LOCAL lock_timeout = '5s'; ALTER TABLE \"User\" RENAME COLUMN email TO mail;")
    assert done.returncode == 1
    assert "renaming-column" in done.stdout
