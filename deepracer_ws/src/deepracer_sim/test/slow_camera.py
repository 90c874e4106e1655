"""A slow and independent camera: every ray is cast by itself, against the definition's polygons.

Nothing here is shared with the engines but the track's parts and the constants of the camera.
"""

from __future__ import annotations

import numpy as np
import shapely
from deepracer_core.track.parts import track_parts
from deepracer_core.vehicle import VEHICLE

BACKGROUND = (178, 178, 178)


class SlowCamera:
    """Casts rays into the world of one track definition."""

    def __init__(self, definition):
        self.definition = definition
        self._parts = [
            (part.colour, shapely.union_all(shapely.polygons(part.quads[:, :, :2])))
            for part in track_parts(definition)
            if part.name not in ("field", "walls")
        ]
        for _, polygon in self._parts:
            shapely.prepare(polygon)

    def picture(self, pose, width, height, rays=4, *, ahead=0.0, up=0.0, pitch=0.0, fov=1.0):
        """RGB picture (height, width, 3) as float64: the mean of `rays` x `rays` per pixel."""
        u = (np.arange(width * rays) + 0.5) / rays - width / 2
        v = (np.arange(height * rays) + 0.5) / rays - height / 2
        focal = width / 2 / np.tan(VEHICLE.camera.horizontal_fov * fov / 2)
        colours = self.cast(pose, *np.meshgrid(u / focal, v / focal), ahead, up, pitch)
        return colours.reshape(height, rays, width, rays, 3).mean(axis=(1, 3))

    def cast(self, pose, right, below, ahead=0.0, up=0.0, pitch=0.0):
        """Colours of the rays that go `right` and `below` the axis per unit of depth."""
        camera = VEHICLE.camera
        angle = camera.pitch + pitch
        # the columns are the camera's axes in the frame of the car: right, down, forward
        axes = np.array(
            [
                [0.0, -np.sin(angle), np.cos(angle)],
                [-1.0, 0.0, 0.0],
                [0.0, -np.cos(angle), -np.sin(angle)],
            ]
        )
        x, y, yaw = pose
        turn = np.array([[np.cos(yaw), -np.sin(yaw), 0], [np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]])
        rays = np.stack([right, below, np.ones_like(right)], axis=-1) @ (turn @ axes).T
        origin = turn @ [camera.x + ahead, 0, 0] + [x, y, camera.z + up]
        return self._colours(origin, rays)

    def _colours(self, origin, rays):
        definition = self.definition
        field = definition.field
        with np.errstate(divide="ignore"):
            sides = np.stack(
                [
                    (field.x_min - origin[0]) / rays[..., 0],
                    (field.x_max - origin[0]) / rays[..., 0],
                    (field.y_min - origin[1]) / rays[..., 1],
                    (field.y_max - origin[1]) / rays[..., 1],
                ]
            )
            to_ground = np.where(rays[..., 2] < 0, -origin[2] / rays[..., 2], np.inf)
        to_wall = np.where(sides > 0, sides, np.inf).min(axis=0)
        on_ground = to_ground < to_wall
        height = origin[2] + np.minimum(to_wall, 1e9) * rays[..., 2]
        colours = np.empty((*rays.shape[:-1], 3))
        colours[:] = definition.colours.wall
        colours[~on_ground & (height > definition.wall_height)] = BACKGROUND
        points = origin[:2] + to_ground[on_ground, None] * rays[on_ground][:, :2]
        seen = np.full((len(points), 3), definition.colours.field, np.float64)
        for colour, polygon in self._parts:
            seen[shapely.contains_xy(polygon, points)] = colour
        colours[on_ground] = seen
        return colours
