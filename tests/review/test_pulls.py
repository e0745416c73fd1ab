"""Eleven pull requests, each with the reports that an expert would write: pulls/<name>/report.md and report.json.

`python -m tests.review.record` writes them anew.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from infra.review.roles import Server
from tests.review.project import PULLS, reports, review

VERDICTS = {
    "add_column": ("safe", []),
    "add_required_column": ("will fail", ["required-column"]),
    "create_index": ("needs care", ["index-blocks"]),
    "index_on_partitioned": ("needs care", ["index-blocks"]),
    "drop_column": ("needs care", ["drops-data"]),
    "rewriting_type": ("needs care", ["rewrite"]),
    "widening_type": ("safe", []),
    "edited_script": ("will fail", ["edited"]),
    "syntax_error": ("will fail", ["syntax"]),
    "out_of_order": ("will fail", ["out-of-order"]),
    "seed_change": ("safe", []),
}


def test_every_pull_request_has_a_verdict_here() -> None:
    assert {folder.name for folder in PULLS.iterdir()} == VERDICTS.keys()


@pytest.mark.parametrize("name", VERDICTS)
def test_the_expected_report_says_what_an_expert_would(name: str) -> None:
    report = json.loads((PULLS / name / "report.json").read_text(encoding="utf-8"))
    assert (report["verdict"], [finding["code"] for finding in report["findings"]]) == VERDICTS[name]


@pytest.mark.parametrize("name", VERDICTS)
def test_a_review_is_the_expected_report(rehearsals: Server, name: str) -> None:
    folder: Path = PULLS / name
    for file, text in reports(review(rehearsals, folder)).items():
        assert text == (folder / file).read_text(encoding="utf-8")
