"""When the first episode begins: no sooner than whoever drives is there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ackermann_msgs.msg import AckermannDriveStamped
from deepracer_core.command_gate import Mode
from deepracer_drive.messages import EVERY
from deepracer_drive.nodes.command_gate_node import CommandGateNode
from deepracer_drive.nodes.inference_node import InferenceNode
from deepracer_drive.nodes.joy_teleop import JoyTeleop
from deepracer_interfaces.msg import GateStatus, StepOutcome
from deepracer_interfaces.srv import ResetCar
from deepracer_sim.nodes.episode_caller import (
    CHECK_PERIOD,
    SETTLING_CHECKS,
    EpisodeCaller,
)
from deepracer_sim.start import Start
from nav_msgs.msg import Odometry
from node_bench import Bench, bench
from rclpy.node import Node

DRIVERS = {Mode.MANUAL: JoyTeleop, Mode.AUTONOMOUS: InferenceNode}
MISSING = {
    Mode.MANUAL: {"/teleop/drive"},
    Mode.AUTONOMOUS: {"/policy/drive", "/camera/image_raw"},
}


def play_the_rest(stage: Bench) -> list[ResetCar.Request]:
    """Play simulator and reward node; return the episodes that are asked for."""
    resets: list[ResetCar.Request] = []

    def reset(request: ResetCar.Request, response: ResetCar.Response) -> ResetCar.Response:
        resets.append(request)
        response.success = True
        return response

    stage.peer.create_publisher(Odometry, "/odom", EVERY)
    stage.peer.create_publisher(StepOutcome, "/reward", EVERY)
    stage.listen(Odometry, "/odom")
    stage.listen(AckermannDriveStamped, "/drive")
    stage.peer.create_service(ResetCar, "/reset_car", reset)
    return resets


@pytest.fixture
def stage() -> Iterator[Bench]:
    with bench() as made:
        made.try_out(Node("episode_runner"))
        yield made


@pytest.mark.parametrize("mode", DRIVERS)
def test_it_waits_for_whoever_drives_in_the_mode(stage, mode):
    stage.add(CommandGateNode())
    resets = play_the_rest(stage)
    status = stage.listen(GateStatus, "/drive/status")
    caller = EpisodeCaller(stage.tried, mode, lambda: 0, lambda number: Start())
    stage.until(lambda: set(caller.missing()) <= MISSING[mode])
    ticks: list[None] = []
    stage.peer.create_timer(CHECK_PERIOD, lambda: ticks.append(None))
    stage.until(lambda: len(ticks) > 2 * SETTLING_CHECKS)  # long enough, were it to begin
    assert not resets
    assert {each.mode for each in status} == {Mode.STOPPED}
    stage.add(DRIVERS[mode]())
    stage.until(lambda: resets)
    stage.until(lambda: status[-1].mode == mode)
    assert caller.missing() == []
