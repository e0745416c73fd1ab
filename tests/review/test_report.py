"""The reports keep their form: JSON its schema, the comment its length, and all of them whatever a name may hold."""

from __future__ import annotations

import html
import html.parser
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from markdown_it import MarkdownIt

from infra.review import report
from infra.review.facts import (
    Act,
    Advice,
    Effect,
    Facts,
    Failure,
    Filled,
    Lock,
    Loss,
    Origin,
    Privilege,
    ScriptFacts,
    SeedFacts,
    StatementFacts,
    Trouble,
    Written,
)
from infra.review.report.as_json import document
from infra.review.report.escape import code, fenced, in_markdown, plain, word
from infra.review.report.markdown import LONGEST, marker, to_markdown
from infra.review.report.page import to_html
from infra.review.roles import Server
from infra.review.verdict import judge
from tests.review.project import PULLS, review

_SCHEMA = json.loads((Path(report.__file__).parent / "schema.json").read_text(encoding="utf-8"))
HOSTILE = (
    "a</details><script>alert(1)</script>|`b```\n## c\r\n<img src=//x.example/y>\u202e @team #1 https://x.example \\"
)


def hostile_facts(name: str = HOSTILE, times: int = 1) -> Facts:
    """What a review would see of a pull request in which everything bears this name."""
    effect = Effect((Lock(name, "ACCESS EXCLUSIVE"),), (name,), (name,), (name,), (Written(name, 1, 2, 3),))
    failure = Failure(name, 3, name, "42P01", name)
    statement = StatementFacts(3, name, 0.5, 1, effect, (Act("drop column", name, name),))
    return Facts(
        stack=name,
        origin=Origin("state", name, (name,)),
        applied=1,
        version=name,
        troubles=(Trouble("syntax", name, 2, name),),
        scripts=(ScriptFacts(name, True, (statement,) * times, failure, failure),),
        seeds=(SeedFacts(name, "changed", (Written(name, 1, 0, 0),)), SeedFacts(name, "new", failure=failure)),
        difference=(f"+ {name}",) * times,
        losses=(Loss("drop object", name), Loss("revoke", name)),
        privileges=(Privilege(name, name, None, name), Privilege(name, "PUBLIC", "default", name)),
        unvalidated=(name,),
        lint=(Advice(name, 1, name, name, name),) * times,
        filled=(Filled(name, 1, 2, (name,), name),),
        generated=True,
    )


class _Tags(html.parser.HTMLParser):
    """The elements of a page, and whether they close in order."""

    VOID = ("meta", "img", "br", "rect", "path", "line")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, Any]]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self._open.pop() == tag


@pytest.mark.parametrize("folder", sorted(PULLS.iterdir()), ids=lambda folder: folder.name)
def test_the_expected_json_has_the_form_of_the_schema(folder: Path) -> None:
    jsonschema.validate(json.loads((folder / "report.json").read_text(encoding="utf-8")), _SCHEMA)


def test_the_json_of_whatever_there_is_has_the_form_of_the_schema() -> None:
    facts = hostile_facts()
    jsonschema.validate(document(facts, judge(facts)), _SCHEMA)


def test_the_schema_refuses_what_it_does_not_describe() -> None:
    facts = hostile_facts()
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document(facts, judge(facts)), "more": 1}, _SCHEMA)


