"""Substitutions that find packages and their executables in the ament index."""

from __future__ import annotations

import shutil
from pathlib import Path

from ament_index_python.packages import get_package_prefix, get_package_share_directory
from launch import LaunchContext, SomeSubstitutionsType, Substitution
from launch._missing import missing_names
from launch.substitutions import SubstitutionFailure
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions

# A package in ROS 2: imports from below it reach the finder of `launch._missing`, too.
__path__: list[str] = []

__all__ = ["ExecutableInPackage", "FindPackage", "FindPackagePrefix", "FindPackageShare"]

__getattr__ = missing_names(__name__, ["Parameter"])


class FindPackage(Substitution):
    """Base class: a folder of a package."""

    def __init__(self, package: SomeSubstitutionsType) -> None:
        """Keep the name of the package."""
        self.package = normalize_to_list_of_substitutions(package)

    def describe(self) -> str:
        """Return the name of the package."""
        return f"{type(self).__name__}(pkg={' + '.join(sub.describe() for sub in self.package)})"

    def find(self, package_name: str) -> str:
        """Return the folder of the package."""
        raise NotImplementedError

    def perform(self, context: LaunchContext) -> str:
        """Return the folder.

        Raises:
            PackageNotFoundError: There is no such package; the message lists the prefixes.
        """
        return self.find(perform_substitutions(context, self.package))


class FindPackagePrefix(FindPackage):
    """The prefix that a package is installed under."""

    def find(self, package_name: str) -> str:
        """Return the prefix."""
        prefix: str = get_package_prefix(package_name)
        return prefix


class FindPackageShare(FindPackage):
    """The share folder of a package."""

    def find(self, package_name: str) -> str:
        """Return the folder."""
        share: str = get_package_share_directory(package_name)
        return share


class ExecutableInPackage(FindPackagePrefix):
    """The path of an executable in `<prefix>/lib/<package>`."""

    def __init__(self, executable: SomeSubstitutionsType, package: SomeSubstitutionsType) -> None:
        """Keep the names."""
        super().__init__(package)
        self.executable = normalize_to_list_of_substitutions(executable)

    def describe(self) -> str:
        """Return both names."""
        package = " + ".join(sub.describe() for sub in self.package)
        executable = " + ".join(sub.describe() for sub in self.executable)
        return f"ExecInPkg(pkg={package}, exec={executable})"

    def perform(self, context: LaunchContext) -> str:
        """Return the path.

        Raises:
            PackageNotFoundError: There is no such package.
            SubstitutionFailure: The package has no such executable.
        """
        executable = perform_substitutions(context, self.executable)
        package = perform_substitutions(context, self.package)
        prefix = super().perform(context)
        folder = Path(prefix) / "lib" / package
        if not folder.exists():
            raise SubstitutionFailure(
                f"package '{package}' found at '{prefix}', "
                f"but libexec directory '{folder}' does not exist"
            )
        path = shutil.which(executable, path=str(folder))
        if path is None:
            raise SubstitutionFailure(
                f"executable '{executable}' not found on the libexec directory '{folder}' "
            )
        return path
