"""Drives in simulation: a model, a person at the keyboard or joystick, or a model and a person.

ros2 launch deepracer_sim simulate.launch.py model:=my-model
ros2 launch deepracer_sim simulate.launch.py teleop:=keyboard engine:=planar
"""

from __future__ import annotations

from deepracer_core.errors import ConfigError
from deepracer_drive import launching
from deepracer_drive.launching import LOCAL_ONLY, Parameters, argument, needed_node
from deepracer_drive.models import open_store
from deepracer_sim.launching import (
    RVIZ_ARGUMENT,
    SIMULATED_TIME,
    WORLD_ARGUMENTS,
    decider_time,
    display,
    judges,
    reward_scale,
    rviz,
    world,
)
from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

PACING = {"pacing": argument("pacing")}
SEED = {"seed": argument("seed", int)}
ARGUMENTS = [
    DeclareLaunchArgument(
        "model",
        default_value="",
        description="Model that drives: its name, or its folder. Empty: none.",
    ),
    launching.TELEOP_ARGUMENT,
    DeclareLaunchArgument(
        "track",
        default_value="reinvent_2018",
        description="Name of the track: a folder of worlds/ or of $DEEPRACER_WORLDS.",
    ),
    *WORLD_ARGUMENTS,
    DeclareLaunchArgument(
        "pacing",
        default_value="realtime",
        choices=["realtime", "lockstep"],
        description="realtime: with the wall clock; lockstep: as fast as the model decides.",
    ),
    DeclareLaunchArgument(
        "obstacles", default_value="0", description="Number of obstacles on the track."
    ),
    DeclareLaunchArgument(
        "obstacle_kind",
        default_value="box",
        choices=["box", "parked_car", "bot_car"],
        description="What the obstacles are.",
    ),
    DeclareLaunchArgument(
        "obstacle_positions",
        default_value="['']",
        description="Where each is, as a share of the lap and 1 for the inner or -1 for the outer "
        "lane: \"['0.3,-1', '0.6,1']\". Empty: evenly spread.",
    ),
    DeclareLaunchArgument(
        "obstacles_at_random",
        default_value="false",
        choices=["true", "false"],
        description="Put them elsewhere in each episode.",
    ),
    DeclareLaunchArgument("bot_speed", default_value="0.2", description="Of bot cars [m/s]."),
    DeclareLaunchArgument(
        "bot_lane_changes",
        default_value="false",
        choices=["true", "false"],
        description="Whether bot cars change lanes at times.",
    ),
    DeclareLaunchArgument(
        "reward_function",
        default_value="",
        description="Python file, or name of a function that comes along. Empty: rewards of 0.",
    ),
    DeclareLaunchArgument(
        "sample",
        default_value="false",
        choices=["true", "false"],
        description="Draw the model's actions at random as in training, not the likeliest.",
    ),
    RVIZ_ARGUMENT,
    launching.RECORD_ARGUMENT,
]


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription([LOCAL_ONLY, *ARGUMENTS, OpaqueFunction(function=simulate)])


def simulate(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """What the arguments ask for.

    Raises:
        DeepRacerError: nobody drives, a person in a world that waits, or a model that is not there.
    """
    model, teleop, pacing = (
        LaunchConfiguration(name).perform(context) for name in ("model", "teleop", "pacing")
    )
    if not model and teleop == "none":
        raise ConfigError("who drives? Give model:=NAME, teleop:=keyboard or teleop:=joystick")
    if teleop != "none" and pacing == "lockstep":
        raise ConfigError("a person cannot answer each image: give pacing:=realtime with teleop")
    mode = "autonomous" if model else "manual"
    return [
        *world({**race(), **PACING}),
        *display(argument("track")),
        *judges({**race(), **PACING}, {**rules(has_person=teleop != "none"), **scale(context)}),
        needed_node("deepracer_sim", "episode_runner", {**race(), **SEED, "mode": mode}),
        *([policy(pacing)] if model else []),
        *launching.teleop(teleop, SIMULATED_TIME),
        rviz(),
        launching.recording(),
    ]


def rules(*, has_person: bool) -> dict[str, ParameterValue | int]:
    """When episodes end, and what they bring; a person may stand still, and as long as he likes."""
    patience = {"max_steps": 0, "immobilized_steps": 0} if has_person else {}
    return {"reward_function": argument("reward_function"), **patience}


def scale(context: LaunchContext) -> Parameters:
    """How a reward function of 2018 sees the model's actions, as while it was trained.

    Raises:
        DeepRacerError: there is no such model, or it is broken.
    """
    model = LaunchConfiguration("model").perform(context)
    if not model:
        return {}
    return reward_scale(open_store().find(model).read_metadata().action_space)


def policy(pacing: str) -> Node:
    """The model that drives."""
    settings = {"model": argument("model"), "sample": argument("sample", bool)}
    return needed_node("deepracer_drive", "inference", {**settings, **SEED, **decider_time(pacing)})


def race() -> dict[str, ParameterValue]:
    """What all who know the race must agree on."""
    return {
        "track": argument("track"),
        "obstacles": argument("obstacles", int),
        "obstacle_kind": argument("obstacle_kind"),
        "obstacle_positions": argument("obstacle_positions", list[str]),
        "obstacles_at_random": argument("obstacles_at_random", bool),
        "bot_speed": argument("bot_speed", float),
        "bot_lane_changes": argument("bot_lane_changes", bool),
    }
