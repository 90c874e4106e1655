"""Lets a model decide again on the pictures of a recording, and compares its decisions.

It decides by `deepracer_drive.driver.Driver`, which is what `inference` runs: picture by picture,
with the same rules for past pictures. A decision that was drawn at random is compared by what would
have been the likeliest one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from deepracer_core.action_space import clip_to_car
from deepracer_core.decision import decide
from deepracer_core.errors import PolicyError
from deepracer_core.policy_spec import PolicySpec
from deepracer_drive.driver import Driven, Driver

from deepracer_sim.recording import Frame, Recording

SAME_STEERING = math.radians(0.1)
"""[rad]"""
SAME_SPEED = 0.005
"""[m/s]"""
_NANOSECONDS = 1e9


@dataclass(frozen=True)
class Difference:
    """A picture on which the model decides otherwise now."""

    number: int
    """Of the picture, from 1."""
    time: float
    """Since the first picture [s]."""
    recorded: tuple[float, float]
    """Steering angle [rad] and speed [m/s] of the recording."""
    replayed: tuple[float, float]
    """The same now."""

    def __str__(self) -> str:
        """A sentence for people."""
        then, now = (
            f"{math.degrees(angle):+.1f} deg, {speed:.2f} m/s"
            for angle, speed in (self.recorded, self.replayed)
        )
        return f"picture {self.number} at {self.time:.2f} s: {then} in the recording, {now} now"


@dataclass(frozen=True)
class Comparison:
    """How a replay went."""

    pictures: int
    """In the recording."""
    compared: int
    """Those with a decision in the recording."""
    differences: tuple[Difference, ...]
    """In order."""

    @property
    def share(self) -> float:
        """Of equal decisions among the compared ones; 0 if nothing was compared."""
        return 1.0 - len(self.differences) / self.compared if self.compared else 0.0


def replay(
    recording: Recording,
    driver: Driver,
    watch: Callable[[Frame, Driven], None] = lambda _frame, _driven: None,
) -> Comparison:
    """Compare what the driver decides with what was decided.

    Args:
        recording: of the graph.
        driver: with a loaded model.
        watch: is shown each picture with what the driver made of it.

    Raises:
        StorageError: the recording is damaged.
        CameraError: the pictures do not fit the model.
        PolicyError: the driver has no model, its output is no distribution, or random decisions of
            another action space cannot be compared.
    """
    if driver.policy is None:
        raise PolicyError("no model is loaded; name one that drives")
    spec = driver.policy.spec
    pictures = compared = 0
    differences = []
    first = None
    for frame, driven in _driven(recording, driver):
        first = frame.stamp if first is None else first
        pictures += 1
        watch(frame, driven)
        if frame.decision is None:
            continue
        compared += 1
        recorded = _recorded(frame.decision, spec)
        now = driven.command.steering_angle, driven.command.speed
        if abs(recorded[0] - now[0]) > SAME_STEERING or abs(recorded[1] - now[1]) > SAME_SPEED:
            time = (frame.stamp - first) / _NANOSECONDS
            differences.append(Difference(pictures, time, recorded, now))
    return Comparison(pictures, compared, tuple(differences))


def _driven(recording: Recording, driver: Driver) -> Iterator[tuple[Frame, Driven]]:
    for frame in recording.frames():
        driven = driver.drive(frame.image, frame.encoding, frame.stamp)
        assert driven is not None  # a model is loaded
        yield frame, driven


def _recorded(message: Any, spec: PolicySpec) -> tuple[float, float]:
    """Steering angle and speed of a PolicyDecision; if they were drawn, the likeliest ones."""
    angle, speed = message.steering_angle, message.speed
    if message.sampled:
        distribution = np.asarray(message.distribution, np.float32)
        if len(distribution) != spec.outputs:
            raise PolicyError(
                f"the decisions of the recording were drawn from {len(distribution)} values, the "
                f"model puts out {spec.outputs}: replay by the model that drove"
            )
        likeliest = decide(distribution, spec.metadata.action_space)
        angle, speed = likeliest.steering_angle, likeliest.speed
    angle, speed = clip_to_car([angle, speed]).tolist()
    return angle, speed
