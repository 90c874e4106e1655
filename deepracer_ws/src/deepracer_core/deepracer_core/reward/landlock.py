"""Landlock: the kernel refuses every file outside a list of folders, and writing everywhere.

Source: Linux Documentation/userspace-api/landlock.rst and uapi/linux/landlock.h, ABI 1 to 7.
"""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterable
from pathlib import Path

from deepracer_core.reward.kernel import LayerUnavailableError, address, system_call

_CREATE_RULESET_VERSION = 1 << 0
_RULE_PATH_BENEATH = 1

# LANDLOCK_ACCESS_FS_*
_READ_FILE = 1 << 2
_READ_DIR = 1 << 3
# Every file access right that an ABI knows: rights 0 to 12, then one more each in ABI 2 (refer),
# 3 (truncate) and 5 (device ioctl). All are handled, thus refused unless a rule allows them.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_ABI_WITH_NETWORK = 4
_BIND_AND_CONNECT_TCP = 0b11
_ABI_WITH_SCOPES = 6
# LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET and LANDLOCK_SCOPE_SIGNAL: none of either to other processes
_SCOPE_SOCKETS_AND_SIGNALS = 0b11


class _RulesetAttributes(ctypes.Structure):
    """struct landlock_ruleset_attr of ABI 6; older kernels take it if the new fields are 0."""

    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    """struct landlock_path_beneath_attr."""

    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def abi_version() -> int:
    """The Landlock ABI of the running kernel.

    Raises:
        LayerUnavailableError: the kernel is older than 5.13, or is without Landlock.
    """
    try:
        return system_call("landlock_create_ruleset", None, 0, _CREATE_RULESET_VERSION)
    except OSError as error:
        raise LayerUnavailableError(f"Landlock: {error}") from error


def restrict_to_reading(paths: Iterable[Path]) -> int:
    """From now on this process can read the files at and below `paths`, and open no others.

    It can write, create, rename, remove and execute nothing, connect and bind no TCP port (ABI 4),
    and send no signal to a process outside (ABI 6). Files that are already open stay usable.

    Args:
        paths: Files and folders; those that do not exist are passed over.

    Returns:
        The ABI version in use.

    Raises:
        LayerUnavailableError: see `abi_version`.
        OSError: the kernel refused the rules.
    """
    abi = abi_version()
    ruleset = _create_ruleset(abi)
    try:
        for path in paths:
            _allow_reading(ruleset, path)
        system_call("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)
    return abi


def _create_ruleset(abi: int) -> int:
    rights = _FILE_RIGHTS[min(abi, max(_FILE_RIGHTS))]
    attributes = _RulesetAttributes(
        handled_access_fs=(1 << rights) - 1,
        handled_access_net=_BIND_AND_CONNECT_TCP if abi >= _ABI_WITH_NETWORK else 0,
        scoped=_SCOPE_SOCKETS_AND_SIGNALS if abi >= _ABI_WITH_SCOPES else 0,
    )
    size = ctypes.sizeof(attributes)
    return system_call("landlock_create_ruleset", address(attributes), size, 0)


def _allow_reading(ruleset: int, path: Path) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EACCES):
            return
        raise
    try:
        rights = _READ_FILE | _READ_DIR if path.is_dir() else _READ_FILE
        rule = _PathBeneath(allowed_access=rights, parent_fd=handle)
        system_call("landlock_add_rule", ruleset, _RULE_PATH_BENEATH, address(rule), 0)
    finally:
        os.close(handle)
