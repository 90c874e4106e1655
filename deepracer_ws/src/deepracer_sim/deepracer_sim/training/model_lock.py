"""Lets one training at a time write into a model's folder."""

from __future__ import annotations

import fcntl
import os
import weakref
from pathlib import Path

from deepracer_core import atomic
from deepracer_core.errors import BundleError, StorageError

OURS = ("checkpoints", "training-simtrace")
"""Folders of a model in which only its training writes."""


class ModelLock:
    """Holds a model's folder until `release`, or until the process ends, however that happens."""

    def __init__(self, folder: Path) -> None:
        """Take the folder, and remove what a killed training left half written.

        Raises:
            BundleError: another training holds it.
            StorageError: the operating system refuses.
        """
        try:
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise StorageError(
                f"cannot open {folder}: {error.strerror}; check it (ls -ld)"
            ) from error
        self._close = weakref.finalize(self, os.close, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.release()
            raise BundleError(
                f"model {folder.name} is being trained by another process: stop that, or give "
                "another name"
            ) from error
        for place in (folder, *(folder / name for name in OURS)):  # others may be at work
            if place.is_dir():
                atomic.tidy(place, older_than=0.0)

    def release(self) -> None:
        """Let others have it; a second call does nothing."""
        self._close()
