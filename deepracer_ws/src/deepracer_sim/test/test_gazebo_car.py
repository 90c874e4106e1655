"""The car in SDF is the car of the URDF: nothing dropped, nothing moved, nothing made up.

The URDF is read here with the standard library, and poses are added up link by link, so that a
mistake of the converter cannot hide in both.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from dataclasses import replace

import gazebo_samples as samples
import numpy as np
import pytest
import xacro
from deepracer_core.errors import SimulationError
from deepracer_core.vehicle import VEHICLE
from deepracer_sim.actuation import axles_of
from deepracer_sim.car_model import expand_description, load_car_model
from deepracer_sim.engine import JOINTS
from deepracer_sim.gazebo import names
from deepracer_sim.gazebo.sdf_xml import document
from deepracer_sim.gazebo.urdf_to_sdf import urdf_to_sdf
from deepracer_sim.gazebo.world import car_model
from deepracer_sim.vehicle_profile import load_profile
from scipy.spatial.transform import Rotation

MASSLESS = {"base_link", "camera_optical_frame"}
WHEELS = ("left_front", "right_front", "left_rear", "right_rear")


@pytest.fixture(scope="module")
def urdf():
    path = samples.ROOT / "urdf" / "deepracer.urdf.xacro"
    return ET.fromstring(xacro.process_file(str(path)).toxml())


@pytest.fixture(scope="module")
def sdf():
    return samples.car()


def transform(xyz, rpy):
    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_euler("xyz", rpy).as_matrix()
    pose[:3, 3] = xyz
    return pose


def floats(text):
    return [float(word) for word in text.split()]


def urdf_pose(urdf, link):
    """Pose (4, 4) of a link in the root link, all joints at zero."""
    joint = next((j for j in urdf.iter("joint") if j.find("child").get("link") == link), None)
    if joint is None:
        return np.eye(4)
    origin = joint.find("origin")
    own = transform(floats(origin.get("xyz", "0 0 0")), floats(origin.get("rpy", "0 0 0")))
    return urdf_pose(urdf, joint.find("parent").get("link")) @ own


def sdf_pose(sdf, name):
    """Pose (4, 4) of a link, joint or frame in the model, by the rules of SDF 1.9."""
    if name in ("", "__model__"):
        return np.eye(4)
    items = [item for tag in ("link", "joint", "frame") for item in sdf.iter(tag)]
    item = next(item for item in items if item.get("name") == name)
    pose = item.find("pose")
    values = floats(pose.text) if pose is not None else [0.0] * 6
    stated = pose.get("relative_to", "") if pose is not None else ""
    implied = {"link": "", "joint": item.findtext("child"), "frame": item.get("attached_to", "")}
    return sdf_pose(sdf, stated or implied[item.tag]) @ transform(values[:3], values[3:])


def test_the_parser_accepts_it(tmp_path, sdf):
    path = tmp_path / "model.sdf"
    path.write_text(document(sdf))
    assert "Valid." in samples.check_sdf(path, tmp_path)


def test_each_link_and_each_joint_is_there(urdf, sdf):
    links = {link.get("name") for link in urdf.iter("link")}
    joints = {joint.get("name") for joint in urdf.iter("joint")}
    frames = {frame.get("name") for frame in sdf.iter("frame")}
    sdf_links = {link.get("name") for link in sdf.iter("link")}
    sdf_joints = {joint.get("name") for joint in sdf.iter("joint")}
    assert len(links) == 11
    assert sdf_links == links - MASSLESS
    assert sdf_links | sdf_joints | frames == links | joints
    # Only what holds, or hangs on, a link without mass is no joint.
    assert joints - sdf_joints == {"chassis_joint", "camera_optical_joint"}


def test_every_link_is_where_the_urdf_has_it(urdf, sdf):
    for link in urdf.iter("link"):
        name = link.get("name")
        np.testing.assert_allclose(sdf_pose(sdf, name), urdf_pose(urdf, name), atol=1e-12)


def test_wheels_and_camera_are_where_the_code_says(sdf):
    for name, (x, y) in zip(WHEELS, VEHICLE.wheel_centres, strict=True):
        expected = (x, y, VEHICLE.wheel_radius)
        np.testing.assert_allclose(sdf_pose(sdf, f"{name}_wheel")[:3, 3], expected, atol=1e-12)
    camera = sdf_pose(sdf, "camera_link")
    np.testing.assert_allclose(camera[:3, 3], (VEHICLE.camera.x, 0, VEHICLE.camera.z), atol=1e-12)
    pitch = VEHICLE.camera.pitch
    np.testing.assert_allclose(camera[:3, 0], (math.cos(pitch), 0, -math.sin(pitch)), atol=1e-12)
    optical = sdf_pose(sdf, "camera_optical_frame")
    np.testing.assert_allclose(optical[:3, 2], camera[:3, 0], atol=1e-12)  # z looks ahead


def test_masses_and_inertias_are_those_of_the_urdf(urdf, sdf):
    total = 0.0
    for link in sdf.iter("link"):
        ours, theirs = (
            link.find("inertial"),
            urdf.find(f"link[@name='{link.get('name')}']/inertial"),
        )
        assert float(ours.findtext("mass")) == float(theirs.find("mass").get("value"))
        origin = floats(theirs.find("origin").get("xyz", "0 0 0"))
        assert floats(ours.findtext("pose")) == [*origin, 0, 0, 0]
        for entry, value in theirs.find("inertia").attrib.items():
            assert float(ours.findtext(f"inertia/{entry}")) == float(value)
        total += float(ours.findtext("mass"))
    assert total == pytest.approx(load_car_model(samples.CAR_XACRO).mass)


def test_joints_have_parents_axes_and_limits_of_the_urdf(urdf, sdf):
    for joint in sdf.iter("joint"):
        theirs = urdf.find(f"joint[@name='{joint.get('name')}']")
        assert joint.findtext("parent") == theirs.find("parent").get("link")
        assert joint.findtext("child") == theirs.find("child").get("link")
        if theirs.get("type") == "fixed":
            assert joint.get("type") == "fixed"
            continue
        assert joint.get("type") == "revolute"
        assert floats(joint.findtext("axis/xyz")) == floats(theirs.find("axis").get("xyz"))
        limit, their_limit = joint.find("axis/limit"), theirs.find("limit")
        for name in ("effort", "velocity"):  # finite: else gz-sim ignores the angles' limits
            assert 0.0 < float(limit.findtext(name)) == float(their_limit.get(name)) < 1e6
        for end in ("lower", "upper"):
            if theirs.get("type") == "revolute":
                assert float(limit.findtext(end)) == float(their_limit.get(end))
            else:
                assert abs(float(limit.findtext(end))) >= 1e16


def test_shapes_are_those_of_the_urdf(urdf, sdf):
    for tag in ("visual", "collision"):
        ours, theirs = (list(robot.iter(tag)) for robot in (sdf, urdf))
        assert len(ours) == len(theirs) > 0
        names_ = [part.get("name") for part in ours]
        assert len(set(names_)) == len(names_)
    meshes = [mesh.findtext("uri") for mesh in sdf.iter("mesh")]
    assert meshes
    for uri in meshes:
        package, path = uri.removeprefix("model://").split("/", 1)
        assert package == "deepracer"
        assert (samples.ROOT / path).is_file()


def test_all_tyres_grip_as_the_profile_says_and_nothing_else_does(sdf):
    gripping = {}
    for collision in sdf.iter("collision"):
        ode = collision.find("surface/friction/ode")
        if ode is not None:
            gripping[collision.get("name")] = (
                float(ode.findtext("mu")),
                float(ode.findtext("mu2")),
            )
    assert gripping == {f"{wheel}_wheel_collision_0": (1.0, 1.0) for wheel in WHEELS}


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """What the parser's own converter makes of the URDF; it merges links on fixed joints."""
    path = tmp_path_factory.mktemp("car") / "car.urdf"
    path.write_text(expand_description(samples.CAR_XACRO))
    return ET.fromstring(samples.print_sdf(path)).find("model")


