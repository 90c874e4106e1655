from __future__ import annotations

import pytest
from deepracer_car.calibration import MAX_PULSE, MIN_PULSE, Calibration, PulseRange
from deepracer_car.calibration_session import (
    IDLE_LIMIT,
    MOTOR_STEPS,
    STEPS,
    CalibrationSession,
    Outcome,
    Pulses,
    Step,
)
from deepracer_car.pwm import Channel
from deepracer_core.errors import CalibrationError
from hypothesis import given
from hypothesis import strategies as st

STOCK = Calibration()
NEUTRAL = {Channel.MOTOR: 1_446_000, Channel.SERVO: 1_450_000}


def session(*steps: str, calibration: Calibration = STOCK) -> CalibrationSession:
    """A session after these keys, one string for each step, with Enter after each."""
    result = CalibrationSession(calibration, 0.0)
    for keys in steps:
        for key in [*keys, "\n"]:
            result.key(key, 0.0)
    return result


def test_without_a_change_the_calibration_comes_out_as_it_went_in():
    ended = session(*[""] * 8)
    assert ended.outcome is Outcome.SAVE
    assert ended.calibration == STOCK


def test_each_step_finds_its_pulse():
    ended = session("", "ww", "www", "sss", "ss", "e", "dww", "")
    assert ended.outcome is Outcome.SAVE
    assert ended.calibration == Calibration(
        servo=PulseRange(1_170_000, 1_470_000, 1_730_000, 1),
        motor=PulseRange(1_426_000, 1_448_000, 1_466_000, -1),
    )


def test_polarity_is_found_from_the_side_of_left_and_forward():
    turned = session("", "", "s" * 30, "w" * 30, "w" * 5, "", "s" * 5, "").calibration
    assert (turned.servo.polarity, turned.motor.polarity) == (-1, 1)
    assert turned.servo.duty(1.0) == 1_400_000
    assert turned.motor.duty(1.0) == 1_496_000


def test_the_order_of_steps():
    guided = CalibrationSession(STOCK, 0.0)
    seen = []
    for _ in STEPS:
        seen.append(guided.step)
        guided.key("\n", 0.0)
    assert seen == STEPS
    assert [step.name for step in STEPS] == [
        "WHEELS_UP", "CENTRE", "LEFT", "RIGHT", "FORWARD", "STOP", "BACKWARD", "REVIEW",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("step", "servo"), [(Step.CENTRE, 1_450_000), (Step.LEFT, 1_700_000), (Step.RIGHT, 1_200_000)]
)
def test_a_servo_step_shows_its_pulse_live(step, servo):
    guided = session(*[""] * STEPS.index(step))
    assert guided.duties == {**NEUTRAL, Channel.SERVO: servo}
    guided.key("w", 0.0)
    guided.key("d", 0.0)
    assert guided.duties == {**NEUTRAL, Channel.SERVO: servo + 8_000}


@pytest.mark.parametrize("step", MOTOR_STEPS)
def test_a_motor_step_begins_at_stop_and_shows_its_pulse_live(step):
    guided = session(*[""] * STEPS.index(step))
    assert guided.duties == NEUTRAL
    guided.key("s", 0.0)
    assert guided.duties == {**NEUTRAL, Channel.MOTOR: 1_436_000}


@pytest.mark.parametrize("key", ["\n", "b"])
def test_leaving_a_motor_step_stops_the_motor(key):
    guided = session(*[""] * STEPS.index(Step.FORWARD))
    guided.key("s", 0.0)
    guided.key(key, 0.0)
    assert guided.duties[Channel.MOTOR] == 1_446_000


def test_a_motor_that_nobody_minds_is_stopped():
    guided = session(*[""] * STEPS.index(Step.FORWARD))
    guided.key("s", 5.0)
    guided.tick(5.0 + IDLE_LIMIT)
    assert guided.duties != NEUTRAL
    guided.tick(5.1 + IDLE_LIMIT)
    assert guided.duties == NEUTRAL
    assert guided.describe().splitlines()[-1] == guided.complaint
    assert guided.complaint == ("The motor was stopped, because no key was pressed for a while.")
    guided.key("s", 30.0)
    assert guided.complaint == ""
    guided.tick(31.0)
    assert guided.duties[Channel.MOTOR] == 1_436_000


def test_a_servo_may_wait():
    guided = session("")
    guided.key("w", 0.0)
    guided.tick(10 * IDLE_LIMIT)
    assert guided.duties[Channel.SERVO] == 1_460_000


