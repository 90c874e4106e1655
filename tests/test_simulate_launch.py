"""Simulation as a user launches it: what drives, what it publishes, and how it ends."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import termios
from collections.abc import Iterator

import pytest
from deepracer_core.bundle.store import ModelStore
from deepracer_core.command_gate import Mode
from deepracer_interfaces.msg import GateStatus, StepOutcome
from launched import ENDING_SIGNALS, Launched
from nav_msgs.msg import Odometry
from node_bench import Bench, bench
from sensor_msgs.msg import Joy
from untrained import create_untrained

SIMULATE = ("deepracer_sim", "simulate.launch.py")
SAMPLE = "model:=reinvent-2018-sample"
PLANAR = (*SIMULATE, "engine:=planar")
NODES = {
    "simulator",
    "robot_state_publisher",
    "track_publisher",
    "command_gate",
    "reward_node",
    "episode_runner",
    "inference",
}


@pytest.fixture(scope="module")
def model(ros_isolation) -> str:
    """Name of an untrained model."""
    return create_untrained(ModelStore(), "untrained").name


@pytest.fixture
def peer() -> Iterator[Bench]:
    with bench() as made:
        yield made


@pytest.fixture
def driving(model, peer) -> Iterator[Launched]:
    """The graph in lockstep, with an untrained model that drives."""
    with Launched(*PLANAR, f"model:={model}", "pacing:=lockstep") as running:
        peer.listen(StepOutcome, "/reward")
        peer.until(lambda: peer.heard["/reward"])
        peer.until(lambda: set(peer.peer.get_node_names()) >= NODES)  # some are not needed to drive
        yield running


def test_it_consists_of_its_nodes_and_drives_300_steps_without_a_gap(driving, peer):
    outcomes = peer.heard["/reward"]
    peer.until(lambda: len(outcomes) >= 300)
    assert set(driving.nodes()) == NODES
    # The runner begins anew where nothing follows for 5 s, as on a busy machine while nodes start.
    start = next(turn for turn, outcome in enumerate(outcomes) if outcome.step > 1)
    previous = outcomes[start]
    for outcome in outcomes[start + 1 :]:
        if previous.done:
            assert (outcome.episode, outcome.step) == (previous.episode + 1, 1)
        else:
            assert (outcome.episode, outcome.step) == (previous.episode, previous.step + 1)
        previous = outcome
    assert sum(outcome.done for outcome in outcomes) >= 3


@pytest.mark.parametrize("number", ENDING_SIGNALS)
def test_a_signal_while_it_drives_ends_all_of_it(driving, number):
    driving.process.send_signal(number)
    check_clean_end(driving)


@pytest.mark.parametrize("begun", ["command_gate", "simulator"])
def test_a_signal_while_it_starts_ends_all_of_it(model, begun):
    with Launched(*PLANAR, f"model:={model}") as running:
        running.wait_for(f"[{begun}-")
        running.press_ctrl_c()
        check_clean_end(running, also_killed_at_start=True)


def check_clean_end(running: Launched, *, also_killed_at_start: bool = False) -> None:
    running.wait_for_end()
    assert running.processes() == {}
    if not also_killed_at_start:  # Python itself may be interrupted while it imports
        assert "Traceback" not in running.output
        assert running.output.count("process has finished cleanly") == len(NODES)


@pytest.mark.parametrize("executable", ["reward_node", "simulator", "command_gate", "inference"])
def test_when_a_node_dies_the_rest_ends_and_it_says_which(driving, executable):
    pid = driving.nodes()[executable]
    os.kill(pid, signal.SIGKILL)
    assert driving.wait_for_end() == 1
    assert driving.processes() == {}
    assert f"process has died [pid {pid}, exit code -9" in driving.output
    assert "Traceback" not in driving.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "who drives? Give model:=NAME, teleop:=keyboard or teleop:=joystick"),
        (("teleop:=joystick", "pacing:=lockstep"), "a person cannot answer each image"),
        (("model:=ghost",), "there is no model 'ghost'"),
        ((SAMPLE, "track:=oval"), "track 'oval' not found"),
        ((SAMPLE, "obstacles:=2"), "use engine 'mujoco'"),
        ((SAMPLE, "profile:=sleepy"), "no vehicle profile 'sleepy'"),
        (
            (SAMPLE, "reward_function:=/none.py"),
            "/none.py: the file cannot be read",
        ),
    ],
)
def test_what_cannot_be_simulated_ends_it_with_the_reason(arguments, message):
    with Launched(*PLANAR, *arguments) as running:
        assert running.wait_for_end() == 1
        assert running.processes() == {}
    told = next(line for line in running.output.splitlines() if message in line)
    assert f"{told.split()[0]} Traceback" not in running.output


def test_in_realtime_the_model_drives_too(model, peer):
    with Launched(*PLANAR, f"model:={model}"):
        peer.listen(Odometry, "/odom")
        peer.listen(StepOutcome, "/reward")
        peer.until(lambda: speed(peer) > 0.3)
        peer.until(lambda: any(outcome.done for outcome in peer.heard["/reward"]))


def test_a_person_drives_with_the_joystick(peer):
    with Launched(*PLANAR, "teleop:=joystick") as running:
        peer.listen(GateStatus, "/drive/status")
        peer.listen(Odometry, "/odom")
        peer.until(lambda: was_manual(peer))
        assert set(running.nodes()) >= NODES - {"inference"} | {"joy_teleop"}
        full_speed = Joy(axes=[0.0, 0.0, 0.0, 0.0, 1.0], buttons=[0, 0, 0, 0, 1])
        ask_for_manual = Joy(axes=[0.0] * 5, buttons=[1, 0, 0, 0, 0])

        def drives() -> bool:
            # A hiccup of a second, on a busy machine, ends the mode; then it is asked for again.
            peer.say("/joy", full_speed if mode(peer) == "MANUAL" else ask_for_manual)
            return speed(peer) > 0.5

        peer.until(drives)
        peer.until(lambda: speed(peer) < 0.05)  # let go of


def speed(peer: Bench) -> float:
    return peer.heard["/odom"][-1].twist.twist.linear.x if peer.heard["/odom"] else 0.0


def mode(peer: Bench) -> str:
    return Mode(peer.heard["/drive/status"][-1].mode).name


def was_manual(peer: Bench) -> bool:
    """Whether a person was let drive, though a hiccup of a second may have ended it already."""
    return any(status.mode == Mode.MANUAL for status in peer.heard["/drive/status"])


def test_a_person_drives_with_the_keyboard_of_the_terminal(peer):
    human, terminal = pty.openpty()
    before = termios.tcgetattr(terminal)
    with Launched(*PLANAR, "teleop:=keyboard", terminal=terminal) as running:
        peer.listen(GateStatus, "/drive/status")
        peer.listen(Odometry, "/odom")
        peer.until(lambda: was_manual(peer))

        def drives() -> bool:
            # A hiccup of a second, on a busy machine, ends the mode; then it is asked for again.
            os.write(human, b"w" if mode(peer) == "MANUAL" else b"m")
            return speed(peer) > 0.5

        peer.until(drives)
        os.write(human, b"x")
        peer.until(lambda: mode(peer) == "STOPPED")
        assert termios.tcgetattr(terminal) != before
        os.write(human, b"\x03")
        running.wait_for_end()
        assert running.processes() == {}
    assert "Traceback" not in running.output
    assert termios.tcgetattr(terminal) == before
    os.close(human)
    os.close(terminal)


def test_arguments_are_described():
    shown = subprocess.run(
        ["ros2", "launch", *SIMULATE, "--show-args"], capture_output=True, text=True, check=True
    ).stdout
    for name in ("model", "teleop", "track", "engine", "profile", "pacing", "level", "seed"):
        assert f"'{name}':" in shown
    for name in ("obstacles", "record", "rviz", "reward_function"):
        assert f"'{name}':" in shown
    assert "no description given" not in shown


def test_it_records_into_a_bag(model, tmp_path, peer):
    with Launched(*PLANAR, f"model:={model}", "record:=true", folder=tmp_path) as running:
        running.wait_for("Off track")
        running.process.send_signal(signal.SIGINT)
        running.wait_for_end()
        assert running.processes() == {}
    (bag,) = tmp_path.glob("rosbag2_*")
    info = subprocess.run(
        ["ros2", "bag", "info", bag], capture_output=True, text=True, check=True
    ).stdout
    assert "mcap" in info
    for topic in ("/camera/image_raw", "/drive", "/reward", "/odom", "/policy/decision"):
        assert f"Topic: {topic} " in info
