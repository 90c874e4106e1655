"""The error of substitutions."""

from __future__ import annotations


class SubstitutionFailure(RuntimeError):  # noqa: N818 - the real name
    """Raised when a substitution cannot be performed in the present context."""
