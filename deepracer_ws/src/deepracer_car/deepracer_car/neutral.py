"""Makes a car neutral whose nodes are gone: `ros2 run deepracer_car neutral --hardware aws`.

The service runs it after each end (ExecStopPost): if servo node and guard were killed at the same
moment, nobody else would.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from deepracer_core.errors import (
    CalibrationError,
    ConfigError,
    HardwareError,
    StorageError,
)

from deepracer_car import calibration
from deepracer_car.calibration import Calibration
from deepracer_car.hardware import AUTO, HARDWARE, SYSTEM, detect_car, find_hardware
from deepracer_car.pwm import Channel


def main(arguments: list[str] | None = None) -> int:
    """Make neutral; return the exit status."""
    parser = argparse.ArgumentParser(prog="neutral", description="Makes a car neutral.")
    parser.add_argument("--hardware", choices=[AUTO, *HARDWARE], required=True)
    parser.add_argument("--calibration", type=Path, default=calibration.DEFAULT_PATH)
    parser.add_argument(
        "--root", type=Path, default=SYSTEM, help="where the hardware is looked for"
    )
    options = parser.parse_args(arguments)
    pulses = _load(options.calibration)
    try:
        name = detect_car(options.root) if options.hardware == AUTO else options.hardware
        pwm = find_hardware(name, options.root).pwm
        pwm.open(
            {Channel.MOTOR: pulses.motor.mid, Channel.SERVO: pulses.servo.mid}, exclusive=False
        )
        pwm.close()
    except (ConfigError, HardwareError) as error:
        print(f"[ERROR] {error}", file=sys.stderr)
        return 1
    return 0


def _load(path: Path) -> Calibration:
    """The car's calibration; the stock car's if it is missing or broken, because to stop counts."""
    try:
        return calibration.load(path) if path.exists() else Calibration()
    except (CalibrationError, StorageError) as error:
        print(f"[ERROR] {error}; the stock car's neutral is used", file=sys.stderr)
        return Calibration()


if __name__ == "__main__":
    sys.exit(main())
