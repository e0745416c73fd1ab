"""The step that tells of drift: one open issue for each stack that has drifted, closed when it has not any more."""

from __future__ import annotations

from typing import Any

from tests.workflows.conftest import GitHub
from tests.workflows.fake_gh import BOT
from tests.workflows.workflow import Runner, step

_TELL = step("drift", "Tell")
_DRIFT = '    ~ postgresql:index/grant:Grant: (update)\n      - privileges: [\n      -     [0]: "USAGE"\n        ]\n'


def found(github: GitHub, status: str, lines: str = _DRIFT, stack: str = "prod") -> None:
    github.artifact(f"drift-{stack}", stack=f"{stack}\n", status=f"{status}\n", drift_txt=lines)


def issue(number: int, stack: str, login: str = BOT) -> dict[str, Any]:
    body = f"<!-- creativeflow drift: {stack} -->\nSome lines of last night"
    return {"number": number, "state": "open", "user": {"login": login}, "body": body}


def test_drift_opens_an_issue_with_its_lines(runner: Runner, github: GitHub) -> None:
    found(github, "drifted")
    runner.succeed(_TELL, GH_TOKEN="a token")
    assert github.calls == [("POST", "issues")]
    (opened,) = github.now["issues"]
    assert (opened["title"], opened["labels"]) == ("prod has drifted", ["drift"])
    assert opened["body"].startswith("<!-- creativeflow drift: prod -->\n")
    assert '\n-           [0]: "USAGE"\n' in opened["body"]
    assert "https://github.example/creativeflow/database/actions/runs/77" in opened["body"]


def test_drift_of_the_next_night_updates_the_same_issue(runner: Runner, github: GitHub) -> None:
    github.has(issues=[issue(10, "staging"), issue(11, "prod", "somebody"), issue(12, "prod")])
    found(github, "drifted")
    runner.succeed(_TELL, GH_TOKEN="a token")
    assert github.calls == [("PATCH", "issues/12")]
    assert "USAGE" in github.now["issues"][2]["body"]


def test_an_issue_is_closed_when_the_drift_is_gone(runner: Runner, github: GitHub) -> None:
    github.has(issues=[issue(12, "prod")])
    found(github, "clean", "Resources:\n    27 unchanged\n")
    runner.succeed(_TELL, GH_TOKEN="a token")
    assert github.calls == [("POST", "issues/12/comments"), ("PATCH", "issues/12")]
    assert github.now["issues"][0]["state"] == "closed"
    assert "no drift" in github.now["comments"][0]["body"]


def test_a_clean_night_says_nothing(runner: Runner, github: GitHub) -> None:
    found(github, "clean")
    runner.succeed(_TELL, GH_TOKEN="a token")
    assert github.calls == []


def test_drift_after_a_closed_issue_opens_a_new_one(runner: Runner, github: GitHub) -> None:
    github.has(issues=[{**issue(12, "prod"), "state": "closed"}])
    found(github, "drifted")
    runner.succeed(_TELL, GH_TOKEN="a token")
    assert github.calls == [("POST", "issues")]


def test_stacks_have_issues_of_their_own(runner: Runner, github: GitHub) -> None:
    github.has(issues=[issue(12, "prod")])
    found(github, "clean")
    found(github, "drifted", stack="staging")
    runner.succeed(_TELL, GH_TOKEN="a token")
    assert github.calls == [("POST", "issues/12/comments"), ("PATCH", "issues/12"), ("POST", "issues")]


def test_much_drift_still_makes_an_issue(runner: Runner, github: GitHub) -> None:
    found(github, "drifted", "      - a line of drift\n" * 10_000)
    runner.succeed(_TELL, GH_TOKEN="a token")
    body = github.now["issues"][0]["body"]
    assert len(body.encode()) <= 65_536
    assert "```\n\n**Cut here:**" in body


def test_a_stack_that_could_not_be_looked_at_keeps_its_issue(runner: Runner, github: GitHub) -> None:
    github.has(issues=[issue(12, "prod")])
    (runner.home.parent / "artifacts").mkdir()
    runner.fail(_TELL, GH_TOKEN="a token")
    assert github.calls == []
