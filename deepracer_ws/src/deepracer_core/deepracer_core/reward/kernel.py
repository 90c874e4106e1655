"""The Linux calls that Python does not wrap: prctl, namespaces, raw system calls; through ctypes.

Used in the reward child only, before it runs any code of the user.
"""

from __future__ import annotations

import ctypes
import os
import platform

# linux/prctl.h
_PR_SET_PDEATHSIG = 1
_PR_CAPBSET_DROP = 24
_PR_SET_NO_NEW_PRIVS = 38

# linux/sched.h
_CLONE_NEWIPC = 0x08000000
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000

# linux/capability.h: the ABI with two 32-bit words per set, of all kernels since 2.6.26
_LINUX_CAPABILITY_VERSION_3 = 0x20080522
# The kernel has room for 64 capabilities; those it does not know answer EINVAL.
_CAPABILITIES = range(64)

# asm/unistd.h of the machines whose numbers are known here
SYSTEM_CALL_NUMBERS = {
    "capset": {"x86_64": 126, "aarch64": 91},
    "seccomp": {"x86_64": 317, "aarch64": 277},
    "landlock_create_ruleset": {"x86_64": 444, "aarch64": 444},
    "landlock_add_rule": {"x86_64": 445, "aarch64": 445},
    "landlock_restrict_self": {"x86_64": 446, "aarch64": 446},
}

_libc = ctypes.CDLL(None, use_errno=True)


class LayerUnavailableError(OSError):
    """Raised when this kernel or machine does not offer one layer of the confinement."""


def system_call(name: str, *arguments: int | ctypes.c_void_p | None) -> int:
    """Make the system call `name` and return its result.

    Raises:
        LayerUnavailableError: the number of the call is not known for this machine.
        OSError: the kernel refused, with its errno.
    """
    number = SYSTEM_CALL_NUMBERS[name].get(platform.machine())
    if number is None:
        raise LayerUnavailableError(f"{name}: no number known for {platform.machine()}")
    words = [_word(argument) for argument in arguments]
    return _checked(name, _libc.syscall(ctypes.c_long(number), *words))


def die_with_parent(signal_number: int, parent: int) -> None:
    """Have the kernel send this process a signal as soon as the thread that started it ends.

    Raises:
        OSError: the kernel refused, or the parent (a process id) is already gone.
    """
    _prctl("PR_SET_PDEATHSIG", _PR_SET_PDEATHSIG, signal_number)
    if os.getppid() != parent:
        raise ProcessLookupError("the process that started the reward child is gone")


def forbid_new_privileges() -> None:
    """Set no_new_privs: no program started from here gains rights; Landlock and seccomp need it."""
    _prctl("PR_SET_NO_NEW_PRIVS", _PR_SET_NO_NEW_PRIVS, 1)


def leave_network() -> None:
    """Move into an own user, network and IPC namespace, where not even a loopback interface is up.

    Raises:
        OSError: the kernel or the container forbids user namespaces.
    """
    flags = _CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWIPC
    _checked("unshare", _libc.unshare(ctypes.c_int(flags)))


def drop_capabilities() -> None:
    """Give up every capability, so that a child of root cannot lift its limits or override files.

    Raises:
        LayerUnavailableError: the number of capset is not known for this machine.
        OSError: the kernel refused.
    """
    for capability in _CAPABILITIES:
        _libc.prctl(_PR_CAPBSET_DROP, *map(ctypes.c_ulong, (capability, 0, 0, 0)))
    header = (ctypes.c_uint32 * 2)(_LINUX_CAPABILITY_VERSION_3, 0)
    empty = (ctypes.c_uint32 * 6)()
    system_call("capset", address(header), address(empty))


def address(structure: ctypes.Structure | ctypes.Array[ctypes.c_uint32]) -> ctypes.c_void_p:
    """The address of a ctypes object for `system_call`; the caller keeps the object alive."""
    return ctypes.c_void_p(ctypes.addressof(structure))


def _prctl(name: str, option: int, value: int) -> None:
    _checked(name, _libc.prctl(option, *map(ctypes.c_ulong, (value, 0, 0, 0))))


def _word(argument: int | ctypes.c_void_p | None) -> ctypes.c_long | ctypes.c_void_p | None:
    """A C argument of full register width; a bare Python int would be passed as a 32-bit int."""
    return ctypes.c_long(argument) if isinstance(argument, int) else argument


def _checked(name: str, result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")
    return result
