"""Evaluates a model as AWS DeepRacer's console does, in the ROS graph that also drives the car.

ros2 launch deepracer_sim evaluate.launch.py model:=my-first-model
ros2 launch deepracer_sim evaluate.launch.py model:=my-first-model trials:=5 level:=mild
ros2 launch deepracer_sim evaluate.launch.py model:=my-first-model robustness:=true level:=mild
"""

from __future__ import annotations

from typing import Any

from deepracer_drive import launching
from deepracer_sim.evaluation.config import object_parameters, to_parameters
from deepracer_sim.evaluation.request import Request, read_request
from deepracer_sim.evaluation.stages import Stage, in_turn
from deepracer_sim.launching import (
    RVIZ_ARGUMENT,
    WORLD_ARGUMENTS,
    decider_time,
    display,
    judges,
    reward_scale,
    rviz,
    world,
)
from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, ExecuteProcess, OpaqueFunction
from launch_ros.actions import Node

# Name, default and description of what is said of the race, its rules and its results.
SETTINGS: list[tuple[str, str, str]] = [
    ("model", "", "Model to evaluate: its name, or its folder."),
    (
        "track",
        "reinvent_2018",
        "A folder of worlds/ or of $DEEPRACER_WORLDS; several, separated by commas, in turn.",
    ),
    ("trials", "0", "Number of trials; 0: 3, or 50 in a robustness grid."),
    ("laps", "1", "Laps in a row that make a trial."),
    ("max_resets", "-1", "Resets in a trial until it ends; -1: 100, or none in a robustness grid."),
    ("off_track_penalty", "2.0", "Seconds that the car is held for leaving the track."),
    ("collision_penalty", "5.0", "Seconds that the car is held for hitting an object."),
    ("max_steps", "3000", "Steps of 66 ms after which a lap is given up."),
    ("max_speed", "4.0", "Speed to which the model is held [m/s]."),
    ("obstacles", "0", "Number of obstacles or bot cars; 0: 6 or 3."),
    ("obstacle_kind", "", "box, parked_car or bot_car; empty: as the race type has them."),
    ("obstacle_positions", "", "Share of the lap and lane of each one: '0.25,1 0.7,-1'."),
    ("bot_speed", "0.2", "Of bot cars [m/s]."),
    ("reward_function", "", "File or ready-made function; empty: that of the model; none: 0."),
    ("output", "", "Folder for the results; empty: evaluation-<time> in the folder of the model."),
]
FLAGS: list[tuple[str, str, str]] = [
    ("continuous", "false", "Let trials follow each other without a break."),
    ("pictures", "true", "Draw what was driven as PNGs."),
    ("video", "false", "Write an MP4 with camera, track from above and what the model decides."),
    ("saliency", "false", "Write the video with what the network looks at."),
    ("robustness", "false", "Drive a grid of brightness, latency, friction, steering and camera."),
    ("obstacles_at_random", "true", "Other places in each trial, instead of even spread."),
    ("bot_lane_changes", "false", "Let bot cars change lanes at times."),
]
CHOICES: list[tuple[str, str, list[str], str]] = [
    (
        "race_type",
        "time_trial",
        ["time_trial", "object_avoidance", "head_to_bot"],
        "Alone, among obstacles, or among slower cars.",
    ),
    (
        "direction",
        "as_defined",
        ["as_defined", "counterclockwise", "clockwise"],
        "In which the tracks are driven.",
    ),
    (
        "pacing",
        "lockstep",
        ["lockstep", "realtime"],
        "lockstep: the world waits for each decision; realtime: with the wall clock.",
    ),
]
# Arguments that ask for something to see, and the program that draws it.
PICTURES = "pictures"
DRAWN = (PICTURES, "video", "saliency")
PLOT = "plot_evaluation"


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription(
        [launching.LOCAL_ONLY, *arguments(), OpaqueFunction(function=evaluate)]
    )


def arguments() -> list[DeclareLaunchArgument]:
    """All arguments, those that are asked for first in front."""
    choices = [*CHOICES, *((name, value, ["true", "false"], text) for name, value, text in FLAGS)]
    return [
        *(
            DeclareLaunchArgument(name, default_value=value, description=text)
            for name, value, text in SETTINGS
        ),
        *(
            DeclareLaunchArgument(name, default_value=value, choices=known, description=text)
            for name, value, known, text in choices
        ),
        *WORLD_ARGUMENTS,
        RVIZ_ARGUMENT,
        launching.RECORD_ARGUMENT,
    ]


def evaluate(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """The graph on each track in turn; wrong arguments end the launch with exit code 1."""
    request = read_request(context.launch_configurations)
    is_shown = "true" in (context.launch_configurations[name] for name in ("rviz", "record"))

    wanted = [name for name in DRAWN if context.launch_configurations[name] == "true"]

    def make_nodes(track: str, stage: Stage) -> list[LaunchDescriptionEntity]:
        if track == PICTURES:
            return [pictures(request, wanted, stage)]
        return graph(request, track, stage, is_shown=is_shown)

    stages = [*request.folders, *([PICTURES] if wanted else [])]
    # rviz2 may be closed without an end to the evaluation.
    return [*in_turn(stages, make_nodes, {PICTURES: PLOT}), rviz(viewer), launching.recording()]


def viewer(package: str, executable: str, **options: Any) -> Node:
    """A node that may end when it likes."""
    return Node(package=package, executable=executable, **options)


def pictures(request: Request, wanted: list[str], stage: Stage) -> ExecuteProcess:
    """What draws the pictures of all evaluations, when the graph has ended."""
    options = [f"--{name}" for name in wanted if name != PICTURES]
    folders = [str(folder) for folder in request.folders.values()]
    model = str(request.bundle.path.absolute())
    command = ["ros2", "run", "deepracer_sim", PLOT, *folders, "--model", model, *options]
    return stage.process(command, PLOT)


def graph(
    request: Request, track: str, stage: Stage, *, is_shown: bool
) -> list[LaunchDescriptionEntity]:
    """The nodes that evaluate on one track."""
    config = request.configs[track]
    model = str(request.bundle.path.absolute())
    race = {"track": track, "pacing": config.pacing, **object_parameters(config.objects)}
    # The evaluator judges laps and standing still; the reward node goes on with rewards.
    endless = {"laps": 0, "max_steps": 0, "immobilized_steps": 0, "reversed_steps": 0}
    scale = reward_scale(request.bundle.read_metadata().action_space)
    rules = {"reward_function": request.reward_function, **scale, **endless}
    done = [str(request.folders[name]) for name in request.folders]
    results = {
        "model": model,
        "output": str(request.folders[track]),
        "earlier": done[: list(request.folders).index(track)] or [""],
    }
    return [
        *world(race, stage.node, stage.process),
        *judges(race, rules, {"max_speed": config.max_speed}, stage.node),
        stage.node("deepracer_drive", "inference", {"model": model, **decider_time(config.pacing)}),
        stage.node(
            "deepracer_sim", "evaluator", {"track": track, **to_parameters(config), **results}
        ),
        *(display(track, stage.node) if is_shown else []),
    ]
