"""GitHub's REST API through `gh`, which every runner has, and which reads the token from GH_TOKEN."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

# Whose comments and issues ours are: what anybody else has written is never touched, whatever it begins with.
_BOT = "github-actions[bot]"


class GitHubError(Exception):
    """GitHub refused a call. The message is one line."""


def repository() -> str:
    """The path of this repository in the API, from GITHUB_REPOSITORY."""
    return f"repos/{os.environ['GITHUB_REPOSITORY']}"


def run_url() -> str:
    """Where a person finds this run of the workflow, with its log and its artifacts."""
    environment = os.environ
    server, repository = environment["GITHUB_SERVER_URL"], environment["GITHUB_REPOSITORY"]
    return f"{server}/{repository}/actions/runs/{environment['GITHUB_RUN_ID']}"


def call(method: str, path: str, body: dict[str, Any]) -> Any:
    """Send `body` as JSON and return the answer.

    Raises:
        GitHubError: GitHub, or `gh`, said no.
    """
    return _gh("api", "--method", method, path, "--input", "-", body=json.dumps(body))


def ours(path: str, marker: str) -> dict[str, Any] | None:
    """The first comment or issue listed at `path` that a workflow wrote and that begins with `marker`.

    Raises:
        GitHubError: GitHub, or `gh`, said no.
    """
    for page in _gh("api", "--paginate", "--slurp", path):
        for item in page:
            if item["user"]["login"] == _BOT and (item["body"] or "").startswith(marker):
                return dict(item)
    return None


def _gh(*arguments: str, body: str | None = None) -> Any:
    done = subprocess.run(["gh", *arguments], input=body, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}").splitlines()[0]
        raise GitHubError(f"gh {' '.join(arguments[:4])}: {said}; check the permissions of the job")
    return json.loads(done.stdout)
