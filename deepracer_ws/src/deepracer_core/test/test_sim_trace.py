"""SIM_TRACE_LOG lines: the exact text, what comes back from it, and what is refused."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from deepracer_core.episode import EpisodeStatus
from deepracer_core.errors import TraceError
from deepracer_core.sim_trace import (
    COLUMNS,
    TraceRow,
    format_csv,
    format_line,
    parse_fields,
    parse_line,
    split_fields,
)
from hypothesis import given, settings
from hypothesis import strategies as st

ROW = TraceRow(
    episode=3,
    steps=14,
    x=3.17291,
    y=0.62,
    yaw=-14.93128,
    steering_angle=-15.0,
    speed=0.5,
    action=2,
    reward=0.5,
    done=False,
    all_wheels_on_track=True,
    progress=1.48779,
    closest_waypoint=1,
    track_length=17.709159380834848,
    time=12.066,
    status=EpisodeStatus.IN_PROGRESS,
    pause_duration=0.0,
    object_crashes=0,
    wall_clock=1563406790.240018,
)

LINE = (
    "SIM_TRACE_LOG:3,14,3.1729,0.6200,-14.9313,-15.00,0.50,2,0.5000,False,True,1.4878,1,17.71,"
    "12.066,in_progress,0.00,0,1563406790.2400"
)

LINE_OF_2019 = (
    "SIM_TRACE_LOG:0,14,3.1729,0.6200,-0.2606,-0.26,0.50,2,0.5000,False,True,1.4878,1,17.67,"
    "1563406790.240018"
)

FINITE = st.floats(-1e6, 1e6)
WHOLE = st.integers(-(10**6), 10**6)
ROWS = st.builds(
    TraceRow,
    episode=WHOLE,
    steps=WHOLE,
    x=FINITE,
    y=FINITE,
    yaw=FINITE,
    steering_angle=FINITE,
    speed=FINITE,
    action=WHOLE | st.lists(FINITE, max_size=3).map(tuple),
    reward=FINITE,
    done=st.booleans(),
    all_wheels_on_track=st.booleans(),
    progress=FINITE,
    closest_waypoint=WHOLE,
    track_length=FINITE,
    time=FINITE,
    status=st.sampled_from(EpisodeStatus),
    pause_duration=FINITE,
    object_crashes=WHOLE,
    wall_clock=FINITE,
)


def test_a_line_is_written_as_by_simapp():
    assert format_line(ROW) == LINE


def test_a_line_comes_back_rounded():
    assert parse_line(LINE) == replace(
        ROW, x=3.1729, yaw=-14.9313, progress=1.4878, track_length=17.71, wall_clock=1563406790.24
    )


def test_a_continuous_action_is_written_without_commas():
    row = replace(ROW, action=(-12.5, 1.25))
    assert ",[-12.5 1.25],0.5000," in format_line(row)
    assert parse_line(format_line(row)).action == (-12.5, 1.25)
    assert len(format_line(row).split(",")) == len(COLUMNS)


@pytest.mark.parametrize("text", ["[-12.5, 1.25]", "[-12.5  1.25 ]", '"[-12.5,1.25]"'])
def test_continuous_actions_of_others_are_understood(text):
    assert parse_line(LINE.replace(",2,0.5000,", f",{text},0.5000,")).action == (-12.5, 1.25)


def test_a_line_of_2019_has_radians_and_no_status():
    row = parse_line(LINE_OF_2019)
    assert row.yaw == pytest.approx(math.degrees(-0.2606))
    assert row.steering_angle == pytest.approx(math.degrees(-0.26))
    assert (row.time, row.track_length) == (1563406790.240018, 17.67)
    assert (row.status, row.pause_duration, row.object_crashes, row.wall_clock) == (None,) * 4


@pytest.mark.parametrize("count", [16, 17, 18])
def test_lines_between_have_degrees(count):
    row = parse_line(",".join(LINE.split(",")[:count]))
    assert (row.yaw, row.status) == (-14.9313, EpisodeStatus.IN_PROGRESS)
    later = (row.pause_duration, row.object_crashes, row.wall_clock)
    assert later == (0.0, 0, None)[: count - 16] + (None,) * (19 - count)


def test_what_stands_before_a_line_and_after_a_tab_is_passed_over():
    assert parse_line(f"[simulation-1] {LINE}\t2026-03-07T17:52:00\n") == parse_line(LINE)


def test_simapp_counts_steps_in_floats():
    assert parse_line(LINE.replace(",14,", ",14.0,")) == parse_line(LINE)


@settings(deadline=None, derandomize=True)
@given(row=ROWS)
def test_csv_keeps_every_digit(row):
    assert parse_fields(COLUMNS, split_fields(format_csv(row))) == row


@settings(deadline=None, derandomize=True)
@given(row=ROWS)
def test_a_line_that_was_read_is_written_alike(row):
    assert format_line(parse_line(format_line(row))).replace("-0.", "0.") == format_line(
        row
    ).replace("-0.", "0.")


def with_field(name: str, text: str) -> str:
    fields = LINE.split(",")
    fields[COLUMNS.index(name)] = text if name != "episode" else f"SIM_TRACE_LOG:{text}"
    return ",".join(fields)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("episode", "", "a whole number"),
        ("steps", "1.5", "a whole number"),
        ("X", "3.17x", "a finite number"),
        ("Y", "nan", "a finite number"),
        ("reward", "inf", "a finite number"),
        ("action", "left", "a whole number or [numbers]"),
        ("action", "[1.0 2.0", "a whole number or [numbers]"),
        ("action", "[1.0 left]", "a whole number or [numbers]"),
        ("done", "false", "True or False"),
        ("all_wheels_on_track", "1", "True or False"),
        ("episode_status", "flying", "one of in_progress, lap_complete, off_track"),
        ("obstacle_crash_counter", "0.5", "a whole number"),
        ("wall_clock", "", "a finite number"),
    ],
)
def test_a_malformed_field_is_named(name, text, expected):
    with pytest.raises(TraceError) as refusal:
        parse_line(with_field(name, text))
    assert str(refusal.value).startswith(f"{name} is {text!r}: expected {expected}")


@pytest.mark.parametrize("line", [LINE_OF_2019.rsplit(",", 1)[0], LINE + ",1"])
def test_a_line_with_too_few_or_too_many_fields_is_refused(line):
    with pytest.raises(TraceError, match=r"(14|20) fields: .* has 15 to 19"):
        parse_line(line)


def test_another_line_is_refused():
    with pytest.raises(TraceError, match=r"no SIM_TRACE_LOG: in 'Traceback"):
        parse_line("Traceback (most recent call last):")


@pytest.mark.parametrize("write", [format_line, format_csv])
def test_a_row_of_2019_cannot_be_written(write):
    with pytest.raises(TraceError, match=r"without episode_status, pause_duration, obstacle_cr"):
        write(parse_line(LINE_OF_2019))
