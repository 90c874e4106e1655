"""What launch files of the simulation are made of: the world, and who judges in it.

The launch files that simulate and that evaluate start the same graph; what they have in common is
here, so that an engine is added in one place.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from deepracer_drive.launching import Parameters, argument, needed_node, needed_process
from launch import LaunchContext, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.conditions import IfCondition
from launch.substitutions import Command, LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

if TYPE_CHECKING:  # launch files start quicker without it
    from deepracer_core.action_space import ActionSpace

from deepracer_sim.gazebo_launching import ARGUMENTS as GAZEBO_ARGUMENTS
from deepracer_sim.gazebo_launching import GAZEBO, GazeboOptions, Makers, gazebo_world

CLOCK_LAG = 1.0
"""How far a command may be ahead of the /clock that the gate has heard [s]. The two travel on
different topics, and /clock is best effort: on a busy machine some of its messages come late or
never. The simulator itself refuses what is ahead of its own time."""

SHARE = FindPackageShare("deepracer")
SIMULATED_TIME = {"use_sim_time": True}
WAITED_FOR = {"lockstep": True}
"""For `inference` in lockstep, instead of `SIMULATED_TIME`: /clock tells it nothing there, and each
message that a process hears costs a part of the step."""

WORLD_ARGUMENTS = (
    DeclareLaunchArgument(
        "engine",
        default_value="mujoco",
        choices=["mujoco", "planar", GAZEBO],
        description="mujoco: 3-D, with obstacles; planar: flat and fast; gazebo: gz-sim.",
    ),
    DeclareLaunchArgument(
        "profile",
        default_value="aws_sim",
        description="How the car answers commands: aws_sim as in the AWS simulator, or geometric.",
    ),
    DeclareLaunchArgument(
        "level",
        default_value="none",
        choices=["none", "mild", "strong"],
        description="Of randomisation: light, colours, camera, latency, friction and more.",
    ),
    DeclareLaunchArgument(
        "seed",
        default_value="0",
        description="Of everything random. With equal seeds, episodes repeat in lockstep.",
    ),
    *GAZEBO_ARGUMENTS,
)

RVIZ_ARGUMENT = DeclareLaunchArgument(
    "rviz",
    default_value="false",
    choices=["true", "false"],
    description="Show car, track and camera in rviz2.",
)


def world(
    race: Parameters, make_node: Any = needed_node, make_process: Any = needed_process
) -> list[LaunchDescriptionEntity]:
    """The simulated car, in the engine of the argument `engine`.

    Args:
        race: parameters that all who know the race must agree on, and `pacing`.
        make_node: makes each node, like `needed_node`.
        make_process: makes each other process, like `needed_process`.

    Raises:
        SimulationError: when launched: Gazebo is to be used, and cannot be.
    """
    makers = Makers(make_node, make_process)
    return [OpaqueFunction(function=_world, args=[race, makers])]


def _world(context: LaunchContext, race: Parameters, make: Makers) -> list[LaunchDescriptionEntity]:
    settings = {name: argument(name) for name in ("profile", "level")}
    engine = LaunchConfiguration("engine").perform(context)
    if engine != GAZEBO:
        return [make.node("deepracer_sim", "simulator", {**race, **settings, "engine": engine})]
    track = race["track"]
    name = track if isinstance(track, str) else track.evaluate(context)
    return gazebo_world(name, {**race, **settings}, GazeboOptions.of(context), make)


def decider_time(pacing: str) -> Parameters:
    """By which parameters `inference` knows how late its decisions are, with this `pacing`."""
    return WAITED_FOR if pacing == "lockstep" else SIMULATED_TIME


def display(track: Any, make_node: Any = needed_node) -> list[Node]:
    """What shows the car and the track in rviz2 or Foxglove, beside the topics of the graph."""
    model = PathJoinSubstitution([SHARE, "urdf", "deepracer.urdf.xacro"])
    description = ParameterValue(Command(["xacro '", model, "'"]), value_type=str)
    publisher = "robot_state_publisher"
    return [
        make_node(publisher, publisher, {"robot_description": description}),
        make_node("deepracer_sim", "track_publisher", {"track": track}),
    ]


def rviz(make_node: Any = needed_node) -> Node:
    """What `RVIZ_ARGUMENT` asks for; `make_node` makes it, like `needed_node`."""
    return make_node(
        "rviz2",
        "rviz2",
        arguments=["-d", PathJoinSubstitution([SHARE, "rviz", "deepracer.rviz"])],
        condition=IfCondition(LaunchConfiguration("rviz")),
    )


def reward_scale(space: ActionSpace) -> Parameters:
    """For the reward node: full throttle and full lock, as functions of 2018 are told them.

    Args:
        space: the model's; they are its largest speed and steering angle, as in training.
    """
    return {"max_speed": space.max_speed, "max_steering_angle": space.max_steering_angle}


def judges(
    race: Parameters,
    rules: Parameters,
    limits: Parameters | None = None,
    make_node: Any = needed_node,
) -> Iterable[Node]:
    """Who judges commands and steps.

    Args:
        race: as for `world`.
        rules: further parameters of the reward node.
        limits: further parameters of the command gate.
        make_node: makes each node, like `needed_node`.
    """
    gate = {**SIMULATED_TIME, "max_lead": CLOCK_LAG, **(limits or {})}
    return [
        make_node("deepracer_drive", "command_gate", gate),
        make_node("deepracer_sim", "reward_node", {**race, **rules}),
    ]
