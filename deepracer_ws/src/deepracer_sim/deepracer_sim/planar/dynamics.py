"""Single-track dynamics with saturating tyres, for N cars at once.

The four wheels are taken together axle by axle (single-track model: Pacejka, Tire and Vehicle
Dynamics, 3rd ed., chapter 1). Both axles are driven, at speeds that fit the steering, as
`actuation.wheel_speeds` has them for the four wheels. Tyres oppose slip in any direction, first in
proportion to it, then with all of their friction, like the contacts of the AWS simulator and of
MuJoCo. That limit grows and shrinks as load shifts between the axles with acceleration; without
this, a car with spinning wheels would turn ever faster.

The equations are stiff at low speed. In each substep the tyres are dampers between tread and
ground, with the ratio of force to slip that is expected in its middle, and the velocities that they
lead to are solved for (implicit midpoint rule): accurate, stable for every step size and at a
standstill, and tyres only ever take energy from the motion relative to the treads.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numba.extending import register_jitable

from deepracer_sim.actuation import (
    Axles,
    approach,
    hinge_angles,
    lag_part,
    wheel_speeds,
    wheel_tangent,
)
from deepracer_sim.engine import CONTROL_PERIOD, Commands, Floats
from deepracer_sim.planar.plant import Plant

SUBSTEPS = 11
"""Steps of integration in a control period, of 6 ms each: below the limit of friction, paths of 2 s
end within 1 mm of those with infinitely many."""

STEP = CONTROL_PERIOD / SUBSTEPS
"""Step of integration [s]."""

STATE = 15
"""Numbers in the state of a car: x, y [m] and yaw [rad] of base_link; tangent of the mean
road-wheel angle; velocity of base_link ahead and left [m/s], yaw rate [rad/s] and speed of the
treads [m/s]; what the tyres last did to the centre of gravity ahead and left [m/s2] and to the yaw
rate [rad/s2]; angles of the four wheels [rad]."""

POSE = slice(0, 3)
TANGENT = 3
MOTION = slice(4, 8)
PUSH = slice(8, 11)
WHEELS = slice(11, 15)

GRAVITY = 9.80665
"""Standard gravity [m/s2]."""

SLIP_SPEED_FLOOR = 0.5
"""Added to the rolling speed that slip is divided by [m/s]: at rest there is none."""

LEAST_LOAD = 0.05
"""Part of its load at rest that an axle keeps under any acceleration."""

REST_SPEED = 1e-6
"""Below this [m/s, rad/s] a car without drive stands."""

# Numba caches what it compiled until this file changes, so touch it after a change to these.
for _formula in (approach, hinge_angles, lag_part, wheel_tangent, wheel_speeds):
    register_jitable(_formula)


@njit(cache=True, error_model="numpy")
def advance(
    states: Floats,
    commands: Commands,
    friction: Floats,
    steering_gain: Floats,
    speed_gain: Floats,
    plant: Plant,
    step: float,
    substeps: int,
) -> None:
    """Advance every car, each by itself.

    Args:
        states: (N, STATE), overwritten.
        commands: (N, 2) steering angle [rad] and speed [m/s].
        friction: (N,) factors on the friction coefficient.
        steering_gain: (N,) factors on the commanded angles.
        speed_gain: (N,) factors on the commanded speeds.
        plant: the car.
        step: length of a step of integration [s].
        substeps: number of these.
    """
    for car in range(len(states)):
        tangent = wheel_tangent(
            steering_gain[car] * commands[car, 0], plant.linkage_ratio, plant.axles
        )
        speed = speed_gain[car] * commands[car, 1]
        speed = min(max(speed, -plant.largest_speed), plant.largest_speed)
        _advance(states[car], tangent, speed, friction[car] * plant.friction, plant, step, substeps)
        if speed == 0.0 and np.abs(states[car, MOTION]).max() < REST_SPEED:
            states[car, MOTION] = 0.0


@njit(cache=True, error_model="numpy")
def _advance(
    state: Floats,
    tangent_goal: float,
    speed_goal: float,
    friction: float,
    plant: Plant,
    step: float,
    substeps: int,
) -> None:
    """Advance one car; the goals are those of the command, within the limits of the car."""
    steering_part, speed_part = lag_part(step, plant.steering_lag), lag_part(step, plant.speed_lag)
    largest_change = plant.acceleration * step
    x, y, yaw, tangent, ahead, left, yaw_rate, tread = state[:8]
    push = (state[8], state[9], state[10])
    # To the centre of gravity, and to its velocity in frame map.
    cos, sin = math.cos(yaw), math.sin(yaw)
    x, y = x + plant.centre * cos, y + plant.centre * sin
    east, north = _turn(ahead, left + plant.centre * yaw_rate, cos, sin)
    for _ in range(substeps):
        steer = (tangent_goal - tangent) * steering_part
        drive = approach(tread, speed_goal, speed_part, largest_change) - tread
        mid_tangent, mid_tread = tangent + steer / 2.0, tread + drive / 2.0
        tangent, tread = tangent + steer, tread + drive
        for wheel, rolling in enumerate(wheel_speeds(mid_tread, mid_tangent, plant.axles)):
            state[11 + wheel] += step * rolling / plant.wheel_radius
        turn = yaw_rate * step / 2.0
        cos, sin = _turn(cos, sin, *_direction_of_small(turn))
        velocity = (*_turn(east, north, cos, -sin), yaw_rate)
        push = _tyre_push(velocity, push, mid_tangent, mid_tread, friction, plant, step)
        east_push, north_push = _turn(push[0], push[1], cos, sin)
        x += step * (east + east_push * step / 2.0)
        y += step * (north + north_push * step / 2.0)
        east, north = east + east_push * step, north + north_push * step
        yaw_rate += push[2] * step
        turn_on = yaw_rate * step / 2.0
        cos, sin = _turn(cos, sin, *_direction_of_small(turn_on))
        yaw += turn + turn_on
    x, y = x - plant.centre * cos, y - plant.centre * sin
    ahead, left = _turn(east, north, cos, -sin)
    state[:8] = (x, y, yaw, tangent, ahead, left - plant.centre * yaw_rate, yaw_rate, tread)
    state[PUSH] = push


@njit(cache=True, error_model="numpy")
def _tyre_push(
    velocity: tuple[float, float, float],
    expected: tuple[float, float, float],
    tangent: float,
    tread: float,
    friction: float,
    plant: Plant,
    step: float,
) -> tuple[float, float, float]:
    """Acceleration by the tyres in a substep, seen from the car as it stands in its middle.

    Args:
        velocity: ahead and left of the centre of gravity [m/s], and yaw rate [rad/s], at first.
        expected: acceleration that sets loads and ratios of force to slip: the last one.
        tangent: of the mean road-wheel angle.
        tread: speed of the treads [m/s]: (tread, tread * tangent) in front, (tread, 0) behind.
        friction: coefficient.
        plant: the car.
        step: length of the substep [s].

    Returns:
        Ahead, left [m/s2] and of the yaw rate [rad/s2].
    """
    ahead, left, yaw_rate = velocity
    half = step / 2.0
    middle = (
        ahead + half * expected[0],
        left + half * expected[1],
        yaw_rate + half * expected[2],
    )
    front, rear = _tyre_dampings(middle, expected[0], tangent, tread, friction, plant)
    front_slip = left + plant.front * yaw_rate - tread * tangent
    rear_slip = left - plant.rear * yaw_rate
    force = -(front * front_slip + rear * rear_slip)
    moment = plant.rear * rear * rear_slip - plant.front * front * front_slip
    # Half of the acceleration is felt in the middle of the substep: solve two equations for it.
    mass = plant.mass + half * (front + rear)
    inertia = plant.yaw_inertia + half * (plant.front**2 * front + plant.rear**2 * rear)
    coupling = half * (plant.front * front - plant.rear * rear)
    scale = 1.0 / (mass * inertia - coupling * coupling)
    return (
        (front + rear) * (tread - ahead) / mass,
        scale * (inertia * force - coupling * moment),
        scale * (mass * moment - coupling * force),
    )


@njit(cache=True, error_model="numpy")
def _tyre_dampings(
    velocity: tuple[float, float, float],
    push_ahead: float,
    tangent: float,
    tread: float,
    friction: float,
    plant: Plant,
) -> tuple[float, float]:
    """Force per slip speed [N s/m] of the tyres of the front and of the rear axle."""
    ahead, left, yaw_rate = velocity
    sideways = tread * tangent
    shift = plant.height * push_ahead
    front = _damping(
        _length(ahead - tread, left + plant.front * yaw_rate - sideways),
        _length(tread, sideways),
        GRAVITY * plant.rear,
        -shift,
        friction,
        plant,
    )
    rear = _damping(
        _length(ahead - tread, left - plant.rear * yaw_rate),
        abs(tread),
        GRAVITY * plant.front,
        shift,
        friction,
        plant,
    )
    return front, rear


@njit(cache=True, error_model="numpy")
def _damping(
    slip: float, rolling: float, leverage: float, shift: float, friction: float, plant: Plant
) -> float:
    """Force per slip speed of the tyres of one axle [N s/m].

    Args:
        slip: speed of the tread over the ground [m/s].
        rolling: speed of the tread around the axle [m/s].
        leverage: load at rest, times wheelbase, per mass [m2/s2].
        shift: what acceleration adds to it.
        friction: coefficient.
        plant: the car.
    """
    mass = plant.mass / plant.axles.wheelbase
    stiffness = plant.tyre_stiffness * mass * leverage
    limit = friction * mass * max(leverage + shift, LEAST_LOAD * leverage)
    return min(stiffness / (rolling + SLIP_SPEED_FLOOR), limit / slip)


@njit(cache=True, error_model="numpy")
def _turn(x: float, y: float, cos: float, sin: float) -> tuple[float, float]:
    """The vector turned by the angle with this cosine and sine."""
    return x * cos - y * sin, x * sin + y * cos


@njit(cache=True, error_model="numpy")
def _direction_of_small(angle: float) -> tuple[float, float]:
    """Cosine and sine of an angle below 0.1 rad, to 1e-13, in a fifth of the time."""
    square = angle * angle
    return (
        1.0 - square / 2.0 * (1.0 - square / 12.0 * (1.0 - square / 30.0)),
        angle * (1.0 - square / 6.0 * (1.0 - square / 20.0 * (1.0 - square / 42.0))),
    )


@njit(cache=True, error_model="numpy")
def _length(x: float, y: float) -> float:
    return math.sqrt(x * x + y * y)


@njit(cache=True, error_model="numpy")
def measure(
    states: Floats,
    axles: Axles,
    position: Floats,
    orientation: Floats,
    velocity: Floats,
    yaw_rate: Floats,
    joints: Floats,
) -> None:
    """Fill the arrays of `engine.CarStates` from states (N, STATE)."""
    for car in range(len(states)):
        state = states[car]
        position[car, 0], position[car, 1], position[car, 2] = state[0], state[1], 0.0
        orientation[car, 0], orientation[car, 1] = 0.0, 0.0
        orientation[car, 2], orientation[car, 3] = (
            math.sin(state[2] / 2.0),
            math.cos(state[2] / 2.0),
        )
        velocity[car, 0], velocity[car, 1], yaw_rate[car] = state[4], state[5], state[6]
        joints[car, 0], joints[car, 1] = hinge_angles(state[TANGENT], axles)
        joints[car, 2:] = state[WHEELS]