def test_the_parsers_own_converter_makes_the_same_joints(theirs, sdf):
    moving = [joint for joint in sdf.iter("joint") if joint.get("type") != "fixed"]
    assert {joint.get("name") for joint in theirs.iter("joint")} == {j.get("name") for j in moving}
    for joint in moving:
        name = joint.get("name")
        other = theirs.find(f"joint[@name='{name}']")
        np.testing.assert_allclose(sdf_pose(sdf, name), sdf_pose(theirs, name), atol=1e-12)
        assert floats(joint.findtext("axis/xyz")) == floats(other.findtext("axis/xyz"))
        for limit in ("effort", "velocity", "lower", "upper"):
            value = float(other.findtext(f"axis/limit/{limit}"))
            assert min(value, 1e16) == max(-1e16, float(joint.findtext(f"axis/limit/{limit}")))


def test_the_parsers_own_converter_makes_the_same_masses(theirs, sdf):
    for name in (f"{wheel}_wheel" for wheel in WHEELS):
        ours, other = (model.find(f"link[@name='{name}']/inertial") for model in (sdf, theirs))
        for entry in ("mass", "inertia/ixx", "inertia/iyy", "inertia/izz"):
            assert float(ours.findtext(entry)) == pytest.approx(float(other.findtext(entry)))
    merged = theirs.find("link[@name='base_link']/inertial")
    parts = [sdf.find(f"link[@name='{name}']") for name in ("chassis", "body_shell", "camera_link")]
    masses = [float(link.findtext("inertial/mass")) for link in parts]
    centres = [
        (sdf_pose(sdf, link.get("name")) @ transform(*centre_of(link)))[:3, 3] for link in parts
    ]
    assert sum(masses) == pytest.approx(float(merged.findtext("mass")))
    centre = np.average(centres, axis=0, weights=masses)
    np.testing.assert_allclose(centre, floats(merged.findtext("pose"))[:3], atol=1e-9)


