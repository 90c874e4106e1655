"""Writes the moments of the first car as SIM_TRACE_LOG rows, one file for each iteration.

However long a training is, its traces are bounded: when there are too many files or bytes, those of
every other iteration are deleted, and from then on only every other one is written.
"""

from __future__ import annotations

import math
import time
from pathlib import Path

from deepracer_core.car_location import locate_cars
from deepracer_core.episode import EpisodeStatus
from deepracer_core.sim_trace import TraceRow
from deepracer_core.start_position import TrainingStart
from deepracer_core.trace_file import TraceWriter, training_trace_path
from deepracer_core.track.track import Track

from deepracer_sim.start import both_directions
from deepracer_sim.training.moments import Moment

MAX_FILES = 256
"""Files of a model: evenly spread over all iterations."""
MAX_BYTES = 64 * 1024 * 1024
"""Of all of them."""


class TraceLog:
    """Collects rows; `write` puts those so far into the file of an iteration."""

    def __init__(self, folder: Path, track: Track, start: TrainingStart) -> None:
        """Begin.

        Args:
            folder: of the model.
            track: as it is defined.
            start: tells which episodes are driven the other way round.
        """
        self._folder = folder
        self._tracks = both_directions(track)
        self._start = start
        self._rows: list[TraceRow] = []
        files = training_trace_path(folder, 0).parent.glob("*-iteration.csv")
        self._sizes = {int(f.name.partition("-")[0]): f.stat().st_size for f in files}
        common = math.gcd(*self._sizes)
        self._stride = common & -common or 1

    def watch(self, moment: Moment) -> None:
        """Take a moment."""
        track = self._tracks[self._start.is_reversed(moment.episode)]
        location = locate_cars(track, moment.states.poses)
        (x, y), yaw = location.point[0], moment.states.poses[0, 2]
        behind = track.closest_waypoints(location.projection.arclength)[0, 0]
        self._rows.append(
            TraceRow(
                episode=moment.episode,
                steps=moment.step,
                x=float(x),
                y=float(y),
                yaw=math.degrees(yaw),
                steering_angle=math.degrees(moment.steering_angle),
                speed=moment.speed,
                action=moment.action,
                reward=moment.reward,
                done=moment.done,
                all_wheels_on_track=bool(location.all_wheels_on_track[0]),
                progress=moment.progress,
                closest_waypoint=int(behind),
                track_length=track.length,
                time=moment.time,
                # deepracer-utils counts the time since the last episode to the first row otherwise
                status=EpisodeStatus.PREPARE if moment.step == 1 else moment.status,
                pause_duration=0.0,
                object_crashes=0,
                wall_clock=time.time(),
            )
        )

    def write(self, iteration: int) -> None:
        """Write the file of an iteration with all rows since the last one, if its turn is.

        Raises:
            StorageError: the operating system refuses.
        """
        rows, self._rows = self._rows, []
        if iteration % self._stride:
            return
        path = training_trace_path(self._folder, iteration)
        with TraceWriter(path) as writer:
            writer.append(rows)
        self._sizes[iteration] = path.stat().st_size
        if len(self._sizes) > MAX_FILES or sum(self._sizes.values()) > MAX_BYTES:
            self._thin()

    def _thin(self) -> None:
        """Delete the files of every other iteration."""
        self._stride *= 2
        for iteration in [i for i in self._sizes if i % self._stride]:
            training_trace_path(self._folder, iteration).unlink(missing_ok=True)
            del self._sizes[iteration]
