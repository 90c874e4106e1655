"""The command line that a node is started with."""

import gc
import json
import subprocess
import sys
from pathlib import Path

import pytest
from launch import LaunchContext
from launch.actions import GroupAction, SetLaunchConfiguration
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration, SubstitutionFailure
from launch_ros.actions import (
    Node,
    PushROSNamespace,
    PushRosNamespace,
    SetParameter,
    SetParametersFromFile,
    SetRemap,
)
from launch_ros.substitutions import (
    ExecutableInPackage,
    FindPackagePrefix,
    FindPackageShare,
)


def probe(**keywords):
    return Node(package="garage", executable="probe", output="screen", **keywords)


def test_a_node_without_settings(arguments_of):
    assert arguments_of(probe()) == [["--ros-args"]]


def test_names_remappings_and_arguments(arguments_of):
    node = probe(
        name=["ca", LaunchConfiguration("x")],
        namespace="track",
        arguments=["--fast", LaunchConfiguration("x")],
        ros_arguments=["--log-level", "debug"],
        remappings=[("scan", "/lidar"), (["a", LaunchConfiguration("x")], "b")],
    )
    assert arguments_of(SetLaunchConfiguration("x", "r"), node) == [
        [
            *["--fast", "r", "--ros-args", "--log-level", "debug", "--ros-args"],
            *["-r", "__node:=car", "-r", "__ns:=/track", "-r", "scan:=/lidar", "-r", "ar:=b"],
        ]
    ]
    assert node.node_name == "/track/car"


def test_names_that_the_node_chooses_itself():
    node = probe()
    with pytest.raises(RuntimeError, match="before executing action"):
        _ = node.node_name


def test_an_executable_without_package(arguments_of, prefix):
    node = Node(executable=str(prefix / "lib/garage/probe"), exec_name="mine", output="screen")
    assert arguments_of(node) == [["--ros-args"]]
    assert node.process_details["name"].startswith("mine-")


@pytest.mark.parametrize(
    ("pushed", "own", "expected"),
    [
        (["a", "b"], None, "/a/b"),
        (["a"], "c", "/a/c"),
        (["a", "/b"], "c", "/b/c"),
        (["a"], "/c", "/c"),
        (["a"], "c/", "/a/c"),
        (["/"], "c", "/c"),
        ([], "c/d", "/c/d"),
        ([], "/", "/"),
        (["a"], "", "/a"),
    ],
)
def test_namespaces(pushed, own, expected, arguments_of):
    pushes = [PushROSNamespace(namespace) for namespace in pushed]
    [arguments] = arguments_of(*pushes, probe(namespace=own))
    assert arguments == ["--ros-args", "-r", f"__ns:={expected}"]


def test_namespaces_parameters_and_remappings_end_with_their_group(arguments_of, tmp_path):
    file = tmp_path / "p.yaml"
    file.write_text("/**: {ros__parameters: {a: 1}}")
    inner = GroupAction(
        [
            PushRosNamespace("inner"),
            SetParameter("speed", 2.0),
            SetParametersFromFile(str(file)),
            SetRemap("c", "d"),
            probe(exec_name="1", remappings=[("e", "f")]),
        ]
    )
    outer = [PushRosNamespace("outer"), SetParameter("use_sim_time", True), SetRemap("a", "b")]
    assert arguments_of(*outer, inner, probe(exec_name="2")) == [
        [
            *["--ros-args", "-r", "__ns:=/outer/inner", "-p", "use_sim_time:=True"],
            *["-p", "speed:=2.0", "--params-file", str(file)],
            *["-r", "a:=b", "-r", "c:=d", "-r", "e:=f"],
        ],
        ["--ros-args", "-r", "__ns:=/outer", "-p", "use_sim_time:=True", "-r", "a:=b"],
    ]


def test_a_condition_counts(arguments_of):
    assert arguments_of(probe(condition=IfCondition("false"))) == []


def test_two_nodes_of_one_name_are_a_warning(launch):
    nodes = [probe(name="car", namespace="/a"), probe(name="car", namespace="/a"), probe(name="x")]
    _, output = launch(*nodes)
    assert output.count("there are now at least") == 1


@pytest.mark.parametrize("name", ["a-b", "1a", "", "/a", "a" * 256])
def test_names_must_be_valid(name, failure_of):
    assert f"Invalid node name: '{name}'" in failure_of(probe(name=name))


@pytest.mark.parametrize("namespace", ["a-b", "/1a", "a//b", "b" * 245])
def test_namespaces_must_be_valid(namespace, failure_of):
    assert "Invalid namespace: " in failure_of(probe(namespace=namespace))
    assert (
        f"The resulting namespace is invalid: [previous_namespace='None', "
        f"pushed_namespace='{namespace}']" in failure_of(PushROSNamespace(namespace))
    )


def test_packages_and_executables_must_exist(failure_of, prefix):
    assert f"package 'no_garage' not found, searching: ['{prefix}']" in failure_of(
        Node(package="no_garage", executable="probe")
    )
    assert (
        f"executable 'no_probe' not found on the libexec directory '{prefix}/lib/garage'"
        in failure_of(Node(package="garage", executable="no_probe"))
    )


def test_a_package_may_have_no_executables(failure_of, prefix):
    index = prefix / "share/ament_index/resource_index/packages"
    (index / "maps").touch()
    assert (
        f"package 'maps' found at '{prefix}', but libexec directory '{prefix}/lib/maps' "
        "does not exist" in failure_of(Node(package="maps", executable="probe"))
    )


def test_a_missing_file_of_a_scope_ends_the_launch(failure_of):
    assert "'/does/not/exist' is not a file" in failure_of(
        SetParametersFromFile("/does/not/exist"), probe()
    )


def test_packages_are_found(prefix):
    context = LaunchContext()
    context.launch_configurations["x"] = "rage"
    package = ["ga", LaunchConfiguration("x")]
    assert FindPackagePrefix(package).perform(context) == str(prefix)
    assert FindPackageShare(package=package).perform(context) == str(prefix / "share/garage")
    assert ExecutableInPackage("probe", package).perform(context) == str(
        prefix / "lib/garage/probe"
    )
    with pytest.raises(SubstitutionFailure):
        ExecutableInPackage("no_probe", package).perform(context)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"parameters": {"a": 1}}, "'Node' expected 'parameters' to be one of"),
        ({"parameters": [1]}, "expected 'param_file' to be one of"),
        ({"remappings": [("a", "b", "c")]}, "remap_rule must be a tuple of length 2, got length 3"),
        ({"remappings": [["a", "b"]]}, "'remap_rule' to be one of"),
        ({"node_name": "a"}, "unexpected keyword argument 'node_name'"),
        ({"cached_output": True}, "'cached_output' of Node.*install ROS 2"),
    ],
)
def test_wrong_arguments_are_refused(keywords, message):
    with pytest.raises(TypeError, match=message):
        probe(**keywords)


def test_nothing_of_ros_is_loaded_before_a_node_runs():
    program = "import launch_ros.actions, sys; print('rclpy' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert result.stdout == "False\n"


def test_temporary_parameter_files_do_not_outlive_the_node(arguments_of):
    def launch():
        [arguments] = arguments_of(probe(parameters=[{"a": 1}]))
        return Path(arguments[-1])

    path = launch()
    gc.collect()
    assert path.name.startswith("launch_params_")
    assert not path.exists()


def test_arguments_survive_as_they_are(arguments_of):
    text = "a 'b' \"c\" $d\n\u00e9"
    [arguments] = arguments_of(probe(arguments=[text]))
    assert json.dumps(arguments[0]) == json.dumps(text)
