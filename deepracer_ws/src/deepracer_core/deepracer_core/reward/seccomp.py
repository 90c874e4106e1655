"""seccomp: the kernel refuses every system call that is not on the list of `syscalls`.

The filter is classic BPF; source: Linux Documentation/userspace-api/seccomp_filter.rst.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import signal
from collections.abc import Collection, Iterable
from itertools import chain, starmap

from deepracer_core.reward.kernel import LayerUnavailableError, address, system_call
from deepracer_core.reward.syscalls import AUDIT_ARCHITECTURES, GUARDED, LEAVING, PLAIN, UNKNOWN

# linux/bpf_common.h: load a 32-bit word; compare it; return
_LOAD = 0x20
_JUMP_IF_EQUAL = 0x15
_JUMP_IF_ANY_BIT = 0x45
_RETURN = 0x06
# linux/seccomp.h
_SET_MODE_FILTER = 1
_KILL_PROCESS = 0x80000000
_TRAP = 0x00030000
_ERRNO = 0x00050000
_ALLOW = 0x7FFF0000
# struct seccomp_data: number, architecture, instruction pointer (8 bytes), six arguments of 8
# bytes; both machines are little-endian, the low word comes first.
_NUMBER = 0
_ARCHITECTURE = 4
_ARGUMENTS = 16

# An open file cannot be turned into one that sends signals (F_SETOWN, FIOASYNC) or feeds a
# terminal.
_FCNTL_COMMANDS = (0, 1, 2, 3, 1030)  # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC
_IOCTL_REQUESTS = (0x5401, 0x5450, 0x5451)  # TCGETS (isatty), FIONCLEX, FIOCLEX
# Which argument is the descriptor that the call closes; dup2 is not there on aarch64.
_CLOSING_ARGUMENTS = {"close": 0, "dup2": 1, "dup3": 1}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC  # O_TMPFILE asks for one of these
# The signals with which a process ends itself that crashed or has used up its processor time;
# faulthandler reports the line for each.
_CRASH_SIGNALS = (
    signal.SIGABRT,
    signal.SIGBUS,
    signal.SIGFPE,
    signal.SIGILL,
    signal.SIGSEGV,
    signal.SIGSYS,
    signal.SIGXCPU,
)

Instruction = tuple[int, int, int, int]
"""Operation, jump if true, jump if false, constant: struct sock_filter."""


class _SockFilter(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("jt", ctypes.c_uint8),
        ("jf", ctypes.c_uint8),
        ("k", ctypes.c_uint32),
    )


class _SockProgram(ctypes.Structure):
    _fields_ = (("len", ctypes.c_uint16), ("filter", ctypes.POINTER(_SockFilter)))


def install_filter(channel: Collection[int]) -> None:
    """From now on this process can make only the listed system calls; `no_new_privs` must be set.

    A refused call fails with EPERM, which Python raises as PermissionError. Leaving the process and
    closing the channel raise SIGSYS, for which the caller may have a handler.

    Args:
        channel: The descriptors that lead to the parent.

    Raises:
        LayerUnavailableError: unknown machine, or a kernel without seccomp filters.
        OSError: the kernel refused the filter.
    """
    machine = platform.machine()
    if machine not in AUDIT_ARCHITECTURES:
        raise LayerUnavailableError(f"seccomp: no list of system calls for {machine}")
    load(program(machine, os.getpid(), channel))


def program(machine: str, process: int, channel: Collection[int]) -> list[Instruction]:
    """The filter for `machine` ("x86_64" or "aarch64"), a process id and its descriptors."""
    guarded = GUARDED[machine]
    return [
        *_require_architecture(AUDIT_ARCHITECTURES[machine]),
        (_LOAD, 0, 0, _NUMBER),
        *answer(PLAIN[machine].values(), _ALLOW),
        *answer(LEAVING[machine].values(), _TRAP),
        *answer(UNKNOWN[machine].values(), _ERRNO | errno.ENOSYS),
        *chain.from_iterable(
            _when(guarded[call], _trap_one_of(argument, channel))
            for call, argument in _CLOSING_ARGUMENTS.items()
            if call in guarded
        ),
        *_when(guarded["openat"], _forbid_bits(2, _WRITING)),
        *_when(guarded["fcntl"], _require_one_of(1, _FCNTL_COMMANDS)),
        *_when(guarded["ioctl"], _require_one_of(1, _IOCTL_REQUESTS)),
        *_when(
            guarded["tgkill"], _require_one_of(0, [process]), _require_one_of(2, _CRASH_SIGNALS)
        ),
        *_when(guarded["prlimit64"], _require_one_of(0, [0, process]), _require_null(2)),
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
    ]


def load(instructions: list[Instruction]) -> None:
    """Hand a filter to the kernel.

    Raises:
        LayerUnavailableError: the kernel was built without seccomp filters.
        OSError: the kernel refused the filter.
    """
    filters = (_SockFilter * len(instructions))(*starmap(_SockFilter, instructions))
    sock_program = _SockProgram(len(instructions), filters)
    try:
        system_call("seccomp", _SET_MODE_FILTER, 0, address(sock_program))
    except OSError as error:
        if error.errno in (errno.ENOSYS, errno.EINVAL):
            raise LayerUnavailableError(f"seccomp: {error}") from error
        raise


def answer(numbers: Iterable[int], action: int) -> Iterable[Instruction]:
    """Return `action` if the number in the accumulator is one of `numbers`."""
    for number in numbers:
        yield (_JUMP_IF_EQUAL, 0, 1, number)
        yield (_RETURN, 0, 0, action)


def _require_architecture(architecture: int) -> list[Instruction]:
    """A call by another convention (32-bit, x32) would carry other numbers: end the process."""
    return [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JUMP_IF_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL_PROCESS),
    ]


def _when(number: int, *checks: list[Instruction]) -> list[Instruction]:
    """Allow call `number` if all checks pass; each falls through or answers EPERM itself."""
    body = [*chain.from_iterable(checks), (_RETURN, 0, 0, _ALLOW)]
    return [(_JUMP_IF_EQUAL, 0, len(body), number), *body]


def _require_one_of(argument: int, values: Iterable[int]) -> list[Instruction]:
    """The low word of an argument, all that the kernel reads of an int, is one of `values`."""
    values = list(values)
    compared = [
        (_JUMP_IF_EQUAL, len(values) - index, 0, value) for index, value in enumerate(values)
    ]
    return [(_LOAD, 0, 0, _ARGUMENTS + 8 * argument), *compared, _DENY]


def _trap_one_of(argument: int, values: Iterable[int]) -> list[Instruction]:
    return [(_LOAD, 0, 0, _ARGUMENTS + 8 * argument), *answer(values, _TRAP)]


def _forbid_bits(argument: int, bits: int) -> list[Instruction]:
    return [(_LOAD, 0, 0, _ARGUMENTS + 8 * argument), (_JUMP_IF_ANY_BIT, 0, 1, bits), _DENY]


def _require_null(argument: int) -> list[Instruction]:
    """Both words of a pointer are 0."""
    low = _ARGUMENTS + 8 * argument
    words = ([(_LOAD, 0, 0, at), (_JUMP_IF_EQUAL, 1, 0, 0), _DENY] for at in (low, low + 4))
    return list(chain.from_iterable(words))


_DENY: Instruction = (_RETURN, 0, 0, _ERRNO | errno.EPERM)
