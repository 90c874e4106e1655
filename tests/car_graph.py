"""The car's nodes as processes that can be killed, stopped and started again one by one.

They are forked from a server that has their libraries loaded, so that a start takes a fraction of a
second instead of seconds, and find each other sooner than they usually do; each runs the `main` of
its executable with parameters of its own. The hardware is a fake AWS car whose duty files are
pipes, and the clock of all nodes can be moved.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import rclpy
from ackermann_msgs.msg import AckermannDriveStamped
from deepracer_core.command_checks import DriveCommand
from deepracer_core.command_gate import Mode
from deepracer_drive.messages import EVERY, LATCHED, to_message
from deepracer_interfaces.msg import GateStatus
from deepracer_interfaces.srv import LoadModel, SetMode
from duty_log import DutyLog, FakeCar, Moment, log_duties
from sensor_msgs.msg import Joy

HERE = Path(__file__).parent
WAIT = 60.0  # [s] until a test gives up
NEUTRAL = (1_446_000, 1_450_000)
ANSWER = 1.0  # [s] after which a question is asked again
FRAMES = 5  # that are driven before anything fails
JOY_PERIOD = 0.02  # [s] as drive.launch.py has joy_node repeat itself
DRIVES = Joy(axes=[0.5, 0.0, 0.0, 0.0, 1.0], buttons=[0, 0, 0, 0, 1])  # forwards, button held
MODULES = {
    "camera": "deepracer_car.nodes.camera_node",
    "inference": "sick_inference",
    "command_gate": "deepracer_drive.nodes.command_gate_node",
    "servo": "sick_servo",
    "joy_teleop": "deepracer_drive.nodes.joy_teleop",
}
"""Where the `main` of each node is."""
EARS = {"command_gate": "/policy/drive", "servo": "/drive"}
"""Where nodes hear commands: a command that is sent before they do is lost."""
HELPERS = ("onnxruntime", "cv2", "sensor_msgs.msg", "ackermann_msgs.msg", "diagnostic_msgs.msg")


def run_node(name: str, parameters: Mapping[str, object], log: Path) -> None:
    """Be a node: what a process of this name does."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(output, stream)
    settings = [part for key, value in parameters.items() for part in ("-p", f"{key}:={value}")]
    sys.argv = [name, "--ros-args", "--log-level", "warn", *settings]
    importlib.import_module(MODULES[name]).main()


