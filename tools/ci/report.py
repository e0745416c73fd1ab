"""One comment of a stack from what a job found: `python3 -m tools.ci.report STACK FOLDER` writes FOLDER/comment.md.

FOLDER holds review.md, from infra.review, and preview.txt, from `pulumi preview`. Either may be missing, where a step
before it failed: the comment then says so, rather than showing an older verdict for ever.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tools.ci.gh import run_url
from tools.ci.markdown import LIMIT, fenced, fit, folded


def marker(stack: str) -> str:
    """The hidden line that begins a stack's comment, as infra.review writes it."""
    return f"<!-- creativeflow review: {stack} -->"


def compose(stack: str, review: str | None, preview: str | None, run: str, limit: int = LIMIT) -> str:
    """The comment: the review, with the preview folded below it, cut to `limit` bytes.

    Args:
        stack: the stack's name.
        review: the Markdown of infra.review, which begins with the marker; None if there is none.
        preview: what `pulumi preview` printed; None if it did not run.
        run: the address of the workflow's run.
        limit: how many bytes a comment may have.
    """
    artifacts = f"{run}#artifacts"
    missing = f"{marker(stack)}\n### `{stack}` could not be reviewed\n\n[The log of the run]({run}) says why."
    parts = [
        review.rstrip() if review else missing,
        folded("What <code>pulumi preview</code> says", fenced(preview)) if preview else "There is no preview.",
        f"[All of this, and a page to look at]({artifacts})",
    ]
    return fit("\n\n".join(parts) + "\n", f"**Cut here.** [All of it, and a page to look at]({artifacts})\n", limit)


def _read(file: Path) -> str | None:
    return file.read_text(encoding="utf-8", errors="replace") if file.exists() else None


if __name__ == "__main__":
    stack, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    text = compose(stack, _read(folder / "review.md"), _read(folder / "preview.txt"), run_url())
    (folder / "comment.md").write_text(text, encoding="utf-8")
