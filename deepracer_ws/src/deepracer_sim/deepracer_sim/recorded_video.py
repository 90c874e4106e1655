"""The video of a recording: its own pictures, and what was published with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from deepracer_core.camera import Image
from deepracer_core.decision import Decision
from deepracer_core.episode import EpisodeStatus
from deepracer_core.policy import Policy
from deepracer_core.saliency import overlay, saliency
from deepracer_core.track.definition import TrackDefinition
from deepracer_drive.driver import Driven

from deepracer_sim.evaluation.dashboard import Dashboard, Scene
from deepracer_sim.evaluation.video import RATE
from deepracer_sim.h264 import video_writer
from deepracer_sim.recording import Frame

_NANOSECONDS = 1e9
_LONGEST_STEP = 100_000_000  # [ns] a longer one begins another episode (Driver)


class Watch(Protocol):
    """Is shown each picture of a replay."""

    def __call__(self, frame: Frame, driven: Driven) -> None:
        """Append the picture to the video; `driven` is what the model makes of it now."""


@contextmanager
def recorded_video(
    path: Path, title: str, policy: Policy, track: TrackDefinition | None, *, show_saliency: bool
) -> Iterator[Watch]:
    """Write a video while a recording is replayed.

    Args:
        path: the MP4 file.
        title: for the first line.
        policy: the one that decides in the replay.
        track: where it drives, if that is known.
        show_saliency: whether to lay over the picture what the network looks at.

    Raises:
        StorageError: the video cannot be written.
    """
    dashboard = Dashboard(title, policy.spec.metadata.action_space, track)
    began = previous = 0
    with video_writer(path, RATE) as show:

        def watch(frame: Frame, driven: Driven) -> None:
            nonlocal began, previous
            if not 0 <= frame.stamp - previous <= _LONGEST_STEP:
                began = frame.stamp
                dashboard.begin()
            previous = frame.stamp
            camera = _rgb(frame)
            if show_saliency:
                camera = overlay(camera, saliency(policy), policy.spec.preprocessing)
            show(dashboard.draw(_scene(frame, driven, camera, began)))

        yield watch


def _scene(frame: Frame, driven: Driven, camera: Image, began: int) -> Scene:
    """What was recorded; the decision of the replay where there is none."""
    decision = driven.decision if frame.decision is None else _decision(frame.decision)
    outcome, odometry = frame.outcome, frame.odometry
    status = EpisodeStatus.IN_PROGRESS if outcome is None else EpisodeStatus(outcome.status)
    return Scene(
        camera=camera,
        caption="" if outcome is None else f"episode {outcome.episode}",
        steering_angle=decision.steering_angle,
        speed=decision.speed,
        time=(frame.stamp - began) / _NANOSECONDS,
        decision=decision,
        pose=None if odometry is None else _pose(odometry),
        ground_speed=None if odometry is None else odometry.twist.twist.linear.x,
        progress=None if outcome is None else outcome.progress,
        status="" if status is EpisodeStatus.IN_PROGRESS else status.label,
    )


def _decision(message: Any) -> Decision:
    return Decision(
        message.action,
        message.steering_angle,
        message.speed,
        np.asarray(message.distribution, np.float32),
        np.asarray(message.drawn, np.float32),
        message.log_probability,
        message.sampled,
    )


def _pose(odometry: Any) -> tuple[float, float, float]:
    place, turn = odometry.pose.pose.position, odometry.pose.pose.orientation
    sin = 2.0 * (turn.w * turn.z + turn.x * turn.y)
    cos = 1.0 - 2.0 * (turn.y * turn.y + turn.z * turn.z)
    return place.x, place.y, float(np.arctan2(sin, cos))


def _rgb(frame: Frame) -> Image:
    if frame.encoding == "rgb8":
        return frame.image
    code = cv2.COLOR_BGR2RGB if frame.encoding == "bgr8" else cv2.COLOR_GRAY2RGB
    return np.asarray(cv2.cvtColor(frame.image, code), np.uint8)
