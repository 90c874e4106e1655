"""How the DeepRacer car turns an action into what its servo and its motor get, both in [-1, 1].

The car never uses m/s physically: throttle depends only on the share of the action space's largest
speed, on a parabola that gives 0.8 at half speed because the motor does not turn below some
throttle, and on the scale that the driver sets (stock car, navigation package). So a 1 m/s and a
4 m/s model of the same proportions drive alike; the scale decides how fast.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepracer_core.action_space import ActionSpace
from deepracer_core.errors import ConfigError

QUADRATIC = -1.2
"""[1] throttle per square of the share of the largest speed; stock car."""
LINEAR = 2.2
"""[1] throttle per share of the largest speed; stock car."""

Array = npt.NDArray[np.float64]


def speed_to_throttle(speed: npt.ArrayLike, max_speed: float, scale: float = 1.0) -> Array:
    """Map speeds to throttle: scale * (a v^2 + b v), clipped to [-1, 1].

    0 gives 0, half of `max_speed` 0.8, `max_speed` 1. Between 5/6 of `max_speed` and `max_speed`
    the parabola is slightly above 1 and clipped. Backwards is the mirror image of forwards (ours:
    no action of AWS goes backwards).

    Args:
        speed: Speeds of actions [m/s], any shape.
        max_speed: Largest speed of the action space [m/s].
        scale: Maximum throttle that the driver allows, 0 to 1; 0 on the stock car until it is set.

    Returns:
        Throttle in the shape of `speed`, positive forwards.

    Raises:
        ConfigError: `max_speed` is not positive or `scale` not within 0 and 1.
    """
    if not 0.0 < max_speed < np.inf:
        raise ConfigError(f"max_speed {max_speed} m/s: give a finite speed above 0")
    if not 0.0 <= scale <= 1.0:
        raise ConfigError(f"scale {scale}: give 0 (no throttle) to 1 (all)")
    share = np.asarray(speed, np.float64) / max_speed
    curve = QUADRATIC * share * np.abs(share) + LINEAR * share
    result: Array = np.clip(scale * curve, -1.0, 1.0)
    return result


def normalise_steering(angle: npt.ArrayLike, max_steering_angle: float) -> Array:
    """Map steering angles to servo positions: angle / largest angle, clipped to [-1, 1].

    Args:
        angle: Steering angles of actions [rad], left positive, any shape.
        max_steering_angle: Largest steering angle of the action space to either side [rad]; 0 if
            it only goes straight ahead, which gives 0.

    Returns:
        Position in the shape of `angle`, left positive.

    Raises:
        ConfigError: `max_steering_angle` is negative or not finite.
    """
    if not 0.0 <= max_steering_angle < np.inf:
        raise ConfigError(
            f"max_steering_angle {max_steering_angle} rad: give a finite angle from 0"
        )
    angles = np.asarray(angle, np.float64)
    if max_steering_angle == 0.0:
        return np.zeros_like(angles)
    result: Array = np.clip(angles / max_steering_angle, -1.0, 1.0)
    return result


def drive_positions(actions: npt.ArrayLike, space: ActionSpace, scale: float = 1.0) -> Array:
    """Map actions of an action space, discrete or continuous, to servo and motor.

    Args:
        actions: (..., 2): steering angle [rad] and speed [m/s].
        space: The action space that they come from.
        scale: Maximum throttle that the driver allows, 0 to 1.

    Returns:
        (..., 2): servo position, left positive, and throttle, both in [-1, 1].

    Raises:
        ConfigError: `scale` is not within 0 and 1.
    """
    values = np.asarray(actions, np.float64)
    return np.stack(
        (
            normalise_steering(values[..., 0], space.max_steering_angle),
            speed_to_throttle(values[..., 1], space.max_speed, scale),
        ),
        axis=-1,
    )
