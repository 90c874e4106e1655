"""Finds the models that the user has, and those that are installed with the stack."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ament_index_python.packages import PackageNotFoundError, get_package_share_directory
from deepracer_core.bundle.store import ModelStore


def open_store(root: str = "", more: Sequence[str] = ()) -> ModelStore:
    """All models that can be called by name.

    Args:
        root: Folder of the user's models; empty: $DEEPRACER_MODELS, or ~/.deepracer/models.
        more: Further folders of models, beside the models of package `deepracer`.
    """
    try:
        shipped = [Path(get_package_share_directory("deepracer")) / "models"]
    except PackageNotFoundError:  # a car without the root package: only the user's models
        shipped = []
    return ModelStore(Path(root) if root else None, [*shipped, *map(Path, more)])
