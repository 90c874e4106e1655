"""The nodes for driving, each in this process beside a node that listens and speaks."""

from __future__ import annotations

import math
import shutil
import time
from array import array
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from ackermann_msgs.msg import AckermannDriveStamped
from deepracer_core.bundle.store import ModelStore
from deepracer_core.obstacle_watch import ObstacleWatch, StopZone
from deepracer_drive.messages import to_nanoseconds, to_time
from deepracer_drive.nodes.command_gate_node import CommandGateNode
from deepracer_drive.nodes.inference_node import InferenceNode
from deepracer_drive.nodes.joy_teleop import JoyTeleop
from deepracer_interfaces.msg import GateStatus, PolicyDecision, PolicyModel
from deepracer_interfaces.srv import LoadModel, SetMode
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from node_bench import Bench, bench
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image, Joy, LaserScan
from untrained import create_untrained, picture

PERIOD = 66_000_000


def drive(stamp: int, angle: float = 0.1, speed: float = 1.0) -> AckermannDriveStamped:
    message = AckermannDriveStamped()
    message.header.stamp = to_time(stamp)
    message.drive.steering_angle, message.drive.speed = angle, speed
    return message


def image(seed: int, stamp: int) -> Image:
    pixels = picture(seed)
    message = Image(height=120, width=160, encoding="rgb8", step=480)
    message.header.stamp = to_time(stamp)
    message.header.frame_id = "camera_optical_frame"
    message.data = array("B", pixels.tobytes())
    return message


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> ModelStore:
    store = ModelStore(tmp_path_factory.mktemp("models"))
    create_untrained(store, "one")
    create_untrained(store, "two", seed=5)
    shutil.copytree(store.root / "one", store.root / "broken")
    (store.root / "broken" / "policy.onnx").write_bytes(b"no network")
    return store


@pytest.fixture
def inference(models) -> Iterator[Callable[[str], Bench]]:
    with ExitStack() as stack:

        def start(model: str) -> Bench:
            made = stack.enter_context(bench(model=model, models=models.root))
            made.try_out(InferenceNode())
            made.listen(AckermannDriveStamped, "/policy/drive")
            made.listen(PolicyDecision, "/policy/decision")
            return made

        yield start


def test_an_image_is_answered_with_its_stamp_and_how_that_came_about(inference):
    driver = inference("one")
    driver.say("/camera/image_raw", image(0, 5 * PERIOD))
    driver.until(lambda: all(driver.heard.values()))
    command, decision = (messages[0] for messages in driver.heard.values())
    assert to_nanoseconds(command.header.stamp) == 5 * PERIOD
    assert command.header == decision.header
    assert command.drive.speed == decision.speed
    assert command.drive.steering_angle == decision.steering_angle
    assert decision.model == "one"
    assert sum(decision.distribution) == pytest.approx(1.0, abs=1e-5)
    assert decision.log_probability == pytest.approx(math.log(max(decision.distribution)), abs=1e-5)
    assert not decision.sampled
    assert decision.inference_time > 0


def test_a_model_that_cannot_be_loaded_leaves_the_node_alive_to_be_given_another(inference):
    driver = inference("broken")
    driver.say("/camera/image_raw", image(0, PERIOD))
    answer = driver.call(LoadModel, "/load_model", model="broken")
    assert (answer.success, answer.model) == (False, "")
    assert "policy.onnx" in answer.message
    answer = driver.call(LoadModel, "/load_model", model="nothing")
    assert "there is no model 'nothing'" in answer.message
    answer = driver.call(LoadModel, "/load_model", model="two")
    assert (answer.success, answer.model, answer.message) == (True, "two", "")
    assert answer.load_time > 0
    driver.say("/camera/image_raw", image(0, 2 * PERIOD))
    driver.until(lambda: driver.heard["/policy/decision"])
    assert [decision.model for decision in driver.heard["/policy/decision"]] == ["two"]


