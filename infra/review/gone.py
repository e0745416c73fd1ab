"""Findings on what the release that runs now loses, by what the scripts say, and by the catalogs. Pure.

What a statement says has a line, and is told once: the catalogs add what no statement names.
"""

from __future__ import annotations

from collections.abc import Iterator

from infra.review import words
from infra.review.facts import Act, Facts, ScriptFacts, StatementFacts
from infra.review.finding import Finding, Severity

_TELLS = ("drop table", "drop column", "drop view", "rename", "move", "required column")


def of_statement(facts: Facts, script: ScriptFacts, statement: StatementFacts) -> Iterator[tuple[Act, Finding]]:
    """What is gone for those who use it, or fails on any row, each with the act that it is about."""
    for act in statement.acts:
        if act.kind in words.GONE:
            yield act, _finding(act.kind, act.subject, script, statement)
        elif act.kind == "required column" and not _met_rows(facts, script, statement, act):
            needs_care = act.optional or facts.rows_of(act.relation) == 0
            severity: Severity = "needs care" if needs_care else "will fail"
            yield act, Finding(severity, "required-column", *words.required(act), script.name, statement.line)
    for name in emptied(statement):
        if not any(act.relation == name for act in statement.acts):
            yield Act("truncate", name, name), _finding("truncate", f"{name} (CASCADE)", script, statement)


def emptied(statement: StatementFacts) -> tuple[str, ...]:
    """The tables whose rows a TRUNCATE has removed, those that it reached by CASCADE too: they have another file."""
    return statement.effect.rewritten if any(act.kind == "truncate" for act in statement.acts) else ()


def of_catalog(facts: Facts) -> Iterator[Finding]:
    """What is lost that no statement has told."""
    told = {
        _before(act)
        for script in facts.scripts
        for statement in script.statements
        for act, _ in of_statement(facts, script, statement)
        if act.kind in _TELLS
    }
    for loss in facts.losses:
        if not told & {_plain(loss.subject), _plain(loss.relation)}:
            yield _finding(loss.kind, loss.subject)


def _before(act: Act) -> str:
    """What an act is done to, as it was called."""
    return _plain(act.subject.partition(" → ")[0])


def _plain(name: str) -> str:
    """A name without quotes: which words need them is the server's to know."""
    return name.replace('"', "")


def _met_rows(facts: Facts, script: ScriptFacts, statement: StatementFacts, act: Act) -> bool:
    """Whether a statement went through on rows of its table: generated ones that no failure had taken away."""
    earlier = facts.scripts[: facts.scripts.index(script)]
    failed = script.of_rows.line if script.of_rows else None
    taken = any(one.of_rows for one in earlier) or (failed is not None and failed <= statement.line)
    return not taken and any(one.table == act.relation and one.rows for one in facts.filled)


def _finding(
    kind: str, subject: str, script: ScriptFacts | None = None, statement: StatementFacts | None = None
) -> Finding:
    code, why, instead = words.GONE[kind]
    place = (script.name if script else "", statement.line if statement else None)
    return Finding("needs care", code, why.format(subject), instead, *place)
