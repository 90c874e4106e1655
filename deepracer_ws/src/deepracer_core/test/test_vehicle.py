from __future__ import annotations

import math

import numpy as np
import pytest
from deepracer_core.vehicle import VEHICLE

SIMAPP_CHASSIS_Z = 0.023249
SIMAPP_ZED_JOINT = np.array([0.091711, 0.080023])
SIMAPP_CAMERA_JOINT = np.array([0.044755, 0.04])


def test_wheelbase_is_the_published_one():
    assert VEHICLE.wheelbase == pytest.approx(0.163974, abs=1e-9)


def test_camera_pose_is_the_product_of_simapp_joints():
    pitch = math.radians(15)
    # rotation about +y by pitch, restricted to the x-z plane
    rotation = np.array([[math.cos(pitch), math.sin(pitch)], [-math.sin(pitch), math.cos(pitch)]])
    x, z = SIMAPP_ZED_JOINT + rotation @ SIMAPP_CAMERA_JOINT + (0, SIMAPP_CHASSIS_Z)
    assert VEHICLE.camera.x == pytest.approx(x, abs=1e-5)
    assert VEHICLE.camera.z == pytest.approx(z, abs=1e-5)
    assert VEHICLE.camera.pitch == pytest.approx(pitch, abs=1e-4)


def test_wheels_are_left_positive_and_inside_the_footprint():
    front_left, front_right, rear_left, rear_right = VEHICLE.wheel_centres
    assert front_left[0] == front_right[0] > rear_left[0] == rear_right[0]
    assert front_left[1] == -front_right[1] > 0
    assert rear_left[1] == -rear_right[1] > 0
    outermost = np.abs(VEHICLE.wheel_centres[:, 1]).max() + VEHICLE.wheel_width / 2
    assert 2 * outermost == pytest.approx(VEHICLE.footprint_width)


def test_joints_can_do_what_may_be_commanded():
    # inner front wheel of a car that turns about a point on its rear axle line (Ackermann)
    turn_radius = VEHICLE.wheelbase / math.tan(VEHICLE.max_steering_angle)
    inner = math.atan2(VEHICLE.wheelbase, turn_radius - VEHICLE.front_track / 2)
    assert VEHICLE.max_steering_angle < inner < VEHICLE.hinge_limit
    assert VEHICLE.max_speed / VEHICLE.wheel_radius < VEHICLE.max_wheel_rate


def test_p_lies_on_the_bonnet():
    assert VEHICLE.front_axle_x < VEHICLE.front_point_x < VEHICLE.footprint_length / 2
