"""The secrets of a stack: which jobs get them, in which form, and what happens where there are none."""

from __future__ import annotations

import stat

import pytest

from tests.workflows.conftest import GitHub
from tests.workflows.workflow import Runner, Step, shell_steps, step

_UNLOCKS = [step for step in shell_steps() if step.name == "Unlock the stack"]
_NONE = {"BACKEND_URL": "", "ACCESS_TOKEN": "", "PASSPHRASE": "", "KUBECONFIG_TEXT": "", "NO_COLOR": "1"}
_ALL = {
    **_NONE,
    "BACKEND_URL": "s3://states?region=eu-central-1",
    "ACCESS_TOKEN": "pul-1",
    "PASSPHRASE": 'two words, a " and a $HOME',
    "KUBECONFIG_TEXT": "apiVersion: v1\nkind: Config",
}


def environment(runner: Runner) -> dict[str, str]:
    return dict(line.split("=", 1) for line in runner.written("ENV").splitlines())


@pytest.mark.parametrize("unlock", _UNLOCKS, ids=str)
def test_later_steps_get_the_secrets_and_nobody_else_reads_them(runner: Runner, unlock: Step) -> None:
    said = runner.succeed(unlock, STACK="prod", **_ALL)
    passphrase, kubeconfig = runner.home / "passphrase", runner.home / "kubeconfig"
    assert environment(runner) == {
        "PULUMI_BACKEND_URL": _ALL["BACKEND_URL"],
        "PULUMI_ACCESS_TOKEN": "pul-1",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase),
        "KUBECONFIG": str(kubeconfig),
    }
    assert passphrase.read_text() == _ALL["PASSPHRASE"]
    assert kubeconfig.read_text() == "apiVersion: v1\nkind: Config\n"
    assert {stat.S_IMODE(file.stat().st_mode) for file in (passphrase, kubeconfig)} == {0o600}
    assert "ready=true\n" in runner.written("OUTPUT")
    assert said == ""


def test_a_stack_with_a_key_in_kms_has_no_passphrase(runner: Runner) -> None:
    runner.succeed(_UNLOCKS[0], STACK="prod", **{**_NONE, "BACKEND_URL": "s3://states"})
    assert environment(runner) == {"PULUMI_BACKEND_URL": "s3://states"}


def test_dev_gets_no_secret_of_another_stack(runner: Runner) -> None:
    runner.succeed(step("preview", "Unlock the stack"), STACK="dev", **_ALL)
    assert runner.written("ENV") == ""
    assert "ready=true\n" in runner.written("OUTPUT")


def test_a_pull_request_from_a_fork_leaves_prod_out(runner: Runner) -> None:
    said = runner.succeed(step("preview", "Unlock the stack"), STACK="prod", **_NONE)
    assert said.startswith("::notice::prod is not looked at")
    assert runner.written("OUTPUT") == "ready=false\n"


def test_without_secrets_nothing_seems_to_be_up_or_free_of_drift(runner: Runner) -> None:
    strict = [unlock for unlock in _UNLOCKS if unlock.workflow != "preview"]
    assert len(strict) == 3
    for unlock in strict:
        assert "::error::prod is not looked at" in runner.fail(unlock, STACK="prod", **_NONE)


_ASKS = step("up", "See that production asks somebody")


def test_production_with_reviewers_is_approved_by_them(runner: Runner, github: GitHub) -> None:
    github.has(environment={"name": "production", "protection_rules": [{"type": "required_reviewers"}]})
    runner.succeed(_ASKS, GH_TOKEN="a token")


@pytest.mark.parametrize("environment", [{}, {"environment": {"protection_rules": [{"type": "wait_timer"}]}}])
def test_production_that_asks_nobody_stops_the_run(runner: Runner, github: GitHub, environment: dict[str, str]) -> None:
    github.has(**environment)
    assert "no required reviewers" in runner.fail(_ASKS, GH_TOKEN="a token")
