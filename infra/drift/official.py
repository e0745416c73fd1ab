"""Draft the migration that makes drift official."""

from __future__ import annotations

from dataclasses import replace

from infra.catalog.drafting.scripts import Draft, draft
from infra.catalog.snapshot import Snapshot
from infra.drift.adoption import comment
from infra.drift.again import repeatable
from infra.drift.changes import changes, difference_of

_HEAD = """\
-- What changed outside of migrations becomes official here. Where a change has been made, this does nothing; elsewhere
-- it makes it. A run lets the drift of these lines pass, and that of no other:
{adopts}

"""
_UNDECIDED = """\
-- What changed outside of migrations becomes official here, once its statements are written. A run lets the drift pass
-- whose line stands here after the words "adopts: " in a comment of its own.

"""

_PASSING = (
    "not every database has this partition: undo it, or write a statement that does nothing where it is not, such as a"
    " DO block that asks to_regclass()"
)


def official(expected: Snapshot, live: Snapshot) -> Draft:
    """The scripts that make of `expected` what `live` is, as far as they can be drafted, and what is left to decide.

    They can run on either. What is left has no `-- adopts: `, so that it goes on to stop a run.
    """
    difference = difference_of(expected, live)
    left = {one[:2]: _PASSING for one in live.passing_partitions if one in difference.before.objects}
    drafted = draft(difference, left)
    undecided = {note.partition("\n")[0] for note in drafted.notes}
    adopts = [line for line in changes(expected, live) if line not in undecided]
    head = _HEAD.format(adopts="\n".join(map(comment, adopts))) if adopts else _UNDECIDED
    texts = [repeatable(script.text) for script in drafted.scripts]
    scripts = [replace(script, text=text) for script, text in zip(drafted.scripts, texts, strict=True)]
    return Draft((replace(scripts[0], text=head + scripts[0].text), *scripts[1:]), drafted.notes)
