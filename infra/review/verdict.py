"""Judge what a review has seen: findings, each with why in a line and what to do instead, and a verdict. Pure.

The rules are PostgreSQL's own behaviour: which lock blocks whom (https://www.postgresql.org/docs/current/explicit-
locking.html), what reads or writes a whole table (https://www.postgresql.org/docs/current/sql-altertable.html, Notes).
A lock that lasts for a moment is no finding; one that lasts as long as the table is large is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from infra.review import gone, words
from infra.review.facts import Facts, Lock, ScriptFacts, StatementFacts, Trouble
from infra.review.finding import ORDER, Finding, Severity

READS, WRITES = "reads and writes", "writes"
BLOCKS = {
    "ACCESS EXCLUSIVE": READS,
    "EXCLUSIVE": WRITES,
    "SHARE ROW EXCLUSIVE": WRITES,
    "SHARE": WRITES,
}
"""What a lock keeps others from; other modes keep them from nothing but schema changes."""
_LONG = 1.0  # seconds
_WORK = ("UPDATE", "DELETE", "MERGE", "INSERT", "WITH")


def judge(facts: Facts) -> tuple[Finding, ...]:
    """The findings, the worst first, then in the order of the scripts."""
    found = [*map(_trouble, facts.troubles), *_seeds(facts)]
    for script in facts.scripts:
        found += _script(facts, script)
    found += [*gone.of_catalog(facts), *_left(facts)]
    return tuple(sorted(dict.fromkeys(found), key=lambda finding: ORDER.index(finding.severity)))


def verdict(findings: Iterable[Finding]) -> Severity:
    """The worst of the findings."""
    severities = {finding.severity for finding in findings}
    return next((severity for severity in ORDER if severity in severities), "safe")


_CODES = {
    "CHECKSUM_MISMATCH": "edited",
    "RESOLVED_VERSIONED_MIGRATION_NOT_APPLIED": "out-of-order",
    "RESOLVED_REPEATABLE_MIGRATION_NOT_APPLIED": "out-of-order",
    "APPLIED_VERSIONED_MIGRATION_NOT_RESOLVED": "missing",
    "APPLIED_REPEATABLE_MIGRATION_NOT_RESOLVED": "missing",
    "FAILED_VERSIONED_MIGRATION": "failed-before",
    "FAILED_REPEATABLE_MIGRATION": "failed-before",
    "DESCRIPTION_MISMATCH": "renamed",
    "TYPE_MISMATCH": "renamed",
}


def _trouble(trouble: Trouble) -> Finding:
    why, _, instead = trouble.message.partition(": ")
    if trouble.kind in ("syntax", "script", "scan", "plan"):
        why, instead = trouble.message, words.MEND.get(trouble.kind, "")
    return Finding("will fail", _CODES.get(trouble.kind, trouble.kind), why, instead, trouble.script, trouble.line)


def _seeds(facts: Facts) -> Iterator[Finding]:
    for seed in facts.seeds:
        if failure := seed.failure:
            yield Finding("will fail", "seed-fails", failure.message, failure.hint or "", seed.name, failure.line)


def _script(facts: Facts, script: ScriptFacts) -> Iterator[Finding]:
    yield from _failures(script)
    held: dict[int, dict[str, tuple[str, int]]] = {}  # by transaction: what is locked, by which mode, since which line
    for statement in script.statements:
        mine = held.setdefault(statement.transaction, {}) if statement.transaction is not None else {}
        before = dict(mine)
        for lock in statement.effect.locks:
            if lock.mode in BLOCKS and _worse(lock.mode, mine.get(lock.relation)):
                mine[lock.relation] = lock.mode, statement.line
        yield from (finding for _, finding in gone.of_statement(facts, script, statement))
        yield from _work(facts, script, statement, before)


def _worse(mode: str, held: tuple[str, int] | None) -> bool:
    modes = list(BLOCKS)
    return held is None or modes.index(mode) < modes.index(held[0])


def _failures(script: ScriptFacts) -> Iterator[Finding]:
    failure = script.failure or script.of_rows
    if failure is None:
        return
    rows_alone = failure.is_about_rows and not script.transactional  # it cannot run again without them
    if script.failure and not rows_alone:
        why = f"fails in the rehearsal: {failure.message}{words.state(failure.sqlstate)}"
        yield Finding("will fail", "fails", why, failure.hint or words.MEND["fails"], script.name, failure.line)
    elif failure.line not in _required(script):  # that has a finding of its own
        why = f"whether this goes through depends on the rows: generated ones failed it ({failure.message})"
        yield Finding("needs care", "depends-on-rows", why, words.DEPENDS, script.name, failure.line)


def _required(script: ScriptFacts) -> set[int]:
    """The lines that add a required column."""
    return {one.line for one in script.statements for act in one.acts if act.kind == "required column"}


def _work(
    facts: Facts, script: ScriptFacts, statement: StatementFacts, before: dict[str, tuple[str, int]]
) -> Iterator[Finding]:
    """Work that lasts as long as a table is large, while others are kept from a table."""
    effect = statement.effect
    own = _strongest(effect.locks, {*effect.rewritten, *effect.scanned, *effect.rebuilt})
    about = facts, script, statement
    blocked = _blocked(own, before)
    in_parts = own is not None and own.relation in facts.partitioned
    if gone.emptied(statement):
        return
    if effect.rewritten:
        yield _finding("rewrite", about, words.rewrites(statement, effect.rewritten[0], blocked))
    elif own and any(act.kind == "create index" for act in statement.acts):
        yield _finding("index-blocks", about, words.indexes(statement, own.relation, blocked, in_parts=in_parts))
    elif own and effect.rebuilt:
        yield _finding("rebuild-blocks", about, words.rebuilds(own.relation, blocked))
    elif own and effect.scanned and not any(act.kind == "required column" for act in statement.acts):
        yield _finding("scan-blocks", about, words.scans(statement, own.relation, blocked, in_parts=in_parts))
    elif before and _lasts(statement):
        relation, (mode, line) = min(before.items(), key=lambda held: list(BLOCKS).index(held[1][0]))
        yield _finding("works-under-lock", about, words.holds(relation, BLOCKS[mode], line))


def _strongest(locks: Iterable[Lock], of: set[str]) -> Lock | None:
    """The strongest lock of a statement that blocks somebody from a table that it works on."""
    mine = [lock for lock in locks if lock.mode in BLOCKS and lock.relation in of]
    return min(mine, key=lambda lock: list(BLOCKS).index(lock.mode), default=None)


def _blocked(own: Lock | None, before: dict[str, tuple[str, int]]) -> str:
    """Whom a statement keeps waiting: by its own lock, or by a stronger one that its script holds already."""
    if own is None:
        return ""
    held = before.get(own.relation)
    if held is None or not _worse(held[0], (own.mode, 0)):
        return BLOCKS[own.mode]
    return f"{BLOCKS[held[0]]} (locked since line {held[1]})"


def _lasts(statement: StatementFacts) -> bool:
    """Whether a statement takes longer on a larger table. A lookup for a single row may scan a small one, too."""
    alters = not statement.text.upper().startswith((*_WORK, "SELECT"))
    writes = any(one.updated + one.deleted + one.inserted > 1 for one in statement.effect.written)
    return statement.seconds > _LONG or (bool(statement.effect.scanned) and (alters or writes))


def _finding(code: str, about: tuple[Facts, ScriptFacts, StatementFacts], said: tuple[str, str]) -> Finding:
    facts, script, statement = about
    why, instead = said
    return Finding(
        "needs care", code, why + words.measured(facts, script, statement), instead, script.name, statement.line
    )


def _left(facts: Facts) -> Iterator[Finding]:
    """What the change as a whole leaves behind."""
    for name in facts.unvalidated:
        why = f"constraint {name} is left NOT VALID: the rows that are there may break it"
        yield Finding("needs care", "unvalidated", why, words.VALIDATE)
    for privilege in facts.privileges:
        if privilege.grantee == "PUBLIC" and privilege.after not in (None, "none", "default"):
            why = f"everybody who can log in (PUBLIC) gets {privilege.after} on {privilege.subject}"
            yield Finding("needs care", "public", why, words.PUBLIC)
