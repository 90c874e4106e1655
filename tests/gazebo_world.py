"""A world with the habits of gz-sim's server and the physics and pictures of the planar engine.

It imitates what `gz sim` does around a car: requests are queued and executed at the end of an
iteration, of two in one iteration the last one's pause wins while steps add up, whatever lacks
`pause: true` lets the world run, the clock is told at the start of a step and again while paused,
pictures come later than odometry and the first ones not at all, a moved car keeps its velocities,
and for ten steps its velocity is told wrong.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
from deepracer_sim.actuation import hinge_angles
from deepracer_sim.car_model import load_car_model
from deepracer_sim.engine import JOINTS, ImageSpec, nominal_conditions, planar_orientation
from deepracer_sim.engine_factory import find_urdf
from deepracer_sim.gazebo.names import STEERING_GAIN, STEP_NANOSECONDS
from deepracer_sim.palettes import Palette
from deepracer_sim.planar import dynamics
from deepracer_sim.planar.plant import Plant, make_plant
from deepracer_sim.planar.renderer import PlanarRenderer
from deepracer_sim.vehicle_profile import load_profile
from deepracer_sim.worlds import find_track

STEP = STEP_NANOSECONDS * 1e-9
FRAME_NANOSECONDS = 66_000_000
MASK_NANOSECONDS = 59_000_000  # 0.9 of it, to whole milliseconds
TWIST_WINDOW = 10


@dataclass
class Habits:
    """How this server behaves; the defaults are those of a good day."""

    frame_delay: int = 3
    """Iterations by which a picture comes after the state that it shows."""
    missing_frames: int = 2
    """Pictures at the start for which the renderer is not ready."""
    frame_phase: int = 0
    """Time of the first picture [ns], which follow each other by 66 ms."""
    renderer_ready: int = 0
    """Iterations before which no picture is due."""
    makes_up: bool = False
    """As older versions, show what was due before, too, one picture each 60 ms."""
    runs_at_start: bool = False
    """Started with -r."""
    deaf_to_control: list[int] = field(default_factory=list)
    """Numbers of the control requests, from 0, that are answered but never executed."""
    car_comes_at: int = 0
    """Iteration before which steps are made without a car, which nobody tells of."""
    slowness: int = 1
    """Iterations that a step takes."""
    deaf_to_pose: list[int] = field(default_factory=list)
    """Likewise of the requests to move the car."""
    lost_frames: list[int] = field(default_factory=list)
    """Times [ms] of pictures that are never shown."""
    unpaused_at: int | None = None
    """Time [ms] at which somebody un-pauses the world."""
    reset_at: int | None = None
    """Time [ms] at which somebody resets it, in the window of Gazebo."""
    dies_at: int | None = None
    """Time [ms] at which the server ends."""


@dataclass(frozen=True)
class Control:
    """A request to /world/W/control, with the defaults of its message."""

    pause: bool = False
    multi_step: int = 0


@dataclass(frozen=True, eq=False)
class State:
    """What OdometryPublisher and JointStatePublisher tell after a step."""

    stamp: int
    position: tuple[float, float, float]
    orientation: tuple[float, float, float, float]
    velocity: tuple[float, float]
    yaw_rate: float
    joints: dict[str, float]


class ServerDiedError(Exception):
    """The server has ended."""


@cache
def _plant() -> Plant:
    # What the joints are told is shaped already; gz-sim's own lags remain.
    profile = replace(
        load_profile("geometric"), steering_lag=1.0 / STEERING_GAIN, speed_lag=STEP / 20.0
    )
    return make_plant(load_car_model(find_urdf()), profile)


@cache
def _renderer(track: str) -> PlanarRenderer:
    definition = find_track(track)
    return PlanarRenderer(definition, ImageSpec(), [Palette.of(definition.colours)])


class World:
    """A world with one car; what it publishes it gives to the callbacks."""

    def __init__(
        self,
        habits: Habits | None = None,
        track: str = "reinvent_2018",
        *,
        on_clock: Callable[[int], None] = lambda _: None,
        on_state: Callable[[State], None] = lambda _: None,
        on_frame: Callable[[int, Any], None] = lambda *_: None,
        has_viewer: Callable[[], bool] = lambda: True,
    ) -> None:
        self.habits = habits or Habits()
        self.time = 0
        self.paused = not self.habits.runs_at_start
        self.commands = [0.0, 0.0, 0.0]
        self.states = np.zeros((1, dynamics.STATE))
        self.controls = 0
        self.moves = 0
        self._on_clock, self._on_state, self._on_frame = on_clock, on_state, on_frame
        self._has_viewer = has_viewer
        self._pending_steps = 0
        self._queue: list[Control] = []
        self._moves: list[tuple[float, float, float]] = []
        self._iteration = 0
        self._next_frame = self.habits.frame_phase
        self._masked_until = 0
        self._frames_to_miss = self.habits.missing_frames
        self._late: deque[tuple[int, int, Any]] = deque()
        self._twists: deque[tuple[float, float]] = deque(maxlen=TWIST_WINDOW)
        self._pose = self.states[0, dynamics.POSE].copy()
        self._plant = _plant()
        self._radius = self._plant.wheel_radius
        self._renderer = _renderer(track)

    def control(self, request: Control) -> bool:
        """Queue a request; True, whatever becomes of it."""
        if self.controls not in self.habits.deaf_to_control:
            self._queue.append(request)
        self.controls += 1
        return True

    def set_pose(self, x: float, y: float, yaw: float) -> bool:
        """Queue a request; True, whatever becomes of it."""
        if self.moves not in self.habits.deaf_to_pose:
            self._moves.append((x, y, yaw))
        self.moves += 1
        return True

    def iterate(self) -> None:
        """One turn of the server's loop."""
        self._iteration += 1
        if not self.paused and self._iteration % self.habits.slowness:
            self._process()  # still at work on the step
            return
        running = not self.paused
        if running:
            self.time += STEP_NANOSECONDS
        self._on_clock(self.time)
        for pose in self._moves:
            self.states[0, dynamics.POSE] = pose  # velocities, wheels and hinges stay
        self._moves.clear()
        if running:
            self._step()
        while self._late and self._late[0][0] <= self._iteration:
            _, stamp, pixels = self._late.popleft()
            self._on_frame(stamp, pixels)
        self._process()

    def _step(self) -> None:
        if self.habits.dies_at is not None and self.time >= self.habits.dies_at * 1_000_000:
            raise ServerDiedError
        steering, left, right = self.commands
        told = np.array([[steering, (left + right) / 2.0 * self._radius]], np.float32)
        ones = np.ones(1)
        dynamics.advance(self.states, told, ones, ones, ones, self._plant, STEP, 1)
        if self._iteration >= self.habits.car_comes_at:
            self._on_state(self._state())
        if self.time >= self._next_frame:
            self._shoot()
        if self._pending_steps:
            self._pending_steps -= 1
            self.paused = self._pending_steps == 0
        if self.habits.unpaused_at is not None and self.time >= self.habits.unpaused_at * 1_000_000:
            self.habits.unpaused_at = None
            self._queue.append(Control(pause=False))
        if self.habits.reset_at is not None and self.time >= self.habits.reset_at * 1_000_000:
            self._reset()

    def _reset(self) -> None:
        """Back to the beginning, un-paused; the camera goes on to wait for its next time."""
        self.habits.reset_at = None
        self.time = 0
        self.states[:] = 0.0
        self._pending_steps = 0
        self._queue.append(Control(pause=False))

    def _process(self) -> None:
        """Execute the requests of this iteration."""
        for request in self._queue:
            self.paused = request.pause
            if request.pause and request.multi_step:
                self._pending_steps += request.multi_step
            if not request.pause:
                self._pending_steps = 0
        if self._pending_steps:
            self.paused = False
        self._queue.clear()

    def _shoot(self) -> None:
        is_ready = self._iteration >= self.habits.renderer_ready and self._has_viewer()
        if not is_ready or self.time < self._masked_until:
            return
        self._next_frame += FRAME_NANOSECONDS
        while not self.habits.makes_up and self._next_frame <= self.time:
            self._next_frame += FRAME_NANOSECONDS
        self._masked_until = self.time + MASK_NANOSECONDS
        if self._frames_to_miss:
            self._frames_to_miss -= 1
            return
        if self.time // 1_000_000 in self.habits.lost_frames:
            return
        pixels = np.empty((1, *ImageSpec().shape), np.uint8)
        self._renderer.render(self.states[:, dynamics.POSE], nominal_conditions(1), pixels)
        self._late.append((self._iteration + self.habits.frame_delay, self.time, pixels[0]))

    def _state(self) -> State:
        pose = self.states[0, dynamics.POSE].copy()
        x, y, yaw = (pose - self._pose).tolist()
        cos, sin = math.cos(pose[2]), math.sin(pose[2])
        self._twists.append(((cos * x + sin * y) / STEP, (cos * y - sin * x) / STEP))
        self._pose = pose
        hinges = hinge_angles(self.states[0, dynamics.TANGENT], self._plant.axles)
        joints = map(float, (*hinges, *self.states[0, dynamics.WHEELS]))
        return State(
            stamp=self.time,
            position=(float(pose[0]), float(pose[1]), 0.0),
            orientation=tuple(planar_orientation(pose[2:])[0].tolist()),
            velocity=tuple(np.mean(self._twists, axis=0).tolist()),
            yaw_rate=math.remainder(yaw, math.tau) / STEP,
            joints=dict(zip(JOINTS, joints)),
        )
