"""All layers that lock a reward child in, in the order in which they must be put on."""

from __future__ import annotations

import signal
from collections.abc import Callable, Collection, Iterable
from functools import partial
from pathlib import Path

from deepracer_core.reward import kernel, landlock, limits, seccomp

# The wall stands only with these; a kernel without one of them calls for a loud notice.
ESSENTIAL_LAYERS = frozenset({"landlock", "seccomp"})


def confine(
    readable: Iterable[Path],
    parent: int,
    memory_bytes: int,
    cpu_seconds: int,
    channel: Collection[int],
) -> dict[str, str]:
    """Lock this process in: no network, no writing, no reading outside `readable`, no processes.

    The layers overlap on purpose: files cannot be written because of Landlock, seccomp and
    RLIMIT_FSIZE, the network cannot be reached because of seccomp, Landlock and an empty namespace.

    Args:
        readable: Files and folders of the Python installation.
        parent: Process id of the parent; the child dies with it.
        memory_bytes: Cap of the address space.
        cpu_seconds: Cap of the processor time.
        channel: The descriptors that lead to the parent; closing one of them ends this process.

    Returns:
        The layers that this kernel does not offer, each with the reason.

    Raises:
        OSError: the parent is gone, or limits that every Linux has were refused.
    """
    kernel.die_with_parent(signal.SIGKILL, parent)
    limits.apply_resource_limits(memory_bytes, cpu_seconds)
    kernel.forbid_new_privileges()
    layers: dict[str, Callable[[], object]] = {
        "network namespace": kernel.leave_network,
        "capabilities": kernel.drop_capabilities,
        "landlock": partial(landlock.restrict_to_reading, readable),
        "seccomp": partial(seccomp.install_filter, channel),
    }
    reasons = {name: _reason_to_miss(put_on) for name, put_on in layers.items()}
    return {name: reason for name, reason in reasons.items() if reason}


def _reason_to_miss(put_on: Callable[[], object]) -> str:
    """Put a layer on; the reason if this kernel does not have it, else nothing."""
    try:
        put_on()
    except OSError as error:
        return str(error)
    return ""
