"""What the servo node tells of itself on /diagnostics, as plain names and values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from deepracer_core.command_checks import Refusal

from deepracer_car.actuation import Actuation
from deepracer_car.latency import LatencyHistogram

PERCENTILES = (50.0, 95.0, 99.0)


class Level(IntEnum):
    """How bad it is; the levels of diagnostic_msgs/DiagnosticStatus."""

    OK = 0
    WARN = 1


@dataclass(frozen=True)
class Status:
    """One diagnostic_msgs/DiagnosticStatus in content."""

    name: str
    """What it is about."""
    level: Level
    """How bad it is."""
    message: str
    """It in a sentence."""
    values: dict[str, str]
    """It in numbers."""


def describe_commands(actuation: Actuation, publishers: int) -> Status:
    """What became of the commands.

    Args:
        actuation: What treats them.
        publishers: How many nodes publish /drive.
    """
    counters, refusal = actuation.counters, actuation.refusal
    level, message = Level.OK, "drives" if actuation.is_driving else "neutral"
    if publishers > 1:
        level = Level.WARN
        message = f"{publishers} nodes publish /drive: stop all but the command gate"
    elif refusal.code is not Refusal.NONE:
        level, message = Level.WARN, f"neutral: {refusal.reason}"
    values = {
        "armed": str(actuation.is_armed),
        "used": str(counters.used),
        "refused": str(counters.refused),
        "expired": str(counters.expired),
        "max_throttle": f"{actuation.settings.max_throttle:.3f}",
    }
    return Status("servo: commands", level, message, values)


def describe_calibrating() -> Status:
    """While the calibration has the hardware."""
    return Status("servo: commands", Level.WARN, "let go of the hardware for calibration", {})


def describe_latency(latency: LatencyHistogram) -> Status:
    """From the stamp of the camera's image to the moment the pulses were set."""
    shares = {f"p{percent:g}": latency.percentile(percent) for percent in PERCENTILES}
    shares["max"] = latency.max
    values = {f"{name} [ms]": f"{value / 1e6:.1f}" for name, value in shares.items()}
    values |= {label: str(count) for label, count in latency.coarse()}
    message = f"p99 {values['p99 [ms]']} ms of {latency.count} commands"
    return Status("servo: latency, camera to pulse", Level.OK, message, values)
