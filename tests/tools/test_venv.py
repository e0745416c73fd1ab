"""Setting up the virtual environment says which step failed, why, and what to try."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project that is not set up yet."""
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    (tmp_path / "requirements.txt").write_text(f"no-such-package-of-anybody==1.0 --hash=sha256:{'0' * 64}\n")
    return tmp_path


def set_up(folder: Path, python: str, **environment: str) -> str:
    """What a set-up says that must fail."""
    given = {**os.environ, "PYTHON": python, **environment}
    done = subprocess.run(["sh", "tools/venv.sh"], cwd=folder, env=given, capture_output=True, text=True)
    assert done.returncode == 1, done.stdout + done.stderr
    assert not (folder / ".venv" / "bin" / "pulumi").exists()
    return done.stderr


def fake_python(folder: Path, script: str) -> str:
    python = folder / "python-for-test"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    return str(python)


def test_no_python(folder: Path) -> None:
    said = set_up(folder, "no-such-python")
    assert "finding Python failed: there is no no-such-python" in said
    assert "Try: apt-get install python3" in said


def test_an_old_python(folder: Path) -> None:
    python = fake_python(folder, 'case $1 in --version) echo "Python 3.9.2" ;; *) exit 1 ;; esac')
    assert "finding Python failed: Python 3.9.2 is older than 3.11" in set_up(folder, python)


def test_a_python_without_venv(folder: Path) -> None:
    script = 'case $1 in -m) echo "The virtual environment was not created: no ensurepip" >&2; exit 1 ;; esac'
    said = set_up(folder, fake_python(folder, script))
    assert "making .venv failed: The virtual environment was not created" in said
    assert "Try: apt-get install python3-venv" in said
    assert not (folder / ".venv").exists()


def test_a_registry_that_cannot_be_reached(folder: Path) -> None:
    unreachable = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_RETRIES": "0", "PIP_FIND_LINKS": ""}
    said = set_up(folder, sys.executable, **unreachable)
    assert "installing Python packages failed: ERROR: No matching distribution found for no-such-package" in said
    assert "Try: " in said
