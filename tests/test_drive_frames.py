"""The shipped model drives a recording of our simulator: what each frame makes of the pulses.

The expectation is computed here, from the recording's files and the formulas of the stock car.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import pytest
from ackermann_msgs.msg import AckermannDriveStamped
from deepracer_core.command_gate import Mode
from deepracer_core.policy import Policy
from deepracer_drive.messages import to_nanoseconds
from deepracer_drive.models import open_store
from deepracer_interfaces.msg import GateStatus
from deepracer_interfaces.srv import SetMode
from duty_log import DutyLog, FakeCar, log_duties
from launched import Launched
from node_bench import Bench, bench
from rclpy.qos import QoSProfile, ReliabilityPolicy
from recorded_drive import record_drive
from sensor_msgs.msg import Image

MODEL = "reinvent-2018-sample"
FRAMES = 60
MAX_THROTTLE = 0.8
ATTEMPTS = 8
NEUTRAL = (1_446_000, 1_450_000)
SIGHTINGS = QoSProfile(depth=2000, reliability=ReliabilityPolicy.BEST_EFFORT)
Pairs = list[tuple[int, int]]


@pytest.fixture(scope="module")
def recording(ros_isolation, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("recording")
    record_drive(folder, open_store().find(MODEL), FRAMES)
    return folder


@dataclass
class Graph:
    """The launched car, and what was published in it."""

    peer: Bench
    log: DutyLog
    images: dict[int, bytes]
    commands: list[AckermannDriveStamped]
    statuses: list[GateStatus]


@pytest.fixture
def graph(recording, tmp_path) -> Iterator[Graph]:
    car = FakeCar(tmp_path)
    arguments = (
        "hardware:=aws",
        f"pwm_root:={car.root}",
        f"model:={MODEL}",
        f"camera:={recording}",
        "fps:=60.0",  # quick enough for the gate to hold the wheel where the recording repeats
        f"calibration:={tmp_path / 'none.json'}",
        f"max_throttle:={MAX_THROTTLE}",
        "guard_timeout:=2.0",  # a busy machine is no reason to stop
    )
    with (
        bench() as peer,
        log_duties(car) as log,
        Launched("deepracer_car", "drive.launch.py", *arguments),
    ):
        images: dict[int, bytes] = {}

        def see(message: Image) -> None:
            images[to_nanoseconds(message.header.stamp)] = message.data.tobytes()

        peer.peer.create_subscription(Image, "/camera/image_raw", see, SIGHTINGS)
        statuses = peer.listen(GateStatus, "/drive/status")
        commands = peer.listen(AckermannDriveStamped, "/drive")
        peer.until(lambda: images and statuses and log.pairs)
        yield Graph(peer, log, images, commands, statuses)


def drive(graph: Graph, frames: int) -> tuple[list[int], Pairs]:
    """Drive for some frames; return the stamps of the commands that drove, and the pulses."""
    resting = max(graph.images) + 300_000_000  # [ns] the gate's limits forget what was before
    graph.peer.until(lambda: max(graph.images) > resting)
    commands, pairs = len(graph.commands), len(graph.log.pairs)

    def drives() -> list[int]:
        return [
            to_nanoseconds(message.header.stamp)
            for message in graph.commands[commands:]
            if message.drive.speed != 0.0
        ]

    asked = 0  # statuses of before

    def is_done() -> bool:
        nonlocal asked
        # Not twice for one status: the car would stand in between, and begin anew.
        if len(graph.statuses) > asked and graph.statuses[-1].mode == Mode.STOPPED:
            graph.peer.call(SetMode, "/set_mode", mode=Mode.AUTONOMOUS)
            asked = len(graph.statuses)
        return len(drives()) >= frames

    graph.peer.until(is_done)
    graph.peer.call(SetMode, "/set_mode", mode=Mode.STOPPED)
    graph.peer.until(lambda: graph.log.pairs[-1] == NEUTRAL)
    moving = graph.log.pairs[pairs:]
    while moving and moving[0] == NEUTRAL:
        moving.pop(0)
    while moving and moving[-1] == NEUTRAL:
        moving.pop()
    return drives(), moving


def expected_pairs(stamps: Sequence[int], images: dict[int, bytes], recording: Path) -> Pairs:
    """Motor and servo pulses [ns] that the decisions on these frames demand."""
    files = [cv2.imread(str(path)) for path in sorted(recording.iterdir())]
    index = {cv2.cvtColor(file, cv2.COLOR_BGR2RGB).tobytes(): i for i, file in enumerate(files)}
    policy = Policy.load(open_store().find(MODEL))
    space = policy.spec.metadata.action_space
    pairs, held, before, angle, speed = [], 0, stamps[0] - 200_000_000, 0.0, 0.0
    for stamp in stamps:
        decision = policy.decide(files[index[images[stamp]]], encoding="bgr8")
        elapsed = min((stamp - before) / 1e9, 0.2)
        turn = 16.0 * elapsed  # [rad] the gate's limits: 16 rad/s, 61 m/s^2
        angle = min(max(decision.steering_angle, angle - turn), angle + turn)
        speed = min(decision.speed, speed + 61.0 * elapsed)
        held += angle != decision.steering_angle
        share = speed / space.max_speed
        throttle = min(MAX_THROTTLE * (2.2 * share - 1.2 * share**2), 1.0)
        position = angle / space.max_steering_angle
        pairs.append((round(1_446_000 - throttle * 135_000), round(1_450_000 + position * 250_000)))
        before = stamp
    assert held > 0, "the recording asks for nothing that the gate limits"
    return pairs


def test_the_pulses_are_those_that_the_shipped_model_demands_frame_by_frame(graph, recording):
    for _ in range(ATTEMPTS):
        stamps, written = drive(graph, 2 * FRAMES)
        if len(stamps) == len(written) and set(stamps) <= graph.images.keys():
            break  # else the machine was so busy that pictures or commands were lost on the way
    else:
        pytest.fail(f"{len(stamps)} commands in {len(written)} pulses, whenever it was tried")
    expected = expected_pairs(stamps, graph.images, recording)
    differences = [
        max(abs(ours - theirs) for ours, theirs in zip(*pairs)) for pairs in zip(written, expected)
    ]
    assert max(differences) <= 1, differences  # float32 of the messages: a nanosecond
    assert len(set(written)) > FRAMES // 2, "the recording shows hardly anything"
