"""What all benchmarks share: timing in rounds, and a table that says on what it was measured."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Timing:
    """Times of one call [s], over several rounds: median of the rounds, and their spread.

    Attributes:
        p50: Median call of each round.
        p99: Slow call of each round, 1 % are slower.
    """

    p50: tuple[float, ...]
    p99: tuple[float, ...]


def measure(
    call: Callable[[], object], *, warm_up: int = 50, rounds: int = 7, calls: int = 500
) -> Timing:
    """Time `call` in `rounds` rounds of `calls` calls each, after `warm_up` calls."""
    for _ in range(warm_up):
        call()
    results = [sorted(_time(call) for _ in range(calls)) for _ in range(rounds)]
    return Timing(
        p50=tuple(result[calls // 2] for result in results),
        p99=tuple(result[calls * 99 // 100] for result in results),
    )


def per_car(timing: Timing, cars: int) -> Timing:
    """The same timing, divided by the cars in a call."""
    return Timing(*(tuple(value / cars for value in times) for times in (timing.p50, timing.p99)))


def _time(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def print_machine(*distributions: str) -> None:
    """Print processor, load, Python and the versions of these distributions."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in distributions)
    print(f"{_processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{platform.platform()}, Python {platform.python_version()}, {versions}")


def _processor() -> str:
    """Name of the processor as Linux gives it."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def print_timings(rows: Iterable[tuple[str, Timing]], unit: str = "ms") -> None:
    """Print a table: median of the rounds, and in brackets the fastest and the slowest round."""
    scale = {"ms": 1e3, "us": 1e6}[unit]

    def cell(values: tuple[float, ...]) -> str:
        median, low, high = statistics.median(values), min(values), max(values)
        return f"{median * scale:.3f} ({low * scale:.3f}-{high * scale:.3f})"

    print(f"\n{'':44}{f'p50 [{unit}]':>24}{f'p99 [{unit}]':>24}")
    for name, timing in rows:
        print(f"{name:44}{cell(timing.p50):>24}{cell(timing.p99):>24}")
