"""What all reports say alike, in words: what would run, what a statement locks, how the review was made. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from infra.review.facts import MODES, Effect, Facts, Filled, Lock, Privilege, ScriptFacts, Written
from infra.review.finding import Finding
from infra.review.verdict import BLOCKS
from infra.review.words import duration

_SOURCES = {
    "server": (),
    "state": ("judged by Pulumi's state, as the server was not asked",),
    "none": ("judged as a new database",),
}
MINUS = "\N{MINUS SIGN}"


def headline(facts: Facts, findings: Sequence[Finding]) -> str:
    """What would run, in a sentence."""
    if facts.troubles:
        return f"Nothing would run: {_count(len(facts.troubles), 'problem')}"
    parts = [_count(len(facts.scripts), "script")] if facts.scripts else []
    parts += [_count(len(facts.seeds), "seed")] if facts.seeds else []
    if not parts:
        return "Nothing would run"
    said = [f"{' and '.join(parts)} would run", f"catalog {signs(facts.difference) or 'unchanged'}"]
    said += [_count(len(findings), "finding")] if findings else []
    return "; ".join([*said, *_SOURCES[facts.origin.kind]])


def signs(lines: Sequence[str]) -> str:
    """How many lines there are of each sign, such as `+2 ~1`; that for what is gone is a minus."""
    counts = ((sign, sum(line.startswith(sign) for line in lines)) for sign in "+~-")
    return " ".join(f"{sign}{number}" for sign, number in counts if number).replace("-", MINUS)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def place(script: str, line: int | None) -> str:
    """A place in a script."""
    return f"{script}:{line}" if line else script


def about(script: ScriptFacts) -> str:
    """A script in a line: how it runs, how much of it, and how long."""
    how = "in one transaction" if script.transactional else "outside a transaction"
    end = ", then fails" if script.failure else ""
    return f"{_count(len(script.statements), 'statement')} {how}, {duration(script.seconds)}{end}"


def locks(effect: Effect) -> list[str]:
    """The strongest lock on each relation, and whom it blocks, the strongest first."""
    rank = {mode: index for index, mode in enumerate(MODES)}
    strongest: dict[str, Lock] = {}
    for lock in sorted(effect.locks, key=lambda lock: (rank[lock.mode], lock.relation)):
        strongest.setdefault(lock.relation, lock)
    return [f"{lock.relation}: {lock.mode} (blocks {BLOCKS.get(lock.mode, 'nobody')})" for lock in strongest.values()]


def work(effect: Effect) -> list[str]:
    """What a statement read or wrote as a whole."""
    found = [f"rewrites {name}" for name in effect.rewritten]
    found += [f"rebuilds indexes of {name}" for name in effect.rebuilt]
    return found + [f"reads all of {name}" for name in effect.scanned if name not in effect.rewritten]


def rows(written: Iterable[Written]) -> list[str]:
    """How many rows were written, by table."""
    return [
        f"{name}: " + ", ".join(f"{number:,} {what}" for number, what in zip(numbers, _WRITTEN, strict=True) if number)
        for name, *numbers in written
    ]


_WRITTEN = ("inserted", "updated", "deleted")


def privilege(entry: Privilege) -> str:
    """A change of privileges in a line, with its sign."""
    if entry.before is None:
        return f"+ {entry.subject}: {entry.grantee} {entry.after}"
    if entry.after is None:
        return f"- {entry.subject}: {entry.grantee} {entry.before}"
    return f"~ {entry.subject}: {entry.grantee} {entry.before} → {entry.after}"


def filled(entry: Filled) -> str:
    """What generated rows a table got."""
    of = f" (the stack has about {entry.of:,})" if entry.of is not None else ""
    if entry.problem:
        return f"{entry.table}: none, since {entry.problem}{of}"
    passed = f"; they do not satisfy {', '.join(entry.passed_over)}" if entry.passed_over else ""
    return f"{entry.table}: {_count(entry.rows, 'row')}{of}{passed}"


def method(facts: Facts) -> list[str]:
    """How the review was made, a line each, without what could not be checked."""
    at = f", at version {facts.version}" if facts.version else ""
    found = [f"Where the database stands: {facts.origin.told} ({_count(facts.applied, 'script')} applied{at})."]
    if facts.scripts or facts.seeds:
        found.append(
            "Rehearsed on a throw-away PostgreSQL, with the roles and privileges of the stack, statement by statement."
        )
        found.append("Locks are those that pg_locks showed in the open transaction; no other session was at work.")
    if facts.filled and not facts.generated:
        found.append(
            "Tables that scripts name, and what they refer to, got a row each: times mean little without --rows."
        )
    shown = [one for one in facts.filled if facts.generated or one.problem or one.passed_over]
    return [*found, *(f"Generated rows, {filled(one)}." for one in shown)]