def test_it_tells_which_model_decides_and_how_long_that_takes(inference):
    driver = inference("one")
    models = driver.listen(PolicyModel, "/policy/model")
    driver.until(lambda: models)
    assert (models[0].model, models[0].max_speed) == ("one", 0.8)
    assert models[0].max_steering_angle == pytest.approx(math.radians(30.0))
    reports = driver.listen(DiagnosticArray, "/diagnostics")
    stamp = driver.tried.get_clock().now().nanoseconds - 150_000_000
    driver.say("/camera/image_raw", image(0, stamp))

    def values() -> dict[str, str]:
        return {value.key: value.value for value in reports[-1].status[0].values}

    driver.until(lambda: reports and values()["decisions"] == "1")
    assert float(values()["oldest image [ms]"]) >= 150.0
    assert 0.0 < float(values()["mean [ms]"]) <= float(values()["slowest [ms]"])
    assert reports[-1].status[0].level == DiagnosticStatus.WARN
    assert "the gate refuses them" in reports[-1].status[0].message
    driver.until(lambda: values()["decisions"] == "0")
    assert reports[-1].status[0].message == "no image came"


def test_where_the_world_waits_no_image_is_old(models):
    with bench(model="one", models=models.root, lockstep=True) as driver:
        driver.try_out(InferenceNode())
        reports = driver.listen(DiagnosticArray, "/diagnostics")
        commands = driver.listen(AckermannDriveStamped, "/policy/drive")
        driver.say("/camera/image_raw", image(0, PERIOD))

        def decided() -> list[DiagnosticArray]:
            return [report for report in reports if "no image" not in report.status[0].message]

        driver.until(lambda: commands and decided())
        assert decided()[0].status[0].level == DiagnosticStatus.OK
        assert "up to 0 ms" in decided()[0].status[0].message


@contextmanager
def driver_of_a_car(models) -> Iterator[tuple[Bench, list[int]]]:
    """Inference by the model `one`, and the modes that it asks the gate for before it loads."""
    asked: list[int] = []

    def stop(request: SetMode.Request, response: SetMode.Response) -> SetMode.Response:
        asked.append(request.mode)
        return response

    with bench(model="one", models=models.root, stop_to_load=True) as driver:
        driver.peer.create_service(SetMode, "/set_mode", stop)
        driver.try_out(InferenceNode())
        driver.until(driver.tried._set_mode.service_is_ready)
        yield driver, asked


@pytest.mark.parametrize(("model", "loaded"), [("two", "two"), ("broken", "one")])
def test_a_car_is_stopped_before_its_model_is_exchanged(models, model, loaded):
    with driver_of_a_car(models) as (driver, asked):
        answer = driver.call(LoadModel, "/load_model", model=model)
        driver.until(lambda: asked)
    assert (answer.success, answer.model) == (model == loaded, loaded)
    assert asked == [GateStatus.MODE_STOPPED]


@pytest.mark.parametrize("nothing", ["", " "])
def test_no_name_of_a_model_is_refused_and_stops_nothing(models, nothing):
    with driver_of_a_car(models) as (driver, asked):
        answer = driver.call(LoadModel, "/load_model", model=nothing)
        assert (answer.success, answer.model) == (False, "one")
        assert answer.message.startswith("no model is named")
        driver.call(LoadModel, "/load_model", model="two")  # what was asked for before has come
        driver.until(lambda: asked)
    assert len(asked) == 1


def test_a_broken_image_is_passed_over(inference):
    driver = inference("one")
    driver.say("/camera/image_raw", Image(height=120, width=160, encoding="rgb8", step=480))
    driver.say("/camera/image_raw", Image(encoding="yuv422"))
    driver.say("/camera/image_raw", image(0, PERIOD))
    driver.until(lambda: driver.heard["/policy/drive"])
    assert [to_nanoseconds(m.header.stamp) for m in driver.heard["/policy/drive"]] == [PERIOD]


@pytest.fixture
def gate() -> Iterator[Bench]:
    """A command gate on simulated time, which stands at one second."""
    with bench(use_sim_time=True) as made:
        made.try_out(CommandGateNode())
        made.listen(AckermannDriveStamped, "/drive")
        made.listen(GateStatus, "/drive/status")
        set_clock(made, 1_000_000_000)
        yield made


def set_clock(at: Bench, now: int) -> None:
    at.say("/clock", Clock(clock=to_time(now)))
    at.until(lambda: at.tried.get_clock().now().nanoseconds == now)


