"""Trains a model; stop it at any time with Ctrl-C: the model is complete.

ros2 launch deepracer_sim train.launch.py model:=my-first-model
ros2 launch deepracer_sim train.launch.py model:=my-first-model resume:=true
ros2 launch deepracer_sim train.launch.py model:=my-model reward:=my_reward.py rviz:=true
ros2 launch deepracer_sim train.launch.py model:=mine-2 clone:=my-first-model direction:=alternate
ros2 launch deepracer_sim train.launch.py model:=through-ros rollout:=graph num_simulators:=2
"""

from __future__ import annotations

from collections.abc import Callable

from deepracer_core.errors import ConfigError
from deepracer_drive.launching import LOCAL_ONLY, end_launch
from deepracer_sim.gazebo_launching import ARGUMENTS as GAZEBO_ARGUMENTS
from deepracer_sim.gazebo_launching import GAZEBO, GazeboOptions
from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.conditions import IfCondition
from launch.substitutions import Command, LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

SHARE = FindPackageShare("deepracer")

# Seconds from Ctrl-C to SIGTERM, and from there to SIGKILL. The trainer ends its iteration and
# writes its files first, which takes long on a busy machine: after 5, the default, some lack.
PATIENCE = "30"
DEFAULT_MODEL = "my-first-model"
IMAGES = "shown_images"  # the topic of what the car sees that is shown

# Name, type, default and description of what is a parameter of the trainer, too. Empty or 0 is not
# given: then the file `config` decides, or the model that is cloned or goes on, or the preset.
SETTINGS: list[tuple[str, type, str, str]] = [
    ("model", str, DEFAULT_MODEL, "Name of the model: 1 to 64 letters, digits and hyphens."),
    ("description", str, "", "Of the model, for people."),
    ("resume", bool, "false", "Go on with the training of this model."),
    ("clone", str, "", "Model whose weights and settings a new one starts from."),
    (
        "track",
        str,
        "",
        "Folder of worlds/ or $DEEPRACER_WORLDS (reinvent_2018), or several: a,b.",
    ),
    (
        "direction",
        str,
        "",
        "as_defined (default), counterclockwise, clockwise or alternate.",
    ),
    ("race_type", str, "", "time_trial (default), object_avoidance or head_to_bot."),
    ("objects", str, "", "What differs from the race type: '{count: 3, randomize: false}'."),
    ("reward", str, "", "Ready-made reward function or Python file (default: the preset's)."),
    ("preset", str, "", "fast (default): laps in a minute; aws: network and settings of AWS."),
    ("algorithm", str, "", "ppo (default), or sac for continuous action spaces."),
    ("engine", str, "", "planar (default): flat and fast; mujoco: in 3-D; gazebo: gz-sim."),
    ("level", str, "", "Of randomisation: none, mild (default) or strong."),
    (
        "rollout",
        str,
        "",
        "vector (default): no ROS in the loop; graph: the ROS graph drives, as always in gazebo.",
    ),
    ("num_simulators", int, "0", "Graphs that drive at the same time, with rollout:=graph; 0: 1."),
    ("ray_address", str, "", "Ray cluster whose nodes simulate: auto or HOST:PORT."),
    ("device", str, "", "Where the network learns: auto (default), cpu or cuda."),
    ("network", str, "", "slim, classic or deep (default: the preset's)."),
    ("action_space", str, "", "As in model_metadata.json, or '{grid: {max_speed: 2.0}}'."),
    ("hyperparameters", str, "", "Those that differ from the preset: '{lr: 0.001}'."),
    ("preprocessing", str, "", "What differs from the preset: '{width: 160}'."),
    ("cars", int, "0", "Cars that drive at the same time; 0: of the preset."),
    ("workers", int, "0", "Processes that simulate; 0: as many as fit this machine."),
    ("seed", int, "0", "Of everything that is random."),
    ("max_minutes", float, "0.0", "Minutes after which training stops; 0: 150."),
    ("max_steps", int, "0", "Steps after which training stops; 0: not given (no limit)."),
    ("max_episodes", int, "0", "Episodes after which training stops; 0: not given (no limit)."),
    ("stop_when_good", bool, "true", "Stop as soon as the policy is good enough; true: not given."),
    ("good_evaluations", int, "0", "Evaluations in a row without a failure that are enough; 0: 1."),
    ("config", str, "", "YAML file with such settings, which the arguments override."),
]

