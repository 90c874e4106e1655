"""What is launched for Gazebo, without starting it: only what exists in its distributions."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from deepracer_core.errors import SimulationError
from deepracer_sim.gazebo import installation, names
from deepracer_sim.gazebo_launching import ARGUMENTS, GazeboOptions, Makers, gazebo_world
from deepracer_sim.graph_launching import training_graphs
from deepracer_sim.training.run_config import RunConfig
from gazebo_prefix import install_stand_ins
from gazebo_server import missing_models, parser
from launch import LaunchContext
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions

SERVICE_TYPES = {
    "/world/deepracer/control": "ros_gz_interfaces/srv/ControlWorld",
    "/world/deepracer/set_pose": "ros_gz_interfaces/srv/SetEntityPose",
}


class Recorder:
    """Keeps what it is asked to make."""

    def __init__(self) -> None:
        self.nodes: dict[str, dict[str, Any]] = {}
        self.processes: dict[str, dict[str, Any]] = {}

    def node(self, package: str, executable: str, parameters: Any, **options: Any) -> str:
        self.nodes[f"{package}/{executable}"] = {"parameters": parameters, **options}
        return executable

    def process(self, command: list[str], name: str, **options: Any) -> str:
        self.processes[name] = {"command": command, **options}
        return name

    def make(self, options: GazeboOptions, namespace: str = "") -> list[Any]:
        makers = Makers(self.node, self.process, namespace)
        stepper = {"track": "reinvent_2018", "pacing": "lockstep"}
        return gazebo_world("reinvent_2018", stepper, options, makers)


@pytest.fixture
def installed(tmp_path, monkeypatch) -> None:
    for name, value in install_stand_ins(tmp_path).items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def made(installed) -> Recorder:
    recorder = Recorder()
    recorder.make(GazeboOptions())
    return recorder


def test_server_bridge_and_stepper_are_started_and_nothing_else(made):
    assert made.nodes.keys() == {"ros_gz_bridge/parameter_bridge", "deepracer_sim/gazebo_stepper"}
    assert made.processes.keys() == {"gz"}


@pytest.mark.parametrize("headless", [True, False])
@pytest.mark.parametrize("render_engine", ["ogre", "ogre2"])
def test_the_server_is_started_with_options_that_it_knows_and_paused(
    installed, headless, render_engine
):
    recorder = Recorder()
    options = GazeboOptions(headless=headless, render_engine=render_engine)
    if headless and render_engine == "ogre":
        with pytest.raises(SimulationError, match="give headless:=false"):
            recorder.make(options)
        return
    recorder.make(options)
    program, command, *rest = recorder.processes["gz"]["command"]
    assert (program, command) == ("gz", "sim")
    given = parser().parse_args(rest)
    assert given.server
    assert not given.run
    assert not given.gui
    assert given.headless_rendering == headless
    assert given.render_engine_server == render_engine
    assert Path(given.world).is_file()


def test_all_processes_share_a_partition_on_this_machine_that_no_other_has(installed):
    partitions = []
    for _ in range(2):
        recorder = Recorder()
        recorder.make(GazeboOptions())
        parts = [*recorder.nodes.values(), *recorder.processes.values()]
        environments = [part["additional_env"] for part in parts]
        assert all(environment == environments[0] for environment in environments)
        assert environments[0]["GZ_IP"] == "127.0.0.1"
        partitions.append(environments[0]["GZ_PARTITION"])
    assert partitions[0] != partitions[1]


def test_the_models_of_the_world_are_where_gazebo_looks_for_them(made, monkeypatch):
    started = made.processes["gz"]
    monkeypatch.setenv("GZ_SIM_RESOURCE_PATH", started["additional_env"]["GZ_SIM_RESOURCE_PATH"])
    assert missing_models(Path(started["command"][-1])) == []


def test_what_the_user_has_in_the_resource_path_stays(installed, monkeypatch):
    monkeypatch.setenv("GZ_SIM_RESOURCE_PATH", "/mine")
    recorder = Recorder()
    recorder.make(GazeboOptions())
    paths = recorder.processes["gz"]["additional_env"]["GZ_SIM_RESOURCE_PATH"].split(":")
    assert paths[-1] == "/mine"
    assert len(paths) > 2


def test_the_bridge_gets_its_topics_and_services(made):
    bridge = made.nodes["ros_gz_bridge/parameter_bridge"]
    config = normalize_to_list_of_substitutions(bridge["parameters"]["config_file"])
    assert Path(perform_substitutions(LaunchContext(), config)).name == "gazebo_bridge.yaml"
    assert dict(argument.split("@") for argument in bridge["arguments"]) == SERVICE_TYPES


def test_in_a_namespace_the_absolute_services_are_renamed_for_both_ends(installed):
    recorder = Recorder()
    recorder.make(GazeboOptions(), "/simulator_1")
    renamed = [
        ("/world/deepracer/control", "/simulator_1/world/deepracer/control"),
        ("/world/deepracer/set_pose", "/simulator_1/world/deepracer/set_pose"),
    ]
    assert [node["remappings"] for node in recorder.nodes.values()] == [renamed, renamed]
    assert all(not topic.startswith("/") for topic in (names.ROS_IMAGE, names.ROS_ODOMETRY))


def test_without_the_bridge_the_stepper_goes_by_gz_transport(installed, monkeypatch):
    monkeypatch.setattr(installation, "BRIDGE", "ros_gz_bridge_that_nobody_has")
    recorder = Recorder()
    recorder.make(GazeboOptions(client="transport"))
    (stepper,) = recorder.nodes.values()
    assert stepper["parameters"]["client"] == "transport"
    with pytest.raises(SimulationError, match="gz_client:=transport"):
        recorder.make(GazeboOptions(client="ros"))


def test_a_bridge_that_cannot_move_the_car_is_refused(installed, monkeypatch, tmp_path):
    (tmp_path / "srv").mkdir()
    monkeypatch.setattr(installation, "get_package_share_directory", lambda _: str(tmp_path))
    with pytest.raises(SimulationError, match=r"no service SetEntityPose.*1\.0\.11"):
        Recorder().make(GazeboOptions())
    Recorder().make(GazeboOptions(client="transport"))


def test_the_window_is_a_program_of_its_own(installed):
    recorder = Recorder()
    entities = recorder.make(GazeboOptions(gui=True))
    (window,) = (entity for entity in entities if hasattr(entity, "cmd"))
    words = [perform_substitutions(LaunchContext(), part) for part in window.cmd]
    assert words == ["gz", "sim", "-g", "--render-engine-gui", "ogre2"]


@pytest.mark.parametrize(
    ("distribution", "told"),
    [
        ("jazzy", "Jazzy it is Gazebo Harmonic: sudo apt install ros-jazzy-ros-gz"),
        ("kilted", "Kilted it is Gazebo Ionic: sudo apt install ros-kilted-ros-gz"),
        ("lyrical", "Lyrical it is Gazebo Jetty: sudo apt install ros-lyrical-ros-gz"),
        ("", "Jazzy with Harmonic, Kilted with Ionic, Lyrical with Jetty"),
    ],
)
def test_without_gazebo_it_says_what_to_install(distribution, told, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("ROS_DISTRO", distribution)
    with pytest.raises(SimulationError) as caught:
        Recorder().make(GazeboOptions())
    assert "no program gz" in str(caught.value)
    assert told in str(caught.value)


def test_a_track_without_a_world_is_refused_with_the_command_that_builds_it(installed):
    recorder = Recorder()
    with pytest.raises(SimulationError, match="build_world my_track"):
        gazebo_world("my_track", {}, GazeboOptions(), Makers(recorder.node, recorder.process))


def test_each_simulator_of_a_training_has_its_own_server(installed, tmp_path):
    config = RunConfig.from_settings({"engine": "gazebo", "num_simulators": 3, "name": "gz"})
    entities = training_graphs(config, tmp_path / "reward.py", GazeboOptions())
    commands = [
        " ".join(perform_substitutions(LaunchContext(), part) for part in entity.cmd)
        for entity in entities
        if hasattr(entity, "cmd")
    ]
    for program, count in (("gz sim", 3), ("/parameter_bridge", 3), ("/gazebo_stepper", 3)):
        assert sum(program in command for command in commands) == count
    assert not any(command.endswith("/simulator") for command in commands)


def test_arguments_are_described_and_have_choices():
    assert [argument.name for argument in ARGUMENTS] == [
        *("headless", "gui", "render_engine", "gz_client")
    ]
    assert all(argument.description and argument.choices for argument in ARGUMENTS)


def test_the_environment_of_the_launch_is_left_alone(made):
    assert "GZ_PARTITION" not in os.environ
