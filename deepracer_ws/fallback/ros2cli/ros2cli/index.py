"""Packages, executables and interface files of the ament index; quick, without rclpy."""

from __future__ import annotations

import os
from pathlib import Path

from ament_index_python import (
    get_package_prefix,
    get_packages_with_prefixes,
    get_resource,
    get_resources,
)
from ament_index_python.packages import PackageNotFoundError

from ros2cli.command import CommandError

INTERFACE_KINDS = {"msg": "Messages", "srv": "Services", "action": "Actions"}


def packages() -> list[str]:
    """Names of all packages, sorted."""
    return sorted(get_packages_with_prefixes())


def prefix(package: str) -> Path:
    """The install prefix of a package.

    Raises:
        CommandError: there is no such package.
    """
    try:
        return Path(get_package_prefix(package))
    except (PackageNotFoundError, ValueError):
        raise CommandError(
            f"Package '{package}' not found (looked in AMENT_PREFIX_PATH="
            f"{os.environ.get('AMENT_PREFIX_PATH', '')}; was install/setup.bash sourced?)"
        ) from None


def share(package: str) -> Path:
    """The share folder of a package: its manifest, launch files, interfaces."""
    return prefix(package) / "share" / package


def executables(package: str) -> list[Path]:
    """What `ros2 run` can start: executable files anywhere below ``lib/<package>``, sorted."""
    folder = prefix(package) / "lib" / package
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and os.access(path, os.X_OK) and not path.name.startswith(".")
    )


def interfaces_of(package: str) -> list[str]:
    """Interfaces of a package as ``msg/Name``, ``srv/Name``, ``action/Name``, sorted.

    Raises:
        CommandError: there is no such package, or it has no interfaces.
    """
    try:
        content, _ = get_resource("rosidl_interfaces", package)
    except (LookupError, OSError):
        prefix(package)
        raise CommandError(f"Package '{package}' has no interfaces") from None
    names = {str(Path(line).with_suffix("")) for line in content.splitlines() if line}
    return sorted(name for name in names if name.split("/")[0] in INTERFACE_KINDS)


def interfaces(kind: str) -> list[str]:
    """Full names of all interfaces of one kind (``msg``, ``srv`` or ``action``), sorted."""
    return sorted(
        f"{package}/{name}"
        for package in get_resources("rosidl_interfaces")
        for name in interfaces_of(package)
        if name.startswith(f"{kind}/")
    )


def interface_file(name: str) -> Path:
    """The definition file of an interface, such as ``share/std_msgs/msg/String.msg``.

    Raises:
        CommandError: the name is not ``package/kind/Name``, or there is no such interface.
    """
    parts = name.split("/")
    if len(parts) != 3 or parts[1] not in INTERFACE_KINDS:
        raise CommandError(
            f"Invalid name '{name}'. Expected three parts separated by '/', such as "
            "std_msgs/msg/String"
        )
    package, kind, short = parts
    path = share(package) / kind / f"{short}.{kind}"
    if not path.is_file():
        raise CommandError(f"Unknown interface '{name}' (see: ros2 interface package {package})")
    return path
