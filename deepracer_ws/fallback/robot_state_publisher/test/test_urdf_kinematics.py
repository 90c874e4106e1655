from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from robot_state_publisher.kinematics import (
    PublishSchedule,
    RobotKinematics,
    multiply,
    quaternion_from_rpy,
    rotate,
)
from robot_state_publisher.urdf import UrdfError, parse_urdf

ANGLES = st.floats(-math.pi, math.pi)
LIMIT = "<limit lower='-1' upper='1' effort='1' velocity='1'/>"
MIMIC = "<mimic joint='turn' multiplier='-2' offset='0.5'/>"


def joint(name: str, parent: str, child: str, kind: str = "fixed", inside: str = "") -> str:
    ends = f"<parent link='{parent}'/><child link='{child}'/>"
    return f"<joint name='{name}' type='{kind}'>{ends}{inside}</joint>"


def robot(*joints: str, links: str = "abc") -> str:
    bodies = [f"<link name='{link}'/>" for link in links]
    return f"<robot name='r'>{''.join((*bodies, *joints))}</robot>"


def one_joint(inside: str, kind: str = "fixed") -> str:
    return robot(joint("j", "a", "b", kind, inside))


ONE_OF_EACH = robot(
    joint("fix", "a", "b", "fixed", "<origin xyz='1 2 3' rpy='0 0 1.5707963267948966'/>"),
    joint("turn", "b", "c", "continuous", "<axis xyz='0 0 2'/>"),
    joint("hinge", "c", "d", "revolute", "<origin xyz='0 1 0'/>" + LIMIT),
    joint("slide", "d", "e", "prismatic", "<origin rpy='0 0 1.5707963267948966'/>" + LIMIT),
    joint("free", "e", "f", "floating"),
    joint("table", "e", "g", "planar"),
    joint(
        "follow", "e", "h", "revolute", LIMIT + "<mimic joint='turn' multiplier='-2' offset='0.5'/>"
    ),
    links="abcdefgh",
)


def by_child(transforms):
    return {transform.child: transform for transform in transforms}


def test_fixed_and_planar_joints_are_static_and_floating_ones_nobodys():
    assert set(by_child(RobotKinematics(ONE_OF_EACH).fixed_transforms())) == {"b", "g"}


def test_a_fixed_joint_is_its_origin():
    fixed = by_child(RobotKinematics(ONE_OF_EACH).fixed_transforms())["b"]
    assert (fixed.parent, fixed.translation) == ("a", (1.0, 2.0, 3.0))
    half = math.sqrt(0.5)
    assert fixed.rotation == pytest.approx((0, 0, half, half))


def test_moving_joints_turn_about_or_slide_along_their_unit_axis():
    moving = by_child(
        RobotKinematics(ONE_OF_EACH).moving_transforms({"turn": 1.0, "hinge": 0.4, "slide": 0.3})
    )
    assert set(moving) == {"c", "d", "e", "h"}
    assert moving["c"].rotation == pytest.approx((0, 0, math.sin(0.5), math.cos(0.5)))
    assert moving["d"].rotation == pytest.approx((math.sin(0.2), 0, 0, math.cos(0.2)))  # default x
    assert moving["d"].translation == (0.0, 1.0, 0.0)
    assert moving["e"].translation == pytest.approx((0, 0.3, 0))  # along x, turned by 90 deg
    angle = -2 * 1.0 + 0.5
    assert moving["h"].rotation == pytest.approx((math.sin(angle / 2), 0, 0, math.cos(angle / 2)))


def test_only_named_joints_move_and_unknown_ones_are_ignored():
    moving = RobotKinematics(ONE_OF_EACH).moving_transforms(
        {"slide": 0.1, "fix": 2.0, "gripper": 1}
    )
    assert set(by_child(moving)) == {"e"}


@given(ANGLES, ANGLES, ANGLES)
def test_rpy_is_roll_then_pitch_then_yaw_about_fixed_axes(roll, pitch, yaw):
    about_x = (math.sin(roll / 2), 0.0, 0.0, math.cos(roll / 2))
    about_y = (0.0, math.sin(pitch / 2), 0.0, math.cos(pitch / 2))
    about_z = (0.0, 0.0, math.sin(yaw / 2), math.cos(yaw / 2))
    expected = multiply(about_z, multiply(about_y, about_x))
    assert quaternion_from_rpy((roll, pitch, yaw)) == pytest.approx(expected, abs=1e-12)


