"""Parameter values of a given type, and parameter files that may hold substitutions."""

from __future__ import annotations

import os
import tempfile
import weakref
from pathlib import Path
from typing import Any

import yaml
from launch import LaunchContext, SomeSubstitutionsType
from launch._missing import missing_names
from launch.some_substitutions_type import SomeSubstitutionsType_types_tuple
from launch.substitutions import SubstitutionFailure
from launch.utilities import (
    ensure_argument_type,
    normalize_to_list_of_substitutions,
    perform_substitutions,
)
from launch.utilities.type_utils import normalize_typed_substitution, perform_typed_substitution
from launch_ros._markup import parse_substitution

__all__ = ["ParameterFile", "ParameterValue"]

__getattr__ = missing_names(__name__, ["Parameter"])


class ParameterValue:
    """A value with a type: keeps text such as `1.0` or a URDF from being read as YAML."""

    def __init__(self, value: Any, *, value_type: Any | None = None) -> None:
        """Keep the value: a scalar, a substitution or a list of both.

        Args:
            value: The value.
            value_type: int, float, bool, str, List[one of these], or None for YAML rules.

        Raises:
            TypeError: The value can never become a `value_type`.
        """
        self.value = normalize_typed_substitution(value, value_type)
        self.value_type = value_type

    def evaluate(self, context: LaunchContext) -> Any:
        """Return the value.

        Raises:
            ValueError: The text does not read as the type.
        """
        return perform_typed_substitution(context, self.value, self.value_type)


class ParameterFile:
    """A parameter file, with `$(...)` in it replaced if substitutions are allowed."""

    def __init__(
        self,
        param_file: os.PathLike[str] | SomeSubstitutionsType,
        *,
        allow_substs: bool | SomeSubstitutionsType = False,
    ) -> None:
        """Keep the path.

        Raises:
            TypeError: `param_file` is neither a path nor text.
        """
        ensure_argument_type(
            param_file,
            (*SomeSubstitutionsType_types_tuple, os.PathLike),
            "param_file",
            "ParameterFile()",
        )
        text = os.fspath(param_file) if isinstance(param_file, os.PathLike) else param_file
        self.param_file = normalize_to_list_of_substitutions(text)
        self.allow_substs = normalize_typed_substitution(allow_substs, bool)

    def evaluate(self, context: LaunchContext) -> Path:
        """Return the path of the file, or of a copy with the substitutions performed.

        Raises:
            SubstitutionFailure: The file is not YAML before or after the substitutions.
        """
        path = Path(perform_substitutions(context, self.param_file))
        if not perform_typed_substitution(context, self.allow_substs, bool):
            return path
        # Through YAML and back, so that comments need not hold valid substitutions.
        plain = yaml.safe_dump(_load(path.read_text(encoding="utf-8"), "before applying"))
        performed = perform_substitutions(context, parse_substitution(plain))
        _load(performed, "after applying")
        return write_temporary(performed, owner=self)


def write_temporary(text: str, *, owner: object) -> Path:
    """Write a parameter file that is removed with `owner`, or when the launcher ends."""
    descriptor, name = tempfile.mkstemp(prefix="launch_params_")
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - an open descriptor
        file.write(text)
    path = Path(name)
    weakref.finalize(owner, path.unlink, missing_ok=True)
    return path


def _load(text: str, when: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SubstitutionFailure(
            f"The parameter file is not a valid yaml file, {when} substitutions: {error}"
        ) from error
