"""Action spaces: limits, lookup, scaling, equality."""

from __future__ import annotations

import math

import numpy as np
import pytest
from deepracer_core.action_space import (
    MAX_ACTIONS,
    MAX_SPEED,
    ContinuousActionSpace,
    DiscreteActionSpace,
    clip_to_car,
    to_degrees,
)
from deepracer_core.errors import ActionSpaceError
from deepracer_core.vehicle import VEHICLE
from hypothesis import given
from hypothesis import strategies as st

THREE = DiscreteActionSpace.from_degrees([(-30, 0.5), (0, 2.0), (15, 1.0)])
RANGE = ContinuousActionSpace.from_degrees(-20, 30, 0.5, 2.0)


class TestDiscrete:
    def test_behaves_as_a_list_of_actions(self):
        assert len(THREE) == 3
        assert THREE[0] == (math.radians(-30), 0.5)
        assert (THREE.max_speed, THREE.max_steering_angle) == (2.0, math.radians(30))

    def test_looks_up_many_indices_of_any_shape(self):
        actions = THREE.from_index(np.array([[2, 0], [1, 1]]))
        assert actions.shape == (2, 2, 2)
        assert actions.tolist() == [
            [list(THREE[2]), list(THREE[0])],
            [list(THREE[1]), list(THREE[1])],
        ]
        assert THREE.from_index(1).tolist() == list(THREE[1])

    def test_a_lookup_may_be_changed_without_harm(self):
        THREE.from_index([0])[:] = 9.0
        assert THREE.from_index([0]).tolist() == [list(THREE[0])]

    @pytest.mark.parametrize("index", [-1, 3])
    def test_an_index_beside_the_list_is_named(self, index):
        with pytest.raises(ActionSpaceError, match=rf"^there is no action {index}, only 0 to 2$"):
            THREE.from_index([0, index])

    def test_an_index_that_is_no_integer_is_refused(self):
        with pytest.raises(ActionSpaceError, match=r"^action indices are float64, not integers$"):
            THREE.from_index([0.0])

    @pytest.mark.parametrize("angle", [-45.0, 45.0])
    @pytest.mark.parametrize("speed", [0.0, MAX_SPEED])
    def test_limits_themselves_are_accepted(self, angle, speed):
        space = DiscreteActionSpace.from_degrees([(angle, speed), (0, 1)])
        assert space[0] == (math.radians(angle), speed)

    @pytest.mark.parametrize("angle", [-45.001, 45.001, math.nan, math.inf])
    def test_an_impossible_angle_is_named(self, angle):
        with pytest.raises(ActionSpaceError) as error:
            DiscreteActionSpace.from_degrees([(0, 1), (angle, 1)])
        assert str(error.value) == (f"action 1: steering_angle is {angle} deg: give -45 to 45 deg")

    @pytest.mark.parametrize("speed", [-0.001, math.nextafter(MAX_SPEED, 11), math.nan, math.inf])
    def test_an_impossible_speed_is_named(self, speed):
        with pytest.raises(ActionSpaceError) as error:
            DiscreteActionSpace.from_degrees([(0, speed)])
        assert str(error.value) == f"action 0: speed is {speed} m/s: give 0 to 10 m/s"

    @pytest.mark.parametrize(("count", "accepted"), [(1, True), (MAX_ACTIONS, True), (0, False)])
    def test_number_of_actions(self, count, accepted):
        actions = ((0.0, 1.0),) * count
        if accepted:
            assert len(DiscreteActionSpace(actions)) == count
        else:
            with pytest.raises(ActionSpaceError, match="has 1 to 256 actions, this one has 0"):
                DiscreteActionSpace(actions)

    def test_too_many_actions(self):
        with pytest.raises(ActionSpaceError, match="this one has 257"):
            DiscreteActionSpace(((0.0, 1.0),) * (MAX_ACTIONS + 1))

    def test_a_car_that_cannot_move_is_refused(self):
        with pytest.raises(ActionSpaceError, match="every action has speed 0"):
            DiscreteActionSpace(((0.0, 0.0), (0.1, 0.0)))

    def test_equality(self):
        same = DiscreteActionSpace.from_degrees([(-30, 0.5), (0, 2.0), (15, 1.0)])
        assert same == THREE
        assert hash(same) == hash(THREE)
        assert DiscreteActionSpace.from_degrees([(0, 2.0), (-30, 0.5), (15, 1.0)]) != THREE
        assert THREE != RANGE


