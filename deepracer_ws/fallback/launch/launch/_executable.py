"""What a launch file says about an executable, and the command that it becomes."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from launch._process import Command
from launch.launch_context import LaunchContext
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.substitution import Substitution
from launch.substitutions import LaunchConfiguration
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions

# Keys may be tuples of substitutions.
Variables = Mapping[Any, SomeSubstitutionsType]

_numbers = itertools.count(1)  # of the processes of this launcher, as in `talker-1`


class Executable:
    """A command line, its folder and its environment, all of which may hold substitutions."""

    def __init__(
        self,
        *,
        cmd: Iterable[SomeSubstitutionsType],
        prefix: SomeSubstitutionsType | None,
        name: SomeSubstitutionsType | None,
        cwd: SomeSubstitutionsType | None,
        env: Variables | None,
        additional_env: Variables | None,
    ) -> None:
        """Normalise the arguments of `ExecuteProcess` of the same names."""
        self.cmd = [normalize_to_list_of_substitutions(part) for part in cmd]
        self.prefix = None if prefix is None else normalize_to_list_of_substitutions(prefix)
        self.name = None if name is None else normalize_to_list_of_substitutions(name)
        self.cwd = None if cwd is None else normalize_to_list_of_substitutions(cwd)
        self.env = None if env is None else _normalize_variables(env)
        self._additional_env = _normalize_variables(additional_env or {})

    def resolve(
        self, context: LaunchContext, *, shell: bool, emulate_tty: bool
    ) -> tuple[str, Command]:
        """Perform all substitutions; return the unique name of the process and its command."""
        arguments = [perform_substitutions(context, part) for part in self.cmd]
        arguments = [*self._resolve_prefix(context, arguments[0]), *arguments]
        name = (
            Path(arguments[0]).name
            if self.name is None
            else perform_substitutions(context, self.name)
        )
        env = dict(context.environment) if self.env is None else _perform(context, self.env)
        command = Command(
            arguments=arguments,
            cwd=None if self.cwd is None else perform_substitutions(context, self.cwd),
            env={**env, **_perform(context, self._additional_env)},
            shell=shell,
            emulate_tty=emulate_tty,
        )
        return f"{name}-{next(_numbers)}", command

    def _resolve_prefix(self, context: LaunchContext, executable: str) -> list[str]:
        """Return the words to put before the command.

        Without a prefix in the launch file the launch configuration `launch-prefix` counts, for the
        executables that `launch-prefix-filter`, a regular expression, matches.
        """
        if self.prefix is not None:
            return shlex.split(perform_substitutions(context, self.prefix))
        pattern = LaunchConfiguration("launch-prefix-filter", default="").perform(context)
        if re.match(pattern, Path(executable).name) is None:
            return []
        return shlex.split(LaunchConfiguration("launch-prefix", default="").perform(context))


_Normalized = list[tuple[list[Substitution], list[Substitution]]]


def _normalize_variables(variables: Variables) -> _Normalized:
    return [
        (normalize_to_list_of_substitutions(name), normalize_to_list_of_substitutions(value))
        for name, value in variables.items()
    ]


def _perform(context: LaunchContext, variables: _Normalized) -> dict[str, str]:
    return {
        perform_substitutions(context, name): perform_substitutions(context, value)
        for name, value in variables
    }
