"""The report for programs. schema.json describes its form; its number rises when a field goes or changes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from infra.review.facts import Facts, Failure, ScriptFacts, StatementFacts
from infra.review.finding import Finding
from infra.review.verdict import BLOCKS, verdict

VERSION = 1


def to_json(facts: Facts, findings: Sequence[Finding]) -> str:
    """The report as a JSON document, with a line end."""
    return json.dumps(document(facts, findings), indent=2, ensure_ascii=False) + "\n"


def document(facts: Facts, findings: Sequence[Finding]) -> dict[str, Any]:
    """The report in JSON's types."""
    return {
        "version": VERSION,
        "stack": facts.stack,
        "verdict": verdict(findings),
        "findings": [vars(finding) for finding in findings],
        "history": {
            "source": facts.origin.kind,
            "told": facts.origin.told,
            "applied": facts.applied,
            "schemaVersion": facts.version,
            "unchecked": list(facts.origin.unchecked),
        },
        "scripts": [_script(script) for script in facts.scripts],
        "seeds": [
            {
                "name": seed.name,
                "reason": seed.reason,
                "written": [one._asdict() for one in seed.written],
                "failure": _failure(seed.failure),
            }
            for seed in facts.seeds
        ],
        "difference": list(facts.difference),
        "privileges": [entry._asdict() for entry in facts.privileges],
        "lint": [entry._asdict() for entry in facts.lint],
        "rows": [{**entry._asdict(), "passed_over": list(entry.passed_over)} for entry in facts.filled],
    }


def _script(script: ScriptFacts) -> dict[str, Any]:
    return {
        "name": script.name,
        "transactional": script.transactional,
        "seconds": round(script.seconds, 4),
        "statements": [_statement(statement) for statement in script.statements],
        "failure": _failure(script.failure),
        "failureOfRows": _failure(script.of_rows),
    }


def _statement(statement: StatementFacts) -> dict[str, Any]:
    effect = statement.effect
    return {
        "line": statement.line,
        "text": statement.text,
        "seconds": round(statement.seconds, 4),
        "transaction": statement.transaction,
        "observed": statement.observed,
        "locks": [{**lock._asdict(), "blocks": BLOCKS.get(lock.mode)} for lock in effect.locks],
        "rewritten": list(effect.rewritten),
        "rebuilt": list(effect.rebuilt),
        "scanned": list(effect.scanned),
        "written": [one._asdict() for one in effect.written],
    }


def _failure(failure: Failure | None) -> dict[str, Any] | None:
    if failure is None:
        return None
    return {
        "line": failure.line,
        "message": failure.message,
        "sqlstate": failure.sqlstate,
        "hint": failure.hint,
    }