def last_status(at: Bench, **fields: Any) -> GateStatus:
    """Wait for a status with these fields."""
    statuses = at.heard["/drive/status"]

    def fits() -> bool:
        return bool(statuses) and all(
            getattr(statuses[-1], name) == value for name, value in fields.items()
        )

    at.until(fits)
    return statuses[-1]


def driven(at: Bench) -> list[tuple[int, float, float]]:
    return [
        (to_nanoseconds(m.header.stamp), round(m.drive.steering_angle, 3), m.drive.speed)
        for m in at.heard["/drive"]
    ]


def test_the_gate_starts_stopped_and_says_so_to_those_who_come_later(gate):
    status = last_status(gate, mode=GateStatus.MODE_STOPPED)
    assert (status.source, status.refusal, status.reason) == ("", GateStatus.REFUSAL_NONE, "")
    assert status.max_speed == 4.0


def test_a_policy_drives_once_it_may(gate):
    gate.say("/policy/drive", drive(1_000_000_000))
    status = last_status(gate, refusal=GateStatus.REFUSAL_MODE)
    assert "set_mode" in status.reason
    answer = gate.call(SetMode, "/set_mode", mode=GateStatus.MODE_AUTONOMOUS)
    assert (answer.success, answer.mode) == (True, GateStatus.MODE_AUTONOMOUS)
    gate.say("/policy/drive", drive(1_000_000_001))
    last_status(gate, mode=GateStatus.MODE_AUTONOMOUS, source="policy")
    gate.until(lambda: len(gate.heard["/drive"]) == 2)
    assert driven(gate) == [(1_000_000_000, 0.0, 0.0), (1_000_000_001, 0.1, 1.0)]


def test_silence_and_nan_end_in_neutral(gate):
    gate.call(SetMode, "/set_mode", mode=GateStatus.MODE_AUTONOMOUS)
    gate.say("/policy/drive", drive(1_000_000_000))
    gate.until(lambda: len(gate.heard["/drive"]) == 1)
    gate.say("/policy/drive", drive(1_000_000_001, speed=math.nan))
    last_status(gate, refusal=GateStatus.REFUSAL_NOT_FINITE, source="")
    assert driven(gate)[-1] == (1_000_000_001, 0.0, 0.0)
    gate.say("/policy/drive", drive(1_000_000_002))
    last_status(gate, source="policy")
    set_clock(gate, 1_300_000_000)
    last_status(gate, refusal=GateStatus.REFUSAL_STALE, mode=GateStatus.MODE_AUTONOMOUS)
    set_clock(gate, 3_000_000_000)
    last_status(gate, mode=GateStatus.MODE_STOPPED)
    gate.until(lambda: len(gate.heard["/drive"]) == 4)
    assert driven(gate)[-1] == (1_300_000_000, 0.0, 0.0)


def test_a_command_that_comes_again_is_answered_again(gate, capfd):
    gate.call(SetMode, "/set_mode", mode=GateStatus.MODE_AUTONOMOUS)
    gate.say("/policy/drive", drive(1_000_000_000, angle=0.25))
    gate.until(lambda: len(gate.heard["/drive"]) == 1)
    gate.say("/policy/drive", drive(1_000_000_000, angle=0.25))
    gate.until(lambda: len(gate.heard["/drive"]) == 2)
    assert driven(gate) == [(1_000_000_000, 0.25, 1.0)] * 2
    assert "[WARN]" not in capfd.readouterr().err


def test_a_human_takes_over(gate):
    gate.call(SetMode, "/set_mode", mode=GateStatus.MODE_AUTONOMOUS)
    gate.say("/teleop/drive", drive(1_000_000_000, angle=-0.2))
    last_status(gate, mode=GateStatus.MODE_MANUAL, source="teleop")


@pytest.mark.parametrize(
    ("mode", "message"), [(77, "there is no mode 77"), (GateStatus.MODE_CALIBRATION, "STOPPED")]
)
def test_an_impossible_mode_is_refused_with_the_reason(gate, mode, message):
    gate.call(SetMode, "/set_mode", mode=GateStatus.MODE_MANUAL)
    answer = gate.call(SetMode, "/set_mode", mode=mode)
    assert (answer.success, answer.mode) == (False, GateStatus.MODE_MANUAL)
    assert message in answer.message


