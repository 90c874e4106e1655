"""Launches graphs one after the other: each ends with the node that judges it.

Here the launch fails, and with it its exit code, as soon as a process ends that should not, even
without an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from deepracer_core.errors import EvaluationError
from deepracer_drive.launching import Parameters, executable_of
from launch import LaunchContext, LaunchDescriptionEntity
from launch.actions import EmitEvent, ExecuteProcess
from launch.events import Shutdown, matches_action
from launch.events.process import ProcessExited, ShutdownProcess
from launch_ros.actions import Node

JUDGE = "evaluator"
"""Executable with the end of which a stage ends."""

Entities = list[LaunchDescriptionEntity]


class Stage:
    """The processes of one graph, and what follows when they have ended."""

    def __init__(self, name: str, next_stage: Callable[[], Entities], judge: str = JUDGE) -> None:
        """Begin without processes.

        Args:
            name: for people.
            next_stage: gives what is launched when the last node has ended; nothing to shut down.
            judge: executable whose end is that of the stage.
        """
        self._name = name
        self._judge = judge
        self._next_stage = next_stage
        self._running: list[ExecuteProcess] = []
        self._is_judged = False

    def node(
        self, package: str, executable: str, parameters: Parameters | None = None, **options: Any
    ) -> Node:
        """A node of this graph; see `deepracer_drive.launching.needed_node`."""
        made = Node(
            package=package,
            executable=executable,
            parameters=[dict(parameters or {})],
            output="screen",
            on_exit=self._on_exit,
            **options,
        )
        self._running.append(made)
        return made

    def process(self, command: list[Any], name: str, **options: Any) -> ExecuteProcess:
        """A program of this graph; see `deepracer_drive.launching.needed_process`."""
        made = ExecuteProcess(
            cmd=command, name=name, output="screen", on_exit=self._on_exit, **options
        )
        self._running.append(made)
        return made

    def _on_exit(self, event: ProcessExited, context: LaunchContext) -> Entities | None:
        """Go on with the next stage, or fail.

        Raises:
            EvaluationError: a node has ended that was needed.
        """
        self._running.remove(event.action)
        if context.is_shutdown:
            return None
        name = executable_of(event)
        if name == self._judge and event.returncode == 0:
            self._is_judged = True
            if self._running:
                return [_end(process) for process in self._running]
        elif not self._is_judged:
            raise EvaluationError(self._explain(name, event.returncode))
        return None if self._running else (self._next_stage() or [_shut_down()])

    def _explain(self, name: str, code: int) -> str:
        if name == self._judge:
            return f"the evaluation on {self._name} failed: the reason stands above"
        return (
            f"{name} has ended in the middle of the evaluation on {self._name} with exit code "
            f"{code}: the reason, if there is one, stands above"
        )


def in_turn(
    names: list[str],
    make_nodes: Callable[[str, Stage], Entities],
    judges: Mapping[str, str] | None = None,
) -> Entities:
    """Launch a graph for each name, one after the other.

    Args:
        names: of the stages.
        make_nodes: gives what a stage consists of, all made by `Stage`; one node is its judge.
        judges: executables that end the stages of these names, instead of `JUDGE`.
    """
    remaining: Iterator[str] = iter(names)

    def launch_next() -> Entities:
        name = next(remaining, None)
        if name is None:
            return []
        return make_nodes(name, Stage(name, launch_next, (judges or {}).get(name, JUDGE)))

    return launch_next()


def _end(process: ExecuteProcess) -> EmitEvent:
    return EmitEvent(event=ShutdownProcess(process_matcher=matches_action(process)))


def _shut_down() -> EmitEvent:
    return EmitEvent(event=Shutdown(reason="all is evaluated"))
