"""Where launch configurations and environment variables are seen."""

import os

import pytest
from launch.actions import (
    AppendEnvironmentVariable,
    ExecuteProcess,
    GroupAction,
    PopLaunchConfigurations,
    PushLaunchConfigurations,
    ResetLaunchConfigurations,
    SetEnvironmentVariable,
    SetLaunchConfiguration,
    UnsetEnvironmentVariable,
    UnsetLaunchConfiguration,
)
from launch.conditions import IfCondition
from launch.substitutions import EnvironmentVariable, LaunchConfiguration
from launch_runs import record, run

X = LaunchConfiguration("x", default="unset")
Y = LaunchConfiguration("y", default="unset")
CAR = EnvironmentVariable("CAR", default_value="unset")


def test_a_group_is_a_scope():
    seen = []
    run(
        SetLaunchConfiguration("x", "outer"),
        SetEnvironmentVariable("CAR", "outer"),
        GroupAction(
            [
                record(seen, X, CAR),
                SetLaunchConfiguration("x", "inner"),
                SetEnvironmentVariable("CAR", "inner"),
                record(seen, X, CAR),
            ]
        ),
        record(seen, X, CAR),
    )
    assert seen == ["outerouter", "innerinner", "outerouter"]


def test_a_group_without_scope_changes_what_is_around_it():
    seen = []
    run(
        GroupAction(
            [SetLaunchConfiguration("x", "inner")],
            scoped=False,
            launch_configurations={"y": "given"},
        ),
        record(seen, X, Y),
    )
    assert seen == ["innergiven"]


def test_a_group_has_configurations_of_its_own():
    seen = []
    run(
        SetLaunchConfiguration("x", "outer"),
        GroupAction([record(seen, X, Y)], launch_configurations={"y": [X, "!"]}),
        record(seen, Y),
    )
    assert seen == ["outerouter!", "unset"]


def test_a_group_without_forwarding_sees_only_what_it_is_given():
    seen = []
    os.environ["CAR"] = "initial"
    run(
        SetLaunchConfiguration("x", "outer"),
        SetEnvironmentVariable("CAR", "outer"),
        GroupAction(
            [record(seen, X, Y, CAR)], forwarding=False, launch_configurations={"y": [X, "!"]}
        ),
        record(seen, X, Y, CAR),
    )
    assert seen == ["unsetouter!initial", "outerunsetouter"]


def test_a_condition_on_a_group_counts_for_all_of_it():
    seen = []
    run(
        GroupAction([record(seen, X)], condition=IfCondition("false")),
        GroupAction([record(seen, X)], condition=IfCondition("true")),
    )
    assert seen == ["unset"]


def test_configurations_are_set_unset_reset_and_restored():
    seen = []
    run(
        SetLaunchConfiguration("x", "1"),
        SetLaunchConfiguration("y", "2"),
        PushLaunchConfigurations(),
        UnsetLaunchConfiguration("x"),
        record(seen, X, Y),
        ResetLaunchConfigurations({"x": [Y, "!"]}),
        record(seen, X, Y),
        PopLaunchConfigurations(),
        record(seen, X, Y),
    )
    assert seen == ["unset2", "2!unset", "12"]


def test_popping_more_than_was_pushed_ends_the_launch(capfd):
    assert run(PopLaunchConfigurations()) == 1
    assert "launch_configurations stack unexpectedly empty" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("keywords", "value"),
    [({}, "a:b"), ({"prepend": True}, "b:a"), ({"separator": " "}, "a b"), ({"prepend": X}, "b:a")],
)
def test_values_are_joined_to_environment_variables(keywords, value):
    seen = []
    run(
        SetLaunchConfiguration("x", "true"),
        SetEnvironmentVariable("CAR", "a"),
        AppendEnvironmentVariable("CAR", "b", **keywords),
        record(seen, CAR),
        UnsetEnvironmentVariable("CAR"),
        AppendEnvironmentVariable("CAR", "c", **keywords),
        record(seen, CAR),
    )
    assert seen == [value, "c"]


def test_processes_get_the_environment_of_their_scope(capfd):
    show = {"cmd": ["sh", "-c", "echo car=$CAR"], "output": "screen"}
    run(
        GroupAction([SetEnvironmentVariable("CAR", "red"), ExecuteProcess(**show)]),
        SetEnvironmentVariable("CAR", "blue"),
        ExecuteProcess(**show, additional_env={"CAR": [CAR, "!"]}),
        ExecuteProcess(**show, env={"PATH": os.environ["PATH"]}),
    )
    output = capfd.readouterr().out
    assert {line.split("] ")[1] for line in output.splitlines() if "car=" in line} == {
        "car=red",
        "car=blue!",
        "car=",
    }