def test_the_speed_limit_changes_while_it_drives(gate):
    gate.call(SetMode, "/set_mode", mode=GateStatus.MODE_AUTONOMOUS)
    result = gate.tried.set_parameters([Parameter("max_speed", value=0.5)])[0]
    assert result.successful
    last_status(gate, max_speed=0.5)
    gate.say("/policy/drive", drive(1_000_000_000))
    gate.until(lambda: gate.heard["/drive"])
    assert driven(gate) == [(1_000_000_000, 0.1, 0.5)]
    for value in (-1.0, 9.0, math.nan):
        assert not gate.tried.set_parameters([Parameter("max_speed", value=value)])[0].successful
    assert last_status(gate, max_speed=0.5)


@pytest.fixture
def watchful_gate() -> Iterator[Bench]:
    """A gate that minds what stands within half a metre."""
    with bench(obstacle_distance=0.5) as made:
        made.try_out(CommandGateNode())
        made.listen(AckermannDriveStamped, "/drive")
        made.listen(GateStatus, "/drive/status")
        yield made


UNSEEN = ObstacleWatch(StopZone(1.0)).problem(0)


def turn(at: Bench, ahead: float) -> LaserScan:
    """A scan now, with something this far ahead [m]."""
    scan = LaserScan(angle_min=-math.pi / 2, angle_increment=math.pi / 2)
    scan.header.stamp = at.tried.get_clock().now().to_msg()
    scan.range_min, scan.range_max = 0.15, 12.0
    scan.ranges = [math.inf, ahead, math.inf]
    return scan


def start_manual(at: Bench, ahead: float, speed: float) -> None:
    """Begin to drive by hand, with something this far ahead."""
    at.call(SetMode, "/set_mode", mode=GateStatus.MODE_MANUAL)
    if not math.isnan(ahead):
        at.say("/scan", turn(at, ahead))
        at.until(lambda: at.tried._watch.problem(time.monotonic_ns()) != UNSEEN)
    at.heard["/drive/status"].clear()

    def goes() -> bool:
        at.say("/teleop/drive", drive(at.tried.get_clock().now().nanoseconds, speed=speed))
        if not math.isnan(ahead):
            at.say("/scan", turn(at, ahead))
        return bool(at.heard["/drive/status"])

    at.until(goes)


def stops_because(at: Bench, reason: str) -> None:
    """Wait for the gate to stop; a command that comes later is refused for the same reason."""
    at.until(lambda: reason in at.heard["/drive/status"][-1].reason)
    assert last_status(at, source="").mode == GateStatus.MODE_STOPPED


def test_something_ahead_stops_the_car_until_it_is_started_again(watchful_gate):
    start_manual(watchful_gate, ahead=2.0, speed=1.0)
    assert last_status(watchful_gate).source == "teleop"
    watchful_gate.say("/scan", turn(watchful_gate, 0.4))
    stops_because(watchful_gate, "something stands 0.40 m ahead")
    watchful_gate.until(lambda: driven(watchful_gate)[-1][1:] == (0.0, 0.0))
    start_manual(watchful_gate, ahead=0.4, speed=1.0)
    stops_because(watchful_gate, "something stands 0.40 m ahead")
    assert {speed for _, _, speed in driven(watchful_gate)[-2:]} == {0.0}
    start_manual(watchful_gate, ahead=0.4, speed=-1.0)
    assert last_status(watchful_gate).source == "teleop"


def test_a_scanner_that_falls_silent_stops_the_car(watchful_gate):
    start_manual(watchful_gate, ahead=2.0, speed=1.0)

    def is_stopped() -> bool:
        now = watchful_gate.tried.get_clock().now().nanoseconds
        watchful_gate.say("/teleop/drive", drive(now))
        return watchful_gate.heard["/drive/status"][-1].mode == GateStatus.MODE_STOPPED

    watchful_gate.until(is_stopped)
    stops_because(watchful_gate, "the last scan of the way ahead is")


def test_without_any_scan_it_does_not_go_forwards(watchful_gate):
    start_manual(watchful_gate, ahead=math.nan, speed=1.0)
    stops_because(watchful_gate, "no scan of the way ahead came")
    assert {speed for _, _, speed in driven(watchful_gate)} == {0.0}


