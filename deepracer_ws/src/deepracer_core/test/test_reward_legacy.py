"""The twelve arguments of 2018, with the units of the guide and with those of the sample code."""

from __future__ import annotations

import math

import pytest
from deepracer_core.errors import ConfigError, RewardSignatureError
from deepracer_core.reward.legacy import STEP_KEYS, LegacyScale, legacy_arguments
from deepracer_core.reward.sandbox import RewardSandbox
from deepracer_core.reward.source import RewardFunction
from hypothesis import given
from hypothesis import strategies as st
from track_samples import REPEATABLE

LOOP = [(0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (0.0, 0.0)]
BOUNDS = (-1.0, -2.0, 9.0, 6.0)
GUIDE = LegacyScale(BOUNDS, max_speed=4.0, max_steering=math.radians(30))
SAMPLE = LegacyScale(BOUNDS, 4.0, math.radians(30), sample_units=True)
STEP = {
    "x": 3.987,
    "y": 2.0,
    "heading": 90.0,
    "distance_from_center": 0.2,
    "progress": 25.0,
    "steps": 12,
    "speed": 1.0,
    "steering_angle": -15.0,
    "track_width": 0.6,
}


def test_units_of_the_guide() -> None:
    arguments = legacy_arguments(LOOP, GUIDE)(STEP)
    assert arguments[0] is True
    assert arguments[1:3] == pytest.approx((0.4987, 0.5))  # (3.987 + 1) / 10, (2 + 2) / 8
    assert arguments[3:5] == pytest.approx((0.2, math.pi / 2))
    assert arguments[5:9] == pytest.approx((0.25, 12, 0.25, -0.5))
    assert arguments[9] == 0.6
    assert arguments[11] == 2


def test_units_of_the_sample_code() -> None:
    arguments = legacy_arguments(LOOP, SAMPLE)(STEP)
    assert arguments[1:3] == pytest.approx((3.98, 2.0))  # rounded down to 1 cm
    assert arguments[5:9] == pytest.approx((25.0, 12, 1.0, math.radians(-15)))
    assert arguments[10] == LOOP
    assert arguments[11] == 2


def test_waypoints_of_the_guide_face_the_next_one() -> None:
    line = legacy_arguments(LOOP, GUIDE)(STEP)[10]
    assert [point[:2] for point in line] == LOOP
    home = math.atan2(-3, -4)
    assert [point[2] for point in line] == pytest.approx([0.0, math.pi / 2, home, 0.0])
    open_line = legacy_arguments(LOOP[:3], GUIDE)(STEP)[10]
    assert [point[2] for point in open_line] == pytest.approx([0.0, math.pi / 2, math.pi / 2])


@pytest.mark.parametrize(("distance", "on_track"), [(0.0, True), (0.3, True), (0.301, False)])
def test_front_of_the_car_decides_whether_it_is_on_track(distance: float, on_track: bool) -> None:
    for scale in (GUIDE, SAMPLE):
        step = {**STEP, "distance_from_center": distance}
        assert legacy_arguments(LOOP, scale)(step)[0] is on_track


@REPEATABLE
@given(
    x=st.floats(-50, 50),
    y=st.floats(-50, 50),
    progress=st.floats(-5, 100),
    speed=st.floats(-1, 9),
    angle=st.floats(-90, 90),
)
def test_fractions_stay_in_their_documented_ranges(
    x: float, y: float, progress: float, speed: float, angle: float
) -> None:
    changes = {"x": x, "y": y, "progress": progress, "speed": speed, "steering_angle": angle}
    arguments = legacy_arguments(LOOP, GUIDE)({**STEP, **changes})
    for index in (1, 2, 5, 7):
        assert 0.0 <= arguments[index] <= 1.0
    assert -1.0 <= arguments[8] <= 1.0
    nearest = min(range(len(LOOP)), key=lambda at: math.dist(LOOP[at], (x, y)))
    assert arguments[11] == nearest


@pytest.mark.parametrize(
    "values",
    [
        ((0.0, 0.0, 0.0, 1.0), 4.0, 0.5),
        ((0.0, 1.0, 1.0, 0.0), 4.0, 0.5),
        (BOUNDS, 0.0, 0.5),
        (BOUNDS, 4.0, -0.5),
        (BOUNDS, float("nan"), 0.5),
    ],
)
def test_impossible_scales_are_refused(values: tuple[object, ...]) -> None:
    with pytest.raises(ConfigError):
        LegacyScale(*values)  # type: ignore[arg-type]


TEXT = """def reward_function(on_track, x, y, distance_from_center, car_orientation, progress,
        steps, throttle, steering, track_width, waypoints, closest_waypoints):
    waypoints.append(None)
    return float(len(waypoints) * 100 + closest_waypoints + x)
"""


def test_old_function_runs_in_the_sandbox() -> None:
    with RewardSandbox(RewardFunction(TEXT), {"waypoints": LOOP}, legacy=GUIDE) as sandbox:
        assert sandbox.facts.signature == "legacy"
        assert sandbox.rewards([STEP, STEP]) == pytest.approx([502.4987, 502.4987])


def test_old_function_needs_a_scale() -> None:
    with pytest.raises(RewardSignatureError, match="LegacyScale"):
        RewardSandbox(RewardFunction(TEXT), {"waypoints": LOOP})


@pytest.mark.parametrize("key", sorted(STEP_KEYS))
def test_old_function_needs_all_keys(key: str) -> None:
    step = {name: value for name, value in STEP.items() if name != key}
    with pytest.raises(KeyError):
        legacy_arguments(LOOP, GUIDE)(step)


def test_missing_keys_are_named() -> None:
    step = {key: value for key, value in STEP.items() if key not in ("heading", "speed")}
    with (
        RewardSandbox(RewardFunction(TEXT), {"waypoints": LOOP}, legacy=GUIDE) as sandbox,
        pytest.raises(ConfigError, match=r"steps\[0\] lacks heading, speed"),
    ):
        sandbox.rewards([step])
