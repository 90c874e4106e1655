"""Processes in a launch description."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from launch._executable import Executable, Variables
from launch._missing import refuse_keywords
from launch._process_run import ProcessRun, RunSettings
from launch.action import Action
from launch.condition import Condition
from launch.conditions import evaluate_condition_expression
from launch.event_handler import as_list
from launch.event_handlers import OnProcessExit
from launch.events.process import ProcessExited
from launch.launch_context import LaunchContext
from launch.launch_description_entity import LaunchDescriptionEntity
from launch.some_entities_type import SomeEntitiesType
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.substitution import Substitution
from launch.substitutions import LaunchConfiguration
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions
from launch.utilities.type_utils import normalize_typed_substitution, perform_typed_substitution

# Seconds between the steps of the shutdown of a process (defaults of ROS 2).
_SIGTERM_TIMEOUT = LaunchConfiguration("sigterm_timeout", default=5)
_SIGKILL_TIMEOUT = LaunchConfiguration("sigkill_timeout", default=5)
# Arguments that only stock ROS 2 has.
_STOCK_KEYWORDS = ("cached_output", "output_format", "process_description")

_OnExit = SomeEntitiesType | Callable[[ProcessExited, LaunchContext], SomeEntitiesType | None]


class ExecuteProcess(Action):
    """Runs a process until it ends or the launched system is shut down.

    Args:
        cmd: Executable and arguments.
        prefix: Words before the command, such as `xterm -e`.
        name: Label of the process, the name of the executable by default; a number is added.
        cwd: Folder to run in.
        env: The whole environment; by default that of the launch context.
        additional_env: Variables to add.
        shell: Whether a shell reads the command.
        sigterm_timeout: Seconds from SIGINT to SIGTERM.
        sigkill_timeout: Seconds from SIGTERM to SIGKILL.
        emulate_tty: Whether the process writes to a pseudo-terminal; the launch configuration
            of the same name overrides it.
        output: Where output goes, see `launch.logging.get_output_loggers`; the environment
            variable OVERRIDE_LAUNCH_PROCESS_OUTPUT overrides it.
        log_cmd: Whether to log the command before the start.
        on_exit: What to do when the process ends: entities, or a callable.
        respawn: Whether to start the process again when it ends.
        respawn_delay: Seconds before it is started again.
        respawn_max_retries: How often it is started again; negative means without end.
        condition: Whether to run it.

    Attributes:
        executable: The command line, folder and environment.
        shell: Whether a shell reads the command.
    """

    def __init__(
        self,
        *,
        cmd: Iterable[SomeSubstitutionsType],
        prefix: SomeSubstitutionsType | None = None,
        name: SomeSubstitutionsType | None = None,
        cwd: SomeSubstitutionsType | None = None,
        env: Variables | None = None,
        additional_env: Variables | None = None,
        shell: bool = False,
        sigterm_timeout: SomeSubstitutionsType = _SIGTERM_TIMEOUT,
        sigkill_timeout: SomeSubstitutionsType = _SIGKILL_TIMEOUT,
        emulate_tty: bool = False,
        output: SomeSubstitutionsType | dict[str, Any] = "log",
        log_cmd: bool = False,
        on_exit: _OnExit | None = None,
        respawn: bool | SomeSubstitutionsType = False,
        respawn_delay: float | None = None,
        respawn_max_retries: int = -1,
        condition: Condition | None = None,
        **unsupported: Any,
    ) -> None:
        """Keep what to run and how.

        Raises:
            TypeError: An argument is unknown, or known to stock ROS 2 only.
        """
        refuse_keywords(type(self).__name__, unsupported, _STOCK_KEYWORDS)
        super().__init__(condition=condition)
        self.executable = Executable(
            cmd=cmd, prefix=prefix, name=name, cwd=cwd, env=env, additional_env=additional_env
        )
        self.shell = shell
        self._sigterm_timeout = normalize_to_list_of_substitutions(sigterm_timeout)
        self._sigkill_timeout = normalize_to_list_of_substitutions(sigkill_timeout)
        self._emulate_tty = emulate_tty
        self._output = _normalize_output(os.environ.get("OVERRIDE_LAUNCH_PROCESS_OUTPUT", output))
        self._log_cmd = log_cmd
        self._on_exit = on_exit if callable(on_exit) else as_list(on_exit)
        self._respawn = normalize_typed_substitution(respawn, bool)
        self._respawn_delay = respawn_delay or 0.0
        self._respawn_max_retries = respawn_max_retries
        self._run: ProcessRun | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def cmd(self) -> list[list[Substitution]]:
        """The executable and its arguments."""
        return self.executable.cmd

    @property
    def cwd(self) -> list[Substitution] | None:
        """The folder to run in, None for the present one."""
        return self.executable.cwd

    @property
    def env(self) -> list[tuple[list[Substitution], list[Substitution]]] | None:
        """Names and values of the whole environment, None for that of the launch context."""
        return self.executable.env

    @property
    def process_details(self) -> dict[str, Any] | None:
        """The action, name, cmd, cwd, env and pid of the process, None before it is executed."""
        return None if self._run is None else self._run.details

    @property
    def return_code(self) -> int | None:
        """The exit code, -N after signal N; None before the process has ended."""
        return None if self._run is None else self._run.return_code

    def get_sub_entities(self) -> Sequence[LaunchDescriptionEntity]:
        """Return what to visit when the process ends, as far as known before the launch."""
        return [] if callable(self._on_exit) else self._on_exit

    def get_asyncio_future(self) -> asyncio.Future[Any] | None:
        """Return what is done when the process has ended and is not started again."""
        return self._task

    def execute(self, context: LaunchContext) -> None:
        """Perform the substitutions and start the process as soon as the visit is over.

        Raises:
            RuntimeError: The action has been executed before.
        """
        if self._task is not None:
            raise RuntimeError(f"ExecuteProcess action executed more than once: {self.describe()}")
        settings = self._resolve(context)
        if context.is_shutdown:
            return
        assert context.asyncio_loop is not None  # actions are executed while the service runs
        if self._on_exit:
            context.register_event_handler(OnProcessExit(target_action=self, on_exit=self._on_exit))
        self._run = ProcessRun(self, settings, context)
        self._task = context.asyncio_loop.create_task(self._run.run())

    def _resolve(self, context: LaunchContext) -> RunSettings:
        """Perform all substitutions."""
        emulate_tty = self._emulate_tty
        if "emulate_tty" in context.launch_configurations:
            emulate_tty = evaluate_condition_expression(
                context, context.launch_configurations["emulate_tty"]
            )
        name, command = self.executable.resolve(context, shell=self.shell, emulate_tty=emulate_tty)
        output = self._output
        return RunSettings(
            name=name,
            command=command,
            output=output if isinstance(output, dict) else perform_substitutions(context, output),
            log_cmd=self._log_cmd,
            respawn=perform_typed_substitution(context, self._respawn, bool),
            respawn_delay=self._respawn_delay,
            respawn_max_retries=self._respawn_max_retries,
            sigterm_timeout=float(perform_substitutions(context, self._sigterm_timeout)),
            sigkill_timeout=float(perform_substitutions(context, self._sigkill_timeout)),
        )


def _normalize_output(
    output: SomeSubstitutionsType | dict[str, Any],
) -> list[Substitution] | dict[str, Any]:
    return output if isinstance(output, dict) else normalize_to_list_of_substitutions(output)