def centre_of(link):
    values = floats(link.findtext("inertial/pose"))
    return values[:3], values[3:]


def test_the_parsers_own_converter_puts_the_camera_at_the_same_place(theirs, sdf):
    (sensor,) = theirs.findall("link[@name='base_link']/sensor")
    values = floats(sensor.findtext("pose"))
    there = transform(values[:3], values[3:])
    np.testing.assert_allclose(sdf_pose(sdf, "camera_link"), there, atol=1e-9)


def systems(sdf, kind):
    return [p for p in sdf.iter("plugin") if p.get("name") == f"gz::sim::systems::{kind}"]


def test_steering_obeys_the_contract(sdf):
    (steering,) = systems(sdf, "AckermannSteering")
    assert steering.get("filename") == "gz-sim-ackermann-steering-system"
    assert steering.findtext("steering_only") == "true"
    assert steering.findtext("topic") == names.GZ_STEERING
    assert float(steering.findtext("steer_p_gain")) == names.STEERING_GAIN
    assert 20.0 <= names.STEERING_GAIN <= 60.0
    hinges = tuple(steering.findtext(f"{side}_steering_joint") for side in ("left", "right"))
    assert hinges == names.STEERED_JOINTS
    axles = axles_of(load_car_model(samples.CAR_XACRO))
    assert float(steering.findtext("wheel_separation")) == pytest.approx(axles.front_track)
    assert float(steering.findtext("wheel_base")) == pytest.approx(axles.wheelbase)
    limit = math.tan(float(steering.findtext("steering_limit")))
    assert limit == pytest.approx(axles.largest_tangent)
    # These would limit the angle.
    assert not [item.tag for item in steering if item.tag.endswith(("velocity", "acceleration"))]


def test_one_controller_drives_each_rear_wheel(sdf):
    topics = {
        c.findtext("joint_name"): c.findtext("topic") for c in systems(sdf, "JointController")
    }
    assert topics == dict(zip(names.DRIVEN_JOINTS, (names.GZ_LEFT_WHEEL, names.GZ_RIGHT_WHEEL)))
    for controller in systems(sdf, "JointController"):
        assert float(controller.findtext("initial_velocity")) == 0.0


def test_states_and_odometry_obey_the_contract(sdf):
    (states,) = systems(sdf, "JointStatePublisher")
    assert states.findtext("topic") == names.GZ_JOINT_STATES
    assert tuple(joint.text for joint in states.iter("joint_name")) == JOINTS
    assert JOINTS == names.STEERED_JOINTS + names.FRONT_WHEEL_JOINTS + names.DRIVEN_JOINTS
    (odometry,) = systems(sdf, "OdometryPublisher")
    said = {item.tag: item.text for item in odometry}
    assert said == {
        "odom_frame": names.ODOM_FRAME,
        "robot_base_frame": names.BASE_FRAME,
        "odom_topic": names.GZ_ODOMETRY,
        "odom_covariance_topic": names.GZ_ODOMETRY_COVARIANCE,
        "tf_topic": names.GZ_TF,
        "odom_publish_frequency": f"{names.ODOMETRY_RATE:g}",
        "dimensions": "3",
    }
    assert names.ODOMETRY_RATE * names.STEP_NANOSECONDS == 1e9


