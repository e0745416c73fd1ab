"""What findings say: why something is one, and what to do instead. docs/migrations.md says it at length. Pure."""

from __future__ import annotations

from infra.review.facts import Act, Facts, ScriptFacts, StatementFacts

MEND = {
    "syntax": "correct the script: nothing runs until every pending script can be parsed",
    "script": "correct the script: nothing runs until every pending script can be read",
    "scan": "mend the files: nothing runs until all of them can be read",
    "plan": "nothing runs until this is put right",
    "fails": "correct the script; its transaction is rolled back, and nothing after it runs",
}
DEPENDS = "look for rows of the stack that break it before the merge, and mend them first"
VALIDATE = "VALIDATE CONSTRAINT in the next script, which reads the table beside readers and writers"
PUBLIC = "grant to the role that needs it, and REVOKE from PUBLIC"
GONE = {
    "drop table": (
        "drops-data",
        "the rows of {} are gone, and the release that runs now may still use it",
        "first release an application that does not use it; keep a backup of its rows",
    ),
    "drop column": (
        "drops-data",
        "what {} holds is gone, and the release that runs now may still read it",
        "first release an application that does not name it, then drop it in a script of its own",
    ),
    "drop view": (
        "breaks-readers",
        "the release that runs now may still read {}",
        "first release an application that does not use it",
    ),
    "drop schema": (
        "drops-data",
        "all that is in schema {} is gone",
        "first release an application that does not use it; keep a backup of its rows",
    ),
    "update all": (
        "updates-all",
        "every row of {} is written, and stays locked until the script ends; writers of it wait, and the table grows",
        "fill it in batches, each a transaction, beside the migration",
    ),
    "truncate": ("drops-data", "the rows of {} are gone", "delete what is to go in batches, beside the migration"),
    "rename": (
        "renames",
        "{}: the release that runs now uses the old name, and fails from this moment on",
        "expand and contract: add the new one, write both, move readers over, drop the old one",
    ),
    "move": (
        "renames",
        "{}: the release that runs now looks for it where it was",
        "keep it where it is, or leave a view of its name behind",
    ),
    "drop object": (
        "breaks-readers",
        "the release that runs now may still use {}, which is gone or has another name",
        "first release an application that does not use it",
    ),
    "drop label": (
        "breaks-readers",
        "the release that runs now may still read and write {}, which is gone or has another name",
        "add the new label beside the old one, and first release an application that knows both",
    ),
    "detach": (
        "breaks-readers",
        "the rows of partition {} are no longer found there",
        "first release an application that does not ask for them",
    ),
    "row security": (
        "breaks-readers",
        "row security of {} is on: who does not own it meets only rows that a policy lets through",
        "CREATE POLICY for every role that uses it before that, in the same script",
    ),
    "drop policy": (
        "breaks-readers",
        "the rows that {} let through are hidden",
        "add the policy that takes its place before that, in the same script",
    ),
    "require value": (
        "breaks-writers",
        "{} is NOT NULL without a default: an INSERT of the release that runs now fails where it leaves that out",
        "keep a default, or NULL, until every release that runs names it",
    ),
    "revoke": (
        "revokes",
        "{}: the release that runs now is refused what it may still do with that",
        "first release what does without it",
    ),
}
_ON_PARTS = "… ON ONLY {}, then by hand CONCURRENTLY on each of its partitions, and ALTER INDEX … ATTACH PARTITION"
_QUIET = "run it when nobody needs the table, not in a migration"
_ONLINE = f"{_QUIET}; or rebuild it online with pg_repack"
_REWRITES = {
    "add identity": "add the column as nullable, SET DEFAULT nextval(…) of a sequence, and fill old rows in batches",
    "add generated": (
        "from PostgreSQL 18 on a VIRTUAL one, which writes nothing; or a plain column that a trigger fills in new rows,"
        " and batches in old ones"
    ),
    "add column": "add the column without the volatile default, SET DEFAULT for new rows, and fill old ones in batches",
    "set logged": _QUIET,
    "refresh": "REFRESH MATERIALIZED VIEW CONCURRENTLY, which needs a unique index, and not in a migration",
}
_UNREAD = ("DO", "CALL", "SELECT")  # what they call is seen by its effect alone


def required(act: Act) -> tuple[str, str]:
    """A column that is NOT NULL and has no default."""
    where = "where it is not there yet, it" if act.optional else "it"
    why = f"column {act.subject} is NOT NULL without a default: {where} cannot be added to a table that has rows"
    return why, (
        "add it with a constant DEFAULT, which writes no row; or nullable, fill it in batches, then SET NOT NULL with"
        " a validated CHECK"
    )