class TestContinuous:
    def test_outputs_are_scaled_to_the_ranges(self):
        outputs = [[-1, -1], [0, 0], [1, 1], [0.5, -0.5]]
        degrees = [(-20, 0.5), (5, 1.25), (30, 2.0), (17.5, 0.875)]
        expected = [(math.radians(angle), speed) for angle, speed in degrees]
        np.testing.assert_allclose(RANGE.from_normalised(outputs), expected, atol=1e-15)

    def test_outputs_beyond_are_clipped(self):
        low_high = RANGE.from_normalised([[-1.5, math.inf], [99.0, -math.inf]])
        assert low_high.tolist() == [
            [RANGE.steering_low, RANGE.speed_high],
            [RANGE.steering_high, RANGE.speed_low],
        ]

    def test_one_output_gives_a_pair(self):
        steering_angle, speed = RANGE.from_normalised([1.0, -1.0])
        assert (steering_angle, speed) == (RANGE.steering_high, 0.5)

    def test_nan_is_named(self):
        with pytest.raises(ActionSpaceError, match=r"^outputs are NaN at \[1, 0\]: "):
            RANGE.from_normalised([[0, 0], [math.nan, 0]])

    @pytest.mark.parametrize("shape", [(), (3,), (2, 1)])
    def test_a_wrong_shape_is_named(self, shape):
        with pytest.raises(ActionSpaceError, match="outputs have shape"):
            RANGE.from_normalised(np.zeros(shape))

    @pytest.mark.parametrize(
        ("bounds", "message"),
        [
            ((-45.1, 0, 1, 2), "steering_low is -45.1 deg: give -45 to 45 deg"),
            ((0, 45.1, 1, 2), "steering_high is 45.1 deg: give -45 to 45 deg"),
            ((math.nan, 0, 1, 2), "steering_low is nan deg: give -45 to 45 deg"),
            ((0, 1, -0.1, 2), "speed_low is -0.1 m/s: give 0 to 10 m/s"),
            ((0, 1, 0, 10.1), "speed_high is 10.1 m/s: give 0 to 10 m/s"),
            ((30, -30, 1, 2), "steering_low is above steering_high: swap them"),
            ((-30, 30, 2, 1), "speed_low is above speed_high: swap them"),
            ((-30, 30, 0, 0), "speed_high is 0: give a speed above 0"),
        ],
    )
    def test_impossible_bounds_are_named(self, bounds, message):
        with pytest.raises(ActionSpaceError) as error:
            ContinuousActionSpace.from_degrees(*bounds)
        assert str(error.value) == message

    def test_an_imported_space_may_hold_a_value_fixed(self):
        fixed = ContinuousActionSpace.from_degrees(0, 0, 1, 1)
        assert fixed.from_normalised([0.3, -0.7]).tolist() == [0.0, 1.0]

    def test_largest_angle_is_that_of_either_side(self):
        assert RANGE.max_steering_angle == math.radians(30)
        assert ContinuousActionSpace.from_degrees(-30, 10, 1, 2).max_steering_angle == (
            math.radians(30)
        )
        assert RANGE.max_speed == 2.0


def test_the_car_gets_actions_clipped_to_what_it_can_do():
    lock = VEHICLE.max_steering_angle
    clipped = clip_to_car([[-0.7, 0.0], [0.7, 9.0], [0.1, 1.0]])
    assert clipped.tolist() == [[-lock, 0.1], [lock, 4.0], [0.1, 1.0]]


@given(st.floats(-45, 45))
def test_a_steering_angle_survives_the_degrees_of_json(degrees):
    (angle, _), *_ = DiscreteActionSpace.from_degrees([(degrees, 1.0)]).actions
    assert math.radians(to_degrees(angle)) == angle
    assert to_degrees(angle) == pytest.approx(degrees, abs=1e-10)


bounds = st.tuples(st.floats(-45, 45), st.floats(-45, 45)).map(sorted)


@given(bounds, st.lists(st.floats(-2, 2), max_size=5))
def test_continuous_actions_stay_within_their_range(degrees, outputs):
    space = ContinuousActionSpace.from_degrees(*degrees, 1, 2)
    angles = space.from_normalised([(output, 0.0) for output in outputs] or np.zeros((0, 2)))[:, 0]
    assert ((space.steering_low <= angles) & (angles <= space.steering_high)).all()
