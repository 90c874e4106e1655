"""The car as the engines see it: sums over the URDF's bodies, and errors that name the mistake."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from deepracer_core.errors import SimulationError
from deepracer_core.vehicle import VEHICLE
from deepracer_sim.car_model import load_car_model
from deepracer_sim.engine import JOINTS

URDF = Path(__file__).parents[4] / "urdf" / "deepracer.urdf.xacro"

# Two blocks on a turned arm and six joints: few enough bodies to sum up by hand.
BLOCKS = """
<robot name="blocks">
  <link name="base_link"/>
  <link name="arm"><inertial><origin xyz="1 0 0"/><mass value="2"/>
    <inertia ixx="1" ixy="0" ixz="0" iyy="2" iyz="0" izz="3"/></inertial></link>
  <link name="block"><inertial><origin xyz="0 0 1"/><mass value="1"/>
    <inertia ixx="7" ixy="0" ixz="0" iyy="8" iyz="0" izz="9"/></inertial></link>
  <joint name="shoulder" type="fixed"><parent link="base_link"/><child link="arm"/>
    <origin xyz="0 0 1" rpy="0 0 1.5707963267948966"/></joint>
  <joint name="elbow" type="fixed"><parent link="arm"/><child link="block"/>
    <origin xyz="3 0 0" rpy="0 1.5707963267948966 0"/></joint>
  {joints}
</robot>
"""
JOINT = """
  <link name="{name}_link"/>
  <joint name="{name}" type="revolute"><parent link="base_link"/><child link="{name}_link"/>
    <axis xyz="0 0 1"/><limit lower="-1" upper="2" effort="3" velocity="4"/></joint>
"""


@pytest.fixture(scope="module")
def car():
    return load_car_model(URDF)


def write_blocks(folder: Path, joints=JOINTS, change=("", "")) -> Path:
    text = BLOCKS.format(joints="".join(JOINT.format(name=name) for name in joints))
    path = folder / "blocks.urdf"
    path.write_text(text.replace(*change) if change[0] else text)
    return path


def test_the_car_weighs_what_its_parts_weigh(car):
    assert car.mass == pytest.approx(1.20 + 0.12 + 0.04 + 2 * 0.02 + 4 * 0.07)
    x, y, z = car.centre_of_gravity
    assert y == 0.0
    assert abs(x) < 0.01
    assert VEHICLE.wheel_radius < z < 0.06
    assert car.wheel_inertia == pytest.approx(4 * 0.07 * VEHICLE.wheel_radius**2 / 2)


def test_joints_stand_in_the_order_of_the_engines_where_the_geometry_says(car):
    assert tuple(joint.name for joint in car.joints) == JOINTS
    places = np.array([joint.position for joint in car.wheels])
    np.testing.assert_allclose(places[:, :2], VEHICLE.wheel_centres, atol=1e-12)
    np.testing.assert_allclose(places[:, 2], VEHICLE.wheel_radius)
    for hinge in car.hinges:
        assert (hinge.lower, hinge.upper) == (-VEHICLE.hinge_limit, VEHICLE.hinge_limit)
        np.testing.assert_array_equal(hinge.axis, (0, 0, 1))
    for wheel in car.wheels:
        assert (wheel.lower, wheel.upper) == (-math.inf, math.inf)
        assert wheel.velocity == VEHICLE.max_wheel_rate
        np.testing.assert_array_equal(wheel.axis, (0, 1, 0))


def test_bodies_are_summed_in_the_frame_of_base_link(tmp_path):
    car = load_car_model(write_blocks(tmp_path))
    # arm: x points along y, so its centre is at (0, 1, 1); block: z points along y, at (0, 4, 1)
    assert car.mass == 3.0
    np.testing.assert_allclose(car.centre_of_gravity, (0, 2, 1), atol=1e-15)
    # about z: arm 3 + 2 * 1^2; block, whose x axis points down, 7 + 1 * 2^2
    assert car.yaw_inertia == pytest.approx(16.0)
    assert car.wheel_inertia == 0.0
    assert (car.joints[0].effort, car.joints[0].velocity) == (3.0, 4.0)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (('<mass value="2"/>', ""), "link 'arm' has no <inertial/mass value"),
        (('<mass value="2"/>', "<mass/>"), "value=...>; add it"),
        (('value="2"', 'value="two"'), "'two' is not a number"),
        (('xyz="3 0 0"', 'xyz="3 0"'), "'3 0' are not three numbers"),
        (('<parent link="arm"/>', '<parent link="leg"/>'), r"\['elbow'\] do not hang on base_link"),
        (('<parent link="base_link"/>', '<parent link="block"/>'), "do not hang on base_link"),
        (("</robot>", ""), "no element found"),
    ],
)
def test_a_broken_description_says_what_is_wrong_where(tmp_path, change, complaint):
    path = write_blocks(tmp_path, change=change)
    with pytest.raises(SimulationError, match=complaint) as caught:
        load_car_model(path)
    assert str(path) in str(caught.value)


def test_weightless_cars_and_missing_joints_are_refused(tmp_path):
    with pytest.raises(SimulationError, match="no joint 'left_rear_wheel_joint'"):
        load_car_model(write_blocks(tmp_path, joints=JOINTS[:4]))
    weightless = tmp_path / "weightless.urdf"
    weightless.write_text('<robot name="ghost"><link name="base_link"/></robot>')
    with pytest.raises(SimulationError, match="no link has a mass"):
        load_car_model(weightless)


def test_a_missing_file_and_an_unknown_package_are_refused(tmp_path):
    with pytest.raises(SimulationError, match=r"No such file.*source install/setup.bash"):
        load_car_model(tmp_path / "none.urdf")
    path = tmp_path / "included.urdf"
    path.write_text(
        '<robot name="car" xmlns:xacro="http://www.ros.org/wiki/xacro">'
        '<xacro:include filename="$(find no_such)/wheels.xacro"/></robot>'
    )
    with pytest.raises(SimulationError, match="no_such"):
        load_car_model(path)
