"""How much longer a preview takes where a thousand scripts have been applied, and not two: at most half a second."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from tools.bench import tell, timed
from tools.bench.stack import first_up, pulumi

SCRIPTS = 1000
TURNS = 9


def measure() -> None:
    """Measure and print both, taking turns, so that they see the same machine."""
    with tempfile.TemporaryDirectory(prefix="creativeflow-bench-") as folder:
        Path(folder).chmod(0o755)
        few, many = Path(folder) / "few", Path(folder) / "many"
        try:
            for stack in (few, many):
                first_up(stack)
            _add_scripts(many / "sql" / "migrations")
            pulumi(many, "up", "--yes", "--skip-preview")
            _compare(few, many)
        finally:
            for stack in (few, many):
                pulumi(stack, "destroy", "--yes", "--skip-preview")


def _add_scripts(folder: Path) -> None:
    there = len(list(folder.glob("V*.sql")))
    for number in range(there + 1, SCRIPTS + 1):
        (folder / f"V{number:03}__Add_table.sql").write_text(f"CREATE TABLE table_{number} (id integer);\n")


def _compare(few: Path, many: Path) -> None:
    times: dict[Path, list[float]] = {few: [], many: []}
    for _ in range(TURNS):
        for stack, own in times.items():
            own.append(timed(lambda stack=stack: pulumi(stack, "preview", "--expect-no-changes")))  # type: ignore[misc]
    tell("preview, with the scripts of this project", times[few])
    tell(f"preview, with {SCRIPTS} scripts applied", times[many])
    # Of each turn for itself, so that what else the machine does falls out.
    more = [long - short for short, long in zip(times[few], times[many], strict=True)]
    print(f"a preview takes {statistics.median(more):.2f} s more with {SCRIPTS} scripts (least: {min(more):.2f} s)")
