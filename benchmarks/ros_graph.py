#!/usr/bin/env python3
"""Lockstep steps per second through the ROS graph: each node a process, as `ros2 launch` starts it.

Simulator, inference with the slim network (80x45), command gate and reward node (with a reward
function in its sandbox); this script is the episode runner, and nobody else listens.
The aim: 300 steps/s with the engine planar on two quiet cores. Beside the rate stands the time that
each process computed per step, which says what bounds it: a step goes through simulator, inference
and gate one after the other, while the reward node works beside them.

Run it with the workspace set up: `python benchmarks/ros_graph.py [mujoco]`.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import rclpy
from ament_index_python.packages import get_package_prefix
from deepracer_core.bundle.store import ModelStore
from deepracer_core.camera import Preprocessing
from deepracer_core.model_metadata import ModelMetadata
from deepracer_core.networks import untrained_policy
from deepracer_core.new_action_space import grid
from deepracer_core.policy_spec import PolicySpec
from deepracer_core.reward.ready_made import ready_made
from deepracer_drive.spinning import MessageExecutor
from deepracer_interfaces.msg import StepOutcome
from deepracer_sim.launching import CLOCK_LAG, SIMULATED_TIME, WAITED_FOR
from deepracer_sim.nodes.episode_runner import EpisodeRunner
from report import print_machine

AIM = 300.0  # [steps/s]
WARM_UP, ROUNDS, STEPS = 300, 7, 600
DOMAIN = "101"  # nobody else's, the last that ROS recommends
CLOCK_TICK = os.sysconf("SC_CLK_TCK")  # [1/s], unit of the times in /proc


def create_model(folder: Path) -> str:
    """An untrained slim model: as fast as a trained one."""
    spec = PolicySpec(
        "slim", Preprocessing(width=80, height=60, crop_top=15), ModelMetadata(grid())
    )
    files = {
        "model_metadata.json": spec.metadata.to_json().encode(),
        "policy.onnx": untrained_policy(spec),
    }
    return ModelStore(folder).create("slim", files).name


def commands(engine: str, folder: Path) -> dict[str, list[str]]:
    """The command line of each node."""
    reward = next(made.path for made in ready_made() if made.name == "guide_advanced")
    parameters: dict[tuple[str, str], dict[str, object]] = {
        ("deepracer_sim", "simulator"): {"engine": engine, "pacing": "lockstep"},
        ("deepracer_drive", "inference"): {
            "model": create_model(folder),
            "models": folder,
            **WAITED_FOR,
        },
        ("deepracer_drive", "command_gate"): {**SIMULATED_TIME, "max_lead": CLOCK_LAG},
        ("deepracer_sim", "reward_node"): {"pacing": "lockstep", "reward_function": reward},
    }
    found = {}
    for (package, executable), values in parameters.items():
        program = Path(get_package_prefix(package)) / "lib" / package / executable
        settings = [part for name, value in values.items() for part in ("-p", f"{name}:={value}")]
        found[executable] = [str(program), "--ros-args", "--log-level", "warn", *settings]
    return found


class Counter(EpisodeRunner):
    """Counts the steps and notes the time at the end of each round.

    Attributes:
        marks: time [s] and what each process has computed [s], at the beginning and at each end.
    """

    def __init__(self, processes: dict[str, int]) -> None:
        """Wait for the nodes with these process ids."""
        super().__init__()
        self._processes = processes
        self._steps = -WARM_UP
        self.marks: list[tuple[float, dict[str, float]]] = []

    def _on_reward(self, outcome: StepOutcome) -> None:
        super()._on_reward(outcome)
        if self._steps == len(self.marks) * STEPS:
            times = {name: computing_time(pid) for name, pid in self._processes.items()}
            self.marks.append((time.perf_counter(), times))
        self._steps += 1
        if len(self.marks) > ROUNDS:
            rclpy.try_shutdown()


def computing_time(pid: int) -> float:
    """Time that a process has computed so far [s], with that of its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICK


def measure(engine: str, folder: Path) -> tuple[list[float], dict[str, float]]:
    """Rates of the rounds [steps/s], and the time that each process computes in a step [s]."""
    with ExitStack() as stack:
        started = {}
        for name, command in commands(engine, folder).items():
            process = subprocess.Popen(command)
            stack.callback(process.wait)
            stack.callback(process.send_signal, signal.SIGINT)
            started[name] = process.pid
        rclpy.init()
        counter = Counter(started)
        MessageExecutor(counter).spin()
    (_, before), (_, after) = counter.marks[0], counter.marks[-1]
    ends = [at for at, _ in counter.marks]
    rates = [STEPS / (end - begin) for begin, end in pairwise(ends)]
    return rates, {name: (after[name] - before[name]) / ROUNDS / STEPS for name in started}


def main() -> None:
    """Measure one engine and print the table."""
    engine = sys.argv[1] if len(sys.argv) > 1 else "planar"
    os.environ.update(ROS_DOMAIN_ID=DOMAIN, ROS_AUTOMATIC_DISCOVERY_RANGE="LOCALHOST")
    print_machine("numpy", "onnxruntime", "numba", "mujoco")
    print(f"{WARM_UP} steps to warm up, {ROUNDS} rounds of {STEPS} steps")
    with tempfile.TemporaryDirectory() as folder:
        rates, times = measure(engine, Path(folder))
    median = statistics.median(rates)
    print(f"\n{engine}: {median:.0f} steps/s ({min(rates):.0f}-{max(rates):.0f}); aim {AIM:.0f}")
    print(f"{'a step':20}{1e3 / median:8.2f} ms")
    for name, seconds in sorted(times.items(), key=lambda item: -item[1]):
        print(f"  {name:18}{seconds * 1e3:8.2f} ms of computing")


if __name__ == "__main__":
    main()
