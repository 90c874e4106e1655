#!/usr/bin/env python3
"""How long the car drives on after a failure: real processes, PWM files of a fake AWS car.

A row is a way to fail (`tests/failure_rows.py`); a trial starts the car, lets it drive for five
frames at 30 fps by the shipped model, lets it fail, and takes the time until motor and servo have
neutral pulses: from the last good command (the aim: 200 ms at worst), and from the failure itself.
Nodes are processes of their own; several cars fail side by side, each in a ROS domain of its own.

Results are kept as they come, of each row in turn, for so many minutes at most: run it again, and
only what is missing is tried. On a quiet machine, with the workspace set up:

    python benchmarks/car_failures.py [--trials 100] [--minutes 11] [--only clock] [--fresh]
"""

from __future__ import annotations

import argparse
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
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import rclpy
from deepracer_car.guard_link import TIMEOUT
from deepracer_core.command_gate import Mode
from deepracer_drive.models import open_store
from report import print_machine

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from car_graph import CarGraph, car_graph
from duty_log import FakeCar, log_duties
from failure_rows import ROWS, Row, Trial, attempt
from recorded_drive import record_drive

AIM = 200.0  # [ms]
GUARD = TIMEOUT / 1e9  # [s] the real one
MODEL = "reinvent-2018-sample"
FRAMES = 60  # of the recording
FIRST_DOMAIN = 90  # up to 101, the last that ROS recommends
BATCH = 10  # trials of a row that a car makes in a row
NODES = ("camera", "inference", "command_gate", "servo", "joy_teleop")
LAUNCH_TRIALS = 20  # a start of the whole launch takes seconds
LAUNCH = {"ros2 launch: SIGINT": signal.SIGINT, "ros2 launch: SIGTERM": signal.SIGTERM}
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


def batches(rows: Sequence[Row], missing: Mapping[str, int]) -> Iterator[tuple[Row, int]]:
    """What is left to do, cut into pieces, one of each row after the other."""
    left = dict(missing)
    while any(left.get(row.name, 0) > 0 for row in rows):
        for row in rows:
            count = min(left.get(row.name, 0), BATCH)
            if count > 0:
                yield row, count
                left[row.name] -= count


def work(index: int, options: argparse.Namespace, images: Path, folder: Path) -> None:
    """Be one of several cars, which share the batches."""
    os.environ["ROS_DOMAIN_ID"] = str(FIRST_DOMAIN + index)
    rows = [row for row in ROWS if options.only in row.name]
    found = read_results(options.results)
    missing = {row.name: options.trials - len(found.get(row.name, ())) for row in rows}
    todo = list(batches(rows, missing))[index :: options.workers]
    with car_graph(folder / f"car{index}", images, MODEL, options.guard, *NODES) as graph:
        for row in (row for row, count in todo for _ in range(count)):
            if time.time() < options.until:
                keep(options.results, row.name, attempt(graph, row))


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


def work_launches(options: argparse.Namespace, images: Path, folder: Path) -> None:
    """Try what needs `ros2 launch`, one after the other."""
    os.environ["ROS_DOMAIN_ID"] = str(FIRST_DOMAIN + options.workers)
    found = read_results(options.results)
    rclpy.init()
    for name, number in LAUNCH.items():
        if options.only not in name:
            continue
        for trial in range(len(found.get(name, ())), min(options.trials, options.launch_trials)):
            if time.time() > options.until:
                return
            place = folder / f"launch_{number}_{trial}"
            place.mkdir()
            (place / "shift").write_bytes(bytes(8))
            keep(options.results, name, try_launch(number, images, place))
    rclpy.try_shutdown()


def run_workers(options: argparse.Namespace, images: Path, folder: Path) -> bool:
    """Run this program once for each car; return whether all went well."""
    until = time.time() + 60.0 * options.minutes
    arguments = [sys.executable, __file__, *sys.argv[1:], f"--images={images}", f"--until={until}"]
    if "--fresh" in arguments:
        arguments.remove("--fresh")
    # Alone, because a launch takes all there is of the processor while it starts.
    launches = subprocess.run([*arguments, f"--folder={folder}", "--worker=-1"], check=False)
    workers = [
        subprocess.Popen([*arguments, f"--folder={folder}", f"--worker={index}"])
        for index in range(options.workers)
    ]
    failures = sum(worker.wait() != 0 for worker in workers)
    return failures == 0 and launches.returncode == 0


def print_table(results: Results, names: Sequence[str]) -> None:
    """Print a line for each row."""
    print(f"\n{'':42}{'from last good command [ms]':>32}{'from failure [ms]':>22}")
    print(f"{'failure':34}{'trials':>8}{'p50':>12}{'p99':>10}{'worst':>10}{'p99':>12}{'worst':>10}")
    for name in names:
        trials = results.get(name, ())
        if not trials:
            continue
        command = sorted(trial.from_command for trial in trials)
        failure = sorted(trial.from_failure for trial in trials)
        last = math.ceil(len(trials) * 0.99) - 1
        verdict = "" if command[-1] <= AIM else f"  above the aim of {AIM:.0f} ms"
        print(
            f"{name:34}{len(trials):8}{statistics.median(command):12.1f}{command[last]:10.1f}"
            f"{command[-1]:10.1f}{failure[last]:12.1f}{failure[-1]:10.1f}{verdict}"
        )


def main() -> int:
    """Measure what is missing and print the table; return the exit status."""
    options = _parse()
    if options.worker is not None:
        if options.worker < 0:
            work_launches(options, options.images, options.folder)
        else:
            work(options.worker, options, options.images, options.folder)
        return 0
    if options.fresh:
        options.results.unlink(missing_ok=True)
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    print_machine("numpy", "onnxruntime", "ros-rclpy")
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["ROS_LOG_DIR"] = str(folder / "log")
        (folder / "images").mkdir()
        record_drive(folder / "images", open_store().find(MODEL), FRAMES)
        went_well = run_workers(options, folder / "images", folder)
    print(f"{options.workers} cars side by side, {(time.monotonic() - began) / 60:.1f} minutes")
    names = [*(row.name for row in ROWS), *LAUNCH]
    print_table(read_results(options.results), [name for name in names if options.only in name])
    return 0 if went_well else 1


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How long the car drives on after a failure.")
    parser.add_argument("--trials", type=int, default=100, help="trials of each row")
    parser.add_argument("--launch-trials", type=int, default=LAUNCH_TRIALS, help="at most, of each")
    parser.add_argument("--only", default="", help="only rows whose name holds this")
    parser.add_argument("--minutes", type=float, default=11.0, help="begin nothing after so many")
    parser.add_argument("--workers", type=int, default=3, help="cars that fail side by side")
    parser.add_argument(
        "--guard", type=float, default=GUARD, help="patience of the guard [s], on a busy machine"
    )
    parser.add_argument("--results", type=Path, default=RESULTS, help="where results are kept")
    parser.add_argument("--fresh", action="store_true", help="forget earlier results")
    for name, kind in (
        ("worker", int),
        ("images", Path),
        ("folder", Path),
        ("until", float),
    ):  # for its own use
        parser.add_argument(f"--{name}", type=kind, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
