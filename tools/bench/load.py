"""Large stacks: how time and memory of preview, up and refresh grow; many stacks on one machine; a large seed.

Memory is the most that all processes of a command had at once, servers left out, each page that they share counted for
each of them.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil

from tools.bench import timed
from tools.bench.stack import first_up, pulumi

SIZES = ((250, 125, 13), (500, 250, 25), (1000, 500, 50))
"""Scripts, tables and schemas."""
STACKS = 20
SEED_MEGABYTES = 100
TURNS = 3


def measure() -> None:
    """Measure and print all three."""
    with tempfile.TemporaryDirectory(prefix="creativeflow-bench-") as folder:
        Path(folder).chmod(0o755)
        _growth(Path(folder))
        _large_seed(Path(folder) / "seed")
        _many_stacks(Path(folder))


def _growth(folder: Path) -> None:
    columns = ("up with all of them", "preview", "up", "refresh")
    print(f"{'scripts tables schemas':<24}" + "".join(f"{what:>20}" for what in columns))
    for scripts, tables, schemas in SIZES:
        project = folder / f"size-{scripts}"
        with _up(project):
            _add_scripts(project, scripts, tables, schemas)
            figures = [_figure(project, 1, "up", "--yes", "--skip-preview")]
            figures.append(_figure(project, TURNS, "preview", "--expect-no-changes"))
            figures.append(_figure(project, TURNS, "up", "--yes", "--skip-preview", "--expect-no-changes"))
            figures.append(_figure(project, TURNS, "refresh", "--yes", "--skip-preview"))
            print(
                f"{scripts:>7} {tables:>6} {schemas:>7}  " + "".join(f"{figure:>20}" for figure in figures), flush=True
            )


def _add_scripts(project: Path, scripts: int, tables: int, schemas: int) -> None:
    """Scripts of the versions from 1001: each makes a table, or adds a column to one that an earlier script made."""
    names = ["creativeflow", *(f"schema_{number}" for number in range(1, schemas))]
    pulumi(project, "config", "set", "flywaySchemas", ",".join(names))
    for number in range(scripts):
        table = f"{names[number % tables % schemas]}.table_{number % tables}"
        text = f"CREATE TABLE {table} (id integer PRIMARY KEY, name text NOT NULL, made timestamptz DEFAULT now());\n"
        if number >= tables:
            text = f"ALTER TABLE {table} ADD COLUMN column_{number} text;\n"
        (project / "sql" / "migrations" / f"V{1001 + number}__Step.sql").write_text(text)


def _large_seed(project: Path) -> None:
    with _up(project):
        (project / "sql" / "migrations" / "V1001__Add_large_seed.sql").write_text(
            "CREATE TABLE large_seed (text text);\n"
        )
        line = "x" * 999 + "\n"
        with (project / "sql" / "seeds" / "03_Large.sql").open("w") as file:
            file.write("COPY creativeflow.large_seed FROM stdin;\n")
            for _ in range(SEED_MEGABYTES * 1000):
                file.write(line)
            file.write("\\.\n")
        print(f"a seed of {SEED_MEGABYTES} MB: up {_figure(project, 1, 'up', '--yes', '--skip-preview')}", end="")
        print(f", then preview {_figure(project, TURNS, 'preview', '--expect-no-changes')}", flush=True)


def _many_stacks(folder: Path) -> None:
    with contextlib.ExitStack() as stacks:
        times = []
        for number in range(STACKS):
            project = folder / f"stack-{number}"
            times.append(timed(lambda project=project: stacks.enter_context(_up(project))))  # type: ignore[misc]
            if number in (0, STACKS - 1):
                figure = _figure(project, TURNS, "up", "--yes", "--skip-preview", "--expect-no-changes")
                print(f"stack {number + 1} of {STACKS}: first up {times[-1]:.1f} s, no-op up {figure}", flush=True)


@contextlib.contextmanager
def _up(project: Path) -> Iterator[None]:
    try:
        first_up(project)
        yield
    finally:
        pulumi(project, "destroy", "--yes", "--skip-preview")


def _figure(project: Path, turns: int, *command: str) -> str:
    """The least time of the turns, and the most memory of any."""
    with _memory() as most:
        least = min(timed(lambda: pulumi(project, *command)) for _ in range(turns))
    return f"{least:.1f} s, {most[0] / 1e6:.0f} MB"


@contextlib.contextmanager
def _memory() -> Iterator[list[int]]:
    most, ended = [0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.1):
            most[0] = max(most[0], sum(_resident(process) for process in psutil.Process().children(recursive=True)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield most
    finally:
        ended.set()
        watcher.join()


def _resident(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):
        return 0 if process.name() == "postgres" else int(process.memory_info().rss)
    return 0
