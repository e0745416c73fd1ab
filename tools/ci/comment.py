"""Put the comment of each stack on a pull request: `python3 -m tools.ci.comment NUMBER FOLDER…`, each with comment.md.

A stack's comment is found again by its first line, a marker, and is updated in place.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tools.ci.gh import GitHubError, call, ours, repository


def put(number: int, body: str) -> None:
    """Update our comment on pull request `number` that has the first line of `body`, or write a new one.

    Raises:
        GitHubError: GitHub refused.
    """
    comments = f"{repository()}/issues/{number}/comments"
    mine = ours(f"{comments}?per_page=100", body.splitlines()[0])
    if mine is None:
        call("POST", comments, {"body": body})
    elif mine["body"] != body:
        call("PATCH", f"{repository()}/issues/comments/{mine['id']}", {"body": body})


if __name__ == "__main__":
    try:
        for folder in sys.argv[2:]:
            put(int(sys.argv[1]), (Path(folder) / "comment.md").read_text(encoding="utf-8"))
    except GitHubError as error:
        sys.exit(f"comment: {error}")