class CarGraph:
    """The nodes, the car they drive, and this process as the person who starts it."""

    def __init__(
        self, folder: Path, log: DutyLog, car: FakeCar, images: Path, model: str, guard: float
    ) -> None:
        self.folder, self.log, self._images = folder, log, images
        self.camera = folder / "camera"  # gone, it is unplugged
        self.camera.symlink_to(images)
        self._parameters: dict[str, Mapping[str, object]] = {
            "camera": {"camera": self.camera, "fps": 30.0},
            "inference": {"model": model, "stop_to_load": True},
            "command_gate": {},
            "servo": {
                "hardware": "aws",
                "root": car.root,
                "calibration": folder / "none.json",
                "max_throttle": 1.0,
                "guard_timeout": guard,
            },
            "joy_teleop": {},
        }
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([*HELPERS, "car_graph", *MODULES.values()])
        self.processes: dict[str, Any] = {}
        self.node = rclpy.create_node(f"person_{os.getpid()}")
        self.statuses: list[GateStatus] = []
        self.decisions = 0
        self.node.create_subscription(GateStatus, "/drive/status", self.statuses.append, LATCHED)
        self.node.create_subscription(
            AckermannDriveStamped, "/policy/drive", self._on_decision, EVERY
        )
        self.publishers = {
            topic: self.node.create_publisher(kind, topic, EVERY)
            for topic, kind in {
                "/policy/drive": AckermannDriveStamped,
                "/drive": AckermannDriveStamped,
                "/joy": Joy,
            }.items()
        }
        self._set_mode = self.node.create_client(SetMode, "/set_mode")
        self._load_model = self.node.create_client(LoadModel, "/load_model")
        self._joy = threading.Event()  # set while somebody holds the joystick

    def _on_decision(self, _: AckermannDriveStamped) -> None:
        self.decisions += 1

    # Processes

    def start(self, *names: str) -> None:
        """Start these nodes."""
        for name in names:
            self._log_of(name).unlink(missing_ok=True)
            arguments = (name, self._parameters[name], self._log_of(name))
            process = self._context.Process(target=run_node, args=arguments)
            process.start()
            self.processes[name] = process

    def _log_of(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def said(self, name: str) -> str:
        """What a node, and its guard, have said since it was started last."""
        return self._log_of(name).read_text()

    def pid(self, name: str) -> int:
        """Process id of a node, or of the guard."""
        if name != "guard":
            pid: int = self.processes[name].pid
            return pid
        servo = self.pid("servo")
        children = Path(f"/proc/{servo}/task/{servo}/children").read_text().split()
        return int(children[0])

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a node, or to the guard."""
        os.kill(self.pid(name), number)

    def restart(self, name: str) -> None:
        """Start a node again; if it still runs, it is killed before."""
        process = self.processes[name]
        if process.is_alive():
            process.kill()
        process.join()
        deaf = self._ears(name)
        self.start(name)
        self.wait_until(lambda: name not in EARS or self._ears(name) - deaf)

    def _ears(self, name: str) -> set[bytes]:
        """Whoever hears the commands that are meant for a node: those that were killed, too."""
        found = self.node.get_subscriptions_info_by_topic(EARS[name]) if name in EARS else ()
        return {bytes(each.endpoint_gid) for each in found}

    def wait_for_end(self, name: str) -> None:
        """Wait until a node has ended by itself."""
        self.processes[name].join(WAIT)
        assert not self.processes[name].is_alive(), f"{name} runs on"

    # The graph

    def wait_until(self, true: Callable[[], object], seconds: float = WAIT) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, self.describe()
            rclpy.spin_once(self.node, timeout_sec=0.002)

    def describe(self) -> str:
        """What may explain a failure."""
        logs = {path.stem: path.read_text()[-600:] for path in self.folder.glob("*.log")}
        alive = {name: process.is_alive() for name, process in self.processes.items()}
        status = self.statuses[-1] if self.statuses else None
        return f"alive {alive}\nstatus {status}\nlogs {logs}\nmoments {self.log.moments[-6:]}"

    @property
    def mode(self) -> int:
        """The gate's mode."""
        return self.statuses[-1].mode if self.statuses else -1

    def ask_for(self, mode: Mode) -> Any:
        """Ask for a mode; return the future of the answer."""
        self.wait_until(self._set_mode.service_is_ready)
        return self._set_mode.call_async(SetMode.Request(mode=mode))

    def set_mode(self, mode: Mode) -> None:
        """Ask for a mode until there is an answer: a gate that has just started may not find us."""
        future = self.ask_for(mode)
        end = time.monotonic() + ANSWER
        self.wait_until(lambda: future.done() or time.monotonic() > end)
        if not future.done():
            self.set_mode(mode)

    def load(self, model: str) -> None:
        """Ask for a model; the answer is not waited for."""
        self.wait_until(self._load_model.service_is_ready)
        self._load_model.call_async(LoadModel.Request(model=model))

    def command(self, topic: str, angle: float, speed: float, age: float = 0.0) -> None:
        """Publish a command, this old [s]."""
        stamp = time.time_ns() + self.shift() - round(age * 1e9)
        self.publishers[topic].publish(to_message(DriveCommand(stamp, angle, speed)))

    @contextmanager
    def joystick(self) -> Iterator[None]:
        """Hold the joystick meanwhile, and let somebody drive by it."""

        def hold() -> None:
            while self._joy.is_set():
                self.publishers["/joy"].publish(DRIVES)
                time.sleep(JOY_PERIOD)

        self._joy.set()
        thread = threading.Thread(target=hold)
        thread.start()
        try:
            yield
        finally:
            self._joy.clear()
            thread.join()

    def let_go_of_joystick(self) -> None:
        """As when it is unplugged."""
        self._joy.clear()

    # Clock and camera

    def shift(self) -> int:
        """How far the nodes' clock is ahead of this process's [ns]."""
        (shift,) = struct.unpack("q", (self.folder / "shift").read_bytes())
        return int(shift)

    def jump(self, seconds: float) -> None:
        """Move the clock of all nodes."""
        shift = self.shift() + round(seconds * 1e9)
        with (self.folder / "shift").open("r+b") as file:
            file.write(struct.pack("q", shift))

    def unplug(self) -> None:
        """Take the camera away."""
        self.camera.unlink()

    def plug_in(self) -> None:
        """Bring the camera back."""
        self.camera.symlink_to(self._images)

    # Driving

    def drives(self, moment: Moment) -> bool:
        return (moment.motor, moment.servo) != NEUTRAL

    def begin(self, mode: Mode = Mode.AUTONOMOUS) -> None:
        """Start the car, unless it drives already, and let it drive for some frames."""
        if self.mode == mode and all(map(self.drives, self.log.moments[-2:])):
            mark = len(self.log.moments)
            self.wait_until(lambda: len(self.log.moments) >= mark + 2 * FRAMES or self.mode != mode)
            if self.mode == mode and all(map(self.drives, self.log.moments[mark:])):
                return
        self.wait_until(lambda: self.mode == Mode.STOPPED or self._stop())
        seen = self.decisions
        if mode is Mode.AUTONOMOUS:
            self.wait_until(lambda: self.decisions > seen)
        begun = 0

        def has_driven() -> bool:
            nonlocal begun
            servo = self.processes.get("servo")
            if servo and not servo.is_alive():  # its guard stopped it, on a busy machine
                self.restart("servo")
            if self.mode != mode:
                begun = len(self.log.moments)
                self.set_mode(mode)
                self.wait_until(lambda: self.mode == mode or self.statuses[-1].refusal)
            fresh = self.log.moments[begun:]
            return len(fresh) >= 2 * FRAMES and all(map(self.drives, fresh[-2 * FRAMES :]))

        self.wait_until(has_driven)

    def _stop(self) -> bool:
        self.set_mode(Mode.STOPPED)
        return self.mode == Mode.STOPPED

    def until_neutral(self, mark: int, patience: float = 10.0) -> tuple[int, int] | None:
        """Wait for neutral.

        Args:
            mark: Moments before this one do not count.
            patience: How long to wait [s].

        Returns:
            Since when the pulses were those of the last good command, and when they got neutral
            [ns]; None if they never did.
        """
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            for index in range(max(mark, 1), len(self.log.moments)):
                if not self.drives(self.log.moments[index]):
                    return self._last_good(index), self.log.moments[index].time
            rclpy.spin_once(self.node, timeout_sec=0.002)
        return None

    def _last_good(self, index: int) -> int:
        """When the last good command before a moment was followed: both pulses were set."""
        for moment in reversed(self.log.moments[:index]):
            # Half of neutral, one pulse set and the other not yet, is no command any more.
            if moment.motor != NEUTRAL[0] and moment.servo != NEUTRAL[1]:
                return moment.time
        return self.log.moments[index].time

    def stays_neutral(self, decisions: int = 5) -> bool:
        """Whether the car stands although so many more good decisions come."""
        mark, seen = len(self.log.moments), self.decisions
        self.wait_until(lambda: self.decisions >= seen + decisions)
        return not any(map(self.drives, self.log.moments[mark:]))

    def close(self) -> None:
        """End all processes."""
        self._joy.clear()
        for process in self.processes.values():
            if process.is_alive():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGCONT)
                process.terminate()
        for process in self.processes.values():
            process.join(10.0)
            if process.is_alive():
                process.kill()
                process.join()
        self.node.destroy_node()


