"""Run the benchmarks that the arguments name, or all of them: `python -m tools.bench [queries] [scripts] …`."""

from __future__ import annotations

import sys

from tools.bench import load, previews, queries, scripts, stack

BENCHMARKS = {
    "queries": queries.measure,
    "scripts": scripts.measure,
    "stack": stack.measure,
    "previews": previews.measure,
    "load": load.measure,
    "setup": stack.measure_setup,
}


def main(*names: str) -> None:
    """Measure, and print a line for each figure."""
    if unknown := [name for name in names if name not in BENCHMARKS]:
        sys.exit(f"no benchmark is called {unknown[0]}: choose from {', '.join(BENCHMARKS)}")
    for name in names or BENCHMARKS:
        BENCHMARKS[name]()


if __name__ == "__main__":
    main(*sys.argv[1:])
