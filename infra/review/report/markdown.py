"""The report as a comment of a pull request: the verdict and why at the top, all else folded.

It begins with a marker that nobody sees, by which the next run finds the comment to update. GitHub takes 65,536
characters; where that would not do, parts go, the longest first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from infra.review.facts import Advice, Facts, ScriptFacts, SeedFacts, StatementFacts
from infra.review.finding import Finding, Severity
from infra.review.report import summary
from infra.review.report.escape import code, fenced, in_markdown, in_summary, word
from infra.review.verdict import verdict
from infra.review.words import duration

T = TypeVar("T")
LONGEST = 60_000
_LINES = 300
_SIGNS: dict[Severity, str] = {"will fail": "❌", "needs care": "⚠️", "safe": "✅"}
_CUT = "_Left out, since a comment has to be short: {}. The page has all of it._"


def to_markdown(facts: Facts, findings: Sequence[Finding]) -> str:
    """The report, with a line end."""
    judged = verdict(findings)
    top = [
        f"{marker(facts.stack)}\n### {_SIGNS[judged]} {code(facts.stack)}: {judged}",
        in_markdown(summary.headline(facts, findings)) + ".",
    ]
    if findings:
        top.append("\n".join(line for finding in findings[:_LINES] for line in _finding(finding)))
    folds = dict(_folds(facts))
    return _fitting("\n\n".join(top)[:LONGEST], folds)


def marker(stack: str) -> str:
    """What the comment on a stack begins with."""
    return f"<!-- creativeflow review: {word(stack)} -->"


def _fitting(top: str, folds: dict[str, str]) -> str:
    left_out: list[str] = []
    while len(top) + sum(map(len, folds.values())) > LONGEST and folds:
        longest = max(folds, key=lambda title: len(folds[title]))
        del folds[longest]
        left_out.append(longest)
    end = [_CUT.format(", ".join(map(in_markdown, left_out)))] if left_out else []
    return "\n\n".join([top, *folds.values(), *end]) + "\n"


def _finding(finding: Finding) -> Iterator[str]:
    where = f" {code(summary.place(finding.script, finding.line))}" if finding.script else ""
    yield f"- {_SIGNS[finding.severity]} **{finding.severity}**{where} {in_markdown(finding.why)}"
    if finding.instead:
        yield f"  <br>instead: {in_markdown(finding.instead)}"


def _folds(facts: Facts) -> Iterator[tuple[str, str]]:
    """The folded parts by their titles."""
    if facts.difference:
        lines = _some(facts.difference, str)
        yield _fold(f"Catalog ({summary.signs(facts.difference)})", fenced(lines, "diff"))
    for script in facts.scripts:
        yield _fold(f"{script.name}: {summary.about(script)}", _statements(script))
    if facts.seeds:
        yield _fold(f"Seeds ({len(facts.seeds)})", "\n".join(_some(facts.seeds, _seed)))
    if facts.privileges:
        lines = _some(facts.privileges, summary.privilege)
        yield _fold(f"Privileges ({len(facts.privileges)})", fenced(lines, "diff"))
    if facts.lint:
        yield _fold(f"squawk on the text of the scripts ({len(facts.lint)})", "\n".join(_some(facts.lint, _lint)))
    yield _fold("How this was reviewed", _method(facts))


def _fold(title: str, body: str) -> tuple[str, str]:
    return title, f"<details><summary>{in_summary(title)}</summary>\n\n{body}\n\n</details>"


def _some(entries: Sequence[T], write: Callable[[T], str]) -> list[str]:
    """A line for each entry, up to a limit, and how many more there are."""
    more = len(entries) - _LINES
    return [*map(write, entries[:_LINES]), *([f"… and {more:,} more"] if more > 0 else [])]


def _statements(script: ScriptFacts) -> str:
    lines = ["| line | statement | locks that it takes | reads or writes | time |", "|--:|---|---|---|--:|"]
    lines += _some(script.statements, _statement)
    if script.failure:
        lines += ["", f"Then line {script.failure.line or '?'}: {in_markdown(script.failure.message)}"]
    if script.of_rows:
        said = f"line {script.of_rows.line or '?'}: {script.of_rows.message}"
        lines += ["", f"With generated rows it failed, in {in_markdown(said)}. This is how it ran without them."]
    return "\n".join(lines)


def _statement(one: StatementFacts) -> str:
    seen = "" if one.observed or not one.effect.locks else " (by the documentation)"
    held = "<br>".join(map(in_markdown, summary.locks(one.effect)))
    work = "<br>".join(map(in_markdown, [*summary.work(one.effect), *summary.rows(one.effect.written)]))
    return f"| {one.line} | {code(one.text)} | {held}{seen} | {work} | {duration(one.seconds)} |"


def _seed(seed: SeedFacts) -> str:
    if seed.failure:
        return f"- {code(seed.name)}, {seed.reason}: fails, {in_markdown(seed.failure.message)}"
    wrote = "; ".join(summary.rows(seed.written)) or "writes nothing"
    note = " (where its earlier rows are not)" if seed.reason == "changed" and seed.written else ""
    return f"- {code(seed.name)}, {seed.reason}: {in_markdown(wrote)}{note}"


def _lint(one: Advice) -> str:
    rule = f"[{in_markdown(one.rule)}](https://squawkhq.com/docs/{word(one.rule)})"
    said = in_markdown(f"{one.message} {one.help}".strip())
    return f"- {code(summary.place(one.script, one.line))} {rule}: {said}"


def _method(facts: Facts) -> str:
    lines = [f"- {in_markdown(line)}" for line in summary.method(facts)]
    lines += [f"- Not checked: {in_markdown(line)}." for line in facts.origin.unchecked]
    return "\n".join(_some(lines, str))
