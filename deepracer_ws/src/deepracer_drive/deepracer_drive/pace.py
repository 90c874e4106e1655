"""Whether decisions come in time: what each cost, and how old its image was by then."""

from __future__ import annotations

LATE = 0.1
"""[s] half the age that the command gate lets through: beyond it a hiccup stops the car."""


class Pace:
    """Figures of some decisions in a row."""

    def __init__(self) -> None:
        """Begin with none."""
        self._decisions = 0
        self._sum = self._slowest = self._oldest = 0.0  # [s]

    def add(self, duration: float, age: int) -> None:
        """Count a decision.

        Args:
            duration: Computing time [s].
            age: From the image's stamp to the decision [ns].
        """
        self._decisions += 1
        self._sum += duration
        self._slowest = max(self._slowest, duration)
        self._oldest = max(self._oldest, age / 1e9)

    @property
    def is_late(self) -> bool:
        """Whether one of them came so late that the car is about to stop."""
        return self._oldest > LATE

    def describe(self) -> str:
        """The figures in a sentence."""
        if not self._decisions:
            return "no image came"
        oldest = f"decisions up to {self._oldest * 1e3:.0f} ms after the image"
        if not self.is_late:
            return oldest
        return (
            f"{oldest}, the gate refuses them from 200 ms on: take a smaller model or fewer images "
            f"per second, and look for what else computes"
        )

    def values(self) -> dict[str, str]:
        """The figures by name, for diagnostic_msgs."""
        mean = self._sum / max(self._decisions, 1)
        return {
            "decisions": str(self._decisions),
            "mean [ms]": f"{mean * 1e3:.2f}",
            "slowest [ms]": f"{self._slowest * 1e3:.2f}",
            "oldest image [ms]": f"{self._oldest * 1e3:.1f}",
        }
