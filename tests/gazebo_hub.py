"""A world that stands in for gz-sim, behind the stand-in of gz-transport: a thread with sockets."""

from __future__ import annotations

import contextlib
import math
import pickle
import threading
import time
from multiprocessing.connection import Connection, Listener
from typing import Any

from deepracer_sim.gazebo import names
from gazebo_world import Control, Habits, State, World
from gz.msgs10.clock_pb2 import Clock
from gz.msgs10.image_pb2 import Image
from gz.msgs10.model_pb2 import Model
from gz.msgs10.odometry_pb2 import Odometry
from gz.msgs10.parts import Axis, Joint, Time
from gz.transport13 import address

PAUSED_TURN = 0.001  # [s]
STATE_PERIOD = 22_000_000  # [ns]; gz-sim publishes each step, which takes time without need
COMMANDS = (names.GZ_STEERING, names.GZ_LEFT_WHEEL, names.GZ_RIGHT_WHEEL)


class Hub:
    """Server and discovery of one partition; a context manager."""

    def __init__(self, habits: Habits | None = None, *, services: bool = True) -> None:
        self.world = World(
            habits, on_clock=self._tell_clock, on_state=self._tell_state, on_frame=self._show
        )
        self.requests: list[Any] = []
        self._services = [names.CONTROL_SERVICE, names.SET_POSE_SERVICE] if services else []
        self._subscribed: dict[str, list[Connection]] = {}
        self._lock = threading.Lock()
        self._listener = Listener(address(), "AF_UNIX")
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=target, daemon=True) for target in (self._accept, self._run)
        ]

    def __enter__(self) -> Hub:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._ended.set()
        self._threads[1].join()
        self._listener.close()

    def _run(self) -> None:
        while not self._ended.is_set():
            with self._lock:
                self.world.iterate()
            if self.world.paused:
                time.sleep(PAUSED_TURN)

    def _accept(self) -> None:
        while True:
            try:
                connection = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        while True:
            try:
                word, *arguments = connection.recv()
            except (EOFError, OSError):
                return
            with self._lock:
                self._answer(connection, word, arguments)

    def _answer(self, connection: Connection, word: str, arguments: list[Any]) -> None:
        if word == "publish":
            topic, message = arguments
            self.world.commands[COMMANDS.index(topic)] = message.data
        elif word == "subscribe":
            self._subscribed.setdefault(arguments[0], []).append(connection)
        elif word == "unsubscribe":
            self._subscribed[arguments[0]].remove(connection)
        elif word == "subscribed":
            connection.send(COMMANDS)
        elif word == "services":
            connection.send(self._services)
        elif word == "call":
            connection.send(self._call(*arguments))

    def _call(self, service: str, request: Any, timeout: int) -> bool | None:
        self.requests.append(request)
        if service not in self._services:
            return None
        if service == names.CONTROL_SERVICE:
            return self.world.control(Control(request.pause, request.multi_step))
        turn = request.orientation
        yaw = 2.0 * math.atan2(turn.z, turn.w)
        known = request.name == names.CAR and request.position.z > 0.0
        return known and self.world.set_pose(request.position.x, request.position.y, yaw)

    def _publish(self, topic: str, message: Any) -> None:
        for connection in list(self._subscribed.get(topic, [])):
            with contextlib.suppress(OSError):  # whoever has gone misses it
                connection.send_bytes(pickle.dumps((topic, message)))

    def _tell_clock(self, stamp: int) -> None:
        self._publish(names.GZ_CLOCK, Clock(sim=_time(stamp)))

    def _tell_state(self, state: State) -> None:
        if state.stamp % STATE_PERIOD:
            return
        odometry = Odometry()
        odometry.header.stamp = _time(state.stamp)
        position, turn = odometry.pose.position, odometry.pose.orientation
        position.x, position.y, position.z = state.position
        turn.x, turn.y, turn.z, turn.w = state.orientation
        odometry.twist.linear.x, odometry.twist.linear.y = state.velocity
        odometry.twist.angular.z = state.yaw_rate
        self._publish(names.GZ_ODOMETRY, odometry)
        joints = [Joint(name, Axis(angle)) for name, angle in state.joints.items()]
        self._publish(names.GZ_JOINT_STATES, Model(joint=joints))

    def _show(self, stamp: int, pixels: Any) -> None:
        rows, columns, _ = pixels.shape
        image = Image(width=columns, height=rows, data=pixels.tobytes())
        image.header.stamp = _time(stamp)
        self._publish(names.GZ_IMAGE, image)


def _time(stamp: int) -> Time:
    seconds, nanoseconds = divmod(stamp, 1_000_000_000)
    return Time(seconds, nanoseconds)
