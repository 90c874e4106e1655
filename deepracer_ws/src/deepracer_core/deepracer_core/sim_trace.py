"""SIM_TRACE_LOG: one line for every step of a car, as DeepRacer's tools have read it since 2019."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, fields, replace
from typing import Any

from deepracer_core.episode import EpisodeStatus
from deepracer_core.errors import TraceError

LINE_PREFIX = "SIM_TRACE_LOG:"

COLUMNS = (
    "episode",
    "steps",
    "X",
    "Y",
    "yaw",
    "steer",
    "throttle",
    "action",
    "reward",
    "done",
    "all_wheels_on_track",
    "progress",
    "closest_waypoint",
    "track_len",
    "tstamp",
    "episode_status",
    "pause_duration",
    "obstacle_crash_counter",
    "wall_clock",
)
"""Names of the fields in the header of a CSV file (simapp), in the order of a line."""

_LINE_FORMAT = (
    "%d,%d,%.4f,%.4f,%.4f,%.2f,%.2f,%s,%.4f,%s,%s,%.4f,%d,%.2f,%s,%s,%.2f,%d,%.4f"  # simapp
)

REQUIRED_COLUMNS = COLUMNS[:15]
"""What every trace has. Lines of 2019 have no more, and their angles are in radians."""


@dataclass(frozen=True)
class TraceRow:
    """One step of one car; the fields stand in the order of a SIM_TRACE_LOG line.

    What older lines lack is None.
    """

    episode: int
    """Number of the episode, from 0 (evaluation: of the trial)."""
    steps: int
    """Number of the step in the episode, from 1."""
    x: float
    """Front of the car in the world frame [m]."""
    y: float
    """Front of the car in the world frame [m]."""
    yaw: float
    """Heading of the car [deg]."""
    steering_angle: float
    """Commanded, left positive [deg]."""
    speed: float
    """Commanded [m/s]."""
    action: int | tuple[float, ...]
    """Index in a discrete action space, or the values of a continuous action."""
    reward: float
    """Of this step; 0 while the car is held."""
    done: bool
    """Whether the step ends the episode."""
    all_wheels_on_track: bool
    """Whether all four wheels are on the track."""
    progress: float
    """Share of the lap that is done [%]."""
    closest_waypoint: int
    """Index of the waypoint behind the car."""
    track_length: float
    """Length of the centre line [m]."""
    time: float
    """Simulated time, in 2019 wall clock [s]."""
    status: EpisodeStatus | None = None
    """Of this step. The first step of an episode is logged as PREPARE: deepracer-utils counts the
    time between two episodes to the first one otherwise."""
    pause_duration: float | None = None
    """Seconds that the car is still held."""
    object_crashes: int | None = None
    """Failures at the same object (evaluation with resets)."""
    wall_clock: float | None = None
    """Unix time [s]."""


_ATTRIBUTES = dict(zip(COLUMNS, (field.name for field in fields(TraceRow))))
"""Which attribute of a row holds which column."""


def format_line(row: TraceRow) -> str:
    """The row as a SIM_TRACE_LOG line without line end, rounded as simapp rounds.

    Raises:
        TraceError: the row lacks one of the fields that older lines lack.
    """
    return LINE_PREFIX + _LINE_FORMAT % _texts(row)


def format_csv(row: TraceRow) -> str:
    """The row as a line of a CSV file without line end, in full precision (simapp).

    Raises:
        TraceError: the row lacks one of the fields that older lines lack.
    """
    return ",".join(map(str, _texts(row)))


def parse_line(line: str) -> TraceRow:
    """The row of a SIM_TRACE_LOG line, whatever stands before it or after a tab.

    Raises:
        TraceError: the line is malformed; the message names the field.
    """
    _, prefix, text = line.partition(LINE_PREFIX)
    if not prefix:
        raise TraceError(f"no {LINE_PREFIX} in {line[:80]!r}")
    texts = split_fields(text.partition("\t")[0])
    if not len(REQUIRED_COLUMNS) <= len(texts) <= len(COLUMNS):
        raise TraceError(
            f"{len(texts)} fields: a {LINE_PREFIX} line has {len(REQUIRED_COLUMNS)} to "
            f"{len(COLUMNS)}; was it cut off?"
        )
    row = parse_fields(COLUMNS[: len(texts)], texts)
    if len(texts) == len(REQUIRED_COLUMNS):
        yaw, steering_angle = math.degrees(row.yaw), math.degrees(row.steering_angle)
        row = replace(row, yaw=yaw, steering_angle=steering_angle)
    return row


def split_fields(text: str) -> list[str]:
    """Cut at the commas that are not inside the brackets of a continuous action."""
    return [field.strip(' \r\n"') for field in re.split(r",(?![^\[\]]*\])", text)]


def parse_fields(columns: Sequence[str], texts: Sequence[str]) -> TraceRow:
    """The row whose fields are given as text.

    Args:
        columns: The names of the fields, among them `REQUIRED_COLUMNS`; others than `COLUMNS`
            are passed over.
        texts: As many fields; angles in degrees.

    Raises:
        TraceError: a field is malformed.
    """
    return TraceRow(
        **{
            _ATTRIBUTES[name]: _parse(name, text)
            for name, text in zip(columns, texts)
            if name in _ATTRIBUTES
        }
    )


def _texts(row: TraceRow) -> tuple[Any, ...]:
    """The values of a row with status and action as they are written."""
    values = astuple(row)
    missing = [name for name, value in zip(COLUMNS, values) if value is None]
    if row.status is None or missing:
        raise TraceError(f"cannot write a row without {', '.join(missing)}: give these fields")
    status, action = COLUMNS.index("episode_status"), COLUMNS.index("action")
    texts = list(values)
    texts[status] = row.status.word
    if isinstance(row.action, tuple):
        # Blanks as numpy prints them, and so simapp: a comma would begin the next field.
        texts[action] = f"[{' '.join(map(str, row.action))}]"
    return tuple(texts)


def _parse(name: str, text: str) -> Any:
    parser, expected = _PARSERS.get(name, (_finite, "a finite number"))
    try:
        return parser(text)
    except (ValueError, KeyError):
        raise TraceError(f"{name} is {text[:40]!r}: expected {expected}") from None


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _whole(text: str) -> int:
    """A whole number, also with a point: simapp counts steps in floats."""
    number = _finite(text)
    if not number.is_integer():
        raise ValueError(text)
    return int(number)


def _action(text: str) -> int | tuple[float, ...]:
    if not text.startswith("["):
        return _whole(text)
    if not text.endswith("]"):
        raise ValueError(text)
    return tuple(map(_finite, text[1:-1].replace(",", " ").split()))


_WHOLE = (_whole, "a whole number")
_BOOLEAN = ({"True": True, "False": False}.__getitem__, "True or False")
_PARSERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "episode": _WHOLE,
    "steps": _WHOLE,
    "action": (_action, "a whole number or [numbers]"),
    "done": _BOOLEAN,
    "all_wheels_on_track": _BOOLEAN,
    "closest_waypoint": _WHOLE,
    "episode_status": (
        lambda word: EpisodeStatus[word.upper()],
        "one of " + ", ".join(status.word for status in EpisodeStatus),
    ),
    "obstacle_crash_counter": _WHOLE,
}
