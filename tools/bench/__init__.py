"""Benchmarks: commands that measure, compare within one run, and print medians and ratios. `python -m tools.bench`."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def timed(action: Callable[[], object]) -> float:
    """The seconds that `action` takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def tell(what: str, times: list[float]) -> None:
    """Print the median of `times`, given in seconds, and their range."""
    unit, factor = ("s", 1) if statistics.median(times) >= 0.5 else ("ms", 1000)
    median, least, most = (factor * time for time in (statistics.median(times), min(times), max(times)))
    print(f"{what:<50} {median:8.2f} {unit:<2}  ({least:.2f} to {most:.2f}, {len(times)} times)", flush=True)


def tell_ratio(what: str, times: list[float], others: list[float]) -> None:
    """Print how the median of `times` compares with that of `others`."""
    print(f"{what:<50} {statistics.median(times) / statistics.median(others):8.2f}", flush=True)
