"""From joint positions to transforms, and when they are due; free of ROS."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from robot_state_publisher.urdf import Joint, Vector, parse_urdf

Quaternion = tuple[float, float, float, float]  # x, y, z, w

MOVING = ("revolute", "continuous", "prismatic")


@dataclass(frozen=True)
class Transform:
    """Pose of the link `child` in the frame of the link `parent` [m, unit quaternion]."""

    parent: str
    child: str
    translation: Vector
    rotation: Quaternion


class RobotKinematics:
    """The transforms of one robot.

    As in the real robot_state_publisher, a floating joint is left to whoever knows its pose, and a
    planar one counts as fixed.
    """

    def __init__(self, urdf: str) -> None:
        """Read the robot description.

        Raises:
            UrdfError: it is no valid URDF.
        """
        joints = parse_urdf(urdf)
        self._moving = {joint.name: joint for joint in joints if joint.type in MOVING}
        self._fixed = [joint for joint in joints if joint.type in ("fixed", "planar")]
        self._mimics = {name: joint.mimic for name, joint in self._moving.items() if joint.mimic}

    def fixed_transforms(self) -> list[Transform]:
        """The transforms that never change."""
        return [_transform(joint, 0.0) for joint in self._fixed]

    def moving_transforms(self, positions: Mapping[str, float]) -> list[Transform]:
        """The transforms of the joints named in `positions` [rad or m] and of their mimics.

        Unknown joints are ignored: they may belong to another part of the machine.
        """
        known = {name: value for name, value in positions.items() if name in self._moving}
        for name, mimic in self._mimics.items():
            if mimic.joint in positions:
                known[name] = mimic.multiplier * positions[mimic.joint] + mimic.offset
        return [_transform(self._moving[name], position) for name, position in known.items()]


class PublishSchedule:
    """Limits how often joints are published: each at most once per interval of message time."""

    def __init__(self) -> None:
        """Start with no joint published yet."""
        self._last_stamp: dict[str, int] = {}
        self._last_arrival = 0

    def is_due(self, names: list[str], stamp: int, interval: int) -> bool:
        """Whether the joint published longest ago is due at `stamp`; all times in [ns]."""
        oldest = min((self._last_stamp.get(name, stamp - interval) for name in names), default=0)
        return stamp >= oldest + interval

    def mark_published(self, names: list[str], stamp: int) -> None:
        """Note that these joints were published with `stamp` [ns]."""
        self._last_stamp.update(dict.fromkeys(names, stamp))

    def clock_went_back(self, now: int) -> bool:
        """Whether the node's clock [ns] jumped back since the last call: then all are due."""
        jumped = now < self._last_arrival
        self._last_arrival = now
        if jumped:
            self._last_stamp.clear()
        return jumped


def _transform(joint: Joint, position: float) -> Transform:
    rotation = quaternion_from_rpy(joint.rpy)
    translation = joint.xyz
    if joint.type == "prismatic":
        moved = rotate(rotation, _scaled(joint.axis, position))
        translation = (
            translation[0] + moved[0],
            translation[1] + moved[1],
            translation[2] + moved[2],
        )
    elif joint.type in ("revolute", "continuous"):
        x, y, z = _scaled(joint.axis, math.sin(position / 2))
        rotation = multiply(rotation, (x, y, z, math.cos(position / 2)))
    return Transform(joint.parent, joint.child, translation, rotation)


def quaternion_from_rpy(rpy: Vector) -> Quaternion:
    """The rotation by roll about x, then pitch about y, then yaw about z, all fixed axes [rad]."""
    (cr, cp, cy), (sr, sp, sy) = ([f(angle / 2) for angle in rpy] for f in (math.cos, math.sin))
    return (
        sr * cp * cy - cr * sp * sy,
        cr * sp * cy + sr * cp * sy,
        cr * cp * sy - sr * sp * cy,
        cr * cp * cy + sr * sp * sy,
    )


def multiply(a: Quaternion, b: Quaternion) -> Quaternion:
    """The rotation b followed by the rotation a."""
    ax, ay, az, aw = a
    bx, by, bz, bw = b
    return (
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    )


def rotate(q: Quaternion, vector: Vector) -> Vector:
    """The vector turned by the unit quaternion."""
    x, y, z, w = q
    rx, ry, rz, _ = multiply(multiply(q, (*vector, 0.0)), (-x, -y, -z, w))
    return rx, ry, rz


def _scaled(vector: Vector, factor: float) -> Vector:
    return vector[0] * factor, vector[1] * factor, vector[2] * factor
