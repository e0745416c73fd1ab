"""Shows the steps of the set-up, which takes minutes: a bar on a terminal, else a line now and then.

All of it goes to standard error, so that `psql $(make dsn)` works also where it has to set up first.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

STEPS = 4
SECONDS_BETWEEN_LINES = 15.0

Done = Callable[[], None]


class SetupError(Exception):
    """The set-up cannot go on. The message is one line: the step, why, and what to try."""


@contextlib.contextmanager
def step(number: int, title: str, unit: str = "", total: int | None = None) -> Iterator[Done]:
    """Show a step while the block runs. The block calls what it is given once for each unit that is done.

    Raises:
        SetupError: one was raised in the block; the step's name is added to it.
    """
    label = f"[{number}/{STEPS}] {title}"
    began = time.monotonic()
    try:
        with (_bar if sys.stderr.isatty() else _lines)(label, unit, total) as done:
            yield done
    except SetupError as error:
        raise SetupError(f"{label} failed: {error}") from error
    print(f"{label}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


@contextlib.contextmanager
def _bar(label: str, unit: str, total: int | None) -> Iterator[Done]:
    from rich import progress  # noqa: PLC0415  # only where a terminal shows it

    counter = [progress.BarColumn(), progress.MofNCompleteColumn()] if total else []
    title = progress.TextColumn("{task.description} …", markup=False)
    columns = [title, *counter, progress.TextColumn(unit), progress.TimeElapsedColumn()]
    with progress.Progress(*columns, transient=True, console=_console()) as bar:
        task = bar.add_task(label, total=total)
        yield lambda: bar.advance(task)
