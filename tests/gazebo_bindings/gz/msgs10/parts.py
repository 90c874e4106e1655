"""Parts of messages."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Time:
    sec: int = 0
    nsec: int = 0


@dataclass
class Header:
    stamp: Time = field(default_factory=Time)


@dataclass
class Vector3d:
    x: float = 0.0
    y: float = 0.0
    z: float = 0.0


@dataclass
class Quaternion:
    x: float = 0.0
    y: float = 0.0
    z: float = 0.0
    w: float = 0.0


@dataclass
class Twist:
    linear: Vector3d = field(default_factory=Vector3d)
    angular: Vector3d = field(default_factory=Vector3d)


@dataclass
class Axis:
    position: float = 0.0


@dataclass
class Joint:
    name: str = ""
    axis1: Axis = field(default_factory=Axis)
