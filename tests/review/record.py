"""Write the expected reports anew: `python -m tests.review.record`. Read the difference before you commit it."""

from __future__ import annotations

from infra.review.review import new_server
from tests.review.project import PULLS, reports, review

if __name__ == "__main__":
    with new_server() as server:
        for folder in sorted(PULLS.iterdir()):
            for name, text in reports(review(server, folder)).items():
                (folder / name).write_text(text, encoding="utf-8")
