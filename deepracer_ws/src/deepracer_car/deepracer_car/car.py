"""The command line of a running car: `ros2 run deepracer_car car status|start|stop|...`.

Exit status: 0 if it is done; 1 if the car is missing, or refuses; 2 if the command makes no sense.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from deepracer_core.command_gate import DRIVERS, Mode
from deepracer_core.errors import CarError, DeepRacerError, ModeError
from deepracer_drive.terminal import OURS

from deepracer_car import calibrate
from deepracer_car.car_client import PATIENCE, CarClient

DIAGNOSTICS = ("camera: ", "inference: ", "servo: ")
"""Beginnings of the names of what the car's nodes say of themselves, once a second."""
DIAGNOSTICS_PATIENCE = 5.0  # [s]
START_PATIENCE = 3.0  # [s] the gate gives up a start without commands after one
LEVELS = {b"\0": "ok", b"\1": "WARN", b"\2": "ERROR", b"\3": "STALE"}


def main(arguments: list[str] | None = None) -> int:
    """Do what the arguments say; return the exit status."""
    options = _parse(arguments)
    try:
        with CarClient(options.patience) as car:
            print(options.run(car, options))
    except DeepRacerError as error:
        print(f"[ERROR] {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def status(car: CarClient, _: argparse.Namespace) -> str:
    """What goes on."""
    gate = car.wait_for_gate()
    car.wait_for(
        lambda: all(any(name.startswith(p) for name in car.diagnostics) for p in DIAGNOSTICS),
        DIAGNOSTICS_PATIENCE,
    )
    lines = {
        "mode": f"{Mode(gate.mode).name}, {_follows(gate.source)}",
        "reason": gate.reason or "-",
        "max_speed": f"{gate.max_speed:.2f} m/s",
        "model": "none is loaded",
    }
    if car.model is not None:
        angle = math.degrees(car.model.max_steering_angle)
        lines["model"] = f"{car.model.model} (up to {angle:.0f} deg, {car.model.max_speed:.2f} m/s)"
    for name, item in sorted(car.diagnostics.items()):
        if name.startswith(DIAGNOSTICS):
            lines[name] = f"{LEVELS.get(item.level, '?')}, {item.message}"
    width = max(map(len, lines))
    return "\n".join(f"{name:{width}}  {value}" for name, value in lines.items())


def start(car: CarClient, _: argparse.Namespace) -> str:
    """Have the model drive, and see that it does."""
    with _stopped_unless_done(car):
        car.set_mode(Mode.AUTONOMOUS)
        return _driving(car)


def _driving(car: CarClient) -> str:
    """Who drives, once somebody does."""

    def is_decided() -> bool:
        gate = car.gate
        return gate is not None and (gate.source == "policy" or gate.mode != Mode.AUTONOMOUS)

    # The status of before may arrive first: STOPPED counts only if it comes with a reason.
    entered = car.wait_for(lambda: car.gate and car.gate.mode == Mode.AUTONOMOUS, 1.0)
    car.wait_for(is_decided, START_PATIENCE)
    gate = car.wait_for_gate()
    if entered and gate.source == "policy":
        model = car.wait_for_model()
        name = model.model if model else "the model"
        return f"{name} drives, up to {gate.max_speed:.2f} m/s; stop it with: car stop"
    if car.model is None:
        raise CarError("no model is loaded: load one with car load NAME, then start again")
    raise CarError(f"the car does not drive: {gate.reason or 'no decision came'}; see car status")


def stop(car: CarClient, _: argparse.Namespace) -> str:
    """Have nobody drive."""
    car.set_mode(Mode.STOPPED)
    return "stopped"


def mode(car: CarClient, options: argparse.Namespace) -> str:
    """Set a mode."""
    wanted = Mode[options.mode.upper()]
    if wanted in DRIVERS:
        with _stopped_unless_done(car):
            car.set_mode(wanted)
    else:
        car.set_mode(wanted)
    return f"the mode is {wanted.name}"


def max_speed(car: CarClient, options: argparse.Namespace) -> str:
    """Limit the speed."""
    car.set_number("command_gate", "max_speed", options.speed)
    return f"held to {options.speed:.2f} m/s of the model's scale"


def load(car: CarClient, options: argparse.Namespace) -> str:
    """Exchange the model; the car is stopped."""
    answer = car.load(options.model)
    return f"{answer.model} is loaded ({answer.load_time:.1f} s); start it with: car start"


def calibrate_car(car: CarClient, options: argparse.Namespace) -> str:
    """Have the servo node let go of the hardware, calibrate, and give it back."""
    hardware, root, path = car.get_strings("servo", ["hardware", "root", "calibration"])
    car.set_mode(Mode.CALIBRATION)
    try:
        car.wait_until_hardware_is_free()

        def may_go_on() -> bool:
            return car.is_in(Mode.CALIBRATION)

        if calibrate.run(hardware, Path(root), Path(path), options.terminal, may_go_on):
            raise CarError("the calibration has failed")
    finally:
        car.set_mode(Mode.STOPPED)
    return "the car is stopped; start it with: car start"


@contextmanager
def _stopped_unless_done(car: CarClient) -> Iterator[None]:
    """Stop the car if what should make it drive fails, or is broken off by Ctrl-C.

    A mode that the gate has refused changes nothing, and a calibration that is the reason goes on.
    """
    car.wait_for_gate()
    try:
        yield
    except ModeError:
        raise
    except BaseException:
        with suppress(CarError):
            car.set_mode(Mode.STOPPED)
        raise


def _follows(source: str) -> str:
    return f"follows {source}" if source else "stands"


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="car", description="Talks to a car that is running.")
    parser.add_argument(
        "--patience", type=float, default=PATIENCE, help="how long its nodes may take [s]"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: object, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        return command

    add("status", status, "tell mode, model, and how the nodes are")
    add("start", start, "have the model drive")
    add("stop", stop, "stop the car")
    choice = add("mode", mode, "set the mode of the command gate")
    choice.add_argument("mode", choices=[item.name.lower() for item in Mode])
    speed = add("max-speed", max_speed, "hold all commands to a speed")
    speed.add_argument("speed", type=float, metavar="M/S", help="of the model's scale, 0 to 4")
    person = add("calibrate", calibrate_car, "calibrate servo and motor, wheels up")
    person.add_argument("--terminal", type=Path, default=OURS, help="the person's terminal")
    exchange = add("load", load, "stop the car and load another model")
    exchange.add_argument("model", help="its name, or its folder")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
