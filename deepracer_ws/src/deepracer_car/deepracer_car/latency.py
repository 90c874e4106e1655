"""How long the car takes from seeing to acting: a histogram of the time from image to pulse."""

from __future__ import annotations

from itertools import accumulate

BIN = 100_000
"""Width of a bin [ns]: percentiles are that exact."""
BINS = 2500
"""The last one, from 250 ms on, holds all that is slower; no command older than 200 ms drives."""
EDGES = (1, 2, 5, 10, 20, 50, 100, 200)
"""[ms] of the coarse histogram for people."""
NANOSECONDS_PER_MS = 1_000_000


class LatencyHistogram:
    """Counts latencies; it takes the same memory however long the car drives."""

    def __init__(self) -> None:
        """Begin empty."""
        self._bins = [0] * BINS
        self.count = 0
        """Number of latencies."""
        self.max = 0
        """The largest [ns]; 0 if there is none."""

    def add(self, latency: int) -> None:
        """Count a latency [ns]; one below 0, of a stamp ahead of this clock, counts as 0."""
        latency = max(latency, 0)
        self._bins[min(latency // BIN, BINS - 1)] += 1
        self.count += 1
        self.max = max(self.max, latency)

    def percentile(self, percent: float) -> int:
        """The latency [ns] that `percent` (above 0, up to 100) of all do not exceed.

        It is the upper edge of the bin in which that latency lies, but never more than the largest
        latency; 0 if there is none.
        """
        wanted = self.count * percent / 100.0
        for index, below in enumerate(accumulate(self._bins)):
            if self.count and below >= wanted:
                is_last = index == BINS - 1
                return self.max if is_last else min((index + 1) * BIN, self.max)
        return 0

    def coarse(self) -> list[tuple[str, int]]:
        """How many latencies lie up to each of `EDGES`, and above the last one."""
        below = [0, *accumulate(self._bins)]
        totals = [below[edge * NANOSECONDS_PER_MS // BIN] for edge in EDGES] + [self.count]
        labels = [f"up to {edge} ms" for edge in EDGES] + [f"above {EDGES[-1]} ms"]
        return [
            (label, total - before) for label, total, before in zip(labels, totals, [0, *totals])
        ]
