"""A fallback of the public API of the ROS 2 package `launch`, for Python launch files.

It follows the behaviour of ROS 2 Jazzy and later. A launch file that works here works unchanged on
stock ROS 2; what is missing here is refused with an error that says so. It differs on purpose
where stock ROS 2 leaves processes behind:

- SIGTERM, SIGQUIT and SIGHUP shut the launched system down as SIGINT does; the exit code is 128 +
  the number of the signal.
- Nothing that was launched outlives the launcher, not even one that is killed (but for what the
  docstring of `launch._guard` names).
- Ctrl-C in a terminal reaches each process once, through the launcher.
- A failing event handler does not keep other handlers from reacting, least of all to a shutdown.
"""

from __future__ import annotations

from launch import actions, conditions, events, logging, substitutions
from launch._missing import explain_missing_modules, missing_names
from launch.action import Action
from launch.condition import Condition
from launch.event import Event
from launch.event_handler import EventHandler
from launch.invalid_launch_file_error import InvalidLaunchFileError
from launch.launch_context import LaunchContext
from launch.launch_description import LaunchDescription
from launch.launch_description_entity import LaunchDescriptionEntity
from launch.launch_description_source import LaunchDescriptionSource
from launch.launch_introspector import LaunchIntrospector
from launch.launch_service import LaunchService
from launch.some_entities_type import SomeEntitiesType, SomeEntitiesType_types_tuple
from launch.some_substitutions_type import SomeSubstitutionsType, SomeSubstitutionsType_types_tuple
from launch.substitution import Substitution

__all__ = [
    "Action",
    "Condition",
    "Event",
    "EventHandler",
    "InvalidLaunchFileError",
    "LaunchContext",
    "LaunchDescription",
    "LaunchDescriptionEntity",
    "LaunchDescriptionSource",
    "LaunchIntrospector",
    "LaunchService",
    "SomeEntitiesType",
    "SomeEntitiesType_types_tuple",
    "SomeSubstitutionsType",
    "SomeSubstitutionsType_types_tuple",
    "Substitution",
    "actions",
    "conditions",
    "events",
    "logging",
    "substitutions",
]

__getattr__ = missing_names(__name__, ["descriptions", "frontend"])

explain_missing_modules()
