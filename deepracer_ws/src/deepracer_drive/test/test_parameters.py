"""What a node says of parameters that it cannot take."""

from __future__ import annotations

import pytest
import rclpy
from deepracer_core.errors import ConfigError
from deepracer_drive.parameters import declare
from rclpy.context import Context
from rclpy.node import Node

GIVEN = ("count:=-5", "speed:=9.5", "name:=5", "rate:=fast", "on:=1", "right:=2")


@pytest.fixture
def node():
    context = Context()
    rclpy.init(
        args=["--ros-args", *(word for text in GIVEN for word in ("-p", text))], context=context
    )
    node = Node("probe", context=context)
    yield node
    node.destroy_node()
    rclpy.shutdown(context=context)


@pytest.mark.parametrize(
    ("name", "default", "bounds", "message"),
    [
        ("count", 0, (0, 100), "count must be 0 to 100: what it is"),
        ("speed", 1.0, (0.1, 4.0), r"speed must be 0\.1 to 4\.0: what it is"),
        ("name", "", None, "name must be a text"),
        ("rate", 1.0, None, "rate must be a number with a decimal point"),
        ("on", True, None, "on must be true or false"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(node, name, default, bounds, message):
    with pytest.raises(ConfigError, match=message):
        declare(node, name, default, "what it is", bounds=bounds)


def test_what_is_right_is_taken(node):
    assert declare(node, "right", 0, "what it is", bounds=(0, 2)) == 2
    assert declare(node, "other", 0.5, "what it is") == 0.5
