"""Messages from YAML and as text."""

from __future__ import annotations

import pytest
from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseWithCovariance
from hypothesis import given, settings
from hypothesis import strategies as st
from ros2cli.command import CommandError
from ros2cli.interfaces import fill_message, get_message, get_service, set_message_fields
from ros2cli.message_text import Style, message_to_csv, message_to_dict, message_to_yaml
from sensor_msgs.msg import Image, JointState
from std_msgs.msg import Byte, Header, MultiArrayDimension, String, UInt8MultiArray
from std_srvs.srv import SetBool


@pytest.mark.parametrize("name", ["std_msgs/msg/String", "std_msgs/String"])
def test_get_message_by_full_and_short_name(name):
    assert get_message(name) is String


def test_get_service():
    assert get_service("std_srvs/srv/SetBool") is SetBool


@pytest.mark.parametrize(
    "name",
    ["", "String", "std_msgs/msg/Nothing", "nowhere/msg/String", "std_msgs/srv/String", "/msg/A"],
)
def test_unknown_message_names_the_type(name):
    with pytest.raises(CommandError, match="The passed message type is invalid") as error:
        get_message(name)
    assert repr(name) in str(error.value)


def test_fields_are_set_at_every_depth():
    msg = UInt8MultiArray()
    fill_message(msg, "{layout: {dim: [{label: x, size: 2}], data_offset: 1}, data: [7, 8]}")
    assert list(msg.layout.dim) == [MultiArrayDimension(label="x", size=2)]
    assert msg.layout.data_offset == 1
    assert list(msg.data) == [7, 8]


def test_values_are_converted_to_the_type_of_the_field():
    msg = PoseWithCovariance()
    fill_message(msg, f"{{pose: {{position: {{x: 1}}}}, covariance: {[2] * 36}}}")
    assert msg.pose.position.x == 1.0
    assert list(msg.covariance) == [2.0] * 36


def test_lists_of_strings_and_numbers():
    msg = JointState()
    fill_message(msg, "{name: [left, right], position: [1, 2.5]}")
    assert list(msg.name) == ["left", "right"]
    assert list(msg.position) == [1.0, 2.5]


def test_stamps_are_left_to_the_caller():
    image, header = Image(), Header()
    stamps = fill_message(image, "{header: auto, width: 4}") + fill_message(header, "stamp: now")
    for set_stamp in stamps:
        set_stamp(Time(sec=7))
    assert (image.header.stamp.sec, image.width, header.stamp.sec) == (7, 4, 7)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{data", "not valid YAML"),
        ("hello", "needs to be a dictionary in YAML format"),
        ("{speed: 1}", "Failed to populate field: .*speed"),
        ("{data: {a: 1}, layout: 3}", "Failed to populate field"),
        ("{layout: 3}", "Value '3' is expected to be a dictionary but is a int"),
        ("{data: [256]}", "Failed to populate field"),
        ("{data: [a]}", "Failed to populate field"),
    ],
)
def test_values_that_do_not_fit_are_refused(text, message):
    with pytest.raises(CommandError, match=message):
        fill_message(UInt8MultiArray(), text)


def test_yaml_keeps_the_order_of_the_definition():
    header = Header(stamp=Time(sec=1, nanosec=2), frame_id="map")
    assert message_to_yaml(header) == "stamp:\n  sec: 1\n  nanosec: 2\nframe_id: map\n"


def test_yaml_in_flow_style():
    header = Header(frame_id="map")
    assert message_to_yaml(header, flow_style=True) == (
        "{stamp: {sec: 0, nanosec: 0}, frame_id: map}\n"
    )


def test_yaml_is_not_folded_and_keeps_unicode():
    text = "Rennstrecke für " * 20
    assert message_to_yaml(String(data=text)) == f"data: '{text}'\n"


@pytest.mark.parametrize(("length", "dots"), [(2, False), (3, True)])
def test_truncation_starts_above_the_limit(length, dots):
    style = Style(truncate_length=2)
    array = message_to_dict(UInt8MultiArray(data=range(length)), style)["data"]
    assert array == ([0, 1, "..."] if dots else [0, 1])
    text = message_to_dict(String(data="abc"[:length]), style)["data"]
    assert text == ("ab..." if dots else "ab")


def test_arrays_and_strings_can_be_summarised():
    style = Style(no_arr=True, no_str=True)
    assert message_to_dict(UInt8MultiArray(data=[1, 2]), style) == {
        "layout": {
            "dim": "<sequence type: std_msgs/msg/MultiArrayDimension, length: 0>",
            "data_offset": 0,
        },
        "data": "<sequence type: uint8, length: 2>",
    }
    assert message_to_dict(PoseWithCovariance(), style)["covariance"] == "<array type: double[36]>"
    assert message_to_dict(String(data="abc"), style)["data"] == "<string length: <3>>"


@pytest.mark.parametrize(
    ("msg", "style", "expected"),
    [
        (Header(stamp=Time(sec=1, nanosec=2), frame_id="map"), Style(), "1,2,map"),
        (UInt8MultiArray(data=[1, 2, 3]), Style(truncate_length=2), ",0,1,2,..."),
        (
            PoseWithCovariance(),
            Style(no_arr=True),
            "0.0,0.0,0.0,0.0,0.0,0.0,1.0,<array type: double[36]>",
        ),
        (Byte(data=b"\x07"), Style(), r"b'\x07'"),
    ],
)
def test_csv(msg, style, expected):
    assert message_to_csv(msg, style) == expected


finite = st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(-(2**31), 2**31 - 1),
    st.text(st.characters(codec="utf-8", exclude_characters="\0")),
    st.lists(st.text(st.characters(codec="utf-8"), max_size=3), max_size=3),
    st.lists(finite, max_size=4),
)
def test_what_is_printed_can_be_published(sec, frame, names, positions):
    msg = JointState(
        header=Header(stamp=Time(sec=sec), frame_id=frame), name=names, position=positions
    )
    again = JointState()
    fill_message(again, message_to_yaml(msg))
    assert again == msg


def test_set_message_fields_wants_a_dictionary():
    with pytest.raises(TypeError, match="is expected to be a dictionary but is a list"):
        set_message_fields(String(), [1])