def state(sqlstate: str | None) -> str:
    """An SQLSTATE in a sentence."""
    return f" (SQLSTATE {sqlstate})" if sqlstate else ""


def rewrites(statement: StatementFacts, table: str, blocked: str) -> tuple[str, str]:
    """A table that is written anew."""
    types = [act.subject for act in statement.acts if act.kind == "change type"]
    cause = f"the new type of {', '.join(types)} writes" if types else "writes"
    kept = f", and keeps {blocked} waiting meanwhile" if blocked else ""
    if types:
        instead = "add a new column of that type, write both, fill it in batches, move readers over, drop the old one"
    elif statement.text.upper().startswith(_UNREAD):
        instead = "write what it does as statements of the script, so that a review can tell"
        return f"writes every row of {table} anew, or removes all of them{kept}", instead
    else:
        kinds = {act.kind for act in statement.acts}
        instead = next((said for kind, said in _REWRITES.items() if kind in kinds), _ONLINE)
    return f"{cause} every row of {table} anew{kept}", instead


def indexes(statement: StatementFacts, table: str, blocked: str, *, in_parts: bool) -> tuple[str, str]:
    """An index that is built without CONCURRENTLY, which a partitioned table does not know."""
    name = next(act.subject for act in statement.acts if act.kind == "create index")
    why = f"building {name} reads all of {table}, and keeps {blocked} waiting meanwhile"
    on_parts = f"CREATE INDEX {_ON_PARTS.format(table)}"
    return why, on_parts if in_parts else "CREATE INDEX CONCURRENTLY, alone in its script"


def scans(statement: StatementFacts, table: str, blocked: str, *, in_parts: bool) -> tuple[str, str]:
    """A table that is read from end to end under a lock."""
    kinds = {act.kind for act in statement.acts}
    if "set not null" in kinds:
        instead = (
            "CHECK (… IS NOT NULL) NOT VALID, VALIDATE it in the next script, then SET NOT NULL, which reads nothing"
        )
    elif "add key" in kinds and in_parts:
        instead = f"CREATE UNIQUE INDEX {_ON_PARTS.format(table)}"
    elif "add key" in kinds:
        instead = "CREATE UNIQUE INDEX CONCURRENTLY in a script of its own, then ADD CONSTRAINT … USING INDEX"
    elif kinds & {"add check", "add foreign key"}:
        instead = "ADD CONSTRAINT … NOT VALID, and VALIDATE CONSTRAINT in the next script"
        if in_parts and "add foreign key" in kinds:
            instead += "; PostgreSQL refuses that before 18 for a partitioned table: there, on each of its partitions"
    elif "attach partition" in kinds:
        instead = "before it, a CHECK (NOT VALID, then VALIDATEd) from which PostgreSQL knows that no row has to move"
    else:
        instead = "move what reads the table into a script of its own, without this lock"
    return f"reads all of {table}, and keeps {blocked} waiting meanwhile", instead


def rebuilds(table: str, blocked: str) -> tuple[str, str]:
    """Indexes that are built anew under a lock."""
    return (
        f"builds indexes of {table} anew, and keeps {blocked} waiting meanwhile",
        "REINDEX CONCURRENTLY, or a new index CONCURRENTLY in place of the old one",
    )


def holds(table: str, blocked: str, line: int) -> tuple[str, str]:
    """Work that has nothing to do with a lock, which waits for the end of the script nevertheless."""
    return (
        f"works while {table} is locked since line {line}: {blocked} to it wait until the script ends",
        "put what takes time into a script of its own, before or after the one that takes the lock",
    )


def measured(facts: Facts, script: ScriptFacts, statement: StatementFacts) -> str:
    """How long the statement took, where generated rows make that mean something."""
    tables = {*statement.effect.rewritten, *statement.effect.scanned}
    rows = max((filled.rows for filled in facts.filled if filled.table in tables), default=0)
    if not facts.generated or not rows:
        return ""
    after = script.statements[script.statements.index(statement) :]
    whole = sum(one.seconds for one in after if one.transaction == statement.transaction)
    return f" ({duration(whole)} with {rows:,} rows)"


def duration(seconds: float) -> str:
    """A time as people say it."""
    if seconds < 0.9995:
        return f"{max(1, round(seconds * 1000))} ms"
    return f"{seconds:.1f} s" if seconds < 90 else f"{seconds / 60:.1f} min"
