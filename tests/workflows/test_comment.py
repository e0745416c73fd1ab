"""The step that comments: one comment for each stack, updated in place, and nobody else's touched."""

from __future__ import annotations

from tests.workflows.conftest import GitHub
from tests.workflows.fake_gh import BOT
from tests.workflows.workflow import Runner, step

_COMMENT = step("preview", "Comment")
_REPORT = step("preview", "Report")


def body(stack: str, verdict: str) -> str:
    return f"<!-- creativeflow review: {stack} -->\n### `{stack}`: {verdict}\n"


def comment(runner: Runner) -> None:
    runner.succeed(_COMMENT, GH_TOKEN="a token", NUMBER="7")


def test_each_stack_gets_a_comment(runner: Runner, github: GitHub) -> None:
    github.artifact("preview-dev", comment_md=body("dev", "safe"))
    github.artifact("preview-prod", comment_md=body("prod", "needs care"))
    comment(runner)
    assert github.calls == [("POST", "issues/7/comments")] * 2
    assert [comment["body"] for comment in github.now["comments"]] == [body("dev", "safe"), body("prod", "needs care")]


def test_a_later_push_updates_the_comment_of_its_stack(runner: Runner, github: GitHub) -> None:
    written = [
        {"id": 201, "user": {"login": "somebody"}, "body": "Looks good"},
        {"id": 202, "user": {"login": BOT}, "body": body("dev", "safe")},
        {"id": 203, "user": {"login": BOT}, "body": body("prod", "safe")},
    ]
    github.has(comments=written)
    github.artifact("preview-prod", comment_md=body("prod", "will fail"))
    comment(runner)
    assert github.calls == [("PATCH", "issues/comments/203")]
    assert github.now["comments"] == [*written[:2], {**written[2], "body": body("prod", "will fail")}]


def test_what_has_not_changed_is_left_alone(runner: Runner, github: GitHub) -> None:
    github.has(comments=[{"id": 202, "user": {"login": BOT}, "body": body("dev", "safe")}])
    github.artifact("preview-dev", comment_md=body("dev", "safe"))
    comment(runner)
    assert github.calls == []


def test_a_comment_of_somebody_else_with_our_marker_is_not_ours(runner: Runner, github: GitHub) -> None:
    theirs = {"id": 201, "user": {"login": "somebody"}, "body": body("dev", "safe")}
    github.has(comments=[theirs])
    github.artifact("preview-dev", comment_md=body("dev", "will fail"))
    comment(runner)
    assert github.calls == [("POST", "issues/7/comments")]
    assert github.now["comments"][0] == theirs


def test_a_refusal_of_github_fails_the_step_in_one_line(runner: Runner, github: GitHub) -> None:
    github.artifact("preview-dev", comment_md=body("dev", "safe"))
    said = runner.fail(_COMMENT, GH_TOKEN="a token", NUMBER="8")
    (line,) = (line for line in said.splitlines() if line.startswith("comment: "))
    assert line.startswith("comment: gh api --paginate --slurp repos/creativeflow/database/issues/8/comments")
    assert "Not Found (HTTP 404)" in line
    assert "Traceback" not in said


def test_the_report_of_a_job_is_the_comment_and_the_summary_of_the_run(runner: Runner) -> None:
    report = runner.folder / "report"
    report.mkdir()
    (report / "review.md").write_text(body("dev", "safe"))
    (report / "preview.txt").write_text("Resources:\n    27 unchanged\n")
    runner.succeed(_REPORT, STACK="dev", NO_COLOR="1")
    comment = (report / "comment.md").read_text()
    assert comment.startswith(body("dev", "safe"))
    assert "27 unchanged" in comment
    assert runner.written("STEP_SUMMARY") == comment


def test_a_failed_set_up_is_reported_too(runner: Runner) -> None:
    runner.succeed(_REPORT, STACK="prod", NO_COLOR="1")
    assert "`prod` could not be reviewed" in (runner.folder / "report" / "comment.md").read_text()
