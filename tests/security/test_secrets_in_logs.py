"""Where a secret can be read while a stack comes up, and where it cannot. docs/security.md says the same in words."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import psycopg
import pytest

from tests.security.conftest import Watched
from tests.servers import ROOT
from tests.stack.project import PASSPHRASE
from tests.stack.test_secrets import files, forms

pytestmark = pytest.mark.xdist_group("watched stack")  # one for all


def found(text: str, stack: Watched) -> set[str]:
    """The secrets that can be read in `text`, in whatever form."""
    return {secret for secret in stack.secrets if any(form in text for form in forms(secret))}


def test_there_are_secrets_of_both_kinds_to_look_for(stack: Watched) -> None:
    generated = {secret for secret in stack.secrets if re.fullmatch(r"[\w-]{32}", secret)}
    rotated = {secret for secret in stack.secrets if secret.startswith("rotated")}
    assert len(generated) == 5, "of four roles and of the application's administrator"
    assert len(rotated) == 5, "of four roles and of the server's administrator"
    assert len(stack.secrets - generated - rotated) == 2, "the server's administrator's first, and the passphrase"


def test_what_is_printed_shows_none(stack: Watched) -> None:
    assert {name: found(text, stack) for name, text in stack.printed.items() if found(text, stack)} == {}


def test_the_server_is_told_verifiers_and_logs_no_password(stack: Watched) -> None:
    assert found(stack.server_log, stack) == set()
    changes = re.findall(r"(?:CREATE|ALTER) ROLE .* PASSWORD (E?'[^']*)'", stack.server_log)
    assert len(changes) >= 4 + 5, "four roles were made, and all had their passwords rotated, under this log"
    assert {text[:14].lstrip("E'") for text in changes} == {"SCRAM-SHA-256"}


def test_no_command_line_shows_one(stack: Watched) -> None:
    assert any("pulumi" in line and " up " in line for line in stack.command_lines)
    assert {line for line in stack.command_lines if found(line, stack)} == set()


def test_no_temporary_file_is_left_with_one(stack: Watched) -> None:
    assert {path for path in files(stack.temporary) if found(path.read_text(errors="replace"), stack)} == set()


def test_a_failed_login_tells_no_password(stack: Watched) -> None:
    with pytest.raises(psycopg.OperationalError) as refusal:
        stack.connect("app", user="creativeflow_readonly")
    assert "password authentication failed" in str(refusal.value)
    log = "".join(path.read_text() for path in (stack.project.cluster().data / "log").iterdir())
    assert "does not match" in log or "authentication failed" in log
    assert found(str(refusal.value) + log, stack) == set()


def test_the_engine_at_its_most_talkative_shows_all_but_the_passphrase(stack: Watched) -> None:
    """That is Pulumi's own, and the docs warn of it: should it end one day, this says so."""
    log, rpc = stack.log.read_text(), stack.rpc.read_text()
    assert {secret for secret in stack.secrets if secret.startswith("rotated")} <= found(log, stack) & found(rpc, stack)
    assert PASSPHRASE not in log + rpc
    assert stat.S_IMODE(stack.rpc.stat().st_mode) == 0o600


def test_without_logtostderr_the_engine_writes_that_where_everybody_can_read_it(stack: Watched, tmp_path: Path) -> None:
    """That is Pulumi's own as well: docs/security.md says how to keep it from others."""
    stack.project.succeed("preview", "--stack", "dev", "-v=9", TMPDIR=str(tmp_path))
    (log,) = tmp_path.glob("pulumi.*.log.INFO.*")
    assert stat.S_IMODE(log.stat().st_mode) == 0o644
    assert found(log.read_text(), stack)


def test_the_docs_warn_of_both() -> None:
    warning = (ROOT / "docs" / "security.md").read_text()
    assert all(word in warning for word in ("-v=9", "PULUMI_DEBUG_GRPC", "TMPDIR"))
