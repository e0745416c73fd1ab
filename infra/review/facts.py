"""What a review has seen, as values. The verdict is made of these alone, and so are all reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Kind = Literal["server", "state", "none"]
ActKind = Literal[
    "drop table",
    "drop column",
    "drop view",
    "drop schema",
    "truncate",
    "update all",
    "rename",
    "move",
    "required column",
    "add column",
    "add identity",
    "add generated",
    "set not null",
    "change type",
    "add check",
    "add foreign key",
    "add key",
    "create index",
    "set logged",
    "attach partition",
    "refresh",
]
LossKind = Literal[
    "drop table",
    "drop column",
    "drop view",
    "drop object",
    "drop label",
    "drop policy",
    "detach",
    "row security",
    "require value",
    "revoke",
]
MODES = (
    *("ACCESS EXCLUSIVE", "EXCLUSIVE", "SHARE ROW EXCLUSIVE", "SHARE", "SHARE UPDATE EXCLUSIVE"),
    *("ROW EXCLUSIVE", "ROW SHARE", "ACCESS SHARE"),
)
"""All modes of locks on tables, the strongest first."""


class Lock(NamedTuple):
    """A lock on a relation that was there before the review's scripts: its mode, as in the documentation."""

    relation: str
    mode: str


class Written(NamedTuple):
    """How many rows of a relation a statement wrote."""

    relation: str
    inserted: int
    updated: int
    deleted: int


@dataclass(frozen=True)
class Effect:
    """What a statement did to relations that were there before. `locks` are those that it took on top of others.

    `scanned` tables were read from end to end, `rewritten` ones written anew; of the `rebuilt` ones the indexes were.
    """

    locks: tuple[Lock, ...] = ()
    rewritten: tuple[str, ...] = ()
    rebuilt: tuple[str, ...] = ()
    scanned: tuple[str, ...] = ()
    written: tuple[Written, ...] = ()


@dataclass(frozen=True)
class Act:
    """What the text of a statement says that it does, where its effect alone does not show that.

    `subject` is what it is done to, as a reader knows it, such as `"User".email`; `relation` the table. `optional` is
    what IF NOT EXISTS may skip.
    """

    kind: ActKind
    subject: str
    relation: str = ""
    optional: bool = False


class Loss(NamedTuple):
    """What the catalogs before and after say that the release that runs now has lost. `relation` is what it was of."""

    kind: LossKind
    subject: str
    relation: str = ""


@dataclass(frozen=True)
class StatementFacts:
    """A statement that ran: its place, how it begins, and what it did.

    `transaction` counts the transactions of its script, and is None outside one; `observed` says that its locks were
    seen, and not taken from the documentation.
    """

    line: int
    text: str
    seconds: float
    transaction: int | None
    effect: Effect = Effect()
    acts: tuple[Act, ...] = ()
    observed: bool = True


@dataclass(frozen=True)
class Failure:
    """A statement, or a script, that failed: where, what the server said, its SQLSTATE and what it advises."""

    script: str
    line: int | None
    message: str
    sqlstate: str | None = None
    hint: str | None = None

    @property
    def is_about_rows(self) -> bool:
        """Whether other rows could have let it pass: class 22, data exception, or 23, a constraint violated."""
        return (self.sqlstate or "")[:2] in ("22", "23")


@dataclass(frozen=True)
class ScriptFacts:
    """A pending script: whether all of it is one transaction, its statements as far as they ran, and what failed.

    `of_rows` is a failure that did not come back once the generated rows were gone.
    """

    name: str
    transactional: bool
    statements: tuple[StatementFacts, ...] = ()
    failure: Failure | None = None
    of_rows: Failure | None = None

    @property
    def seconds(self) -> float:
        """How long its statements took."""
        return sum(statement.seconds for statement in self.statements)


@dataclass(frozen=True)
class SeedFacts:
    """A seed that will run, as it is new or has changed, and what it wrote where none of its rows were there before."""

    name: str
    reason: Literal["new", "changed"]
    written: tuple[Written, ...] = ()
    failure: Failure | None = None


class Privilege(NamedTuple):
    """Whose privileges on what change: None for an object that is not there, `default` for none given apart."""

    subject: str
    grantee: str
    before: str | None
    after: str | None


class Advice(NamedTuple):
    """What squawk says of a place in a script, and what it advises."""

    script: str
    line: int
    rule: str
    message: str
    help: str


class Filled(NamedTuple):
    """A table with generated rows: how many it got, how many it has on the stack, checks that they do not satisfy."""

    table: str
    rows: int
    of: int | None = None
    passed_over: tuple[str, ...] = ()
    problem: str = ""


class Trouble(NamedTuple):
    """What keeps a run from beginning: Flyway's code, or ours, the script, and one line with what to do."""

    kind: str
    script: str
    line: int | None
    message: str


@dataclass(frozen=True)
class Origin:
    """Where the history was had: of the server, of Pulumi's state or of nobody, in a sentence; what is not known."""

    kind: Kind
    told: str
    unchecked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts:
    """All that a review has seen.

    `difference` are the catalog's lines, `losses` what they mean for the release that runs now. `estimates` are the
    rows that tables have on the stack, as far as somebody told; `partitioned` are the tables of before that are.
    """

    stack: str
    origin: Origin
    applied: int
    version: str | None
    troubles: tuple[Trouble, ...] = ()
    scripts: tuple[ScriptFacts, ...] = ()
    seeds: tuple[SeedFacts, ...] = ()
    difference: tuple[str, ...] = ()
    losses: tuple[Loss, ...] = ()
    privileges: tuple[Privilege, ...] = ()
    unvalidated: tuple[str, ...] = ()
    lint: tuple[Advice, ...] = ()
    filled: tuple[Filled, ...] = ()
    estimates: Mapping[str, int] = field(default_factory=dict)
    partitioned: frozenset[str] = frozenset()
    generated: bool = False
    """Whether many rows were asked for, so that times mean something."""

    def rows_of(self, relation: str) -> int | None:
        """How many rows a table has on the stack, as far as somebody told."""
        return self.estimates.get(relation)
