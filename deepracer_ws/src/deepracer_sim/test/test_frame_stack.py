"""Training stacks pictures as the car does."""

from __future__ import annotations

import numpy as np
import pytest
from deepracer_core.camera import CameraPreprocessor, Preprocessing
from deepracer_sim.training.frame_stack import FrameStack


@pytest.mark.parametrize(("colour", "encoding"), [("gray", "mono8"), ("rgb", "rgb8")])
def test_stack_is_that_of_the_car(colour, encoding):
    spec = Preprocessing(16, 12, colour=colour, frames=3)
    colours = spec.frame_shape[0]
    cameras = [CameraPreprocessor(spec) for _ in range(2)]
    stack = FrameStack(spec, 2)
    shape = (6, 2, 12, 16, colours)
    pictures = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    for step, moment in enumerate(pictures):
        if step == 4:
            cameras[1].reset()
        for camera, picture in zip(cameras, moment):
            camera.process(picture if colours == 3 else picture[..., 0], encoding=encoding)
        if step == 0:
            stack.begin(moment)
        else:
            stack.push(moment)
        if step == 4:
            stack.begin(moment, np.array([False, True]))
        for car, camera in enumerate(cameras):
            np.testing.assert_array_equal(stack.input[car], camera.input[0])
        np.testing.assert_array_equal(stack.newest(1), moment[1])


def test_looking_ahead_changes_nothing():
    spec = Preprocessing(16, 12, frames=2)
    first, second = np.random.default_rng(0).integers(0, 256, (2, 3, 12, 16, 1), np.uint8)
    stack = FrameStack(spec, 3)
    stack.begin(first)
    before = stack.input.copy()
    mask = np.array([True, False, True])
    ahead = stack.shifted(mask, second[mask])
    np.testing.assert_array_equal(stack.input, before)
    stack.push(second)
    np.testing.assert_array_equal(ahead, stack.input[mask])
