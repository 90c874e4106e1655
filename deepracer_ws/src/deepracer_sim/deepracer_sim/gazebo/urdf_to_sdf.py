"""Turns a robot's URDF into an SDF model, keeping every link and joint.

gz-sim could read the URDF itself, but would merge all links on fixed joints into one. Here each
link with a mass stays a link and each joint above it a joint, fixed ones too. A link without a
mass, which no physics can move, becomes a frame of the same name, and so does its joint. Poses are
not calculated: a joint is placed relative to its parent, a link relative to its joint, as in URDF.

The `<gazebo>` extensions of `urdf/deepracer.gazebo.xacro` are understood: `mu1`, `mu2` and `sensor`
of a link, and `plugin` of the whole robot. Anything else is refused, not dropped.
"""

from __future__ import annotations

import copy
import xml.etree.ElementTree as ET
from collections.abc import Iterator

from deepracer_core.errors import SimulationError

from deepracer_sim.car_model import attribute
from deepracer_sim.gazebo.sdf_xml import element, number

UNLIMITED = 1e16
"""Angle that no joint reaches [rad]: how SDF says that a wheel turns for ever."""

_FRICTION = ("mu1", "mu2")
_NOTHING = "0 0 0"


def urdf_to_sdf(urdf: str, name: str) -> ET.Element:
    """The `<model>` of a robot; its frame is that of the URDF's root link.

    Args:
        urdf: the description, macros expanded.
        name: of the model.

    Raises:
        SimulationError: the description has something that this converter does not know, or a
            moving link without a mass, which the physics would drop together with all below it.
    """
    return _Converter(ET.fromstring(urdf)).model(name)  # noqa: S314 - what xacro has just written


class _Converter:
    """One robot."""

    def __init__(self, robot: ET.Element) -> None:
        self._robot = robot
        self._joints = {
            attribute(joint, "child", "link"): joint for joint in robot.iterfind("joint")
        }
        self._massive = {
            str(link.get("name"))
            for link in robot.iterfind("link")
            if link.find("inertial") is not None
        }
        self._materials = {
            str(material.get("name")): material for material in robot.iterfind("material")
        }
        self._extensions: dict[str, list[ET.Element]] = {}
        for extension in robot.iterfind("gazebo"):
            self._extensions.setdefault(extension.get("reference", ""), []).extend(extension)

    def model(self, name: str) -> ET.Element:
        links = [str(link.get("name")) for link in self._robot.iterfind("link")]
        roots = [link for link in links if link not in self._joints]
        if len(roots) != 1:
            raise SimulationError(f"a robot has one root link, this one {roots}; join its parts")
        strangers = set(self._extensions) - self._massive - {""}
        if strangers:
            raise SimulationError(
                f"<gazebo reference=...> names {sorted(strangers)}; name links that have a mass"
            )
        base = self._base(roots[0])
        model = element("model", name=name, canonical_link=base)
        for link in self._robot.iterfind("link"):
            model.extend(list(self._link_and_joint(link, base)))
        for plugin in self._extensions.get("", []):
            if plugin.tag != "plugin":
                raise SimulationError(f"<gazebo><{plugin.tag}> is unknown; use <plugin>")
            model.append(copy.deepcopy(plugin))
        return model

    def _base(self, root: str) -> str:
        """The link that carries all others: the root, or the only one on a root without mass."""
        if root in self._massive:
            return root
        children = [
            child
            for child, joint in self._joints.items()
            if attribute(joint, "parent", "link") == root
        ]
        if len(children) != 1 or self._joints[children[0]].get("type") != "fixed":
            raise SimulationError(
                f"root link {root!r} has no mass; give it one, or a single child on a fixed joint"
            )
        return self._base(children[0])

    def _link_and_joint(self, link: ET.Element, base: str) -> Iterator[ET.Element]:
        name = str(link.get("name"))
        joint = self._joints.get(name)
        if name not in self._massive:
            yield from _frames(name, joint)
            return
        if joint is None:
            yield self._link(link, "")
            return
        joint_name = str(joint.get("name"))
        if name == base:  # fixed to a root without mass: nothing that could hold it
            yield _frame(joint_name, attribute(joint, "parent", "link"), joint)
        else:
            yield _joint(joint)
        yield self._link(link, joint_name)

    def _link(self, link: ET.Element, joint: str) -> ET.Element:
        name = str(link.get("name"))
        extensions = self._extensions.get(name, [])
        friction = [extension for extension in extensions if extension.tag in _FRICTION]
        sensors = [extension for extension in extensions if extension.tag == "sensor"]
        if len(friction) + len(sensors) < len(extensions):
            tags = sorted({extension.tag for extension in extensions} - {*_FRICTION, "sensor"})
            raise SimulationError(
                f"<gazebo reference={name!r}> has {tags}; this converter knows mu1, mu2 and sensor"
            )
        made = element("link", name=name)
        if joint:
            made.append(element("pose", f"{_NOTHING} {_NOTHING}", relative_to=joint))
        made.append(_inertial(link))
        for index, visual in enumerate(link.iterfind("visual")):
            part = _shape(visual, f"{name}_visual_{index}")
            part.extend(list(self._material(visual)))
            made.append(part)
        for index, collision in enumerate(link.iterfind("collision")):
            part = _shape(collision, f"{name}_collision_{index}")
            part.extend(list(_surface(friction)))
            made.append(part)
        made.extend(copy.deepcopy(sensor) for sensor in sensors)
        return made

    def _material(self, visual: ET.Element) -> Iterator[ET.Element]:
        material = visual.find("material")
        if material is None:
            return
        if material.find("color") is None:
            material = self._materials.get(str(material.get("name")), material)
        colour = attribute(material, "color", "rgba")
        yield element("material", element("ambient", colour), element("diffuse", colour))


