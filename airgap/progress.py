"""Shows the steps of the set-up, which takes minutes: a bar on a terminal, else a line now and then.

All of it goes to standard error, so that `psql $(make dsn)` works also where it has to set up first.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator

STEPS = 4
SECONDS_BETWEEN_LINES = 15.0

Done = Callable[[], None]


class SetupError(Exception):
    """The set-up cannot go on. The message is one line: the step, why, and what to try."""


def passed(number: int, title: str) -> None:
    """Show a step that takes no time."""
    print(f"[{number}/{STEPS}] {title}", file=sys.stderr, flush=True)


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
    from rich import console, progress  # noqa: PLC0415  # only where a terminal shows it

    title = progress.TextColumn("{task.description} …", markup=False)
    count = progress.TextColumn(f"{{task.completed}}/{{task.total}} {unit}" if total else f"{{task.completed}} {unit}")
    columns = [
        title,
        *([progress.BarColumn()] if total else []),
        *([count] if unit else []),
        progress.TimeElapsedColumn(),
    ]
    with progress.Progress(*columns, transient=True, console=console.Console(stderr=True)) as bar:
        task = bar.add_task(label, total=total)
        yield lambda: bar.advance(task)


@contextlib.contextmanager
def _lines(label: str, unit: str, total: int | None) -> Iterator[Done]:
    count = 0

    def done() -> None:
        nonlocal count
        count += 1

    def report() -> None:
        began = time.monotonic()
        while not finished.wait(SECONDS_BETWEEN_LINES):
            counted = f", {count}{f' of {total}' if total else ''} {unit}" if unit else ""
            print(f"      {time.monotonic() - began:.0f} s{counted}", file=sys.stderr, flush=True)

    print(f"{label} …", file=sys.stderr, flush=True)
    finished = threading.Event()
    reporter = threading.Thread(target=report, daemon=True)
    reporter.start()
    try:
        yield done
    finally:
        finished.set()
        reporter.join()
