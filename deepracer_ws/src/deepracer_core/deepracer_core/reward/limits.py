"""Limits of one reward child: what the kernel caps (rlimits) and what the parent times."""

from __future__ import annotations

import math
import resource
from dataclasses import dataclass

from deepracer_core.errors import ConfigError

_MIB = 1024 * 1024
# Less than this and numpy cannot even be loaded.
_LEAST_MEMORY = 256 * _MIB
# Enough for the interpreter to load modules while some are open.
_OPEN_FILES = 64


@dataclass(frozen=True)
class SandboxLimits:
    """Limits of one reward child.

    Attributes:
        call_seconds: Wall-clock time of one call, however many cars are in it, and of loading the
            file [s]. AWS allows 5 s per call (simapp, reward_func_validator).
        start_seconds: Wall-clock time until the child is confined and has loaded its libraries [s].
        memory_bytes: Address space of the child, libraries included.
        cpu_seconds: Processor time of one child over its whole life [s]. `call_seconds` bounds each
            call; this is the backstop for a parent that is stopped itself and cannot keep time.
    """

    call_seconds: float = 5.0
    start_seconds: float = 30.0
    memory_bytes: int = 2048 * _MIB
    cpu_seconds: int = 24 * 3600

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ConfigError: a limit is not a positive finite number, or leaves no room for numpy.
        """
        for name in ("call_seconds", "start_seconds", "cpu_seconds"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ConfigError(f"sandbox limit {name} is {value}: give a number above 0")
        if self.memory_bytes < _LEAST_MEMORY:
            raise ConfigError(
                f"sandbox limit memory_bytes is {self.memory_bytes}: "
                f"numpy needs at least {_LEAST_MEMORY} bytes"
            )


def apply_resource_limits(memory_bytes: int, cpu_seconds: int) -> None:
    """Cap this process for good: memory, processor time, open files, processes, size of files.

    Raises:
        OSError: the kernel refused (a lower hard limit is in force already).
    """
    caps = {
        resource.RLIMIT_AS: (memory_bytes, memory_bytes),
        # One second between SIGXCPU, which names the cause, and SIGKILL.
        resource.RLIMIT_CPU: (cpu_seconds, cpu_seconds + 1),
        resource.RLIMIT_FSIZE: (0, 0),
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_NOFILE: (_OPEN_FILES, _OPEN_FILES),
        # Not even one more: root is exempt from this one, seccomp then does the same.
        resource.RLIMIT_NPROC: (0, 0),
    }
    for kind, cap in caps.items():
        resource.setrlimit(kind, _within(cap, resource.getrlimit(kind)[1]))


def _within(cap: tuple[int, int], ceiling: int) -> tuple[int, int]:
    """The cap, or the hard limit already in force where that is lower."""
    if ceiling == resource.RLIM_INFINITY:
        return cap
    return min(cap[0], ceiling), min(cap[1], ceiling)
