"""A drive of the planar simulator as a folder of pictures: what a file camera shows the car."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from deepracer_core.action_space import ContinuousActionSpace
from deepracer_core.bundle.model_bundle import ModelBundle
from deepracer_core.policy import Policy
from deepracer_sim.gym_env import make_vector_env


def record_drive(
    folder: Path, model: ModelBundle, frames: int, size: tuple[int, int] = (160, 120)
) -> None:
    """Let a model with a continuous action space drive re:Invent 2018, and keep what it saw.

    Args:
        folder: Gets the pictures as PNG, named in their order.
        model: Who drives.
        frames: Number of pictures.
        size: Columns and rows of each [px].
    """
    policy = Policy.load(model)
    space = policy.spec.metadata.action_space
    assert isinstance(space, ContinuousActionSpace)
    low = np.array((space.steering_low, space.speed_low))
    high = np.array((space.steering_high, space.speed_high))
    world = make_vector_env(
        1, width=size[0], height=size[1], colour="rgb", action_space=space, reward=None
    )
    try:
        seen, _ = world.reset(seed=0)
        for index in range(frames):
            cv2.imwrite(str(folder / f"{index:04}.png"), seen[0][..., ::-1])
            decision = policy.decide(seen[0])
            wanted = np.array((decision.steering_angle, decision.speed))
            action = 2.0 * (wanted - low) / (high - low) - 1.0
            seen, *_ = world.step(action[None].astype(np.float32))
    finally:
        world.close()
