"""Looks at the car's computer and says how to repair what is wrong.

    ros2 run deepracer_car doctor --model my-model

Exit status: 0 if the car can drive, be it with warnings; 1 if it cannot.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from deepracer_drive.models import open_store

from deepracer_car.calibration import DEFAULT_PATH
from deepracer_car.camera_choice import AUTO, DESCRIPTION
from deepracer_car.checkup import Car, Finding, Level, detect_hardware, examine
from deepracer_car.hardware import HARDWARE, SYSTEM


def main(arguments: list[str] | None = None) -> int:
    """Examine and report; return the exit status."""
    options = _parse(arguments)
    hardware = options.hardware or detect_hardware(options.root)
    print(f"hardware: {hardware}{'' if options.hardware else ' (by what is there)'}")
    car = Car(
        hardware, options.root, options.calibration, options.camera, options.model, open_store()
    )
    findings = []
    for finding in examine(car):
        findings.append(finding)
        print(describe(finding), flush=True)
    failures = sum(finding.level is Level.FAIL for finding in findings)
    warnings = sum(finding.level is Level.WARN for finding in findings)
    verdict = "the car cannot drive" if failures else "the car can drive"
    print(f"{verdict}: {failures} failures, {warnings} warnings")
    return 1 if failures else 0


def describe(finding: Finding) -> str:
    """A finding in one line, its repair in another."""
    line = f"{finding.level.value:5} {finding.what}"
    return f"{line}\n      -> {finding.repair}" if finding.repair else line


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="doctor", description="Examines the car's computer.")
    parser.add_argument("--hardware", choices=list(HARDWARE), help="default: by what is there")
    parser.add_argument("--model", default="", help="name or folder of the model that shall drive")
    parser.add_argument("--camera", default=AUTO, help=DESCRIPTION)
    parser.add_argument("--calibration", type=Path, default=DEFAULT_PATH, help="its file")
    parser.add_argument(
        "--root", type=Path, default=SYSTEM, help="where the hardware is looked for"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
