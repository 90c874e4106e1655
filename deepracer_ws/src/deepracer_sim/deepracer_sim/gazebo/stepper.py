"""Moves a world of gz-sim by whole control periods and waits until state and image are there.

gz-sim answers a request for steps at once, executes it later, and shows images later still, from
another thread. Hence: one request at a time, each with `pause: true`, and a step is done when
odometry and image carry its stamp.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from deepracer_core.errors import SimulationError

from deepracer_sim.engine import CONTROL_PERIOD_NANOSECONDS
from deepracer_sim.gazebo.client import Frame, GazeboClient, OdometryReading
from deepracer_sim.gazebo.command_shaping import STANDSTILL, JointCommands
from deepracer_sim.gazebo.names import STEP_NANOSECONDS

ATTEMPTS = 2
"""The first one and one retry."""

FIRST_IMAGE_PATIENCE = 1.0
"""Time of the wall clock [s] after which, at the start, the next period is tried for an image: a
camera shows nothing before its renderer is ready, which takes the first one seconds."""

FIRST_STATE_PATIENCE = 5.0
"""Time of the wall clock [s] after which, at the start, steps without a state are asked for again:
newer servers make the car after the services are there, and step without it."""

LONGEST_CATCH_UP = 16
"""Periods of one request at the start, at most. A camera whose renderer was late is behind: in
older versions it makes up for each lost period by eleven frames that follow each other by 60
instead of 66 ms (nine tenths of a period, to whole steps)."""

CHECK_PERIOD = 0.2
"""Time of the wall clock [s] between two looks at what is connected."""

Say = Callable[[str], object]


class Stepper:
    """The world of one server, advanced from the outside.

    A period ends where an image is due: at multiples of the control period of simulated time, as
    gz-sensors counts it from 0. Should the frames come at other times, the periods follow them.
    Source: Sensor::Update of gz-sensors; SensorsPrivate::RunOnce of gz-sim, with its mask.

    Attributes:
        time: simulated time of the server at which the world stands [ns].
    """

    def __init__(self, client: GazeboClient, patience: float, say: Say) -> None:
        """Move the world that this client reaches.

        Args:
            client: of the server.
            patience: time of the wall clock [s] that a step, or an answer, may take.
            say: gets what people should know.
        """
        self._client, self._patience, self._say = client, patience, say
        self._phase = 0
        self.time = 0

    @property
    def odometry(self) -> OdometryReading:
        """Of the present moment, once there was a step."""
        reading = self._client.odometry
        assert reading is not None
        return reading

    @property
    def frame(self) -> Frame:
        """Of the present moment, once `start` has returned, and after a step with an image."""
        frame = self._client.frame
        assert frame is not None
        return frame

    def start(self, patience: float) -> None:
        """Wait for the server, pause it and advance until the camera shows what it should.

        Args:
            patience: time of the wall clock [s] for all of this.

        Raises:
            SimulationError: something does not come; says what, and where to look.
        """
        deadline = time.monotonic() + patience
        self._await_connections(deadline)
        self._pause()
        self._synchronise(max(self._patience, deadline - time.monotonic()))
        patience, periods = min(FIRST_STATE_PATIENCE, self._patience), 1
        image_patience = min(FIRST_IMAGE_PATIENCE, self._patience)
        while not self._reach(
            target := self._period_end(periods), STANDSTILL, patience, image_patience
        ):
            complaint = self._complaint(target)
            if time.monotonic() > deadline:
                raise SimulationError(complaint)
            if _stamp(self._client.odometry) != target:
                self._recover(target)
            elif self._client.frame is not None:
                self._follow_frames()
                periods = min(2 * periods, LONGEST_CATCH_UP)

    def advance(self, commands: JointCommands, *, with_image: bool = True) -> None:
        """Advance to the end of the present period.

        After trouble it may be the end of a later one: state and image then still belong together.

        Args:
            commands: to the joints, in force from now on.
            with_image: whether to wait for the image of the period's end, too.

        Raises:
            SimulationError: the server does not do it, or does not show it, in two attempts.
        """
        image_patience = self._patience if with_image else None
        late = min(self._patience, FIRST_IMAGE_PATIENCE) if with_image else None
        for attempt in range(ATTEMPTS):
            target = self._period_end()
            if self._reach(target, commands, self._patience, image_patience):
                return
            complaint = self._complaint(target)
            self._recover(target)
            if self.time == target and self._shows(target, late):
                self._say(f"{complaint}; it came later")
                return
            if attempt + 1 < ATTEMPTS:
                self._say(f"{complaint}; trying again")
        raise SimulationError(complaint)

    def _period_end(self, periods: int = 1) -> int:
        """The time [ns] at which the next image is due, or a later one."""
        since = (self.time - self._phase) % CONTROL_PERIOD_NANOSECONDS
        return self.time + periods * CONTROL_PERIOD_NANOSECONDS - since

    def _reach(
        self, target: int, commands: JointCommands, patience: float, image_patience: float | None
    ) -> bool:
        """Ask for the steps up to `target` [ns]; True: the world stands there and shows it."""
        self._client.send(commands)
        steps = -(-(target - self.time) // STEP_NANOSECONDS)
        self._client.request_steps(steps, self._patience)
        seen = _stamp(self._client.odometry)  # an older one comes only after a reset
        self._client.wait(lambda: not seen <= _stamp(self._client.odometry) < target, patience)
        if _stamp(self._client.odometry) < target:
            return False
        self.time = target
        return self._shows(target, image_patience)

    def _shows(self, target: int, image_patience: float | None) -> bool:
        """Whether state and image are those of `target` [ns]; waits for the image."""
        if image_patience is not None:
            self._client.wait(lambda: _stamp(self._client.frame) >= target, image_patience)
            if _stamp(self._client.frame) != target:
                return False
        return _stamp(self._client.odometry) == target  # or somebody lets the world run

    def _recover(self, target: int) -> None:
        """Find out where the world stands that should stand at `target` [ns].

        One that is slow is left alone: a pause does not take back the steps that were asked for.

        Raises:
            SimulationError: see `_synchronise`.
        """
        if not self.time <= _stamp(self._client.odometry) <= target:
            self._pause()
        self._synchronise(self._patience)

    def _pause(self) -> None:
        self._client.request_steps(0, self._patience)

    def _synchronise(self, patience: float) -> None:
        """Find out when the world stands, having paused it if it does not, and its frames come.

        Args:
            patience: time of the wall clock [s] until its clock is heard.

        Raises:
            SimulationError: it does not stand, nobody tells the time, or it was set back.
        """
        stands_at = self._client.read_clock(patience / 2)
        if stands_at is None:
            self._pause()
            stands_at = self._client.read_clock(patience / 2)
        if stands_at is None:
            raise SimulationError(
                f"gz-sim shows no clock that stands still within {patience:.0f} s, though it was "
                "paused; look whether the server and, if it is used, parameter_bridge still run, "
                "and that nobody else un-pauses this world"
            )
        if stands_at < self.time:
            raise SimulationError(
                f"somebody has reset the world of gz-sim: it was at {self.time / 1e9:.3f} s and is "
                f"at {stands_at / 1e9:.3f} s; its camera shows nothing until the old time, so "
                "start again, and reset the car by /reset_car"
            )
        self.time = stands_at
        self._follow_frames()

    def _follow_frames(self) -> None:
        if self._client.frame is not None:
            self._phase = self._client.frame.stamp % CONTROL_PERIOD_NANOSECONDS

    def _await_connections(self, deadline: float) -> None:
        while missing := self._client.missing():
            left = deadline - time.monotonic()
            if left <= 0.0:
                raise SimulationError(
                    f"of gz-sim there is still missing: {', '.join(missing)}; look whether the "
                    "server has loaded its world (its output says what it lacks), whether "
                    "parameter_bridge runs if it is used, and whether all of them have the same "
                    "GZ_PARTITION and GZ_IP"
                )
            self._client.wait(lambda: not self._client.missing(), min(left, CHECK_PERIOD))

    def _complaint(self, target: int) -> str:
        """What has not come, and where to look."""
        state, image = _stamp(self._client.odometry), _stamp(self._client.frame)
        asked = f"gz-sim was asked to step to {target / 1e9:.3f} s, but"
        if state < target:
            return (
                f"{asked} its newest odometry is {_told(state)}; look whether the server still "
                "runs and is not overloaded, and whether odometry is bridged"
            )
        if state > target:
            return (
                f"{asked} it has run on to {_told(state)}; leave it paused: no play button, no "
                "other program that controls this world"
            )
        return (
            f"{asked} its newest image is {_told(image)}; look in the server's output for errors "
            "of the renderer (try render_engine:=ogre, or headless:=false under xvfb-run), and "
            "whether the image is bridged and not lazy"
        )


def _stamp(reading: OdometryReading | Frame | None) -> int:
    return -1 if reading is None else reading.stamp


def _told(stamp: int) -> str:
    return f"of {stamp / 1e9:.3f} s" if stamp >= 0 else "still to come"
