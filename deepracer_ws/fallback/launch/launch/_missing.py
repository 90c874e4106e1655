"""Errors for the parts of the real API that this fallback leaves out.

A launch file that works here must work on stock ROS 2, and one that needs more than this must not
pass silently: what is missing is named, together with the repair.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from types import ModuleType
from typing import NoReturn

_REPAIR = (
    "exists in ROS 2 but not in this fallback of its public API: install ROS 2 to use it "
    "(https://docs.ros.org/en/rolling/Installation.html)"
)
# Packages that only stock ROS 2 has and that launch files import.
_STOCK_ONLY = (
    "launch_pytest",
    "launch_testing",
    "launch_testing_ros",
    "launch_xml",
    "launch_yaml",
    "ros2launch",
)


def missing(what: str) -> str:
    """Return the message of the error about the name `what`, which only stock ROS 2 has."""
    return f"{what} {_REPAIR}"


def missing_names(module: str, names: Iterable[str]) -> Callable[[str], NoReturn]:
    """Return the `__getattr__` of `module`: an ImportError with a repair for each of `names`."""
    absent = frozenset(names)

    def getattr_(name: str) -> NoReturn:
        # Not an AttributeError for the names of the real API: `from x import y` would replace its
        # message.
        if name in absent:
            raise ImportError(missing(f"{module}.{name}"), name=module)
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return getattr_


def refuse_keywords(owner: str, given: Iterable[str], stock: Iterable[str]) -> None:
    """Raise TypeError for the first keyword in `given`; those in `stock` exist in ROS 2 only."""
    for name in given:
        if name in stock:
            raise TypeError(missing(f"the argument {name!r} of {owner}()"))
        raise TypeError(f"{owner}() got an unexpected keyword argument {name!r}")


class _MissingModules:
    """The last finder: says what to do about `import launch.frontend` or `import launch_xml`."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> None:
        del path, target
        package = fullname.partition(".")[0]
        if package in _STOCK_ONLY or fullname.startswith(("launch.", "launch_ros.")):
            raise ModuleNotFoundError(missing(fullname), name=fullname)


def explain_missing_modules() -> None:
    """Make imports of modules of the real API that are missing here fail with a repair."""
    if not any(isinstance(finder, _MissingModules) for finder in sys.meta_path):
        sys.meta_path.append(_MissingModules())
