"""The ready-made reward functions give the rewards of the guide and of the developer guide."""

from __future__ import annotations

import runpy
from collections.abc import Callable

import pytest
from deepracer_core.reward.examine import LEGACY_ARGUMENTS
from deepracer_core.reward.ready_made import ready_made, reward_path

FUNCTIONS: dict[str, Callable[..., float]] = {
    item.name: runpy.run_path(str(item.path))["reward_function"] for item in ready_made()
}
EDGE = 1e-9  # [m]


def legacy(name: str, distance: float, throttle: float = 1.0, steering: float = 0.0) -> float:
    values: dict[str, object] = dict.fromkeys(LEGACY_ARGUMENTS)
    values.update(
        distance_from_center=distance, track_width=1.0, throttle=throttle, steering=steering
    )
    return FUNCTIONS[name](*values.values())


def modern(name: str, **changes: object) -> float:
    params = {
        "distance_from_center": 0.0,
        "track_width": 1.0,
        "all_wheels_on_track": True,
        "steering_angle": 0.0,
        "x": 0.0,
        "y": 0.0,
        "is_left_of_center": True,
        "closest_objects": [0, 0],
        "objects_location": [],
        "objects_left_of_center": [],
    }
    return FUNCTIONS[name]({**params, **changes})


def test_the_seven_choices_are_there() -> None:
    assert list(FUNCTIONS) == [
        "guide_basic",
        "guide_advanced",
        "centre_line",
        "inside_borders",
        "no_zig_zag",
        "object_avoidance",
        "swift_and_centred",
    ]


@pytest.mark.parametrize(
    ("distance", "reward"),
    [(0.0, 10), (0.2, 10), (0.2 + EDGE, 3), (0.5, 3), (0.5 + EDGE, 1), (0.8, 1), (0.81, 0.01)],
)
def test_guide_basic(distance: float, reward: float) -> None:
    assert legacy("guide_basic", distance) == reward


@pytest.mark.parametrize(
    ("distance", "throttle", "steering", "reward"),
    [
        (0.1, 0.5, 0.5, 1.0),
        (0.1, 0.49, 0.0, 0.8),
        (0.1, 1.0, -0.51, 0.8),
        (0.25, 0.1, 1.0, 0.32),
        (0.5, 1.0, 0.0, 0.1),
        (0.51, 1.0, 0.0, 1e-3),
    ],
)
def test_guide_advanced(distance: float, throttle: float, steering: float, reward: float) -> None:
    assert legacy("guide_advanced", distance, throttle, steering) == pytest.approx(reward)


@pytest.mark.parametrize("name", ["centre_line", "no_zig_zag"])
@pytest.mark.parametrize(
    ("distance", "reward"), [(0.1, 1.0), (0.11, 0.5), (0.25, 0.5), (0.5, 0.1), (0.51, 1e-3)]
)
def test_centre_line_bands(name: str, distance: float, reward: float) -> None:
    assert modern(name, distance_from_center=distance) == reward
    assert modern(name, distance_from_center=distance * 2, track_width=2.0) == reward


@pytest.mark.parametrize(("angle", "reward"), [(15.0, 1.0), (-15.0, 1.0), (15.1, 0.8), (-30, 0.8)])
def test_no_zig_zag_punishes_hard_steering(angle: float, reward: float) -> None:
    assert modern("no_zig_zag", steering_angle=angle) == reward


def test_inside_borders_wants_all_wheels_and_a_margin() -> None:
    assert modern("inside_borders", distance_from_center=0.44) == 1.0
    assert modern("inside_borders", distance_from_center=0.46) == 1e-3
    assert modern("inside_borders", all_wheels_on_track=False) == 1e-3


@pytest.mark.parametrize(
    ("distance", "part"),
    [(0.8, 1.0), (0.79, 0.5), (0.5, 0.5), (0.49, 0.2), (0.3, 0.2), (0.29, 1e-3)],
)
def test_object_avoidance_fears_near_objects_in_its_lane(distance: float, part: float) -> None:
    objects = {
        "objects_location": [[9.0, 9.0], [distance, 0.0]],
        "objects_left_of_center": [True, True],
        "closest_objects": [0, 1],
    }
    assert modern("object_avoidance", **objects) == pytest.approx(1.0 + 4.0 * part)
    assert modern("object_avoidance", **objects, is_left_of_center=False) == 5.0


def test_object_avoidance_works_without_objects() -> None:
    assert modern("object_avoidance") == 5.0
    assert modern("object_avoidance", all_wheels_on_track=False) == pytest.approx(4.001)


HEADWAY = {
    "waypoints": [(0.0, 0.0), (0.0, 1.0)],  # the track leads north
    "closest_waypoints": [0, 1],
    "heading": 90.0,
    "speed": 2.0,
    "is_offtrack": False,
    "is_crashed": False,
}


@pytest.mark.parametrize(
    ("changes", "reward"),
    [
        ({}, 2.0),
        ({"speed": 0.5}, 0.5),
        ({"heading": 30.0}, 1.0),
        ({"heading": -90.0}, -2.0),
        ({"distance_from_center": 0.25}, 1.75),
        ({"distance_from_center": 0.5}, 1.0),
        ({"distance_from_center": 0.7}, 1.0),
        ({"is_offtrack": True}, -6.0),
        ({"is_crashed": True}, -6.0),
    ],
)
def test_swift_and_centred(changes: dict[str, object], reward: float) -> None:
    assert modern("swift_and_centred", **{**HEADWAY, **changes}) == pytest.approx(reward)


def test_a_file_in_the_home_is_found(monkeypatch):
    monkeypatch.setenv("HOME", "/somewhere")
    assert str(reward_path("~/mine.py")) == "/somewhere/mine.py"