@pytest.mark.parametrize("kind", [CommandGateNode, InferenceNode, JoyTeleop])
def test_parameters_are_described(kind):
    with bench() as made:
        made.try_out(kind())
        own = [
            name
            for name in made.tried._parameters
            if not name.startswith(("use_sim_time", "start_"))
        ]
        assert len(own) >= 5
        for name in own:
            assert made.tried.describe_parameter(name).description, name


@pytest.fixture
def joystick() -> Iterator[Bench]:
    with bench() as made:
        made.try_out(JoyTeleop())
        made.listen(AckermannDriveStamped, "/teleop/drive")
        yield made


def test_a_joystick_drives_while_its_button_is_held(joystick):
    joystick.say("/drive/status", GateStatus(mode=GateStatus.MODE_AUTONOMOUS))
    joystick.say("/joy", Joy(axes=[1.0, 0.0, 0.0, 0.0, 1.0], buttons=[0, 0, 0, 0, 1]))
    joystick.until(lambda: joystick.heard["/teleop/drive"])
    command = joystick.heard["/teleop/drive"][0].drive
    assert command.steering_angle == pytest.approx(math.radians(30.0))
    assert command.speed == pytest.approx(1.5)


def test_the_car_is_handed_over_from_hand_to_policy_each_time():
    """While the joystick repeats that the hand is at rest."""
    with bench(max_silence=60.0) as made:
        made.try_out(JoyTeleop())
        gate = CommandGateNode()
        made.add(gate)
        statuses = made.listen(GateStatus, "/drive/status")
        made.until(made.tried._set_mode.service_is_ready)

        def hold(buttons: list[int], mode: int, source: str) -> None:
            """Hold buttons until the gate is in a mode and follows this source, not longer."""
            statuses.clear()

            def is_driven() -> bool:
                made.say("/joy", Joy(buttons=buttons))
                made.say("/policy/drive", drive(gate.get_clock().now().nanoseconds))
                modes = [status.mode for status in statuses]
                assert mode not in modes or {*modes[modes.index(mode) :]} == {mode}
                return bool(statuses) and statuses[-1].source == source

            made.until(is_driven)

        for _ in range(30):  # a command crossed the change about every tenth time
            hold([1, 0, 0, 0], GateStatus.MODE_MANUAL, "teleop")
            hold([0, 0, 0, 1], GateStatus.MODE_AUTONOMOUS, "policy")


def test_a_joystick_asks_for_modes(joystick):
    asked = []

    def answer(request: SetMode.Request, response: SetMode.Response) -> SetMode.Response:
        asked.append(request.mode)
        response.message = "not now"
        return response

    joystick.say("/joy", Joy(buttons=[1]))  # nobody answers yet, which it survives
    joystick.say("/joy", Joy(buttons=[0]))
    joystick.peer.create_service(SetMode, "/set_mode", answer)
    joystick.until(joystick.tried._set_mode.service_is_ready)
    joystick.say("/joy", Joy(buttons=[0, 1]))
    joystick.until(lambda: asked)
    assert asked == [GateStatus.MODE_STOPPED]


@pytest.mark.parametrize("mode", [GateStatus.MODE_MANUAL, GateStatus.MODE_AUTONOMOUS])
def test_a_joystick_that_falls_silent_stops_the_car(joystick, mode):
    asked = []

    def answer(request: SetMode.Request, response: SetMode.Response) -> SetMode.Response:
        asked.append(request.mode)
        response.success = True
        return response

    joystick.peer.create_service(SetMode, "/set_mode", answer)
    joystick.until(joystick.tried._set_mode.service_is_ready)
    joystick.say("/drive/status", GateStatus(mode=mode))
    assert asked == []  # one that was never there is not missed
    joystick.say("/joy", Joy(axes=[0.0, 0.0, 0.0, 0.0, 1.0], buttons=[0, 0, 0, 0, 1]))
    joystick.until(lambda: asked)
    assert asked == [GateStatus.MODE_STOPPED]
    if mode == GateStatus.MODE_MANUAL:
        joystick.until(lambda: joystick.heard["/teleop/drive"][-1].drive.speed == 0.0)