def test_camera_obeys_the_contract(sdf):
    (sensor,) = sdf.findall("link[@name='camera_link']/sensor")
    assert sensor.get("type") == "camera"
    assert sensor.findtext("topic") == names.GZ_IMAGE
    assert sensor.findtext("gz_frame_id") == names.CAMERA_FRAME
    assert sensor.find("pose") is None  # it looks along x of its link
    camera = sensor.find("camera")
    assert camera.findtext("camera_info_topic") == names.GZ_CAMERA_INFO
    assert float(camera.findtext("horizontal_fov")) == VEHICLE.camera.horizontal_fov
    size = tuple(int(camera.findtext(f"image/{side}")) for side in ("width", "height"))
    assert size == (VEHICLE.camera.width, VEHICLE.camera.height)
    assert camera.findtext("image/format") == "R8G8B8"


def test_a_picture_comes_with_every_control_period(sdf):
    """As gz-sensors (whole milliseconds) and gz-sim (whole nanoseconds) count its period."""
    rate = float(sdf.findtext("link/sensor/update_rate"))
    assert rate == names.CAMERA_RATE
    period = names.STEP_NANOSECONDS * names.STEPS_PER_PERIOD
    assert int(1.0 / rate * 1e3) * 1_000_000 == int(1.0 / rate * 1e9) == period


def test_friction_follows_the_profile():
    slippery = car_model(samples.CAR_XACRO, replace(load_profile(), friction=0.45))
    assert {mu.text for mu in slippery.iter("mu")} == {"0.45"}


# ------------------------------------------------------------------------------ refusals

MASS = (
    "<inertial><mass value='1'/>"
    "<inertia ixx='1' iyy='1' izz='1' ixy='0' ixz='0' iyz='0'/></inertial>"
)


def robot(*parts):
    return f"<robot name='r'><link name='a'>{MASS}</link>{''.join(parts)}</robot>"


def jointed(kind, inertial=MASS, limit="<limit effort='1' velocity='1' lower='0' upper='1'/>"):
    return (
        f"<link name='b'>{inertial}</link><joint name='j' type='{kind}'><parent link='a'/>"
        f"<child link='b'/><axis xyz='0 0 1'/>{limit}</joint>"
    )


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([jointed("revolute", inertial="")], "'b' moves but has no mass"),
        ([jointed("prismatic")], "'j' is prismatic"),
        ([jointed("revolute", limit="")], "no <limit lower"),
        (["<link name='lost'/>"], "one root link"),
        (["<gazebo reference='a'><kp>1</kp></gazebo>"], r"\['kp'\]"),
        (["<gazebo reference='nobody'><mu1>1</mu1></gazebo>"], r"\['nobody'\]"),
        (["<gazebo><static>true</static></gazebo>"], "<static>"),
        ([jointed("fixed", inertial=MASS + "<visual/>")], "no <geometry>"),
        (
            [jointed("fixed", inertial=MASS + "<visual><geometry><cone/></geometry></visual>")],
            "<cone>",
        ),
    ],
)
def test_what_the_converter_does_not_know_it_refuses(parts, message):
    with pytest.raises(SimulationError, match=message):
        urdf_to_sdf(robot(*parts), "r")


def test_a_root_without_mass_may_carry_one_fixed_link_only():
    two = "<robot name='r'><link name='root'/>" + "".join(
        f"<link name='{name}'>{MASS}</link><joint name='j{name}' type='fixed'>"
        f"<parent link='root'/><child link='{name}'/></joint>"
        for name in ("b", "c")
    )
    with pytest.raises(SimulationError, match="'root' has no mass"):
        urdf_to_sdf(two + "</robot>", "r")


def test_a_broken_description_is_named(tmp_path):
    broken = tmp_path / "car.xacro"
    broken.write_text("<robot name='r'><link></robot>")
    for path in (broken, tmp_path / "none.xacro"):
        with pytest.raises(SimulationError, match=str(path)):
            car_model(path, load_profile())
