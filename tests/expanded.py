"""Launch files expanded without starting anything: the commands that they would run."""

from __future__ import annotations

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, ExecuteProcess, OpaqueFunction
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.utilities import perform_substitutions


def commands(package: str, name: str, **arguments: str) -> list[list[str]]:
    """Words of each command that a launch file would run with these arguments."""
    path = Path(get_package_share_directory(package)) / "launch" / name
    context = LaunchContext()
    context.launch_configurations.update(arguments)
    source = PythonLaunchDescriptionSource(str(path))
    return _expand(source.get_launch_description(context), context)


def _expand(entity: LaunchDescriptionEntity, context: LaunchContext) -> list[list[str]]:
    condition = getattr(entity, "condition", None)
    if condition is not None and not condition.evaluate(context):
        return []
    if isinstance(entity, LaunchDescription):
        further = entity.entities
    elif isinstance(entity, (DeclareLaunchArgument, OpaqueFunction)):
        further = entity.execute(context) or []
    elif isinstance(entity, ExecuteProcess):
        return [[perform_substitutions(context, list(part)) for part in entity.cmd]]
    else:
        further = []
    return [command for other in further for command in _expand(other, context)]
