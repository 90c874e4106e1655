"""`ros2` itself: help, wrong usage, imports, completion, exit codes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from ros2cli.cli import COMMANDS, Group, Verb

INSTALL_HINT = "install ROS 2 to use it"

ALL_VERBS = [
    (name, verb)
    for name, command in COMMANDS.items()
    for verb in (command.verbs if isinstance(command, Group) else [""])
]


def test_without_a_command_prints_help(ros2):
    result = ros2()
    assert result.code == 0
    assert "usage: ros2" in result.out
    assert "Various topic related sub-commands" in result.out


def test_a_group_without_a_verb_prints_its_verbs(ros2):
    result = ros2("topic")
    assert result.code == 0
    assert "Print the average receiving rate to screen" in result.out


@pytest.mark.parametrize(("command", "verb"), ALL_VERBS)
def test_every_verb_has_help(ros2, command, verb):
    result = ros2(*filter(None, (command, verb, "--help")))
    assert result.code == 0
    assert result.out.startswith(f"usage: ros2 {command}")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["doctor"], "'doctor'"),
        (["topic", "fly"], "'fly'"),
        (["bag", "convert"], "'convert'"),
        (["topic", "list", "--sideways"], "--sideways"),
        (["bag", "record", "--compression-mode", "file", "-a"], "--compression-mode"),
    ],
)
def test_what_only_the_full_ros2_has_is_named(ros2, words, named):
    result = ros2(*words)
    assert result.code == 2
    assert named in result.err
    assert INSTALL_HINT in result.err


@pytest.mark.parametrize(
    "words",
    [
        ["topic", "pub", "/a", "std_msgs/msg/String", "-r", "0"],
        ["topic", "pub", "/a", "std_msgs/msg/String", "--times", "-1"],
        ["topic", "hz", "/a", "--window", "0"],
        ["topic", "echo", "/a", "-l", "x"],
    ],
)
def test_a_value_out_of_range_is_wrong_usage(ros2, words):
    assert ros2(*words).code == 2


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["topic", "--help"],
        ["pkg", "list"],
        ["run", "nowhere", "nothing"],
        ["launch", "nowhere", "nothing.launch.py"],
        ["interface", "show", "std_msgs/msg/String"],
    ],
)
def test_what_needs_no_graph_does_not_import_rclpy(words):
    program = f"""
import sys
from ros2cli.cli import main
try:
    main({words!r})
except SystemExit:
    pass
sys.exit("rclpy" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", program], capture_output=True).returncode == 0


@pytest.mark.parametrize("words", [["topic", "list"], ["launch", "demo", "demo.launch.py"]])
def test_an_interrupt_while_a_command_is_imported_is_no_traceback(ros2, monkeypatch, words):
    def interrupted(verb):
        raise KeyboardInterrupt

    monkeypatch.setattr(Verb, "load", interrupted)
    result = ros2(*words)
    assert (result.code, result.out, result.err) == (signal.SIGINT, "", "")


def test_a_closed_pipe_is_no_traceback():
    command = f"{sys.executable} -m ros2cli.cli interface list | head -1"
    result = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert result.stdout == "Messages:\n"
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ros2 to", "topic"),
        ("ros2 topic ec", "echo"),
        ("ros2 pkg prefix std_s", "std_srvs"),
        ("ros2 interface show std_msgs/msg/Str", "std_msgs/msg/String"),
    ],
)
def test_tab_completes(line: str, expected: str, tmp_path: Path):
    output = tmp_path / "completions"
    env = {
        **os.environ,
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(output),
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
    }
    subprocess.run([sys.executable, "-m", "ros2cli.cli"], env=env, check=True)
    assert [word.strip() for word in output.read_text().split("\n")] == [expected]


@pytest.mark.parametrize("verb", ["start", "status", "stop"])
def test_daemon_says_that_there_is_none(ros2, verb):
    result = ros2("daemon", verb)
    assert result.code == 0
    assert "each command discovers the graph by itself" in result.out
