"""Parameters of nodes, each with description, range and default."""

from __future__ import annotations

from typing import Any

from deepracer_core.errors import ConfigError
from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
from rclpy.node import Node

_KINDS: dict[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number with a decimal point",
    str: "a text (a number in quotes)",
    list: "a list of values of one type",
}


def declare(
    node: Node,
    name: str,
    default: float | str | list[str] | list[float],
    description: str,
    *,
    bounds: tuple[float, float] | None = None,
    live: bool = False,
) -> Any:
    """Declare a parameter and return its value.

    Args:
        node: The node that gets it.
        name: Its name.
        default: Value where none is given; sets the type.
        description: What it means, with unit.
        bounds: Smallest and largest number allowed, both included.
        live: Whether it may change while the node runs.

    Raises:
        ConfigError: It is given a value of another type, or one out of bounds.
    """
    descriptor = ParameterDescriptor(description=description, read_only=not live)
    if bounds is not None and isinstance(default, float):
        low, high = bounds
        descriptor.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
    elif bounds is not None:
        low, high = map(int, bounds)
        descriptor.integer_range = [IntegerRange(from_value=low, to_value=high, step=1)]
    try:
        return node.declare_parameter(name, default, descriptor).value
    except InvalidParameterTypeException as error:
        raise ConfigError(f"{name} must be {_KINDS[type(default)]}: {description}") from error
    except InvalidParameterValueException as error:
        allowed = "" if bounds is None else " to ".join(map(str, map(type(default), bounds)))
        raise ConfigError(f"{name} must be {allowed}: {description}") from error
