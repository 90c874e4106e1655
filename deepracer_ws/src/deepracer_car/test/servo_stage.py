"""A servo node as a process with a fake AWS car, and its gate in this process: for tests."""

from __future__ import annotations

import math
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import rclpy
from ackermann_msgs.msg import AckermannDriveStamped
from deepracer_core.command_gate import Mode
from deepracer_drive.messages import LATCHED, LATEST
from deepracer_interfaces.msg import GateStatus
from deepracer_interfaces.srv import SetMode
from diagnostic_msgs.msg import DiagnosticArray
from fake_car import FakeCar
from std_msgs.msg import Empty

WAIT = 60.0  # [s] until a test gives up
NEUTRAL = (1_446_000, 1_450_000)
FULL_SPEED, FULL_LEFT = 4.0, math.radians(30)
FULL = (1_311_000, 1_700_000)
PATIENT = 1.0
"""[s] The guard's 100 ms would be too short on a machine on which many tests run at once."""
BLOCKED = 3.0
"""[s] How long a loop is blocked."""

PROGRAM = """
import sys, time
from deepracer_car.nodes.servo_node import ServoNode
from deepracer_drive.node_main import spin_until_shutdown
from std_msgs.msg import Empty

class Sick(ServoNode):
    # A servo node that blocks its loop, or has a bug, when told to.
    def __init__(self):
        super().__init__()
        self.create_subscription(Empty, "/block", lambda message: time.sleep({blocked}), 1)
        self.create_subscription(Empty, "/crash", lambda message: self.missing(), 1)

sys.exit(spin_until_shutdown(Sick))
"""


class Stage:
    """A servo node, the car it drives, and this process as its gate."""

    def __init__(self, car: FakeCar, calibration_path: Path, guard_timeout: float) -> None:
        self.car = car
        self.guard_timeout = guard_timeout
        self.calibration_path = calibration_path
        self.node = rclpy.create_node("gate")
        self.drive = self.node.create_publisher(AckermannDriveStamped, "/drive", LATEST)
        self.status = self.node.create_publisher(GateStatus, "/drive/status", LATCHED)
        self.asked: list[int] = []
        self.answers = False  # whether the gate does what it is asked for
        self.node.create_service(SetMode, "/set_mode", self._on_set_mode)
        self.diagnostics: list[DiagnosticArray] = []
        self.node.create_subscription(
            DiagnosticArray, "/diagnostics", self.diagnostics.append, LATEST
        )
        self.block = self.node.create_publisher(Empty, "/block", 1)
        self.process: subprocess.Popen[str] | None = None

    def _on_set_mode(self, request, response):
        self.asked.append(request.mode)
        response.success, response.mode = self.answers, request.mode
        return response

    def start(self, *parameters: str, stopped: bool = True) -> None:
        """Start the servo node, at full throttle of the stock car's pulses, and wait for it."""
        self.status.publish(GateStatus(mode=Mode.STOPPED if stopped else Mode.AUTONOMOUS))
        values = (
            "hardware:=aws",
            f"root:={self.car.root}",
            f"calibration:={self.calibration_path}",
            "max_throttle:=1.0",
            f"guard_timeout:={self.guard_timeout}",
            *parameters,
        )
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                PROGRAM.format(blocked=BLOCKED),
                "--ros-args",
            ]
            + [word for value in values for word in ("-p", value)],
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_until(self, true: Callable[[], object]) -> None:
        deadline = time.monotonic() + WAIT
        while not true():
            assert time.monotonic() < deadline, "it never came true"
            rclpy.spin_once(self.node, timeout_sec=0.005)

    def send(self, speed: float, angle: float, age: float = 0.0) -> None:
        message = AckermannDriveStamped()
        now = self.node.get_clock().now().nanoseconds - round(age * 1e9)
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(now, 10**9)
        message.drive.speed, message.drive.steering_angle = speed, angle
        self.drive.publish(message)

    def is_alive(self) -> bool:
        assert self.process.poll() is None, self.process.stderr.read()
        return True

    def drive_until(self, duties: tuple[int, int], speed: float, angle: float) -> None:
        """Send a command, stamped anew, until the pulses are these."""

        def is_reached() -> bool:
            self.send(speed, angle)
            return self.is_alive() and self.car.motor_and_servo == duties

        self.wait_until(lambda: self.is_alive() and self.drive.get_subscription_count() > 0)
        self.wait_until(is_reached)

    def drive_at_full(self) -> None:
        self.drive_until(FULL, FULL_SPEED, FULL_LEFT)

    def wait_for_neutral(self) -> None:
        self.wait_until(lambda: self.car.motor_and_servo == NEUTRAL)

    def wait_for_word(self, text: str) -> None:
        """Wait until servo node or guard has said this; `end` then tells what follows."""
        while text not in (line := self.process.stderr.readline()):
            assert line, f"it ended without saying {text!r}"

    def end(self) -> tuple[int, str]:
        """Exit status and messages of a servo node that ends by itself, and its guard after it."""
        _, stderr = self.process.communicate(timeout=WAIT)
        return self.process.returncode, stderr

    def guard(self) -> int:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        (pid,) = children.read_text().split()
        return int(pid)

    def latest(self, name: str) -> dict[str, str]:
        """Values of the newest diagnostics of this name."""
        (status,) = (item for item in self.diagnostics[-1].status if name in item.name)
        return {value.key: value.value for value in status.values}

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            self.process.communicate(timeout=WAIT)
        self.node.destroy_node()


@contextmanager
def servo_stage(folder: Path, guard_timeout: float = PATIENT) -> Iterator[Stage]:
    """A stage in this folder; whatever it started ends with it."""
    rclpy.init()
    stage = Stage(FakeCar(folder / "car"), folder / "calibration.json", guard_timeout)
    try:
        yield stage
    finally:
        stage.close()
        rclpy.try_shutdown()
