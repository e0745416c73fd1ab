"""A report of any length becomes a comment that GitHub takes, and that still reads well."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tools.ci.markdown import LIMIT, fenced, fit, folded
from tools.ci.report import compose

_POINTER = "**Cut here.** [All of it](https://github.example/run)\n"
_RUN = "https://github.example/creativeflow/database/actions/runs/77"


def test_a_short_report_stays_as_it_is() -> None:
    assert fit("# Safe\n", _POINTER) == "# Safe\n"


def test_a_long_report_is_cut_at_a_line_and_says_where_the_rest_is() -> None:
    report = "# Safe\n\n" + folded("Details", fenced("\n".join(f"+ line {n} of the plan" for n in range(10_000))))
    cut = fit(report, _POINTER)
    assert len(cut.encode()) <= LIMIT
    assert len(cut.encode()) > LIMIT - 100
    assert cut.startswith("# Safe\n\n<details>")
    assert re.search(r"\n\+ line \d+ of the plan\n```\n\n</details>\n\n\*\*Cut here\.\*\*", cut)
    assert cut.endswith(_POINTER)


def test_a_fence_inside_a_longer_one_does_not_close_it() -> None:
    text = fenced("```sql\nSELECT 1;\n```\n" + "+ one more\n" * 100)
    assert text.startswith("````diff\n```sql\n")
    assert "\n````\n\n**Cut here.**" in fit(text, _POINTER, 300)


_blocks = st.recursive(
    st.one_of(
        st.sampled_from(["Some text.", "A longer line of text, with an ü.\nAnd another."]),
        st.lists(st.sampled_from(["+ added", "```", "```sql", "````", "</details>", ""]), max_size=8).map(
            lambda lines: fenced("\n".join(lines))
        ),
    ),
    lambda blocks: st.lists(blocks, min_size=1, max_size=4).map(lambda some: folded("More", "\n\n".join(some))),
    max_leaves=12,
)


@given(st.lists(_blocks, max_size=6), st.integers(150, 600))
def test_whatever_is_cut_fits_and_leaves_nothing_open(blocks: list[str], limit: int) -> None:
    cut = fit("\n\n".join([*blocks, "x" * (limit + 1)]), _POINTER, limit)
    assert len(cut.encode()) <= limit
    tokens = MarkdownIt().parse(cut)
    assert [token.type for token in tokens[-3:]] == ["paragraph_open", "inline", "paragraph_close"]
    assert tokens[-2].content == _POINTER.strip()
    html = "".join(token.content for token in tokens if token.type == "html_block")
    assert html.count("<details>") == html.count("</details>")


def test_the_signs_of_pulumi_move_to_where_github_colours_them() -> None:
    preview = '    ~ scripts: {\n        + V003__Add_x.sql: "1"\n      - privileges: ["USAGE"]\n    -x\n'
    assert fenced(preview).splitlines()[1:-1] == [
        "    ~ scripts: {",
        '+         V003__Add_x.sql: "1"',
        '-       privileges: ["USAGE"]',
        "    -x",
    ]


def test_a_comment_has_the_review_first_and_the_preview_folded_below() -> None:
    review = "<!-- creativeflow review: dev -->\n### `dev`: safe\n"
    comment = compose("dev", review, "Resources:\n    + 1 to create\n", _RUN)
    assert comment.startswith(review + "\n<details><summary>What <code>pulumi preview</code> says</summary>")
    assert "+     1 to create\n```\n\n</details>" in comment
    assert f"({_RUN}#artifacts)" in comment


def test_where_a_step_failed_the_comment_says_so_and_is_found_again() -> None:
    comment = compose("prod", None, None, _RUN)
    assert comment.startswith("<!-- creativeflow review: prod -->\n### `prod` could not be reviewed")
    assert f"[The log of the run]({_RUN})" in comment
    assert "There is no preview." in comment


def test_a_long_preview_costs_the_review_nothing() -> None:
    review = "<!-- creativeflow review: dev -->\n" + "a finding\n" * 3_000
    comment = compose("dev", review, "+ line\n" * 20_000, _RUN)
    assert len(comment.encode()) <= LIMIT
    assert comment.startswith(review.rstrip())
    assert comment.endswith(f"**Cut here.** [All of it, and a page to look at]({_RUN}#artifacts)\n")
