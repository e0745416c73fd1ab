"""What tests of faults share with those of the stack, and the command on a database of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.command import Command
from tests.stack.conftest import project
from tests.stack.test_external import external

__all__ = ["command", "external", "project"]


@pytest.fixture
def command(tmp_path: Path, database: dict[str, object], capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(tmp_path, database, capsys)
