"""The error about a launch file that cannot be loaded."""

from __future__ import annotations


class InvalidLaunchFileError(Exception):
    """Raised when a launch file cannot be loaded; says which file and why."""

    def __init__(
        self,
        extension: str = "",
        *,
        likely_errors: list[Exception] | None = None,
        launch_file_path: str | None = None,
    ) -> None:
        """Make the message from the errors of the loaders that were tried."""
        if not extension or not likely_errors:
            message = "The launch file may have a syntax error, or its format is unknown"
        else:
            count = "multiple exceptions" if len(likely_errors) > 1 else "exception"
            message = f"Caught {count} when trying to load file of format [{extension}]:"
            for error in likely_errors:
                message += f"\n - {type(error).__name__}: {error}"
        if launch_file_path is not None:
            message = f"Error loading '{launch_file_path}':\n{message}"
        super().__init__(message)
