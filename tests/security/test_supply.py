"""What is installed is what was chosen: each package by its hash; and what nobody has looked at is not called safe."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.servers import ROOT
from tools import audit

_GOOD = {"name": "one", "version": "1.0", "vulns": []}
_BAD = {"name": "two", "version": "2.0", "vulns": [{"id": "PYSEC-2031-1", "fix_versions": ["2.1"]}]}
_SKIPPED = {"name": "three", "skip_reason": "Dependency not found on PyPI"}


def test_every_package_has_one_version_and_its_hashes() -> None:
    text = (ROOT / "requirements.txt").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert len(lines) > 50
    assert [line for line in lines if not re.match(r"[\w.\[\]-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)] == []
    assert "--require-hashes" in (ROOT / "tools" / "venv.sh").read_text()


def test_every_module_of_go_has_its_hash() -> None:
    required = re.findall(r"^\s+(\S+) (v\S+)", (ROOT / "airgap" / "go.mod").read_text(), re.MULTILINE)
    summed = {tuple(line.split()[:2]) for line in (ROOT / "airgap" / "go.sum").read_text().splitlines()}
    assert required
    assert [module for module in required if (module[0], f"{module[1]}/go.mod") not in summed] == []


@pytest.mark.parametrize(
    ("packages", "code", "said"),
    [
        ([_GOOD], 0, "audit: 1 packages, no known vulnerability"),
        ([_GOOD, _BAD], 1, "two 2.0: PYSEC-2031-1: take 2.1 in requirements.in, then `make lock`"),
        ([_GOOD, _SKIPPED], 2, "audit: 1 of 2 packages could not be looked up at PyPI (three is the first)"),
        ([_BAD, _SKIPPED], 1, "audit: 1 of 2 packages could not be looked up"),
        (None, 2, "audit: pip-audit could not ask PyPI: no network"),
    ],
)
def test_the_audit_tells_safe_vulnerable_and_unknown_apart(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    packages: list[dict[str, Any]] | None,
    code: int,
    said: str,
) -> None:
    """With a pip-audit that answers as the real one does, whose exit code is 0 where it could look up nothing."""
    answer = json.dumps({"dependencies": packages, "fixes": []}) if packages else ""
    script = f"#!/bin/sh\nprintf %s {shlex.quote(answer)}\necho 'no network' >&2\n"
    (tmp_path / "pip-audit").write_text(script)
    (tmp_path / "pip-audit").chmod(0o755)
    assert audit.main(tmp_path / "pip-audit") == code
    printed = capsys.readouterr()
    assert said in printed.out + printed.err
