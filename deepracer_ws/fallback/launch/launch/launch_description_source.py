"""Where a launch description comes from: the base class."""

from __future__ import annotations

from launch.launch_context import LaunchContext
from launch.launch_description import LaunchDescription
from launch.logging import get_logger
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions


class LaunchDescriptionSource:
    """A launch description, or a location to load it from when it is needed."""

    def __init__(
        self,
        launch_description: LaunchDescription | None = None,
        location: SomeSubstitutionsType = "<string>",
        method: str = "unspecified mechanism from a script",
    ) -> None:
        """Keep the description if there is one, its location, and how it is loaded."""
        self.method = method
        self._launch_description = launch_description
        self._location = normalize_to_list_of_substitutions(location)
        self._expanded_location: str | None = None

    @property
    def location(self) -> str:
        """The path, or a description of it before it is known."""
        if self._expanded_location is not None:
            return self._expanded_location
        return " + ".join(sub.describe() for sub in self._location)

    def get_launch_description(self, context: LaunchContext) -> LaunchDescription:
        """Return the description, loading it if necessary."""
        if self._expanded_location is None:
            self._expanded_location = perform_substitutions(context, self._location)
        if self._launch_description is None:
            self._launch_description = self._get_launch_description(self._expanded_location)
        return self._launch_description

    def try_get_launch_description_without_context(self) -> LaunchDescription | None:
        """Return the description if its location does not depend on the launch, else None."""
        if self._launch_description is not None:
            return self._launch_description
        try:
            path = perform_substitutions(LaunchContext(), self._location)
            return self._get_launch_description(path)
        except Exception as error:  # noqa: BLE001 - launch files may raise anything
            get_logger("launch").debug(
                "Failed to load the launch file without a context: %s", error
            )
            return None

    def _get_launch_description(self, location: str) -> LaunchDescription:
        """Load the description from `location`."""
        raise RuntimeError(
            "LaunchDescriptionSource.get_launch_description(): called without launch description "
            f"being set (location {location!r})"
        )
