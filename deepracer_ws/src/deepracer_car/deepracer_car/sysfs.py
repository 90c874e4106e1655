"""Attributes of the kernel under /sys: one number or word each; errors say how to repair."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from deepracer_core.errors import HardwareBusyError, HardwareError

UDEV_PATIENCE = 2.0
"""[s] for udev to do its work."""
UDEV_STEP = 0.01  # [s] between two looks

STOP_STOCK = "sudo systemctl stop deepracer-core"
REPAIRS = {
    errno.EACCES: "install the udev rules of deepracer_car, or add your user to the group that "
    "`ls -l` names",
    errno.EPERM: "install the udev rules of deepracer_car, or run as a user who may write it",
    errno.ENOENT: "it is not there: check the hardware:= argument and that the kernel driver is "
    "loaded (ls -l /sys/class/pwm)",
    errno.EBUSY: f"another program or driver uses it: stop that first (stock car: {STOP_STOCK})",
    errno.EINVAL: "the kernel finds this value impossible here: look for another program that has "
    "changed its period",
    errno.ENODEV: "the device has no such channel, or was removed: check the hardware:= argument",
}


def store(path: Path, value: int | str) -> None:
    """Write an attribute by one system call.

    The line end makes no difference to the kernel; where a plain file stands in for an attribute,
    its first line is the value.

    Raises:
        HardwareError: it is missing, or the kernel refuses.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(descriptor, f"{value}\n".encode())
        finally:
            os.close(descriptor)
    except OSError as error:
        raise refusal(error, f"write {value} to {path}") from error


def show(path: Path) -> str:
    """Read an attribute.

    Raises:
        HardwareError: it is missing, or the kernel refuses.
    """
    try:
        return (path.read_text("ascii").splitlines() or [""])[0].strip()
    except OSError as error:
        raise refusal(error, f"read {path}") from error


def wait_until_writable(path: Path, sleep: Callable[[float], None]) -> None:
    """Wait for udev, which gives an attribute its owner some moments after it appears.

    Args:
        path: The attribute, which its device's export makes appear.
        sleep: Waits for some seconds.

    Raises:
        HardwareError: it stays closed.
    """
    for _ in range(round(UDEV_PATIENCE / UDEV_STEP)):
        if os.access(path, os.W_OK):
            return
        sleep(UDEV_STEP)
    raise HardwareError(
        f"{path} is not writable {UDEV_PATIENCE} s after its export: install the udev rules of "
        f"deepracer_car (ros2 run deepracer_car install_service), or add your user to the group "
        f"that `ls -l` names"
    )


def claim(path: Path) -> int:
    """Open a file and lock it against all others who claim it; the end of the process unlocks it.

    Returns:
        The file's descriptor: closed, it unlocks.

    Raises:
        HardwareBusyError: somebody else has claimed it.
        HardwareError: it cannot be opened.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise refusal(error, f"open {path}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise HardwareBusyError(
            f"{path} is in use by another servo node or calibration: stop that first"
        ) from error
    return descriptor


def refusal(error: OSError, action: str) -> HardwareError:
    """The error that says what failed and how to repair it."""
    repair = REPAIRS.get(error.errno or 0, "look into the kernel's log (dmesg)")
    return HardwareError(f"cannot {action}: {error.strerror or error}; {repair}")