def test_a_comment_begins_with_its_marker_and_has_as_many_folds_as_ends() -> None:
    facts = hostile_facts()
    text = to_markdown(facts, judge(facts))
    assert text.startswith(f"{marker(facts.stack)}\n")
    assert marker("prod") == "<!-- creativeflow review: prod -->"
    assert re.fullmatch(r"<!-- creativeflow review: (?!.*--.*-->)[\w.-]+ -->", marker(facts.stack))
    outside = re.sub(r"^(`{3,}).*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)
    lines = outside.splitlines()
    assert sum(line.startswith("<details>") for line in lines) == lines.count("</details>") > 4


def test_nothing_in_a_comment_is_markup_but_ours() -> None:
    facts = hostile_facts()
    rendered = MarkdownIt("commonmark").enable("table").render(to_markdown(facts, judge(facts)))
    tags = _Tags(rendered).found
    ours = {"details", "summary", "h3", "p", "ul", "li", "strong", "br", "code", "pre", "a", "table", "thead", "tbody"}
    assert {tag for tag, _ in tags} == ours | {"tr", "th", "td"}
    assert {attributes["href"] for tag, attributes in tags if tag == "a"} == {
        f"https://squawkhq.com/docs/{word(HOSTILE)}"
    }
    prose = html.unescape(re.sub(r"<code.*?</code>", "", rendered, flags=re.DOTALL))
    assert "<details>" in prose
    assert not re.search(r"[@#]\w|[^\"]https?://", prose), "a mention, or a link"


def test_a_table_has_five_cells_in_every_row_whatever_a_statement_holds() -> None:
    facts = hostile_facts()
    rows = [line for line in to_markdown(facts, judge(facts)).splitlines() if line.startswith("| ")]
    assert len(rows) == 2
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {6}


def test_a_long_comment_is_cut_to_what_github_takes_and_says_so() -> None:
    facts = hostile_facts(times=3000)
    text = to_markdown(facts, judge(facts))
    assert len(text) <= LONGEST + 2000 < 65_536
    lines = text.splitlines()
    assert sum(line.startswith("<details>") for line in lines) == lines.count("</details>")
    assert "and 2,700 more" in text or "Left out" in text


def test_a_page_has_no_markup_but_ours_and_fetches_nothing() -> None:
    facts = hostile_facts()
    tags = _Tags(to_html(facts, judge(facts), None)).found
    assert "script" not in {tag for tag, _ in tags}
    assert "img" not in {tag for tag, _ in tags}
    assert not [attributes for tag, attributes in tags if "src" in attributes]
    assert {attributes["href"] for tag, attributes in tags if tag == "a"} == {
        f"https://squawkhq.com/docs/{word(HOSTILE)}"
    }


def test_hostile_names_in_a_real_database_reach_every_report_whole(rehearsals: Server) -> None:
    name = 'x"</details><script>|`a```\n@b'
    quoted = '"' + name.replace('"', '""') + '"'
    sql = f"CREATE TABLE {quoted} (id int PRIMARY KEY, {quoted} int REFERENCES {quoted} (id));"
    made = review(rehearsals, {"V100__`|<b>.sql": sql + f'ALTER TABLE "Project" RENAME COLUMN notes TO {quoted}'})
    findings = judge(made.facts)
    assert [finding.code for finding in findings] == ["renames"]
    page = to_html(made.facts, findings, made.difference)
    assert "script" not in {tag for tag, _ in _Tags(page).found}
    jsonschema.validate(document(made.facts, findings), _SCHEMA)
    assert to_markdown(made.facts, findings).count("\n</details>") == 5


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\tc", r"a\nb\tc"),
        ("\u202eabc\u200b\x00", r"\u202eabc\u200b\u0000"),
        ("Ünïcode → 漢", "Ünïcode → 漢"),
    ],
)
def test_characters_that_do_not_show_are_written_as_escapes(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_escapes_of_markdown() -> None:
    assert in_markdown("ui_settings _a_ *b* [c](d)") == r"ui_settings \_a\_ \*b\* \[c\](d)"
    assert in_markdown("- item") == r"\- item"
    assert in_markdown("1. item") == r"1\. item"
    assert in_markdown("@a #1 www.b.example http://c") == "@&#8203;a #&#8203;1 www&#8203;.b.example http:&#8203;//c"
    assert code("a`b") == "``a`b``"
    assert code("`") == "`` ` ``"
    assert code("a|b") == r"`a\|b`"
    assert fenced(["a", "````"]).splitlines()[0] == "`````"
    assert word("a -->b") == "a_-_b"
