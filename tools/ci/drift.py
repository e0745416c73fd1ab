"""Keep one open issue for each stack that has drifted: `python3 -m tools.ci.drift FOLDER…`.

Each FOLDER holds what a job found: `stack`, its name; `status`, `clean` or `drifted`; and `drift.txt`, what Pulumi
printed. A stack that could not be looked at has no folder, and its issue stays as it is.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tools.ci.gh import GitHubError, call, ours, repository, run_url
from tools.ci.markdown import fenced, fit

LABEL = "drift"


def compose(stack: str, lines: str, run: str) -> str:
    """The body of the issue: what has changed on the stack outside of Pulumi, and what to do."""
    text = (
        f"<!-- creativeflow drift: {stack} -->\n"
        f"Something has changed on `{stack}` since its last `up`. `-` is what that left, `+` what is there now.\n\n"
        f"{fenced(lines)}\n\n"
        "Undo it, or make it official: docs/ci.md says how. This issue closes itself when the drift is gone.\n\n"
        f"[Last seen by this run]({run})\n"
    )
    return fit(text, f"**Cut here:** all of it is in [the log of the run]({run}).\n")


def told(stack: str, drifted: bool, lines: str, run: str) -> None:
    """Open, update or close the issue of `stack`.

    Raises:
        GitHubError: GitHub refused.
    """
    issues = f"{repository()}/issues"
    body = compose(stack, lines, run)
    mine = ours(f"{issues}?state=open&per_page=100", body.splitlines()[0])
    if drifted and mine is None:
        call("POST", issues, {"title": f"{stack} has drifted", "body": body, "labels": [LABEL]})
    elif drifted and mine is not None:
        call("PATCH", f"{issues}/{mine['number']}", {"body": body})
    elif mine is not None:
        call("POST", f"{issues}/{mine['number']}/comments", {"body": f"[This run]({run}) found no drift any more."})
        call("PATCH", f"{issues}/{mine['number']}", {"state": "closed", "state_reason": "completed"})


if __name__ == "__main__":
    try:
        for folder in map(Path, sys.argv[1:]):
            stack, status = ((folder / name).read_text(encoding="utf-8").strip() for name in ("stack", "status"))
            lines = (folder / "drift.txt").read_text(encoding="utf-8", errors="replace")
            told(stack, status == "drifted", lines, run_url())
    except GitHubError as error:
        sys.exit(f"drift: {error}")
