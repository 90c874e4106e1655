"""Guided calibration in the terminal; what it does is `calibration_session`, this is its shell.

It drives the hardware itself, so no servo node may hold it (`car calibrate` has a running one let
go); a guard watches it like one. Nothing is written before the last step, and the file of before
stays as backup.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deepracer_core.errors import CarError, DeepRacerError
from deepracer_drive.terminal import OURS, Terminal

from deepracer_car import calibration
from deepracer_car.calibration import Calibration
from deepracer_car.calibration_session import CalibrationSession, Outcome
from deepracer_car.hardware import HARDWARE, SYSTEM
from deepracer_car.pwm import Duties
from deepracer_car.rig import Rig

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PERIOD = 0.02  # [s] between two looks at the keyboard, and two heartbeats
MayGoOn = Callable[[], bool]
CLEAR = "\x1b[2J\x1b[H"  # ECMA-48: erase the display, cursor to its corner


def main(arguments: list[str] | None = None) -> int:
    """Calibrate; return the exit status."""
    options = _parse(arguments)
    return run(options.hardware, options.root, options.file, options.terminal)


def run(
    hardware: str, root: Path, path: Path, terminal: Path, may_go_on: MayGoOn = lambda: True
) -> int:
    """As `calibrate`; say what became of it, and return the exit status."""
    for number in ENDINGS:
        signal.signal(number, signal.default_int_handler)
    try:
        print(calibrate(hardware, root, path, terminal, may_go_on))
    except KeyboardInterrupt:
        print("not saved")
    except DeepRacerError as error:
        print(f"[ERROR] {error}", file=sys.stderr)
        return 1
    return 0


def calibrate(name: str, root: Path, path: Path, terminal_path: Path, may_go_on: MayGoOn) -> str:
    """Lead a person through a calibration; return what became of it.

    Args:
        name: Name of the hardware.
        root: Where it is looked for.
        path: Calibration file; the pulses of the stock car are begun with if it is missing.
        terminal_path: The person's terminal.
        may_go_on: Asked often; once it is false the car stands, and nothing is saved.

    Raises:
        CarError: it may not go on.
        DeepRacerError: the terminal, the hardware, the guard or the file fails.
    """
    before = calibration.load(path) if path.exists() else Calibration()
    calibration.make_place(path)
    session = CalibrationSession(before, time.monotonic())
    terminal = Terminal(terminal_path)
    try:
        with _held(name, root, session.duties) as rig:
            _converse(session, rig, terminal, terminal_path, may_go_on)
    finally:
        terminal.close()
    if session.outcome is Outcome.SAVE:
        calibration.save(path, session.calibration)
        return f"saved in {path}"
    if session.outcome is Outcome.RESTORE:
        calibration.restore(path)
        return f"{path} is again as in {calibration.backup_path(path)}"
    return "not saved"


@contextmanager
def _held(name: str, root: Path, neutral: Duties) -> Iterator[Rig]:
    """A rig that no signal keeps from being given back."""
    rig = Rig(name, root, neutral)
    try:
        yield rig
    finally:
        # ros2 launch passes on the Ctrl-C that the terminal already sent.
        for number in ENDINGS:
            signal.signal(number, signal.SIG_IGN)
        rig.close()


def _converse(
    session: CalibrationSession,
    rig: Rig,
    terminal: Terminal,
    terminal_path: Path,
    may_go_on: MayGoOn,
) -> None:
    """Pass keys in, pulses and text out, until the session has ended."""
    shown = ""
    with terminal_path.open("w") as screen:
        while session.outcome is None:
            rig.guard.check()
            rig.guard.beat()
            if not may_go_on():
                raise CarError("somebody stopped the car: the calibration ends, nothing is saved")
            for key in terminal.read():
                session.key(key, time.monotonic())
            session.tick(time.monotonic())
            rig.write(session.duties)
            if session.describe() != shown:
                shown = session.describe()
                screen.write(f"{CLEAR}{shown}\n")
                screen.flush()
            time.sleep(PERIOD)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Guided calibration of servo and motor.")
    parser.add_argument("--hardware", choices=list(HARDWARE), required=True)
    parser.add_argument(
        "--root", type=Path, default=SYSTEM, help="where the hardware is looked for"
    )
    parser.add_argument("--file", type=Path, default=calibration.DEFAULT_PATH)
    parser.add_argument("--terminal", type=Path, default=OURS, help="the person's terminal")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
