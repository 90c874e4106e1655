"""Declaring, giving and checking the arguments of launch files."""

import pytest
from launch import LaunchDescription, LaunchDescriptionSource, LaunchService
from launch.actions import (
    DeclareLaunchArgument,
    GroupAction,
    IncludeLaunchDescription,
    SetLaunchConfiguration,
)
from launch.conditions import IfCondition
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, ThisLaunchFileDir
from launch_runs import record, run

SPEED = LaunchConfiguration("speed")


def included(*entities):
    return LaunchDescriptionSource(LaunchDescription(list(entities)))


def test_the_default_is_used_where_no_value_is_given():
    seen = []
    assert run(DeclareLaunchArgument("speed", default_value="1.5"), record(seen, SPEED)) == 0
    assert seen == ["1.5"]


def test_a_given_value_overrides_the_default():
    seen = []
    service = LaunchService(noninteractive=True)
    service.context.launch_configurations["speed"] = "4"
    run(
        DeclareLaunchArgument("speed", default_value="1.5"),
        record(seen, SPEED),
        service=service,
    )
    assert seen == ["4"]


def test_a_default_may_depend_on_earlier_arguments():
    seen = []
    run(
        DeclareLaunchArgument("car", default_value="red"),
        DeclareLaunchArgument("speed", default_value=[LaunchConfiguration("car"), "_fast"]),
        record(seen, SPEED),
    )
    assert seen == ["red_fast"]


def test_a_required_argument_that_is_not_given_ends_the_launch(capfd):
    seen = []
    declaration = DeclareLaunchArgument("speed", description="metres per second")
    assert run(declaration, record(seen)) == 1
    assert seen == []
    output = capfd.readouterr().out
    assert (
        'Required launch argument "speed" (description: "metres per second") was not provided'
        in output
    )
    assert (
        "[ERROR] [launch]: Caught exception in launch (see debug for traceback): "
        'Required launch argument "speed" was not provided.' in output
    )


def test_a_value_must_be_one_of_the_choices(capfd):
    service = LaunchService(noninteractive=True)
    service.context.launch_configurations["mode"] = "sideways"
    declaration = DeclareLaunchArgument("mode", default_value="manual", choices=["manual", "auto"])
    assert run(declaration, service=service) == 1
    assert (
        'Argument "mode" provided value "sideways" is not valid. '
        "Valid options are: ['manual', 'auto']" in capfd.readouterr().out
    )


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"choices": []}, "Provided choices arg is empty"),
        (
            {"choices": ["a"], "default_value": "b"},
            'Provided default_value "b" is not in provided choices',
        ),
    ],
)
def test_impossible_choices_are_refused_at_once(keywords, message):
    with pytest.raises(RuntimeError, match=message):
        DeclareLaunchArgument("mode", **keywords)


@pytest.mark.parametrize(
    ("keywords", "description"),
    [
        ({}, "no description given"),
        ({"description": "Way to drive"}, "Way to drive"),
        ({"choices": ["a", "b"]}, "One of: ['a', 'b']"),
        (
            {"description": "Way to drive", "choices": ["a"]},
            "Way to drive. Valid choices are: ['a']",
        ),
    ],
)
def test_the_description_mentions_the_choices(keywords, description):
    assert DeclareLaunchArgument("mode", **keywords).description == description


def test_arguments_of_includes_and_groups_are_found_and_the_first_declaration_counts():
    inner = included(
        DeclareLaunchArgument("speed", default_value="2"), DeclareLaunchArgument("track")
    )
    description = LaunchDescription(
        [
            DeclareLaunchArgument("speed", default_value="1"),
            GroupAction([IncludeLaunchDescription(inner)]),
            GroupAction(
                [DeclareLaunchArgument("camera")], condition=IfCondition(LaunchConfiguration("x"))
            ),
        ]
    )
    arguments = description.get_launch_arguments()
    assert [argument.name for argument in arguments] == ["speed", "track", "camera"]
    assert arguments[0].default_value[0].text == "1"


def test_finding_arguments_survives_an_include_that_depends_on_the_launch():
    include = IncludeLaunchDescription([LaunchConfiguration("folder"), "/a.launch.py"])
    description = LaunchDescription([include, DeclareLaunchArgument("speed")])
    assert [argument.name for argument in description.get_launch_arguments()] == ["speed"]


def test_an_include_gets_arguments_and_leaves_them_set():
    seen = []
    inner = included(DeclareLaunchArgument("speed", default_value="1"), record(seen, SPEED))
    run(
        SetLaunchConfiguration("unit", "m/s"),
        IncludeLaunchDescription(
            inner, launch_arguments={"speed": ["3 ", LaunchConfiguration("unit")]}.items()
        ),
        record(seen, SPEED),
    )
    assert seen == ["3 m/s", "3 m/s"]


def test_an_include_sees_the_configurations_around_it():
    seen = []
    inner = included(DeclareLaunchArgument("speed", default_value="1"), record(seen, SPEED))
    run(SetLaunchConfiguration("speed", "7"), IncludeLaunchDescription(inner))
    assert seen == ["7"]


def test_an_include_without_a_required_argument_is_refused(capfd):
    inner = included(DeclareLaunchArgument("speed", description="metres per second"))
    include = IncludeLaunchDescription(inner, launch_arguments=[("track", "oval")])
    assert run(SetLaunchConfiguration("speed", "1"), include) == 1
    assert (
        "Included launch description missing required argument 'speed' "
        "(description: 'metres per second'), given: [track]" in capfd.readouterr().out
    )


def test_an_include_may_leave_out_a_conditional_argument():
    conditional = DeclareLaunchArgument("speed", condition=IfCondition("false"))
    assert run(IncludeLaunchDescription(included(conditional))) == 0


def test_a_launch_file_includes_one_next_to_it(tmp_path):
    (tmp_path / "inner.launch.py").write_text(
        "from launch import LaunchDescription\n"
        "from launch.actions import DeclareLaunchArgument, SetLaunchConfiguration\n"
        "from launch.substitutions import ThisLaunchFile\n"
        "def generate_launch_description():\n"
        "    return LaunchDescription([SetLaunchConfiguration('file', ThisLaunchFile())])\n"
    )
    (tmp_path / "outer.launch.py").write_text(
        "from launch import LaunchDescription\n"
        "from launch.actions import IncludeLaunchDescription\n"
        "from launch.launch_description_sources import PythonLaunchDescriptionSource\n"
        "from launch.substitutions import PathJoinSubstitution, ThisLaunchFileDir\n"
        "def generate_launch_description():\n"
        "    path = PathJoinSubstitution([ThisLaunchFileDir(), 'inner.launch.py'])\n"
        "    source = PythonLaunchDescriptionSource(path)\n"
        "    return LaunchDescription([IncludeLaunchDescription(source)])\n"
    )
    seen = []
    source = PythonLaunchDescriptionSource(str(tmp_path / "outer.launch.py"))
    assert run(IncludeLaunchDescription(source), record(seen, LaunchConfiguration("file"))) == 0
    assert seen == [str(tmp_path / "inner.launch.py")]


def test_outside_of_a_launch_file_there_is_no_launch_file(capfd):
    assert run(record([], ThisLaunchFileDir())) == 1
    assert "ThisLaunchFileDir used outside of a launch file" in capfd.readouterr().out


def test_unknown_keywords_are_named():
    with pytest.raises(TypeError, match="choises"):
        DeclareLaunchArgument("mode", choises=["a"])
