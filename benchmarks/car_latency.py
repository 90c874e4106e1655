#!/usr/bin/env python3
"""From the camera's stamp to the pulses: how long the car takes, hop by hop, and what nodes use.

The nodes of the car as processes of their own, as `drive.launch.py` starts them: a file camera of
640x480 at 30 fps, inference, command gate, and servo node with its guard, on a fake AWS car. Each
notes when a message comes, when its answer goes, and when the pulses are set. The aim: 6 ms at p50
and 20 ms at p99, with the shipped model, on two quiet cores.

Run it with the workspace set up: `python benchmarks/car_latency.py [--seconds 30]`.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import rclpy
from deepracer_car.calibration import Calibration
from deepracer_car.pwm import Channel
from deepracer_core.bundle.model_bundle import ModelBundle
from deepracer_core.bundle.store import ModelStore
from deepracer_core.camera import Preprocessing
from deepracer_core.command_gate import Mode
from deepracer_core.model_metadata import ModelMetadata
from deepracer_core.networks import untrained_policy
from deepracer_core.new_action_space import grid
from deepracer_core.policy_spec import PolicySpec
from deepracer_drive.messages import LATCHED, to_nanoseconds
from deepracer_drive.models import open_store
from deepracer_interfaces.msg import GateStatus
from deepracer_interfaces.srv import SetMode
from rclpy.node import Node
from rclpy.publisher import Publisher
from report import print_machine

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from duty_log import FakeCar
from recorded_drive import record_drive

AIMS = {50: 6.0, 99: 20.0}  # [ms]
DOMAIN = "100"
SIZE, FPS, FRAMES = (640, 480), 30.0, 90
WARM_UP = 3.0  # [s]
PATIENCE = 180.0  # [s] for the nodes to start, on a busy machine
CLOCK_TICK = os.sysconf("SC_CLK_TCK")  # [1/s], unit of the times in /proc
IMAGE, POLICY, DRIVE = "/camera/image_raw", "/policy/drive", "/drive"
NODES = {
    "camera": "deepracer_car.nodes.camera_node",
    "inference": "deepracer_drive.nodes.inference_node",
    "command_gate": "deepracer_drive.nodes.command_gate_node",
    "servo": "deepracer_car.nodes.servo_node",
}
HOPS = (
    ("camera: stamp to image sent", "stamp", f"sent {IMAGE}"),
    ("image on its way", f"sent {IMAGE}", f"came {IMAGE}"),
    ("inference: image to decision sent", f"came {IMAGE}", f"sent {POLICY}"),
    ("decision on its way", f"sent {POLICY}", f"came {POLICY}"),
    ("gate: decision to command sent", f"came {POLICY}", f"sent {DRIVE}"),
    ("command on its way", f"sent {DRIVE}", f"came {DRIVE}"),
    ("servo: command to pulses set", f"came {DRIVE}", "set"),
    ("camera stamp to pulses set", "stamp", "set"),
)
REST = str(Calibration().motor.mid)  # [ns]
Pids = dict[str, int]
Times = Mapping[str, Mapping[int, int]]
"""When something happened [ns], by what happened and the stamp of the image behind it."""


class Tracer:
    """Notes times in the process of one node."""

    def __init__(self) -> None:
        self._times: dict[str, dict[int, int]] = {}
        self._latest = 0  # stamp of the command that came last

    def note(self, what: str, stamp: int) -> None:
        """It happens now."""
        self._times.setdefault(what, {})[stamp] = time.time_ns()

    def install(self) -> None:
        """Listen to what goes, what comes and what is set."""
        from deepracer_car.rig import Rig

        publish, subscribe, write = Publisher.publish, Node.create_subscription, Rig.write

        def traced_publish(publisher: Any, message: Any) -> None:
            if publisher.topic in (IMAGE, POLICY, DRIVE):
                self.note(f"sent {publisher.topic}", to_nanoseconds(message.header.stamp))
            publish(publisher, message)

        def traced_subscribe(
            node: Any, kind: Any, topic: str, callback: Callable[[Any], None], *more: Any
        ) -> Any:
            def traced(message: Any) -> None:
                self._latest = to_nanoseconds(message.header.stamp)
                self.note(f"came {topic}", self._latest)
                callback(message)

            is_ours = topic in (IMAGE, POLICY, DRIVE)
            return subscribe(node, kind, topic, traced if is_ours else callback, *more)

        def traced_write(rig: Any, duties: Any) -> None:
            write(rig, duties)
            self.note("set", self._latest)

        Publisher.publish = traced_publish
        Node.create_subscription = traced_subscribe
        Rig.write = traced_write

    def save(self, path: Path) -> None:
        """Write down what was noted."""
        path.write_text(json.dumps(self._times))


def be_node(name: str, trace: Path, settings: Sequence[str]) -> None:
    """Run a node, as its executable does, and write down its times at the end."""
    tracer = Tracer()
    tracer.install()
    sys.argv = [name, "--ros-args", "--log-level", "warn", *settings]
    try:
        importlib.import_module(NODES[name]).main()
    finally:
        tracer.save(trace)


def read_times(folder: Path) -> Times:
    """All that the nodes have written down."""
    times: dict[str, dict[int, int]] = {}
    for path in folder.glob("*.trace"):
        for what, found in json.loads(path.read_text()).items():
            times[what] = {int(stamp): at for stamp, at in found.items()}
    times["stamp"] = {stamp: stamp for stamp in times[f"sent {IMAGE}"]}
    return times


def spans(times: Times, since: int) -> Iterator[tuple[str, list[float]]]:
    """Each hop and how long it took [ms], for images stamped after `since` that were driven."""
    whole = set.intersection(*(set(times[what]) for _, *ends in HOPS for what in ends))
    stamps = sorted(stamp for stamp in whole if stamp > since)
    for name, begin, end in HOPS:
        yield name, sorted((times[end][stamp] - times[begin][stamp]) / 1e6 for stamp in stamps)


@contextmanager
def running(car: FakeCar, folder: Path, model: ModelBundle, images: Path) -> Iterator[Pids]:
    """The nodes; process ids by name."""
    parameters: dict[str, dict[str, object]] = {
        "camera": {"camera": images, "fps": FPS},
        "inference": {"model": model.path, "stop_to_load": True},
        "command_gate": {},
        "servo": {
            "hardware": "aws",
            "root": car.root,
            "calibration": folder / "none.json",
            "guard_timeout": 2.0,
        },
    }
    started = {}
    for name, values in parameters.items():
        settings = [part for key, value in values.items() for part in ("-p", f"{key}:={value}")]
        command = [sys.executable, __file__, "--node", name, str(folder / f"{name}.trace")]
        started[name] = subprocess.Popen([*command, *settings])
    try:
        yield {name: process.pid for name, process in started.items()}
    finally:
        for process in started.values():
            process.send_signal(signal.SIGTERM)
        for process in started.values():
            process.wait(60.0)


def guard_of(servo: int) -> int | None:
    """Process id of the guard that a servo node has started, if it has."""
    children = Path(f"/proc/{servo}/task/{servo}/children").read_text().split()
    return int(children[0]) if children else None


def start_car(node: Node, car: FakeCar) -> None:
    """Have the model drive, until the motor gets other pulses than at rest."""
    statuses: list[GateStatus] = []
    node.create_subscription(GateStatus, "/drive/status", statuses.append, LATCHED)
    client = node.create_client(SetMode, "/set_mode")
    deadline = time.monotonic() + PATIENCE
    while car.attribute(Channel.MOTOR, "duty_cycle") in ("0", REST):
        if time.monotonic() > deadline:
            raise SystemExit(f"the car does not drive: {statuses[-1:]}")
        if client.service_is_ready() and (not statuses or statuses[-1].mode == Mode.STOPPED):
            client.call_async(SetMode.Request(mode=Mode.AUTONOMOUS))
        rclpy.spin_once(node, timeout_sec=0.1)


def computing_time(pid: int) -> float:
    """Time that a process has computed so far [s]."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICK


def memory(pid: int) -> float:
    """What a process keeps in memory, its share of what several share [MB]."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1e3


def measure(model: ModelBundle, images: Path, seconds: float) -> None:
    """Drive with a model and print its tables."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        car = FakeCar(folder / "car")
        with running(car, folder, model, images) as pids:
            node = rclpy.create_node("benchmark")
            start_car(node, car)
            node.destroy_node()
            pids["guard"] = guard_of(pids["servo"]) or pids["servo"]
            time.sleep(WARM_UP)
            since, begin = time.time_ns(), time.monotonic()
            before = {name: computing_time(pid) for name, pid in pids.items()}
            time.sleep(seconds)
            elapsed = time.monotonic() - begin
            used = {name: computing_time(pid) - before[name] for name, pid in pids.items()}
            kept = {name: memory(pid) for name, pid in pids.items()}
        times = read_times(folder)
    print_spans(model.name, list(spans(times, since)), round(elapsed * FPS))
    print(f"\n{'node':36}{'CPU [%]':>10}{'memory [MB]':>14}")
    for name in pids:
        print(f"{name:36}{100 * used[name] / elapsed:10.1f}{kept[name]:14.0f}")


def print_spans(model: str, rows: list[tuple[str, list[float]]], given: int) -> None:
    """Print percentiles of each hop."""
    count = len(rows[0][1])
    print(f"\n{model}: {count} of about {given} images driven by")
    print(f"{'[ms]':36}{'p50':>10}{'p95':>10}{'p99':>10}{'max':>10}")
    for name, values in rows:
        cells = [values[min(count * percent // 100, count - 1)] for percent in (50, 95, 99)]
        print(f"{name:36}{''.join(f'{cell:10.2f}' for cell in (*cells, values[-1]))}")
    for percent, aim in AIMS.items():
        reached = rows[-1][1][min(count * percent // 100, count - 1)]
        verdict = "reached" if reached <= aim else "missed"
        print(f"aim: p{percent} {aim:.0f} ms: {verdict}")


def create_classic(store: ModelStore) -> ModelBundle:
    """An untrained network of AWS' size: as fast as a trained one."""
    spec = PolicySpec("classic", Preprocessing(), ModelMetadata(grid()))
    files = {
        "model_metadata.json": spec.metadata.to_json().encode(),
        "policy.onnx": untrained_policy(spec),
    }
    return store.create("classic", files)


def main() -> None:
    """Measure both networks and print their tables."""
    if sys.argv[1:2] == ["--node"]:
        be_node(sys.argv[2], Path(sys.argv[3]), sys.argv[4:])
        return
    parser = argparse.ArgumentParser(description="From the camera's stamp to the pulses.")
    parser.add_argument("--seconds", type=float, default=30.0, help="of each network")
    options = parser.parse_args()
    os.environ.update(ROS_DOMAIN_ID=DOMAIN, ROS_AUTOMATIC_DISCOVERY_RANGE="LOCALHOST")
    print_machine("numpy", "onnxruntime", "opencv-python-headless", "ros-rclpy")
    shipped = open_store().find("reinvent-2018-sample")
    with tempfile.TemporaryDirectory() as name:
        images, folder = Path(name) / "images", Path(name) / "models"
        images.mkdir()
        record_drive(images, shipped, FRAMES, SIZE)
        rclpy.init()
        for model in (shipped, create_classic(ModelStore(folder))):
            measure(model, images, options.seconds)
        rclpy.try_shutdown()


if __name__ == "__main__":
    main()