def _frames(link: str, joint: ET.Element | None) -> Iterator[ET.Element]:
    """What stands for a link without mass, and for its joint."""
    if joint is None:
        yield element("frame", name=link)
        return
    if joint.get("type") != "fixed":
        raise SimulationError(
            f"link {link!r} moves but has no mass, so the physics would drop it with all that "
            "hangs on it; give it an <inertial>"
        )
    name = str(joint.get("name"))
    yield _frame(name, attribute(joint, "parent", "link"), joint)
    yield element("frame", name=link, attached_to=name)


def _frame(name: str, attached_to: str, origin_of: ET.Element) -> ET.Element:
    return element("frame", _pose(origin_of), name=name, attached_to=attached_to)


def _joint(joint: ET.Element) -> ET.Element:
    parent, kind = attribute(joint, "parent", "link"), str(joint.get("type"))
    types = {"fixed": "fixed", "revolute": "revolute", "continuous": "revolute"}
    if kind not in types:
        raise SimulationError(
            f"joint {joint.get('name')!r} is {kind}; this converter knows {sorted(types)}"
        )
    made = element(
        "joint",
        _pose(joint, relative_to=parent),
        element("parent", parent),
        element("child", attribute(joint, "child", "link")),
        name=str(joint.get("name")),
        type=types[kind],
    )
    if kind != "fixed":
        made.append(_axis(joint, turns_freely=kind == "continuous"))
    return made


def _axis(joint: ET.Element, *, turns_freely: bool) -> ET.Element:
    """Axis and limits; efforts must be finite, or gz-sim ignores the limits of the angle."""
    lower, upper = (
        (number(-UNLIMITED), number(UNLIMITED))
        if turns_freely
        else (attribute(joint, "limit", end) for end in ("lower", "upper"))
    )
    limit = element("limit", element("lower", lower), element("upper", upper))
    limit.extend(
        [element(name, attribute(joint, "limit", name)) for name in ("effort", "velocity")]
    )
    axis = element("axis", element("xyz", attribute(joint, "axis", "xyz")), limit)
    dynamics = joint.find("dynamics")
    if dynamics is not None:
        values = (element(name, dynamics.get(name, "0")) for name in ("damping", "friction"))
        axis.append(element("dynamics", *values))
    return axis


def _inertial(link: ET.Element) -> ET.Element:
    inertial = link.find("inertial")
    assert inertial is not None
    entries = ("ixx", "ixy", "ixz", "iyy", "iyz", "izz")
    moments = (element(entry, attribute(inertial, "inertia", entry)) for entry in entries)
    mass = element("mass", attribute(inertial, "mass", "value"))
    return element("inertial", _pose(inertial), mass, element("inertia", *moments))


def _shape(part: ET.Element, name: str) -> ET.Element:
    """A visual or collision without its surface."""
    geometry = part.find("geometry/*")
    if geometry is None:
        raise SimulationError(f"{name} has no <geometry>; add one")
    attributes = {"box": ["size"], "cylinder": ["radius", "length"], "sphere": ["radius"]}
    if geometry.tag == "mesh":
        # gz-sim looks for model://PACKAGE/... below the folders of GZ_SIM_RESOURCE_PATH.
        uri = str(geometry.get("filename")).replace("package://", "model://")
        parts = [element("uri", uri), element("scale", geometry.get("scale", "1 1 1"))]
    elif geometry.tag in attributes:
        parts = [element(key, str(geometry.get(key))) for key in attributes[geometry.tag]]
    else:
        raise SimulationError(f"{name} is a <{geometry.tag}>, which this converter does not know")
    return element(
        part.tag, _pose(part), element("geometry", element(geometry.tag, *parts)), name=name
    )


def _surface(friction: list[ET.Element]) -> Iterator[ET.Element]:
    if friction:
        names = {"mu1": "mu", "mu2": "mu2"}
        values = (element(names[given.tag], str(given.text).strip()) for given in friction)
        yield element("surface", element("friction", element("ode", *values)))


def _pose(described: ET.Element, **attributes: str) -> ET.Element:
    """The <origin> of a joint, inertial or shape."""
    origin = described.find("origin")
    xyz, rpy = (
        (_NOTHING, _NOTHING)
        if origin is None
        else (origin.get("xyz", _NOTHING), origin.get("rpy", _NOTHING))
    )
    return element("pose", f"{xyz} {rpy}", **attributes)
