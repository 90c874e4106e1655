"""The part of a URDF that kinematics need: links, joints, and whether they form one tree."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass

Vector = tuple[float, float, float]

TYPES = ("revolute", "continuous", "prismatic", "fixed", "floating", "planar")
WITH_LIMITS = ("revolute", "prismatic")


class UrdfError(ValueError):
    """Raised when a robot description is no URDF, or its links and joints form no tree."""


@dataclass(frozen=True)
class Mimic:
    """A joint that follows another one: position = multiplier * position of `joint` + offset."""

    joint: str
    multiplier: float
    offset: float


@dataclass(frozen=True)
class Joint:
    """A joint and where it puts its child link in the parent link's frame; SI units."""

    name: str
    type: str
    parent: str
    child: str
    xyz: Vector
    rpy: Vector
    axis: Vector
    mimic: Mimic | None


def parse_urdf(text: str) -> list[Joint]:
    """Read the joints of a URDF.

    Raises:
        UrdfError: it is not XML, not a robot, or its links and joints form no tree.
    """
    if not text:
        raise UrdfError("robot_description parameter must not be empty")
    robot = _parse_xml(text)
    if robot.tag != "robot":
        raise UrdfError(f"the root element is <{robot.tag}>, not <robot>")
    links = [_attribute(link, "name") for link in robot.findall("link")]
    joints = [_joint(element) for element in robot.findall("joint")]
    _require_unique("link", links)
    _require_unique("joint", [joint.name for joint in joints])
    _require_tree(links, joints)
    return joints


class _NoDoctype(ET.TreeBuilder):
    """Refuses a document type: a URDF needs none, and its entities can expand without end."""

    def doctype(self, name: str, _pubid: str | None, _system: str | None) -> None:
        """Called by the parser before it reads any entity."""
        raise UrdfError(f"<!DOCTYPE {name}> is not allowed in a robot description; remove it")


def _parse_xml(text: str) -> ET.Element:
    parser = ET.XMLParser(target=_NoDoctype())  # noqa: S314 (entities are refused above)
    try:
        parser.feed(text)
        element: ET.Element = parser.close()
    except ET.ParseError as error:
        raise UrdfError(f"the robot description is not well-formed XML: {error}") from error
    return element


def _joint(element: ET.Element) -> Joint:
    name = _attribute(element, "name")
    place = f"joint '{name}'"
    kind = _attribute(element, "type", place)
    if kind not in TYPES:
        raise UrdfError(f"{place} has unknown type '{kind}'; known: {', '.join(TYPES)}")
    if kind in WITH_LIMITS and element.find("limit") is None:
        raise UrdfError(f"{place} is of type {kind} and needs a <limit>")
    origin, axis = element.find("origin"), element.find("axis")
    return Joint(
        name=name,
        type=kind,
        parent=_attribute(_child(element, "parent", place), "link", place),
        child=_attribute(_child(element, "child", place), "link", place),
        xyz=_vector(origin, "xyz", (0.0, 0.0, 0.0), place),
        rpy=_vector(origin, "rpy", (0.0, 0.0, 0.0), place),
        axis=_unit(_vector(axis, "xyz", (1.0, 0.0, 0.0), place), kind, place),
        mimic=_mimic(element.find("mimic"), place),
    )


def _mimic(element: ET.Element | None, place: str) -> Mimic | None:
    if element is None:
        return None
    return Mimic(
        joint=_attribute(element, "joint", place),
        multiplier=_number(element.get("multiplier", "1"), place),
        offset=_number(element.get("offset", "0"), place),
    )


def _child(element: ET.Element, tag: str, place: str) -> ET.Element:
    child = element.find(tag)
    if child is None:
        raise UrdfError(f"{place} has no <{tag}>")
    return child


def _attribute(element: ET.Element, name: str, place: str = "") -> str:
    value = element.get(name)
    if not value:
        inside = f" of {place}" if place else ""
        raise UrdfError(f"<{element.tag}>{inside} has no attribute '{name}'")
    return value


def _number(text: str, place: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UrdfError(f"{place}: '{text}' is not a finite number")
    return number


def _vector(element: ET.Element | None, name: str, default: Vector, place: str) -> Vector:
    text = None if element is None else element.get(name)
    if text is None:
        return default
    numbers = [_number(word, place) for word in text.split()]
    if len(numbers) != 3:
        raise UrdfError(f"{place}: {name}='{text}' must be three numbers")
    return numbers[0], numbers[1], numbers[2]


def _unit(axis: Vector, kind: str, place: str) -> Vector:
    length = math.hypot(*axis)
    if length == 0.0:
        if kind in ("revolute", "continuous", "prismatic"):
            raise UrdfError(f"{place}: its axis has no length")
        return axis
    return axis[0] / length, axis[1] / length, axis[2] / length


def _require_unique(kind: str, names: list[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise UrdfError(f"{kind} '{name}' is defined more than once")


def _require_tree(links: list[str], joints: list[Joint]) -> None:
    """Require one root from which every link is reached.

    Raises:
        UrdfError: a link is unknown or has two parents, or there is not exactly one root.
    """
    parents: dict[str, str] = {}
    for joint in joints:
        for link in (joint.parent, joint.child):
            if link not in links:
                raise UrdfError(f"joint '{joint.name}': link '{link}' is not defined")
        if joint.child in parents:
            raise UrdfError(f"link '{joint.child}' is the child of more than one joint")
        parents[joint.child] = joint.parent
    if not links:
        raise UrdfError("the robot has no <link>")
    roots = [link for link in links if link not in parents]
    if len(roots) > 1:
        raise UrdfError(f"two root links found: '{roots[0]}' and '{roots[1]}'; join them")
    reached = set(roots)
    waiting = set(parents)
    while ready := {link for link in waiting if parents[link] in reached}:
        reached |= ready
        waiting -= ready
    if waiting:
        raise UrdfError(f"no root link: the joints around link '{min(waiting)}' form a loop")
