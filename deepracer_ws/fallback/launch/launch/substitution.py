"""Text that is known only at run time: the base class, and plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from launch.launch_context import LaunchContext


class Substitution:
    """A value that becomes a string when it is performed in a `LaunchContext`."""

    def describe(self) -> str:
        """Return a description of this substitution."""
        return repr(self)

    def perform(self, context: LaunchContext) -> str:
        """Return the text that this substitution stands for in `context`."""
        raise NotImplementedError


class TextSubstitution(Substitution):
    """Text that stands for itself."""

    def __init__(self, *, text: str) -> None:
        """Keep `text`.

        Raises:
            TypeError: `text` is not a string.
        """
        if not isinstance(text, str):
            raise TypeError(f"TextSubstitution expected Text object got '{type(text)}' instead.")
        self.text = text

    def describe(self) -> str:
        """Return the text in quotes."""
        return f"'{self.text}'"

    def perform(self, context: LaunchContext) -> str:
        """Return the text."""
        del context
        return self.text
