"""The world that stands in for gz-sim, reached without ROS: for tests of what steps it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deepracer_sim.gazebo.client import Frame, OdometryReading
from gazebo_world import Control, Habits, ServerDiedError, State, World

TURN = 0.001  # [s] of patience that a turn of the server's loop takes, however busy the machine is


class StandInClient:
    """A `GazeboClient` whose server turns its loop while it is listened to."""

    def __init__(self, habits: Habits | None = None, *, sees: bool = True) -> None:
        self.world = World(
            habits,
            on_clock=self._hear_clock,
            on_state=self._hear,
            on_frame=self._see,
            has_viewer=lambda: sees,
        )
        self.odometry: OdometryReading | None = None
        self.frame: Frame | None = None
        self.joints: dict[str, float] = {}
        self.controls: list[Control] = []
        self.pauses = True
        self.alive = True
        self.waited = 0.0
        self._clock: list[int] = []

    def missing(self) -> list[str]:
        return [] if self.alive else ["the server"]

    def send(self, commands: Any) -> None:
        self.world.commands[:] = commands

    def request_steps(self, steps: int, patience: float) -> bool:
        self.controls.append(Control(self.pauses, steps))
        return self.alive and self.world.control(self.controls[-1])

    def request_pose(self, x: float, y: float, yaw: float, patience: float) -> bool:
        return self.alive and self.world.set_pose(x, y, yaw)

    def read_clock(self, patience: float) -> int | None:
        self._clock.clear()
        stands = self.wait(
            lambda: len(self._clock) > 1 and self._clock[-1] == self._clock[-2], patience
        )
        return self._clock[-1] if stands else None

    def wait(self, done: Callable[[], bool], patience: float) -> bool:
        turns = iter(range(round(patience / TURN)))
        while not done():
            if not self.alive or next(turns, None) is None:
                return False
            self._turn()
            self.waited += TURN
        return True

    def close(self) -> None:
        self.alive = False

    def _turn(self) -> None:
        try:
            self.world.iterate()
        except ServerDiedError:
            self.alive = False

    def _hear_clock(self, stamp: int) -> None:
        self._clock.append(stamp)

    def _hear(self, state: State) -> None:
        self.odometry = OdometryReading(
            state.stamp, state.position, state.orientation, state.velocity, state.yaw_rate
        )
        self.joints = state.joints

    def _see(self, stamp: int, pixels: Any) -> None:
        self.frame = Frame(stamp, pixels)