def test_back_forgets_what_was_not_accepted_and_keeps_what_was():
    guided = session("", "w")  # centre 1460
    guided.key("w", 0.0)
    guided.key("b", 0.0)
    assert guided.step is Step.CENTRE
    assert guided.duties[Channel.SERVO] == 1_460_000
    for _ in range(5):
        guided.key("b", 0.0)
    assert guided.step is Step.WHEELS_UP


def test_ends_on_one_side_are_refused_until_they_are_found_again():
    guided = session("", "", "s" * 30, "")  # left 1400, right still 1200
    assert guided.step is Step.RIGHT
    assert "left 1400 us and right 1200 us do not lie on two sides of centre" in guided.complaint
    for key in "w" * 30 + "\n":
        guided.key(key, 0.0)
    assert guided.step is Step.FORWARD
    assert guided.complaint == ""


def test_a_motor_with_both_directions_on_one_side_is_refused():
    guided = session("", "", "", "", "s", "", "ss")
    assert guided.step is Step.BACKWARD
    assert guided.complaint == (
        "forward 1436 us and backward 1426 us do not lie on two sides of stop 1446 us: "
        "go back and find them again"
    )


def test_equal_ends_are_no_calibration():
    with pytest.raises(CalibrationError, match="two sides"):
        Pulses(1_500_000, 1_500_000, 1_500_000, 1, 2, 3).calibration()


def test_an_end_may_be_at_the_middle():
    motor = session("", "", "", "", "s", "", "we" + "d" * 6, "").calibration.motor
    assert motor == PulseRange(1_436_000, 1_446_000, 1_446_000, -1)
    motor = session("", "", "", "", "w", "", "we" + "d" * 6, "").calibration.motor
    assert motor == PulseRange(1_446_000, 1_446_000, 1_456_000, 1)


@pytest.mark.parametrize("key", ["w", "e", "s", "d"])
@pytest.mark.parametrize("before", [0, 7])
def test_nothing_can_be_changed_where_nothing_is_set(key, before):
    guided = session(*[""] * before)
    guided.key(key, 0.0)
    assert guided.complaint == "There is nothing to change in this step; Enter goes on."
    assert guided.duties == NEUTRAL


@given(st.text("wsed", max_size=400))
def test_no_key_leads_beyond_what_servos_understand(keys):
    guided = session("")
    for key in keys:
        guided.key(key, 0.0)
        assert MIN_PULSE <= guided.duties[Channel.SERVO] <= MAX_PULSE


@pytest.mark.parametrize(("key", "limit"), [("w", MAX_PULSE), ("s", MIN_PULSE)])
def test_at_the_end_it_says_so(key, limit):
    guided = session("")
    for _ in range(110):
        guided.key(key, 0.0)
    assert guided.duties[Channel.SERVO] == limit
    assert guided.complaint == "Servos understand no pulse beyond this."


@pytest.mark.parametrize(("key", "outcome"), [("q", Outcome.QUIT), ("r", Outcome.RESTORE)])
def test_it_ends_at_any_step(key, outcome):
    for count in range(8):
        guided = session(*[""] * count)
        assert guided.outcome is None
        guided.key(key, 0.0)
        assert guided.outcome is outcome


@given(st.text(max_size=5))
def test_other_keys_mean_nothing(text):
    guided = session("")
    for key in text:
        if key not in "wsed\nbrq":
            guided.key(key, 0.0)
    assert guided.duties == NEUTRAL
    assert guided.step is Step.CENTRE


def test_what_a_person_reads():
    assert CalibrationSession(STOCK, 0.0).complaint == ""
    guided = session("", "")
    guided.key("w", 0.0)
    lines = guided.describe().splitlines()
    assert lines[0] == f"Step 3 of 8: {Step.LEFT.value}"
    assert lines[1] == "pulse 1710 us"
    assert "centre 1450, left 1700, right 1200, forward 1311, stop 1446, backward 1604" in lines[2]
    assert "q: quit" in lines[3]
    assert not CalibrationSession(STOCK, 0.0).describe().splitlines()[1].startswith("pulse")


@given(st.sampled_from([STOCK, Calibration(servo=PulseRange(1_000_000, 1_400_000, 1_900_000, -1))]))
def test_pulses_and_calibrations_are_the_same_thing(calibration):
    assert Pulses.of(calibration).calibration() == calibration