@given(ANGLES, st.tuples(*[st.floats(-10, 10)] * 3))
def test_rotate_keeps_lengths_and_turns_left_about_z(yaw, vector):
    turned = rotate(quaternion_from_rpy((0.0, 0.0, yaw)), vector)
    x, y, z = vector
    c, s = math.cos(yaw), math.sin(yaw)
    np.testing.assert_allclose(turned, (c * x - s * y, s * x + c * y, z), atol=1e-9)


@pytest.mark.parametrize(
    ("urdf", "message"),
    [
        ("", "must not be empty"),
        ("car", "not well-formed"),
        ("<robot>", "not well-formed"),
        ("<sdf/>", "root element is <sdf>"),
        ("<robot/>", "has no <link>"),
        ("<robot><link/></robot>", "<link> has no attribute 'name'"),
        (robot(links="aab"), "link 'a' is defined more than once"),
        (robot(links="ab"), "two root links found: 'a' and 'b'"),
        (robot(joint("j", "a", "b"), joint("j", "a", "c")), "joint 'j' is defined more than once"),
        (robot(joint("j", "a", "b"), joint("k", "a", "b")), "link 'b' is the child of more"),
        (robot(joint("j", "a", "x")), "joint 'j': link 'x' is not defined"),
        (robot(joint("j", "b", "c"), joint("k", "c", "b")), "joints around link 'b' form a loop"),
        (robot(joint("j", "a", "a"), links="a"), "form a loop"),
        (robot(joint("j", "a", "b", "hinge")), "joint 'j' has unknown type 'hinge'"),
        (
            robot(joint("j", "a", "b", "revolute")),
            "'j' is of type revolute and needs a",
        ),
        ("<robot><joint name='j' type='fixed'/></robot>", "joint 'j' has no <parent>"),
        (
            one_joint("<origin xyz='0 0'/>"),
            "xyz='0 0' must be three numbers",
        ),
        (
            one_joint("<origin rpy='0 0 nan'/>"),
            "'nan' is not a finite number",
        ),
        (one_joint("<origin xyz='0 0 x'/>"), "'x' is not a finite number"),
        (
            robot(joint("j", "a", "b", "continuous", "<axis xyz='0 0 0'/>")),
            "its axis has no length",
        ),
        (
            one_joint("<mimic/>"),
            "<mimic> of joint 'j' has no attribute 'joint'",
        ),
    ],
)
def test_a_broken_description_is_refused_with_its_reason(urdf, message):
    with pytest.raises(UrdfError, match=message.replace("(", r"\(")):
        parse_urdf(urdf)


def test_an_entity_bomb_is_refused_before_it_expands():
    bomb = "<!DOCTYPE bomb [<!ENTITY a0 'ha'>"
    bomb += "".join(f"<!ENTITY a{i} '{f'&a{i - 1};' * 10}'>" for i in range(1, 30))
    with pytest.raises(UrdfError, match="<!DOCTYPE bomb> is not allowed"):
        parse_urdf(bomb + "]><robot>&a29;</robot>")


def test_an_encoding_declaration_does_not_matter():
    urdf = "<?xml version='1.0' encoding='latin-1'?><robot><link name='Rädli'/><link name='b'/>"
    assert parse_urdf(urdf + joint("j", "Rädli", "b") + "</robot>")[0].parent == "Rädli"


def test_a_long_chain_is_read_in_reasonable_time():
    count = 2000
    links = "".join(f"<link name='l{i}'/>" for i in range(count))
    chain = "".join(joint(f"j{i}", f"l{i}", f"l{i + 1}") for i in range(count - 1))
    assert len(parse_urdf(f"<robot>{links}{chain}</robot>")) == count - 1


def test_joints_are_published_at_most_once_per_interval():
    schedule = PublishSchedule()
    assert schedule.is_due(["a"], stamp=0, interval=50)
    schedule.mark_published(["a"], stamp=0)
    assert not schedule.is_due(["a"], stamp=49, interval=50)
    assert schedule.is_due(["a"], stamp=50, interval=50)
    assert schedule.is_due(["a", "b"], stamp=10, interval=50), "b was never published"


def test_everything_is_due_again_after_the_clock_went_back():
    schedule = PublishSchedule()
    assert not schedule.clock_went_back(now=1000)
    schedule.mark_published(["a"], stamp=1000)
    assert not schedule.is_due(["a"], stamp=10, interval=50)
    assert schedule.clock_went_back(now=10)
    assert schedule.is_due(["a"], stamp=10, interval=50)
    assert not schedule.clock_went_back(now=11)
