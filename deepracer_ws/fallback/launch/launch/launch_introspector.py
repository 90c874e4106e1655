"""Launch descriptions as text, for `ros2 launch --print`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from launch.action import Action
from launch.actions import EmitEvent, ExecuteProcess, LogInfo, RegisterEventHandler
from launch.launch_description import LaunchDescription
from launch.launch_description_entity import LaunchDescriptionEntity
from launch.substitution import Substitution

# Lines of text, each with its depth in the tree; the description itself has depth 0.
_Lines = Iterator[tuple[int, str]]


class LaunchIntrospector:
    """Describes what is known of a launch description before it is launched."""

    def format_launch_description(self, launch_description: LaunchDescription) -> str:
        """Return the description and, as a tree below it, its actions, in the format of ROS 2."""
        lines = list(_describe_entities(launch_description.entities, 1))
        return f"{launch_description}\n{_draw_tree(lines)}"


def _draw_tree(lines: list[tuple[int, str]]) -> str:
    """Return `lines` with branches before them.

    As in ROS 2 only the outermost trunk is drawn, up to the line before the last, and a branch goes
    on below where the next line is not further out.
    """
    drawn = []
    for (depth, text), (next_depth, _) in pairwise([*lines, (0, "")]):
        branch = "├── " if next_depth >= depth else "└── "
        trunk = "" if depth == 1 else "│" if next_depth else " "
        drawn.append(f"{trunk.ljust(4 * (depth - 1))}{branch}{text}")
    return "\n".join(drawn)


def _describe_entities(entities: Iterable[LaunchDescriptionEntity], depth: int) -> _Lines:
    for entity in entities:
        if isinstance(entity, RegisterEventHandler):
            yield from _describe_registration(entity, depth)
        elif isinstance(entity, Action):
            yield depth, _describe_action(entity)
        else:
            yield depth, f"Unknown entity('{entity}')"


def _describe_registration(action: RegisterEventHandler, depth: int) -> _Lines:
    description, entities = action.event_handler.describe()
    yield depth, f"RegisterEventHandler('{action.event_handler}'):"
    yield depth + 1, description
    yield from _describe_entities(entities, depth + 2)


def _describe_action(action: Action) -> str:
    if isinstance(action, LogInfo):
        return f"LogInfo({_join(action.msg)})"
    if isinstance(action, EmitEvent):
        return f"EmitEvent(event='{action.event.name}')"
    if isinstance(action, ExecuteProcess):
        return _describe_process(action)
    return f"Action('{action}')"


def _describe_process(action: ExecuteProcess) -> str:
    cmd = ", ".join(map(_join, action.cmd))
    cwd = None if action.cwd is None else f"'{_join(action.cwd)}'"
    env = None
    if action.env is not None:
        pairs = ", ".join(f"{_join(name)}: {_join(value)}" for name, value in action.env)
        env = f"{{{pairs}}}"
    return f"ExecuteProcess(cmd=[{cmd}], cwd={cwd}, env={env}, shell={action.shell})"


def _join(substitutions: Iterable[Substitution]) -> str:
    return " + ".join(sub.describe() for sub in substitutions)
