"""The car's calibration: which pulse widths mean straight on, full lock, stop and full throttle.

The file is that of the AWS car, so that either software drives with the other's calibration:

    {"Calibration": {"Servo": {"min": ..., "mid": ..., "max": ..., "polarity": 1},
                     "Motor": {"min": ..., "mid": ..., "max": ..., "polarity": -1}, "version": 1}}

This module loads nothing heavy, because tools beside the nodes use it too.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepracer_core import atomic, strict_json
from deepracer_core.errors import CalibrationError, JsonError, StorageError
from deepracer_core.json_fields import Fields

DEFAULT_PATH = Path("/opt/aws/deepracer/calibration.json")
"""Where the stock car keeps it."""

BACKUP_SUFFIX = ".backup"
"""What is appended to the file's name for the calibration before the last change."""

VERSION = 1
"""Of the layout; stock car."""

MIN_PULSE = 500_000
"""[ns] no servo or ESC understands shorter pulses; RC convention: 1 to 2 ms, some servos 0.5."""
MAX_PULSE = 2_500_000
"""[ns] no servo or ESC understands longer pulses; RC convention: 1 to 2 ms, some servos 2.5."""


@dataclass(frozen=True)
class PulseRange:
    """Pulse widths of one channel [ns]: what a position from -1 to 1 becomes."""

    min: int
    """Shortest pulse [ns]."""
    mid: int
    """Pulse of the neutral position [ns]."""
    max: int
    """Longest pulse [ns]."""
    polarity: int
    """1: a positive position lengthens the pulse; -1: it shortens it."""

    def __post_init__(self) -> None:
        """Refuse pulses that no car has.

        Raises:
            CalibrationError: a value is outside its bounds, or they are not in order.
        """
        if self.polarity not in (1, -1):
            raise CalibrationError(f"polarity is {self.polarity}: write 1 or -1")
        for name in ("min", "mid", "max"):
            pulse = getattr(self, name)
            if not MIN_PULSE <= pulse <= MAX_PULSE:
                raise CalibrationError(
                    f"{name} is {pulse} ns: write {MIN_PULSE} to {MAX_PULSE}, the pulses [ns] that "
                    f"servos understand"
                )
        if not self.min <= self.mid <= self.max or self.min == self.max:
            raise CalibrationError(
                f"min {self.min}, mid {self.mid}, max {self.max}: write them in rising order; if "
                f"the car goes the wrong way, change the sign of polarity instead"
            )

    def duty(self, position: float) -> int:
        """The pulse for a position: linear from mid to either end (stock car, servo package).

        Args:
            position: -1 to 1; 0 is neutral. Steering: left positive. Motor: forwards positive.

        Returns:
            Pulse [ns], rounded to whole nanoseconds.

        Raises:
            CalibrationError: the position is not finite or outside.
        """
        if not -1.0 <= position <= 1.0:
            raise CalibrationError(f"position {position} lies outside -1 to 1: clip it before")
        signed = position * self.polarity
        span = self.mid - self.min if signed < 0.0 else self.max - self.mid
        return round(self.mid + signed * span)


@dataclass(frozen=True)
class Calibration:
    """Pulse ranges of both channels. The defaults are those of the stock car."""

    servo: PulseRange = PulseRange(min=1_200_000, mid=1_450_000, max=1_700_000, polarity=1)
    """Steering servo."""
    motor: PulseRange = PulseRange(min=1_311_000, mid=1_446_000, max=1_603_500, polarity=-1)
    """ESC of the motor."""


CHANNELS = {"Servo": "servo", "Motor": "motor"}
"""Name of each channel in the file, and here."""


def parse(data: str | bytes) -> Calibration:
    """Read the text of a calibration file.

    Raises:
        CalibrationError: it is not what the AWS layout says; the message names the place.
    """
    try:
        content = Fields(Fields(strict_json.loads(data)).value("Calibration"), "Calibration")
        if "version" not in content:
            raise CalibrationError(
                "Calibration.version is missing, as in files before 2020: calibrate again, or add "
                f'"version": {VERSION} if its pulses are right for this car'
            )
        if content.integer("version") != VERSION:
            raise CalibrationError(f"Calibration.version is not {VERSION}: calibrate again")
        ranges = {ours: _parse_range(content, theirs) for theirs, ours in CHANNELS.items()}
    except JsonError as error:
        raise CalibrationError(str(error)) from error
    return Calibration(**ranges)


def to_json(calibration: Calibration) -> dict[str, Any]:
    """Inverse of `parse`, as values of JSON."""
    content: dict[str, Any] = {
        theirs: dict(vars(getattr(calibration, ours))) for theirs, ours in CHANNELS.items()
    }
    return {"Calibration": {**content, "version": VERSION}}


def load(path: str | Path) -> Calibration:
    """Read a calibration file.

    Raises:
        StorageError: it cannot be read.
        CalibrationError: it is malformed or its values cannot drive the car.
    """
    try:
        return parse(_read(Path(path)))
    except CalibrationError as error:
        raise CalibrationError(f"{path}: {error}") from error


def make_place(path: Path) -> None:
    """Make the folder of a calibration file, and see that it may be written: before the work.

    Raises:
        StorageError: the operating system refuses.
    """
    folder = path.absolute().parent
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise StorageError(
            f"nothing can be saved in {folder}: sudo install -d -o {os.geteuid()} {folder}, or "
            "give another file (calibration:=FILE)"
        )


def save(path: str | Path, calibration: Calibration) -> None:
    """Write a calibration file atomically; what was there becomes its backup.

    Raises:
        StorageError: the operating system refuses; the file is as it was.
    """
    path = Path(path)
    if path.exists():
        atomic.write_bytes(backup_path(path), _read(path))
    atomic.write_json(path, to_json(calibration))


def restore(path: str | Path) -> Calibration:
    """Bring back the calibration before the last `save`; the backup stays.

    Returns:
        The calibration that counts now.

    Raises:
        StorageError: there is no backup, or the operating system refuses; all is as it was.
        CalibrationError: the backup is malformed; all is as it was.
    """
    former = load(backup_path(path))
    atomic.write_json(path, to_json(former))
    return former


def backup_path(path: str | Path) -> Path:
    """Where the backup of a calibration file is: beside it."""
    return Path(f"{path}{BACKUP_SUFFIX}")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(strict_json.MAX_BYTES + 1)
    except OSError as error:
        raise StorageError(
            f"cannot read {path}: {error.strerror}; check the path and its permissions, or make "
            f"the file with: ros2 launch deepracer_car calibrate.launch.py"
        ) from error


def _parse_range(content: Fields, name: str) -> PulseRange:
    place = content.place(name)
    fields = Fields(content.value(name), place)
    values = {field: fields.integer(field) for field in ("min", "mid", "max", "polarity")}
    try:
        return PulseRange(**values)
    except CalibrationError as error:
        raise CalibrationError(f"{place}: {error}") from error
