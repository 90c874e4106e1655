#!/usr/bin/env python3
"""How long the car drives on after a failure: real processes, PWM files of a fake AWS car.

A row is a way to fail (`tests/failure_rows.py`); a trial starts the car, lets it drive for five
frames at 30 fps by the shipped model, lets it fail, and takes the time until motor and servo have
neutral pulses: from the last good command (the aim: 200 ms at worst), and from the failure itself.
Nodes are processes of their own; two cars fail side by side, each in a ROS domain of its own.

Results are kept as they come, of each row in turn, for so many minutes at most: run it again, and
only what is missing is tried. A trial is lost when the imitated car does not come back to where it
can be started again; another car goes on. On a quiet machine, with the workspace set up:

    python benchmarks/car_failures.py [--trials 100] [--minutes 30] [--only clock] [--fresh]
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import math
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import rclpy
from deepracer_car.guard_link import TIMEOUT
from deepracer_core.command_gate import Mode
from deepracer_drive.models import open_store
from report import print_machine

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from car_graph import CarGraph, car_graph
from duty_log import FakeCar, log_duties
from failure_rows import ROWS, Trial, attempt
from recorded_drive import record_drive

AIM = 200.0  # [ms]
GUARD = TIMEOUT / 1e9  # [s] the real one
MODEL = "reinvent-2018-sample"
FRAMES = 60  # of the recording
FIRST_DOMAIN = 90  # up to 101, the last that ROS recommends
NODES = ("camera", "inference", "command_gate", "servo", "joy_teleop")
LAUNCH_TRIALS = 100  # fewer save time: a start of the whole launch takes seconds
LAUNCH = {"ros2 launch: SIGINT": signal.SIGINT, "ros2 launch: SIGTERM": signal.SIGTERM}
LAUNCHES = "launches"  # name of the worker that does these
LOST = Trial(math.nan, math.nan)  # neutral or not, the imitated car could not be started again
RESTARTS = 20  # of workers that gave up; more would have a cause that stays
POLL = 0.5  # [s]
PATIENCE = 150.0  # [s] after the last begin: a trial waits for 60 s at most, some times in turn
RESULTS = Path(tempfile.gettempdir()) / "car_failures.jsonl"
Results = Mapping[str, Sequence[Trial]]


def read_results(path: Path) -> Results:
    """What earlier runs have found."""
    results: dict[str, list[Trial]] = defaultdict(list)
    if path.exists():
        for line in path.read_text().splitlines():
            name, from_command, from_failure = json.loads(line)
            results[name].append(Trial(from_command, from_failure))
    return results


def keep(path: Path, name: str, trial: Trial) -> None:
    """Add a trial to the file, in one write, because several processes do."""
    line = json.dumps([name, trial.from_command, trial.from_failure]) + "\n"
    with path.open("a") as file:
        file.write(line)


def work(options: argparse.Namespace) -> bool:
    """Be one of several cars; return whether another one has to go on in its place."""
    rows = [row for row in ROWS if options.only in row.name]
    with car_graph(options.folder, options.images, MODEL, options.guard, *NODES) as graph:
        while time.time() < options.until:
            results = read_results(options.results)
            row = min(rows, key=lambda row: len(results.get(row.name, ())), default=None)
            if row is None or len(results.get(row.name, ())) >= options.trials:
                break
            try:
                keep(options.results, row.name, attempt(graph, row))
            except AssertionError as error:
                print(f"{row.name}: the car does not come back: {error}", file=sys.stderr)
                keep(options.results, row.name, LOST)
                return True
    return False


def try_launch(number: signal.Signals, images: Path, folder: Path) -> Trial:
    """Launch the car as a user does, start it, and send `ros2 launch` a signal."""
    car = FakeCar(folder)
    arguments = (
        "hardware:=aws",
        f"pwm_root:={car.root}",
        f"model:={MODEL}",
        f"camera:={images}",
        f"calibration:={folder / 'none.json'}",
        "max_throttle:=1.0",
    )
    with log_duties(car) as log:
        graph = CarGraph(folder, log, car, images, MODEL, GUARD)
        launch = subprocess.Popen(
            ["ros2", "launch", "deepracer_car", "drive.launch.py", *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            graph.wait_until(lambda: graph.mode == Mode.STOPPED and graph.decisions > 0)
            graph.begin()
            mark, failed = len(log.moments), time.monotonic_ns()
            launch.send_signal(number)
            neutral = graph.until_neutral(mark)
            launch.wait(30.0)
        finally:
            if launch.poll() is None:
                os.killpg(launch.pid, signal.SIGKILL)
                launch.wait()
            graph.close()
    if neutral is None:
        return Trial(math.inf, math.inf)
    return Trial((neutral[1] - neutral[0]) / 1e6, (neutral[1] - failed) / 1e6)


def work_launches(options: argparse.Namespace) -> bool:
    """Try what needs `ros2 launch`, one after the other; nobody has to go on in its place."""
    wanted = min(options.trials, options.launch_trials)
    rclpy.init()
    for name, number in LAUNCH.items():
        if options.only not in name:
            continue
        for trial in range(len(read_results(options.results).get(name, ())), wanted):
            if time.time() > options.until:
                break
            place = options.folder / f"{number}_{trial}"
            place.mkdir(parents=True)
            (place / "shift").write_bytes(bytes(8))
            try:
                keep(options.results, name, try_launch(number, options.images, place))
            except (AssertionError, subprocess.TimeoutExpired) as error:
                print(f"{name}: {error}", file=sys.stderr)
                keep(options.results, name, LOST)
    rclpy.try_shutdown()
    return False


def run_workers(names: Sequence[str], options: argparse.Namespace, folder: Path) -> None:
    """Run this program for each name, again where one gives up, and end all that hang."""
    until = options.began + 60.0 * options.minutes
    running: dict[str, subprocess.Popen[bytes]] = {}
    turns, left = itertools.count(), iter(range(RESTARTS, 0, -1))

    def start(name: str) -> None:
        more = (f"--worker={name}", f"--folder={folder / str(next(turns))}", f"--until={until}")
        command = [sys.executable, __file__, *sys.argv[1:], f"--images={folder / 'images'}", *more]
        environment = {**os.environ, "ROS_DOMAIN_ID": str(FIRST_DOMAIN + names.index(name))}
        running[name] = subprocess.Popen(command, env=environment, start_new_session=True)

    try:
        for name in names:
            start(name)
        while running and time.time() < until + PATIENCE:
            time.sleep(POLL)
            for name, process in [*running.items()]:
                if process.poll() is not None:
                    end(running.pop(name))
                    if process.returncode != 0 and time.time() < until and next(left, None):
                        start(name)
    finally:
        for process in running.values():
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and whatever it has left behind."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def print_table(results: Results, names: Sequence[str]) -> None:
    """Print a line for each row."""
    print(f"\n{'':48}{'from last good command [ms]':>32}{'from failure [ms]':>22}")
    print(
        f"{'failure':34}{'trials':>8}{'lost':>6}{'p50':>12}{'p99':>10}{'worst':>10}"
        f"{'p99':>12}{'worst':>10}"
    )
    for name in names:
        trials = [trial for trial in results.get(name, ()) if not math.isnan(trial.from_command)]
        if not trials:
            print(f"{name:34}{0:8}{len(results.get(name, ())):6}")
            continue
        command = sorted(trial.from_command for trial in trials)
        failure = sorted(trial.from_failure for trial in trials)
        last = math.ceil(len(trials) * 0.99) - 1
        verdict = "" if command[-1] <= AIM else f"  above the aim of {AIM:.0f} ms"
        print(
            f"{name:34}{len(trials):8}{len(results[name]) - len(trials):6}"
            f"{statistics.median(command):12.1f}{command[last]:10.1f}{command[-1]:10.1f}"
            f"{failure[last]:12.1f}{failure[-1]:10.1f}{verdict}"
        )


def is_done(results: Results, options: argparse.Namespace) -> bool:
    """Whether nothing is missing."""
    wanted = {row.name: options.trials for row in ROWS}
    wanted |= dict.fromkeys(LAUNCH, min(options.trials, options.launch_trials))
    return all(
        len(results.get(name, ())) >= count
        for name, count in wanted.items()
        if options.only in name
    )


def main() -> int:
    """Measure what is missing and print the table; return the exit status."""
    options = _parse()
    if options.worker is not None:
        return int(work_launches(options) if options.worker == LAUNCHES else work(options))
    if options.fresh:
        options.results.unlink(missing_ok=True)
        sys.argv.remove("--fresh")
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    print_machine("numpy", "onnxruntime", "ros-rclpy")
    options.began = time.time()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["ROS_LOG_DIR"] = str(folder / "log")
        (folder / "images").mkdir()
        record_drive(folder / "images", open_store().find(MODEL), FRAMES)
        # Alone, because a launch takes all there is of the processor while it starts.
        run_workers([LAUNCHES] * any(options.only in name for name in LAUNCH), options, folder)
        run_workers([f"car {number}" for number in range(options.workers)], options, folder)
    print(f"{options.workers} cars side by side, {(time.time() - options.began) / 60:.1f} minutes")
    results = read_results(options.results)
    names = [*(row.name for row in ROWS), *LAUNCH]
    print_table(results, [name for name in names if options.only in name])
    if not is_done(results, options):
        print("not all has been tried: run it again")
    return 0 if is_done(results, options) else 1


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How long the car drives on after a failure.")
    parser.add_argument("--trials", type=int, default=100, help="trials of each row")
    parser.add_argument("--launch-trials", type=int, default=LAUNCH_TRIALS, help="at most, of each")
    parser.add_argument("--only", default="", help="only rows whose name holds this")
    parser.add_argument("--minutes", type=float, default=30.0, help="begin nothing after so many")
    parser.add_argument("--workers", type=int, default=2, help="cars that fail side by side")
    parser.add_argument(
        "--guard", type=float, default=GUARD, help="patience of the guard [s], on a busy machine"
    )
    parser.add_argument("--results", type=Path, default=RESULTS, help="where results are kept")
    parser.add_argument("--fresh", action="store_true", help="forget earlier results")
    for name, kind in (
        ("worker", str),
        ("images", Path),
        ("folder", Path),
        ("until", float),
    ):  # for its own use
        parser.add_argument(f"--{name}", type=kind, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
