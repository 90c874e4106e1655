"""Where the front cameras of N cars are and what they see."""

from __future__ import annotations

import numpy as np
from deepracer_core.vehicle import VEHICLE

from deepracer_sim.engine import CarStates, Conditions, ImageSpec
from deepracer_sim.mujoco_engine.physics import rotate, rotations
from deepracer_sim.mujoco_engine.stage import Shot


def camera_shots(states: CarStates, conditions: Conditions, image: ImageSpec) -> list[Shot]:
    """What the camera of each car sees: it tilts with the car, and is mounted as conditions say."""
    camera = VEHICLE.camera
    turns = rotations(states.orientation)
    zero = np.zeros(len(turns))
    lens = np.stack((camera.x + conditions.camera_x, zero, camera.z + conditions.camera_z), axis=1)
    pitch = camera.pitch + conditions.camera_pitch
    sin, cos = np.sin(pitch), np.cos(pitch)
    positions = states.position + rotate(turns, lens)
    forward = rotate(turns, np.stack((cos, zero, -sin), axis=1))
    up = rotate(turns, np.stack((sin, zero, cos), axis=1))
    half_width = np.tan(camera.horizontal_fov * conditions.camera_fov / 2.0)
    pixel = 2.0 * half_width / image.width
    top, bottom = pixel * (image.height / 2.0 - image.crop_top), -pixel * image.height / 2.0
    edges = (edge.tolist() for edge in (top, bottom, half_width))
    return [Shot(*shot) for shot in zip(positions, forward, up, *edges)]
