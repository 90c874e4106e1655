"""`ros2 launch`: finding the file, its arguments, signals."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest

LAUNCH_FILE = """
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess, LogInfo
from launch.substitutions import LaunchConfiguration

def generate_launch_description():
    return LaunchDescription([
        DeclareLaunchArgument("speed", default_value="2", description="Speed [m/s]"),
        DeclareLaunchArgument("track"),
        LogInfo(msg=["speed ", LaunchConfiguration("speed")]),
        ExecuteProcess(cmd=["sh", "-c", "echo child $$; exec sleep 60"], output="screen"),
    ])
"""


@pytest.fixture
def launch_file(package: Path) -> Path:
    path = package / "share" / "demo" / "launch" / "demo.launch.py"
    path.write_text(LAUNCH_FILE)
    return path


def test_show_args(ros2, launch_file):
    result = ros2("launch", "demo", "demo.launch.py", "--show-args")
    assert result.code == 0
    assert result.out == (
        "Arguments (pass arguments as '<name>:=<value>'):\n"
        "\n    'speed':\n        Speed [m/s]\n        (default: '2')\n"
        "\n    'track':\n        no description given\n"
    )


def test_show_args_of_a_file_without_any(ros2, launch_file):
    launch_file.write_text(
        "from launch import LaunchDescription\n"
        "def generate_launch_description():\n    return LaunchDescription([])\n"
    )
    assert ros2("launch", str(launch_file), "-s").out.endswith("\n\n  No arguments.\n")


def test_print_shows_every_entity_and_starts_nothing(ros2, launch_file):
    output = ros2("launch", str(launch_file), "--print").out
    declaration = "Action('<launch.actions.arguments.DeclareLaunchArgument object at 0x>')"
    assert re.sub("0x[0-9a-f]+", "0x", output) == (
        "<launch.launch_description.LaunchDescription object at 0x>\n"
        f"├── {declaration}\n"
        f"├── {declaration}\n"
        "├── LogInfo('speed ' + LaunchConfig('speed'))\n"
        "└── ExecuteProcess(cmd=['sh', '-c', 'echo child $$; exec sleep 60'], cwd=None, env=None, "
        "shell=False)\n"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere", "demo.launch.py"], "Package 'nowhere' not found"),
        (
            ["demo", "no.launch.py"],
            "file 'no.launch.py' was not found in the share directory of package 'demo'",
        ),
        (["./no.launch.py"], "No launch file supplied"),
        (
            ["demo", "demo.launch.py", "speed=3"],
            "malformed launch argument 'speed=3', expected format '<name>:=<value>'",
        ),
        (["demo", "demo.launch.py", "speed:="], "malformed launch argument 'speed:='"),
        (["demo", "demo.launch.py", ":=3"], "malformed launch argument ':=3'"),
    ],
)
def test_wrong_words(ros2, launch_file, words, message):
    result = ros2("launch", *words)
    assert result.code == 1
    assert message in result.err


def test_two_files_of_one_name(ros2, launch_file):
    (launch_file.parents[1] / "demo.launch.py").write_text(LAUNCH_FILE)
    result = ros2("launch", "demo", "demo.launch.py")
    assert result.code == 1
    assert "was found more than once in the share directory of package 'demo'" in result.err


def test_a_broken_file_is_named_with_its_error(ros2, launch_file):
    launch_file.write_text("import nowhere_at_all\n")
    result = ros2("launch", str(launch_file))
    assert result.code == 1
    assert str(launch_file) in result.err
    assert "nowhere_at_all" in result.err


def test_an_undeclared_argument_is_warned_about(start, launch_file):
    with start("launch", "demo", "demo.launch.py", "sped:=3", "track:=oval") as process:
        warning = process.read_error_line("WARNING")
        assert warning == (
            "WARNING: 'sped' is not an argument that 'demo.launch.py' declares "
            "(it declares: speed, track)\n"
        )
        # It runs nevertheless, with the default of what was meant, as in the full ROS 2.
        process.read_line("child")


@pytest.mark.parametrize(
    ("signum", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 128 + signal.SIGTERM)]
)
def test_a_signal_ends_the_launch_and_its_processes(start, launch_file, signum, code):
    with start("launch", str(launch_file), "track:=oval", "speed:=4") as process:
        pid = int(process.read_line("child ").split()[-1])
        result = process.end(signum)
    assert not Path(f"/proc/{pid}").exists()
    assert result.code == code


def test_all_output_is_asked_for(start, launch_file):
    launch_file.write_text(
        LAUNCH_FILE.replace(', output="screen"', "").replace("exec sleep 60", "true")
    )
    with start("launch", "-a", "demo", "demo.launch.py", "track:=oval") as process:
        process.read_line("child")
        assert process.end().code == 0
