"""Where models are kept: the user's own, which change, and those that are shipped, which do not."""

from __future__ import annotations

import contextlib
import difflib
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from deepracer_core import atomic
from deepracer_core.bundle.archive import SUFFIX, unpack
from deepracer_core.bundle.aws_archive import holds_frozen_graph, list_files, read_aws_archive
from deepracer_core.bundle.layout import MODEL_METADATA, check_file, find_rule
from deepracer_core.bundle.model_bundle import ModelBundle
from deepracer_core.bundle.names import check_model_name
from deepracer_core.errors import BundleError, StorageError

MODELS_VARIABLE = "DEEPRACER_MODELS"
DEFAULT_ROOT = "~/.deepracer/models"


class ModelStore:
    """All models that can be called by name; a name is there once.

    Every change is atomic: a kill at any moment leaves the old state or the new one.

    Attributes:
        root: Folder of the user's own models, one folder each; made when the first one comes.
        shipped: Folders of models that came with the software; never written to.
    """

    def __init__(self, root: Path | None = None, shipped: Sequence[Path] = ()) -> None:
        """Use `root`, or $DEEPRACER_MODELS, or ~/.deepracer/models."""
        chosen = root or Path(os.environ.get(MODELS_VARIABLE) or DEFAULT_ROOT)
        self.root = chosen.expanduser().absolute()
        self.shipped = tuple(shipped)

    def bundles(self) -> list[ModelBundle]:
        """All models, sorted by name; other folders are passed over."""
        if self.root.is_dir():
            with contextlib.suppress(StorageError):  # a reader may not be allowed to tidy up
                atomic.tidy(self.root)
        found = {}
        for folder in (*self.shipped, self.root):
            for entry in folder.glob("[!.]*"):
                with contextlib.suppress(BundleError):
                    found[entry.name] = ModelBundle(entry)
        return [found[name] for name in sorted(found)]

    def find(self, name_or_path: str | Path) -> ModelBundle:
        """Return the model with this name, or else the one in this folder.

        Raises:
            BundleError: there is none; names those that are most like it.
        """
        known = {bundle.name: bundle for bundle in self.bundles()}
        name = str(name_or_path)
        if name in known:
            return known[name]
        if Path(name).expanduser().is_dir():
            return ModelBundle(Path(name).expanduser())
        similar = difflib.get_close_matches(name, known, cutoff=0.5) or sorted(known)
        hint = f"did you mean {', '.join(similar)}?" if similar else "there are no models yet"
        raise BundleError(f"there is no model {name!a} in {self.root}, nor such a folder; {hint}")

    def create(self, name: str, files: Mapping[str, bytes]) -> ModelBundle:
        """Make a new model.

        Args:
            name: A name that is free.
            files: Path inside the bundle -> content; model_metadata.json at least.

        Raises:
            BundleError: the name is malformed or taken, or the files do not make a model.
            StorageError: it cannot be written.
        """
        return self._install(name, lambda folder: _write_files(folder, files))

    def clone(self, source: ModelBundle, name: str) -> ModelBundle:
        """Make a new model that starts where `source` is: same actions, reward and network.

        Metrics, traces and evaluations stay behind: they are not the clone's.

        Raises:
            BundleError: the name is malformed or taken, or the source is broken.
            StorageError: it cannot be written.
        """

        def fill(folder: Path) -> None:
            for path, file in source.files().items():
                rule = find_rule(path)
                if rule is not None and rule.cloned:
                    check_file(path, file.stat().st_size)
                    (folder / path).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(file, folder / path)

        return self._install(name, fill)

    def import_archive(
        self, archive: str | Path, name: str | None = None, *, replace: bool = False
    ) -> ModelBundle:
        """Make a model from a `.tar.gz`, which is hostile until checked.

        It is one of ours, or one of AWS DeepRacer whose network is converted (`aws_archive`).

        Args:
            archive: The file.
            name: The model's name; by default that of the file, without `.tar.gz`.
            replace: Whether a model of this name may be replaced.

        Raises:
            BundleError: the archive is refused, or the name is malformed or taken.
            StorageError: it cannot be written.
        """
        archive = Path(archive)
        name = archive.name.removesuffix(SUFFIX) if name is None else name

        def fill(folder: Path) -> None:
            paths = list_files(archive)
            if holds_frozen_graph(paths):
                _write_files(folder, read_aws_archive(archive, paths, name))
            else:
                unpack(archive, folder)
                if MODEL_METADATA not in paths:
                    raise BundleError(f"it holds no {MODEL_METADATA}; export the model again")

        try:
            return self._install(name, fill, replace=replace)
        except BundleError as error:
            raise BundleError(f"cannot import {archive.name}: {error}") from error

    def delete(self, name: str) -> None:
        """Delete one of the user's own models.

        Raises:
            BundleError: there is no own model of this name.
            StorageError: it cannot be deleted.
        """
        folder = self.root / check_model_name(name)
        if not folder.is_dir():
            raise BundleError(f"there is no model {name} in {self.root}; nothing was deleted")
        atomic.remove_directory(folder)

    def _install(
        self, name: str, fill: Callable[[Path], None], *, replace: bool = False
    ) -> ModelBundle:
        """Fill and validate a folder beside the others, then give it its name."""
        check_model_name(name)
        self._make_root()
        if not replace and any(bundle.name == name for bundle in self.bundles()):
            raise BundleError(f"there is a model {name} already; choose another name or delete it")
        with atomic.new_directory(self.root / name, replace=replace) as staged:
            fill(staged)
            ModelBundle(staged, name=name).validate()
        return ModelBundle(self.root / name)

    def _make_root(self) -> None:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"cannot make {self.root}: {error.strerror}; "
                f"set ${MODELS_VARIABLE} to a folder that you may write to"
            ) from error
        atomic.tidy(self.root)


def _write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    if MODEL_METADATA not in files:
        raise BundleError(f"there is no {MODEL_METADATA} among the files; a model begins with it")
    for path, content in files.items():
        check_file(path, len(content))
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
