"""When to tell of a problem that stays: at once, and then ever more rarely."""

from __future__ import annotations

FIRST, LONGEST = 1.0, 60.0
"""[s] from the first to the second time; no two times are further apart than the latter."""


class Complaint:
    """Remembers what was told; times are seconds of a clock that never jumps."""

    def __init__(self) -> None:
        """Have told nothing."""
        self._told = ""
        self._next = 0.0
        self._pause = FIRST

    def is_due(self, problem: str, now: float) -> bool:
        """Whether to tell now; an empty problem means that all is well, and is never told."""
        if problem != self._told:
            self._told, self._next, self._pause = problem, now, FIRST
        if not problem or now < self._next:
            return False
        self._next = now + self._pause
        self._pause = min(2.0 * self._pause, LONGEST)
        return True
