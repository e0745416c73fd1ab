"""`gh` for tests: a GitHub of comments, issues and artifacts in a JSON file, with a record of the calls that change it.

It knows the calls that the workflows make, in just the words that they use, and refuses every other.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

BOT = "github-actions[bot]"


def answer(github: dict[str, Any], arguments: list[str]) -> Any:
    match arguments:
        case ["api", "--paginate", "--slurp", path]:
            return _pages(github, path.partition("?")[0])
        case ["api", "--method", method, path, "--input", "-"]:
            body = json.load(sys.stdin)
            github["calls"].append([method, path, body])
            return _change(github, path, body)
        case ["api", path] if path.endswith("/environments/production") and "environment" in github:
            return github["environment"]
        case ["run", "download", "77", "--repo", "creativeflow/database", "--pattern", pattern, "--dir", folder]:
            for artifact in Path(github["artifacts"]).iterdir():
                if fnmatch(artifact.name, pattern):
                    shutil.copytree(artifact, Path(folder) / artifact.name)
            return None
        case ["run", "download", "77", "--repo", "creativeflow/database", "--name", name, "--dir", folder]:
            shutil.copytree(Path(github["artifacts"]) / name, folder)
            return None
    sys.exit(f"gh: Not Found (HTTP 404): {arguments}")


def _pages(github: dict[str, Any], path: str) -> list[list[dict[str, Any]]]:
    """Pages of one item each, so that whoever reads the first page alone is found out."""
    match path.removeprefix("repos/creativeflow/database/"):
        case "issues":
            items = [issue for issue in github["issues"] if issue["state"] == "open"]
        case "issues/7/comments":
            items = github["comments"]
        case _:
            sys.exit(f"gh: Not Found (HTTP 404): {path}")
    return [[item] for item in items] or [[]]


def _change(github: dict[str, Any], path: str, body: dict[str, Any]) -> dict[str, Any]:
    match path.removeprefix("repos/creativeflow/database/issues").strip("/").split("/"):
        case [""]:
            new = {"number": 100 + len(github["issues"]), "state": "open", "user": {"login": BOT}, **body}
            github["issues"].append(new)
        case [_, "comments"]:
            new = {"id": 200 + len(github["comments"]), "user": {"login": BOT}, **body}
            github["comments"].append(new)
        case ["comments", number]:
            (new,) = (item for item in github["comments"] if item["id"] == int(number))
            new.update(body)
        case [number]:
            (new,) = (item for item in github["issues"] if item["number"] == int(number))
            new.update(body)
        case _:
            sys.exit(f"gh: Not Found (HTTP 404): {path}")
    return new


if __name__ == "__main__":
    if os.environ.get("GH_TOKEN") != "a token":
        sys.exit("gh: To use GitHub CLI in a GitHub Actions workflow, set the GH_TOKEN environment variable")
    file = Path(__file__).with_name("github.json")
    github = json.loads(file.read_text())
    print(json.dumps(answer(github, sys.argv[1:])))
    file.write_text(json.dumps(github))
