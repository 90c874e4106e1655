"""What the engines need of the car, read from its URDF: bodies summed up, and the moving joints."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from xml.parsers.expat import ExpatError

import numpy as np
import xacro
from deepracer_core.errors import SimulationError

from deepracer_sim.engine import JOINTS, Floats

ROOT = "base_link"
"""The link in whose frame a `CarModel` is given: on the ground, x forward, y left, z up."""


@dataclass(frozen=True, eq=False)
class Joint:
    """A moving joint of the car.

    Attributes:
        name: its name in the URDF.
        position: (3,) of its origin in base_link [m].
        axis: (3,) unit vector in base_link about which it turns, all joints at zero.
        lower: smallest angle [rad]; minus infinity for a wheel.
        upper: largest angle [rad]; infinity for a wheel.
        effort: largest torque of its motor [N m].
        velocity: largest rate [rad/s].
    """

    name: str
    position: Floats
    axis: Floats
    lower: float
    upper: float
    effort: float
    velocity: float


@dataclass(frozen=True, eq=False)
class CarModel:
    """The car as its URDF describes it, all joints at zero; frame base_link.

    Attributes:
        urdf: the description itself, macros expanded.
        mass: of the whole car [kg].
        centre_of_gravity: (3,) [m].
        yaw_inertia: of the whole car about the vertical axis through its centre of gravity [kg m2].
        wheel_inertia: sum of the four wheels' moments of inertia about their axles [kg m2].
        joints: the moving joints, ordered as `engine.JOINTS`.
    """

    urdf: str
    mass: float
    centre_of_gravity: Floats
    yaw_inertia: float
    wheel_inertia: float
    joints: tuple[Joint, ...]

    @property
    def hinges(self) -> tuple[Joint, ...]:
        """The steering hinges, left and right."""
        return self.joints[:2]

    @property
    def wheels(self) -> tuple[Joint, ...]:
        """The wheel axles: front left, front right, rear left, rear right."""
        return self.joints[2:]


def load_car_model(path: Path) -> CarModel:
    """Read the car from a URDF file, which may contain xacro macros.

    `$(find PACKAGE)` in it is resolved by the ament index.

    Raises:
        SimulationError: the file cannot be read or expanded, or lacks something that a car needs.
    """
    urdf = expand_description(path)
    robot = ET.fromstring(urdf)  # noqa: S314 - what xacro itself has just written
    try:
        return _read(robot, urdf)
    except DescriptionError as error:
        raise SimulationError(f"car description {path}: {error}") from error


class DescriptionError(SimulationError):
    """Raised when the URDF lacks something; the message does not know the file yet."""


@dataclass(frozen=True, eq=False)
class _Body:
    """Mass [kg], centre (3,) [m] and inertia (3, 3) [kg m2] of a link, in base_link."""

    mass: float
    centre: Floats
    inertia: Floats


def expand_description(path: Path, **arguments: str) -> str:
    """The URDF that a xacro file describes.

    Args:
        path: of the file.
        arguments: of its <xacro:arg>.

    Raises:
        SimulationError: the file cannot be read or expanded.
    """
    try:
        return str(xacro.process_file(str(path), mappings=arguments).toxml())
    except (xacro.XacroException, ExpatError) as error:
        raise SimulationError(
            f"car description {path}: {error}; build the workspace, source install/setup.bash, and "
            "look for the mistake in this file"
        ) from error


def _read(robot: ET.Element, urdf: str) -> CarModel:
    frames = _link_frames(robot)
    bodies = {name: _body(robot, name, frame) for name, frame in frames.items()}
    mass = sum(body.mass for body in bodies.values())
    if mass <= 0.0:
        raise DescriptionError("no link has a mass; give the links inertials")
    centre = sum((body.mass * body.centre for body in bodies.values()), np.zeros(3)) / mass
    joints = tuple(_moving_joint(robot, name, frames) for name in JOINTS)
    axles = {attribute(_joint(robot, joint.name), "child", "link"): joint for joint in joints[2:]}
    return CarModel(
        urdf=urdf,
        mass=mass,
        centre_of_gravity=centre,
        yaw_inertia=sum(_yaw_inertia(body, centre) for body in bodies.values()),
        wheel_inertia=sum(
            float(joint.axis @ bodies[link].inertia @ joint.axis) for link, joint in axles.items()
        ),
        joints=joints,
    )


def _yaw_inertia(body: _Body, centre: Floats) -> float:
    """Moment of inertia of a body about the vertical axis through `centre` (Steiner) [kg m2]."""
    x, y, _ = body.centre - centre
    return float(body.inertia[2, 2] + body.mass * (x * x + y * y))


def _link_frames(robot: ET.Element) -> dict[str, Floats]:
    """Frame (4, 4) of every link in base_link, all joints at zero."""
    frames = {ROOT: np.eye(4)}
    waiting = list(robot.iterfind("joint"))
    while waiting:
        ready = [joint for joint in waiting if attribute(joint, "parent", "link") in frames]
        if not ready:
            names = [joint.get("name") for joint in waiting]
            raise DescriptionError(f"joints {names} do not hang on {ROOT}; correct their parents")
        for joint in ready:
            parent, child = (attribute(joint, end, "link") for end in ("parent", "child"))
            frames[child] = frames[parent] @ _origin(joint)
        waiting = [joint for joint in waiting if joint not in ready]
    return frames


def _body(robot: ET.Element, name: str, frame: Floats) -> _Body:
    link = robot.find(f"link[@name='{name}']")
    inertial = None if link is None else link.find("inertial")
    if link is None or inertial is None:
        return _Body(0.0, frame[:3, 3], np.zeros((3, 3)))
    pose = frame @ _origin(inertial)
    xx, xy, xz, yy, yz, zz = (
        _number(attribute(link, "inertial/inertia", entry))
        for entry in ("ixx", "ixy", "ixz", "iyy", "iyz", "izz")
    )
    turn = pose[:3, :3]
    inertia = np.array([(xx, xy, xz), (xy, yy, yz), (xz, yz, zz)])
    mass = _number(attribute(link, "inertial/mass", "value"))
    return _Body(mass, pose[:3, 3], turn @ inertia @ turn.T)


def _moving_joint(robot: ET.Element, name: str, frames: dict[str, Floats]) -> Joint:
    joint = _joint(robot, name)
    frame = frames[attribute(joint, "child", "link")]
    turns_freely = joint.get("type") == "continuous"
    lower, upper = (
        (-np.inf, np.inf)
        if turns_freely
        else (_number(attribute(joint, "limit", end)) for end in ("lower", "upper"))
    )
    return Joint(
        name=name,
        position=frame[:3, 3],
        axis=frame[:3, :3] @ _vector(attribute(joint, "axis", "xyz")),
        lower=lower,
        upper=upper,
        effort=_number(attribute(joint, "limit", "effort")),
        velocity=_number(attribute(joint, "limit", "velocity")),
    )


def _joint(robot: ET.Element, name: str) -> ET.Element:
    joint = robot.find(f"joint[@name='{name}']")
    if joint is None:
        raise DescriptionError(f"there is no joint {name!r}; the engines move {list(JOINTS)}")
    return joint


def attribute(parent: ET.Element, tag: str, name: str) -> str:
    """What a child of an element says under a name.

    Raises:
        DescriptionError: there is no such child, or it does not say it.
    """
    child = parent.find(tag)
    value = None if child is None else child.get(name)
    if value is None:
        raise DescriptionError(
            f"{parent.tag} {parent.get('name', '')!r} has no <{tag} {name}=...>; add it"
        )
    return value


def _origin(element: ET.Element) -> Floats:
    """Homogeneous transform (4, 4) of the <origin> of a joint or inertial; identity without one."""
    origin = element.find("origin")
    pose = np.eye(4)
    if origin is None:
        return pose
    roll, pitch, yaw = _vector(origin.get("rpy", "0 0 0"))
    (cr, cp, cy), (sr, sp, sy) = np.cos((roll, pitch, yaw)), np.sin((roll, pitch, yaw))
    about_x = np.array([(1, 0, 0), (0, cr, -sr), (0, sr, cr)])
    about_y = np.array([(cp, 0, sp), (0, 1, 0), (-sp, 0, cp)])
    about_z = np.array([(cy, -sy, 0), (sy, cy, 0), (0, 0, 1)])
    pose[:3, :3] = about_z @ about_y @ about_x
    pose[:3, 3] = _vector(origin.get("xyz", "0 0 0"))
    return pose


def _vector(text: str) -> Floats:
    values = [_number(word) for word in text.split()]
    if len(values) != 3:
        raise DescriptionError(f"{text!r} are not three numbers; write x y z or roll pitch yaw")
    return np.array(values)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise DescriptionError(f"{text!r} is not a number; write one in SI units") from error
