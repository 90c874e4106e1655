#!/usr/bin/env python3
"""Kills a training with SIGKILL at random moments, again and again: what is lost, what is broken?

The trainer is the node that `train.launch.py` starts, with a small network, so that it writes files
most of the time. It is killed with its workers at a random moment after a random line of its
output, and goes on with `resume:=true`. After each kill all files of the model must be whole, and
the checkpoint at most one iteration behind what was said; at the end training must come to its end.

Run it with the workspace set up: `python benchmarks/kill_training.py --kills 20`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
from deepracer_core.bundle.model_bundle import ModelBundle
from deepracer_core.bundle.store import MODELS_VARIABLE, ModelStore
from deepracer_core.errors import BundleError
from deepracer_core.trace_file import read_trace
from deepracer_sim.training.checkpoints import LATEST, Checkpoint
from deepracer_sim.training.model_files import CURVES, METRICS, read_config

NAME = "hunted"
NODE = "from deepracer_sim.nodes.trainer import main; main()"
SETTINGS = {
    "model": NAME,
    "cars": "4",
    "preprocessing": '"{width: 48, height: 40, crop_top: 4}"',
    "hyperparameters": '"{batch_size: 32, num_epochs: 1, num_steps_between_training: 128}"',
}
MAX_LINES = 6  # after which it is killed
MAX_DELAY = 1.0  # [s] after the line
TRAINED = re.compile(r"iteration +(\d+) .* steps/s")


def start(folder: Path, **settings: str) -> subprocess.Popen[str]:
    """A trainer of the model below `folder`."""
    given = {**SETTINGS, **settings}
    if (folder / NAME).exists():
        given["resume"] = "true"
    arguments = [part for item in given.items() for part in ("-p", "{}:={}".format(*item))]
    return subprocess.Popen(
        [sys.executable, "-c", NODE, "--ros-args", *arguments],
        env={**os.environ, MODELS_VARIABLE: str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def hunt(folder: Path, dice: random.Random) -> tuple[int, str]:
    """Start a trainer and kill it; the last iteration that it told of (0: none), and its output."""
    with start(folder) as process:
        assert process.stdout is not None
        output = [process.stdout.readline() for _ in range(dice.randint(1, MAX_LINES))]
        time.sleep(dice.uniform(0.0, MAX_DELAY))
        os.killpg(process.pid, signal.SIGKILL)
        output += process.stdout.readlines()
    told = [int(found.group(1)) for line in output if (found := TRAINED.match(line))]
    return max(told, default=0), "".join(output)


def check(folder: Path) -> int:
    """The iteration of the checkpoint (0: none yet).

    Raises:
        DeepRacerError, ValueError: a file is broken.
    """
    try:
        bundle: ModelBundle = ModelStore(folder).find(NAME)
    except BundleError:
        return 0  # killed before there was a model
    bundle.validate()
    read_config(bundle)
    if (bundle.path / METRICS).exists():
        json.loads((bundle.path / METRICS).read_text())
    if (bundle.path / CURVES).exists() and cv2.imread(str(bundle.path / CURVES)) is None:
        raise ValueError(f"{CURVES} is broken")
    for trace in (bundle.path / "training-simtrace").glob("*.csv"):
        read_trace(trace)
    latest = bundle.path / LATEST
    return int(Checkpoint.read(latest).record["iteration"]) if latest.exists() else 0


def main() -> None:
    """Kill, check and go on; then let it finish."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20, help="number of kills")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    arguments = parser.parse_args()
    dice = random.Random(arguments.seed)
    kept = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(1, arguments.kills + 1):
            told, output = hunt(folder, dice)
            before, kept = kept, check(folder)
            print(f"kill {number}: told of iteration {told}, kept {kept}", flush=True)
            if kept < max(before, told - 1):
                sys.exit(f"more than an iteration was lost:\n{output}")
        steps = str(128 * (kept + 2))
        with start(folder, max_steps=steps) as process:
            output, _ = process.communicate()
        if process.returncode or "the steps are done" not in output:
            sys.exit(f"it does not go on:\n{output}")
        leftovers = [path.name for path in folder.rglob(".tmp-*")]
        print(f"{arguments.kills} kills, then it trained on to iteration {check(folder)}")
        print(f"left over: {', '.join(leftovers) or 'nothing'}")


if __name__ == "__main__":
    main()
