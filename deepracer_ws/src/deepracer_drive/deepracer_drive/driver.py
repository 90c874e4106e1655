"""The driver: a model that can be exchanged while driving; camera images in, commands out."""

from __future__ import annotations

from dataclasses import dataclass

from deepracer_core.action_space import clip_to_car
from deepracer_core.bundle.store import ModelStore
from deepracer_core.camera import Image
from deepracer_core.command_checks import DriveCommand
from deepracer_core.decision import Decision
from deepracer_core.policy import Policy

MAX_PAUSE = 100_000_000
"""Longest time between two images [ns] of which the later one continues the earlier: one and a half
control periods. A simulator leaves out a period before an episode, so that each begins anew."""


@dataclass(frozen=True)
class Driven:
    """What the driver made of one image."""

    decision: Decision
    """The policy's decision."""
    command: DriveCommand
    """The same as a command to the car, within the car's limits, with the stamp of the image."""


class Driver:
    """Decides with the model that was loaded last."""

    def __init__(self, store: ModelStore, *, sample: bool = False, seed: int | None = None) -> None:
        """Drive with models of `store`, without one so far.

        Args:
            store: Where models are found.
            sample: Draw actions from the policy's distribution instead of taking the likeliest.
            seed: Seed of what is drawn, from the loading of a model on; None: differs each time.
        """
        self._store = store
        self._sample = sample
        self._seed = seed
        self._policy: Policy | None = None
        self._latest: Driven | None = None

    @property
    def policy(self) -> Policy | None:
        """The policy of the loaded model; None if there is none."""
        return self._policy

    @property
    def model(self) -> str:
        """Name of the loaded model; empty if there is none."""
        return self._policy.name if self._policy else ""

    @property
    def largest_action(self) -> tuple[float, float]:
        """Largest steering angle [rad] and speed [m/s] that the model may command; 0 without one.

        As the car is told: a model that may ask for more is clipped to what the car does.
        """
        if self._policy is None:
            return 0.0, 0.0
        space = self._policy.spec.metadata.action_space
        angle, speed = clip_to_car([space.max_steering_angle, space.max_speed]).tolist()
        return angle, speed

    def load(self, name_or_path: str) -> None:
        """Drive with another model; the former one stays if that fails.

        Raises:
            BundleError: there is no such model, or it is broken.
            PolicyError: its network cannot be used.
            StorageError: its files cannot be read.
        """
        self._policy = Policy.load(self._store.find(name_or_path), seed=self._seed)
        self._latest = None

    def drive(self, image: Image, encoding: str, stamp: int) -> Driven | None:
        """Decide on an image that was taken at `stamp` [ns].

        An image that is sent again is answered again, as before: its sender missed the answer.

        Returns:
            The decision, or None without a model.

        Raises:
            CameraError: the image is not what the encoding says.
            PolicyError: the network's output is no distribution.
        """
        if self._policy is None:
            return None
        previous = self._latest.command.stamp if self._latest else stamp
        if self._latest and stamp == previous:
            return self._latest
        if not 0 <= stamp - previous <= MAX_PAUSE:
            self._policy.reset()
        decision = self._policy.decide(image, encoding=encoding, sample=self._sample)
        angle, speed = clip_to_car([decision.steering_angle, decision.speed]).tolist()
        self._latest = Driven(decision, DriveCommand(stamp, angle, speed))
        return self._latest