# What turns a text into a value of each type, as a launch does it, and what to give.
KINDS: dict[type, tuple[Callable[[str], bool | float | str], str]] = {
    bool: (lambda text: {"true": True, "false": False}[text.lower()], "true or false"),
    int: (int, "a whole number, such as 100000"),
    float: (float, "a number"),
    str: (str, "a text"),
}


def generate_launch_description() -> LaunchDescription:
    parameters = {
        name: ParameterValue(LaunchConfiguration(name), value_type=kind)
        for name, kind, _, _ in SETTINGS
    }
    trainer = Node(
        package="deepracer_sim",
        executable="trainer",
        parameters=[parameters],
        output="screen",
        on_exit=end_launch,
        sigterm_timeout=PATIENCE,
        sigkill_timeout=PATIENCE,
    )
    return LaunchDescription(
        [LOCAL_ONLY, *arguments(), OpaqueFunction(function=graphs), trainer, *display()]
    )


def graphs(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """The ROS graphs that are trained through, if any; what is wrong, the trainer tells.

    Raises:
        ConfigError: what should be a number is none.
        SimulationError: Gazebo is the engine, and cannot be used.
    """
    given = {
        name: read(name, text, kind)
        for name, kind, default, _ in SETTINGS
        if (text := LaunchConfiguration(name).perform(context)) != default
    }
    model = given.pop("model", DEFAULT_MODEL)
    path, resume, source = (given.pop(name, "") for name in ("config", "resume", "clone"))
    context.launch_configurations[IMAGES] = "/training/camera/image_raw"
    may_be_graphs = "rollout" in given or given.get("engine") == GAZEBO
    if not (may_be_graphs or path or resume or source):
        return []
    # takes a second to load
    from deepracer_core.errors import DeepRacerError
    from deepracer_drive.models import open_store
    from deepracer_sim.graph_launching import training_graphs
    from deepracer_sim.training.session import preview
    from deepracer_sim.training.settings import gather_settings

    try:
        settings = gather_settings(model, path, given)
        config, reward = preview(settings, open_store(), resume=bool(resume), source=source)
    except DeepRacerError:
        return []
    if config.rollout != "graph":
        return []
    context.launch_configurations[IMAGES] = "/camera/image_raw"
    return training_graphs(config, reward, GazeboOptions.of(context))


def read(name: str, text: str, kind: type) -> bool | float | str:
    """A setting, as the parameter will have it.

    Raises:
        ConfigError: it has another type.
    """
    try:
        return KINDS[kind][0](text)
    except (KeyError, ValueError) as error:
        raise ConfigError(f"{name}:={text}: give {KINDS[kind][1]}") from error


def arguments() -> list[DeclareLaunchArgument]:
    """The settings, and whether to watch."""
    rviz = DeclareLaunchArgument(
        "rviz",
        default_value="false",
        choices=["true", "false"],
        description="Show one of the cars, the track and what it sees in rviz2.",
    )
    settings = [
        DeclareLaunchArgument(name, default_value=default, description=description)
        for name, _, default, description in SETTINGS
    ]
    return [*settings, rviz, *GAZEBO_ARGUMENTS]


def display() -> list[Node]:
    """What shows the car, beside the topics of the trainer, which publishes the track too."""
    model = PathJoinSubstitution([SHARE, "urdf", "deepracer.urdf.xacro"])
    description = ParameterValue(Command(["xacro '", model, "'"]), value_type=str)
    publisher, viewer = "robot_state_publisher", "rviz2"
    return [
        Node(
            package=publisher,
            executable=publisher,
            parameters=[{"robot_description": description}],
        ),
        Node(
            package=viewer,
            executable=viewer,
            arguments=["-d", PathJoinSubstitution([SHARE, "rviz", "deepracer.rviz"])],
            remappings=[("/camera/image_raw", LaunchConfiguration(IMAGES))],
            condition=IfCondition(LaunchConfiguration("rviz")),
        ),
    ]
