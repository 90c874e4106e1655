"""gz.msgs.Pose."""

from __future__ import annotations

from dataclasses import dataclass, field

from gz.msgs10.parts import Quaternion, Vector3d


@dataclass
class Pose:
    name: str = ""
    position: Vector3d = field(default_factory=Vector3d)
    orientation: Quaternion = field(default_factory=Quaternion)
