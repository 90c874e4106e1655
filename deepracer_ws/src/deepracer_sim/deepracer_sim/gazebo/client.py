"""What is needed of a gz-sim server, by whatever way it is reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from deepracer_sim.engine import Images
from deepracer_sim.gazebo.command_shaping import JointCommands


@dataclass(frozen=True)
class OdometryReading:
    """Where the car is and how it moves, as OdometryPublisher tells it."""

    stamp: int
    """Simulated time of the server [ns]."""
    position: tuple[float, float, float]
    """x, y, z of base_link in the map [m]."""
    orientation: tuple[float, float, float, float]
    """Unit quaternion x, y, z, w of base_link in the map."""
    velocity: tuple[float, float]
    """Velocity of base_link along its own x and y axis [m/s], mean of the last 10 steps."""
    yaw_rate: float
    """[rad/s], left positive."""


@dataclass(frozen=True, eq=False)
class Frame:
    """What the camera has seen."""

    stamp: int
    """Simulated time of the server [ns]: the state after exactly this step is shown."""
    pixels: Images
    """(rows, columns, 3) RGB."""


class GazeboClient(Protocol):
    """One server, reached from outside; nothing but `wait` and what names a patience waits.

    A request that is answered has been queued, not executed; one that is not answered may have been
    executed all the same. Whoever wants to know looks at odometry, frame or clock.
    """

    @property
    def odometry(self) -> OdometryReading | None:
        """The newest one; None: none has come yet."""

    @property
    def frame(self) -> Frame | None:
        """The newest one; None: none has come yet."""

    @property
    def joints(self) -> Mapping[str, float]:
        """Newest positions [rad] of the joints by their names; empty: none have come yet."""

    def missing(self) -> list[str]:
        """Which topics and services have no other end yet, in words; empty: all are connected."""

    def send(self, commands: JointCommands) -> None:
        """Tell the joints what to do from now on; may reach them a step or two late."""

    def request_steps(self, steps: int, patience: float) -> bool:
        """Ask for so many steps, then pause; with 0 steps: only pause.

        Returns:
            Whether the server has answered within `patience` [s] that it queued them.
        """

    def request_pose(self, x: float, y: float, yaw: float, patience: float) -> bool:
        """Ask to put the car at x, y [m], yaw [rad], free of the ground; velocities stay.

        Returns:
            Whether the server has answered within `patience` [s] that it will.
        """

    def read_clock(self, patience: float) -> int | None:
        """The simulated time [ns] at which the world stands.

        Returns:
            None: within `patience` [s] the world did not stand, or there was no clock.
        """

    def wait(self, done: Callable[[], bool], patience: float) -> bool:
        """Listen until `done`; False: it was not within `patience` [s]."""

    def close(self) -> None:
        """Leave the server alone."""
