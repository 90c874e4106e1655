"""A gz-sim server as it is reached by the Python bindings of gz-transport, without ros_gz."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from deepracer_core.errors import SimulationError

from deepracer_sim.gazebo import names
from deepracer_sim.gazebo.bindings import load_bindings
from deepracer_sim.gazebo.client import Frame, OdometryReading
from deepracer_sim.gazebo.command_shaping import JointCommands

NANOSECONDS = 1_000_000_000
CONNECTION_PATIENCE = 0.2  # [s] between two looks at what is connected


class GazeboTransportClient:
    """`client.GazeboClient` by the bindings; services are called in a child process.

    What comes is taken in threads of gz-transport, which only keep the newest of each kind.
    """

    odometry: OdometryReading | None = None
    frame: Frame | None = None
    joints: Mapping[str, float]

    def __init__(self) -> None:
        """Make the ends of topics and start the process that calls services.

        Raises:
            SimulationError: the bindings are not installed.
        """
        node, self._messages = load_bindings()
        self.joints = {}
        self._clock: list[int] = []
        self._news = threading.Condition()
        self._node = node()
        double = self._messages["Double"]
        topics = (names.GZ_STEERING, names.GZ_LEFT_WHEEL, names.GZ_RIGHT_WHEEL)
        self._publishers = {topic: self._node.advertise(topic, double) for topic in topics}
        self._subscribe("Odometry", names.GZ_ODOMETRY, self._on_odometry)
        self._subscribe("Image", names.GZ_IMAGE, self._on_image)
        self._subscribe("Model", names.GZ_JOINT_STATES, self._on_joints)
        self._requests = subprocess.Popen(
            [sys.executable, "-m", "deepracer_sim.gazebo.transport_requests"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for the process that it belongs to
        )

    def missing(self) -> list[str]:
        """Which topics and services have no other end yet, in words."""
        # What is subscribed to cannot be asked for; it comes with the first steps, or the stepper
        # says that it does not.
        services: list[str] = self._ask("missing")
        return [
            *(
                f"a subscriber of {topic}"
                for topic, publisher in self._publishers.items()
                if not publisher.has_connections()
            ),
            *(f"the service {service}" for service in services),
        ]

    def send(self, commands: JointCommands) -> None:
        """Tell the joints what to do from now on."""
        for publisher, value in zip(self._publishers.values(), commands):
            publisher.publish(self._messages["Double"](data=value))

    def request_steps(self, steps: int, patience: float) -> bool:
        """Ask for so many steps, then pause; whether that was answered."""
        return bool(self._ask("steps", steps, patience))

    def request_pose(self, x: float, y: float, yaw: float, patience: float) -> bool:
        """Ask to put the car somewhere; whether that was answered."""
        return bool(self._ask("pose", x, y, yaw, patience))

    def read_clock(self, patience: float) -> int | None:
        """The time [ns] at which the world stands: it is told twice in a row."""
        self._clock = []
        self._subscribe("Clock", names.GZ_CLOCK, self._on_clock)
        stands = self.wait(lambda: len(self._clock) > 1 and len(set(self._clock)) == 1, patience)
        told = self._clock[0] if stands else None
        self._node.unsubscribe(names.GZ_CLOCK)
        return told

    def wait(self, done: Callable[[], bool], patience: float) -> bool:
        """Listen until `done`; False: it was not within `patience` [s]."""
        deadline = time.monotonic() + patience
        with self._news:
            while not done():
                left = deadline - time.monotonic()
                if left <= 0.0:
                    return False
                self._news.wait(min(left, CONNECTION_PATIENCE))
        return True

    def close(self) -> None:
        """End the process that calls services."""
        for stream in (self._requests.stdin, self._requests.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):  # it has ended already
                    stream.close()
        self._requests.wait()

    def _ask(self, *request: Any) -> Any:
        assert self._requests.stdin is not None
        assert self._requests.stdout is not None
        try:
            self._requests.stdin.write(json.dumps(request) + "\n")
            self._requests.stdin.flush()
            answer = self._requests.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise SimulationError(
                "the process that calls services of gz-sim has ended; its last words are above"
            )
        return json.loads(answer)

    def _subscribe(self, kind: str, topic: str, callback: Callable[[Any], None]) -> None:
        if not self._node.subscribe(self._messages[kind], topic, callback):
            raise SimulationError(f"gz-transport refuses to subscribe to {topic}")

    def _on_odometry(self, message: Any) -> None:
        position, turn = message.pose.position, message.pose.orientation
        reading = OdometryReading(
            stamp=_nanoseconds(message.header.stamp),
            position=(position.x, position.y, position.z),
            orientation=(turn.x, turn.y, turn.z, turn.w),
            velocity=(message.twist.linear.x, message.twist.linear.y),
            yaw_rate=message.twist.angular.z,
        )
        with self._news:
            self.odometry = reading
            self._news.notify_all()

    def _on_image(self, message: Any) -> None:
        pixels = np.frombuffer(message.data, np.uint8)
        pixels = pixels.reshape(message.height, message.width, -1)
        with self._news:
            self.frame = Frame(_nanoseconds(message.header.stamp), pixels)
            self._news.notify_all()

    def _on_joints(self, message: Any) -> None:
        self.joints = {joint.name: joint.axis1.position for joint in message.joint}

    def _on_clock(self, message: Any) -> None:
        with self._news:
            self._clock = [*self._clock[-1:], _nanoseconds(message.sim)]
            self._news.notify_all()


def _nanoseconds(stamp: Any) -> int:
    return int(stamp.sec) * NANOSECONDS + int(stamp.nsec)
