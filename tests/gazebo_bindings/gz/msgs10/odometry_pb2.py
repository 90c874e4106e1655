"""gz.msgs.Odometry."""

from __future__ import annotations

from dataclasses import dataclass, field

from gz.msgs10.parts import Header, Twist
from gz.msgs10.pose_pb2 import Pose


@dataclass
class Odometry:
    header: Header = field(default_factory=Header)
    pose: Pose = field(default_factory=Pose)
    twist: Twist = field(default_factory=Twist)
