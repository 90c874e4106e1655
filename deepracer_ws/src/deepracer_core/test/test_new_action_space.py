"""The console's grid and the limits of a new model's action space."""

from __future__ import annotations

import math

import pytest
from deepracer_core.action_space import ContinuousActionSpace, DiscreteActionSpace, to_degrees
from deepracer_core.errors import ActionSpaceError
from deepracer_core.new_action_space import check_new, grid


def in_degrees(space):
    return [(to_degrees(angle), speed) for angle, speed in space.actions]


class TestGrid:
    def test_the_default_is_that_of_the_console(self):
        assert in_degrees(grid()) == [
            (-30.0, 0.4),
            (-30.0, 0.8),
            (-15.0, 0.4),
            (-15.0, 0.8),
            (0.0, 0.4),
            (0.0, 0.8),
            (15.0, 0.4),
            (15.0, 0.8),
            (30.0, 0.4),
            (30.0, 0.8),
        ]

    def test_every_choice_of_the_console(self):
        space = grid(math.radians(21), 7, 3.0, 3)
        assert [angle for angle, _ in in_degrees(space)[::3]] == [-21, -14, -7, 0, 7, 14, 21]
        assert [speed for _, speed in in_degrees(space)[:3]] == [1.0, 2.0, 3.0]

    def test_equals_the_same_list(self):
        listed = [(angle, speed) for angle in (-30, 0, 30) for speed in (0.5, 1.0)]
        assert grid(steering_granularity=3, max_speed=1.0) == DiscreteActionSpace.from_degrees(
            listed
        )

    @pytest.mark.parametrize("granularity", [-1, 0, 1, 2, 4])
    def test_steering_needs_an_odd_number_from_three(self, granularity):
        with pytest.raises(ActionSpaceError, match=f"^steering_granularity {granularity}: give"):
            grid(steering_granularity=granularity)

    def test_speed_needs_one_step(self):
        with pytest.raises(ActionSpaceError, match=r"^speed_granularity 0: give 1 or more$"):
            grid(speed_granularity=0)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"max_steering_angle": math.radians(30.1)}, "action 0: steering_angle is -30.1 deg"),
            ({"max_steering_angle": 0.0}, "action 2 repeats action 0"),
            ({"max_speed": 4.1}, "action 1: speed is 4.1 m/s"),
            ({"max_speed": 0.1}, "action 0: speed is 0.05 m/s"),
            ({"steering_granularity": 11, "speed_granularity": 3}, "33 actions"),
        ],
    )
    def test_the_result_is_one_for_a_new_model(self, arguments, message):
        with pytest.raises(ActionSpaceError, match=message):
            grid(**arguments)


class TestDiscrete:
    @pytest.mark.parametrize("count", [2, 30])
    def test_on_the_limits(self, count):
        speeds = [0.1 + 3.9 * index / (count - 1) for index in range(count)]
        check_new(DiscreteActionSpace.from_degrees([(-30, speed) for speed in speeds]))
        check_new(DiscreteActionSpace.from_degrees([(30, speed) for speed in speeds]))

    @pytest.mark.parametrize("count", [1, 31])
    def test_beside_the_number_of_actions(self, count):
        space = DiscreteActionSpace.from_degrees([(index / 2, 1) for index in range(count)])
        with pytest.raises(ActionSpaceError) as error:
            check_new(space)
        assert str(error.value) == f"{count} actions: a new action space has 2 to 30"

    @pytest.mark.parametrize(
        ("action", "message"),
        [
            (
                (30.0000001, 1),
                "action 1: steering_angle is 30.0000001 deg: a new action space has -30 to 30",
            ),
            (
                (-30.0000001, 1),
                "action 1: steering_angle is -30.0000001 deg: a new action space has -30 to 30",
            ),
            (
                (0, 0.0999),
                "action 1: speed is 0.0999 m/s: a new action space of this kind has 0.1 to 4 m/s",
            ),
            (
                (0, 4.0001),
                "action 1: speed is 4.0001 m/s: a new action space of this kind has 0.1 to 4 m/s",
            ),
            ((5, 1), "action 1 repeats action 0: remove one of them"),
        ],
    )
    def test_beside_the_limits(self, action, message):
        with pytest.raises(ActionSpaceError) as error:
            check_new(DiscreteActionSpace.from_degrees([(5, 1), action]))
        assert str(error.value) == message


class TestContinuous:
    @pytest.mark.parametrize("bounds", [(-30, 30, 0.5, 4), (-30, 0, 1, 2), (0, 30, 1, 2)])
    def test_on_the_limits(self, bounds):
        check_new(ContinuousActionSpace.from_degrees(*bounds))

    @pytest.mark.parametrize(
        ("bounds", "message"),
        [
            ((-30.001, 30, 1, 2), "steering_low is -30.001 deg"),
            ((-30, 30.001, 1, 2), "steering_high is 30.001 deg"),
            ((1, 30, 1, 2), "leaves out straight ahead"),
            ((-30, -1, 1, 2), "leaves out straight ahead"),
            ((-30, 30, 0.499, 2), "speed_low is 0.499 m/s: .* has 0.5 to 4 m/s"),
            ((-30, 30, 1, 4.001), "speed_high is 4.001 m/s"),
            ((0, 0, 1, 2), "steering_low equals steering_high"),
            ((-30, 30, 1, 1), "speed_low equals speed_high"),
        ],
    )
    def test_beside_the_limits(self, bounds, message):
        with pytest.raises(ActionSpaceError, match=message):
            check_new(ContinuousActionSpace.from_degrees(*bounds))
