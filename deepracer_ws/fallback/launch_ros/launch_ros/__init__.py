"""A fallback of the public API of the ROS 2 package `launch_ros`, for Python launch files.

It follows the behaviour of ROS 2 Jazzy and later, see the package `launch` of this fallback. What
needs a ROS node inside the launcher (lifecycle transitions, composition, ROS time) is missing.
"""

from __future__ import annotations

from launch._missing import missing_names
from launch_ros import actions, descriptions, parameter_descriptions, substitutions

__all__ = ["actions", "descriptions", "parameter_descriptions", "substitutions"]

__getattr__ = missing_names(
    __name__, ["default_launch_description", "event_handlers", "events", "utilities"]
)