def build_clock(folder: Path) -> Path:
    """Compile what moves the clock."""
    library = folder / "shifted_clock.so"
    command = ["cc", "-shared", "-fPIC", "-O2", "-o", str(library), str(HERE / "shifted_clock.c")]
    subprocess.run([*command, "-ldl"], check=True)
    return library


@contextmanager
def car_graph(
    folder: Path, images: Path, model: str, guard: float, *names: str
) -> Iterator[CarGraph]:
    """A running graph of these nodes; whatever it started ends with it.

    One for each process: the server that forks the nodes keeps the environment of its start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shift").write_bytes(struct.pack("q", 0))
    car = FakeCar(folder / "car")
    environment = {
        "SHIFTED_CLOCK": str(folder / "shift"),
        "LD_PRELOAD": str(build_clock(folder)),
        "FASTDDS_DEFAULT_PROFILES_FILE": str(HERE / "quick_discovery.xml"),
        "PYTHONPATH": os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]),
    }
    rclpy.init()
    try:
        with ExitStack() as stack:
            stack.enter_context(mock.patch.dict(os.environ, environment))
            log = stack.enter_context(log_duties(car))
            graph = CarGraph(folder, log, car, images, model, guard)
            stack.callback(graph.close)
            graph.start(*(names or ("camera", "inference", "command_gate", "servo")))
            graph.wait_until(lambda: graph.mode == Mode.STOPPED and graph.decisions > 0)
            yield graph
    finally:
        rclpy.try_shutdown()
