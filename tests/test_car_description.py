"""The URDF: a connected tree of plausible bodies whose geometry is that of deepracer_core."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
import xacro
from deepracer_core.vehicle import VEHICLE

ROOT = Path(__file__).parents[1]
WHEELS = ["left_front", "right_front", "left_rear", "right_rear"]


@pytest.fixture(scope="module")
def robot() -> ET.Element:
    document = xacro.process_file(str(ROOT / "urdf" / "deepracer.urdf.xacro"))
    return ET.fromstring(document.toxml())


def vector(element: ET.Element | None, name: str) -> np.ndarray:
    text = element.get(name, "0 0 0") if element is not None else "0 0 0"
    return np.array([float(number) for number in text.split()])


def rotation(roll: float, pitch: float, yaw: float) -> np.ndarray:
    (cr, cp, cy), (sr, sp, sy) = np.cos([roll, pitch, yaw]), np.sin([roll, pitch, yaw])
    about_x = np.array([[1, 0, 0], [0, cr, -sr], [0, sr, cr]])
    about_y = np.array([[cp, 0, sp], [0, 1, 0], [-sp, 0, cp]])
    about_z = np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def joints(robot: ET.Element) -> dict[str, ET.Element]:
    return {joint.find("child").get("link"): joint for joint in robot.iter("joint")}


def pose(robot: ET.Element, link: str) -> tuple[np.ndarray, np.ndarray]:
    """Position and rotation matrix of a link in base_link, all joints at zero."""
    if link == "base_link":
        return np.zeros(3), np.eye(3)
    joint = joints(robot)[link]
    origin = joint.find("origin")
    position, turned = pose(robot, joint.find("parent").get("link"))
    return position + turned @ vector(origin, "xyz"), turned @ rotation(*vector(origin, "rpy"))


def test_it_is_one_tree_with_base_link_as_root(robot):
    links = {link.get("name") for link in robot.iter("link")}
    assert len(links) == len(list(robot.iter("link"))) == 11
    assert links - set(joints(robot)) == {"base_link"}
    for link in links:
        pose(robot, link)  # ends, so there is no loop and no unknown parent


def test_wheels_stand_where_the_code_says(robot):
    for name, (x, y) in zip(WHEELS, VEHICLE.wheel_centres, strict=True):
        position, _ = pose(robot, f"{name}_wheel")
        np.testing.assert_allclose(position, (x, y, VEHICLE.wheel_radius), atol=1e-12)
        cylinder = robot.find(f"link[@name='{name}_wheel']/collision/geometry/cylinder")
        assert float(cylinder.get("radius")) == VEHICLE.wheel_radius
        assert float(cylinder.get("length")) == VEHICLE.wheel_width


def test_left_is_positive_y_and_positive_angles_go_forward_and_left(robot):
    for name in WHEELS:
        position, _ = pose(robot, f"{name}_wheel")
        assert (position[1] > 0) == name.startswith("left")
        np.testing.assert_array_equal(
            vector(joints(robot)[f"{name}_wheel"].find("axis"), "xyz"), (0, 1, 0)
        )
    for side in ("left", "right"):
        hinge = joints(robot)[f"{side}_steering_hinge"]
        np.testing.assert_array_equal(vector(hinge.find("axis"), "xyz"), (0, 0, 1))


def test_camera_is_that_of_the_code_and_its_optical_frame_looks_along_z(robot):
    camera = VEHICLE.camera
    position, turned = pose(robot, "camera_link")
    np.testing.assert_allclose(position, (camera.x, 0, camera.z), atol=1e-12)
    forward = np.array([math.cos(camera.pitch), 0, -math.sin(camera.pitch)])
    np.testing.assert_allclose(turned @ (1, 0, 0), forward, atol=1e-12)
    optical_position, optical = pose(robot, "camera_optical_frame")
    np.testing.assert_allclose(optical_position, position, atol=1e-12)
    np.testing.assert_allclose(optical @ (0, 0, 1), forward, atol=1e-12)
    np.testing.assert_allclose(optical @ (1, 0, 0), (0, -1, 0), atol=1e-12)


def test_the_car_weighs_what_such_a_car_weighs(robot):
    total = sum(float(mass.get("value")) for mass in robot.iter("mass"))
    assert 1.5 <= total <= 2.0


def test_every_moving_link_has_a_possible_inertia(robot):
    """A simulator drops a massless link on a moving joint with all that hangs on it."""
    moving = [child for child, joint in joints(robot).items() if joint.get("type") != "fixed"]
    assert len(moving) == 6
    with_inertia = {link.get("name") for link in robot.iter("link") if link.find("inertial")}
    assert with_inertia >= {*moving, "chassis"}
    for inertial in robot.iter("inertial"):
        assert float(inertial.find("mass").get("value")) > 0
        value = {key: float(text) for key, text in inertial.find("inertia").items()}
        matrix = np.array(
            [
                [value["ixx"], value["ixy"], value["ixz"]],
                [value["ixy"], value["iyy"], value["iyz"]],
                [value["ixz"], value["iyz"], value["izz"]],
            ]
        )
        principal = np.linalg.eigvalsh(matrix)
        assert (principal > 0).all()
        assert principal[0] + principal[1] >= principal[2]


def test_every_moving_joint_has_finite_limits_that_allow_every_command(robot):
    for joint in robot.iter("joint"):
        if joint.get("type") == "fixed":
            continue
        limit = {key: float(text) for key, text in joint.find("limit").items()}
        assert 0 < limit["effort"] < math.inf
        if joint.get("type") == "revolute":
            assert limit["upper"] == -limit["lower"] == VEHICLE.hinge_limit
        else:
            assert limit["velocity"] * VEHICLE.wheel_radius > VEHICLE.max_speed


def test_nothing_reaches_below_the_ground_or_out_of_the_footprint(robot):
    half = np.array([VEHICLE.footprint_length, VEHICLE.footprint_width]) / 2
    for link in robot.iter("link"):
        for collision in link.iter("collision"):
            box = collision.find("geometry/box")
            if box is None:
                continue
            position, turned = pose(robot, link.get("name"))
            signs = np.array(np.meshgrid(*[(-0.5, 0.5)] * 3)).reshape(3, -1)
            corners = signs.T * vector(box, "size") + vector(collision.find("origin"), "xyz")
            corners = position + corners @ turned.T
            assert corners[:, 2].min() > 0.01
            assert (np.abs(corners[:, :2]) <= half + 1e-9).all()


def test_chassis_clears_the_front_wheels_at_full_lock(robot):
    box = robot.find("link[@name='chassis']/collision/geometry/box")
    half_width = vector(box, "size")[1] / 2
    lock, radius, width = VEHICLE.hinge_limit, VEHICLE.wheel_radius, VEHICLE.wheel_width
    inwards = radius * math.sin(lock) + width / 2 * math.cos(lock)
    assert half_width < VEHICLE.front_track / 2 - inwards


def read_stl(path: Path) -> np.ndarray:
    content = path.read_bytes()
    facet = np.dtype([("xyz", "<f4", (4, 3)), ("attribute", "<u2")])
    facets = np.frombuffer(content, facet, offset=84)
    assert int.from_bytes(content[80:84], "little") == len(facets)
    return facets["xyz"][:, 1:].astype(float)


def test_meshes_exist_and_are_closed_with_their_outside_outwards(robot):
    names = {mesh.get("filename") for mesh in robot.iter("mesh")}
    assert len(names) == 3
    for name in names:
        assert name.startswith("package://deepracer/")
        triangles = read_stl(ROOT / name.removeprefix("package://deepracer/"))
        a, b, c = triangles.transpose(1, 0, 2)
        assert np.einsum("ij,ij->", a, np.cross(b, c)) > 0  # six times the volume
        corners = [[tuple(corner) for corner in triangle] for triangle in triangles.round(7)]
        edges = [(t[i], t[(i + 1) % 3]) for t in corners for i in range(3)]
        assert len(set(edges)) == len(edges)
        assert {(end, start) for start, end in edges} == set(edges)


def test_every_material_is_defined(robot):
    defined = {material.get("name") for material in robot.findall("material")}
    used = {material.get("name") for material in robot.findall("link/visual/material")}
    assert used == defined
