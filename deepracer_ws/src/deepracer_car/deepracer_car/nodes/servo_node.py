"""Drives servo and motor: the last node before the hardware."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from ackermann_msgs.msg import AckermannDriveStamped
from deepracer_core.command_gate import Mode
from deepracer_core.errors import ConfigError, HardwareBusyError
from deepracer_core.vehicle import VEHICLE
from deepracer_drive.messages import LATCHED, LATEST, to_command
from deepracer_drive.node_main import spin_until_shutdown
from deepracer_drive.parameters import declare
from deepracer_interfaces.msg import GateStatus, PolicyModel
from deepracer_interfaces.srv import SetMode
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.task import Future

from deepracer_car import calibration
from deepracer_car.actuation import TICK, Actuation, ActuationSettings
from deepracer_car.diagnostics import (
    Status,
    describe_calibrating,
    describe_commands,
    describe_latency,
)
from deepracer_car.guard_link import TIMEOUT
from deepracer_car.hardware import HARDWARE
from deepracer_car.rig import Rig
from deepracer_car.speed_table import SpeedTable
from deepracer_car.tail_led import Colour

SLOW_PERIOD = 1.0  # [s]
DEFAULTS = ActuationSettings()


class ServoNode(Node):
    """Turns commands into pulses while its guard watches, and neutral when anything is wrong.

    | topic, service  | type                                 | content                             |
    |-----------------|--------------------------------------|-------------------------------------|
    | `/drive`        | ackermann_msgs/AckermannDriveStamped | commands of the gate                |
    | `/drive/status` | deepracer_interfaces/GateStatus      | heard: nothing drives until STOPPED |
    | `/policy/model` | deepracer_interfaces/PolicyModel     | what gets full lock and throttle    |
    | `/set_mode`     | deepracer_interfaces/SetMode         | called to stop a gate that drives   |
    | `/diagnostics`  | diagnostic_msgs/DiagnosticArray      | counters, histogram of latencies    |

    In CALIBRATION it lets go of the hardware, so that the calibration can have it, and afterwards
    begins anew with the calibration file of then.

    It ends when its hardware refuses or its guard is gone; whoever started it may start it again.
    """

    _rig: Rig | None = None
    """The hardware; None while the calibration has it."""

    def __init__(self) -> None:
        """Take the hardware, and wait for a gate that is STOPPED.

        Raises:
            ConfigError: a parameter makes no sense.
            CalibrationError: the calibration file is malformed.
            StorageError: the calibration file cannot be read.
            HardwareError: the hardware is missing, taken, or refuses.
            GuardError: the guard does not get ready.
        """
        super().__init__("servo")
        self._declare_hardware()
        self._declare_calibration()
        self._actuation = Actuation(
            self._load_calibration(), self._declare_settings(), table=self._declare_table()
        )
        self._take_hardware()
        self._gate_mode: int | None = None
        self._set_mode = self.create_client(SetMode, "/set_mode")
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", LATEST)
        self.create_subscription(GateStatus, "/drive/status", self._on_status, LATCHED)
        self.create_subscription(PolicyModel, "/policy/model", self._on_model, LATCHED)
        self.create_subscription(AckermannDriveStamped, "/drive", self._on_drive, LATEST)
        self.add_on_set_parameters_callback(self._on_parameters)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(TICK / 1e9, self._on_tick, clock=steady)
        self.create_timer(SLOW_PERIOD, self._every_second, clock=steady)

    def _declare_hardware(self) -> None:
        self._hardware: str = declare(
            self, "hardware", "dry_run", f"the car's kind: {', '.join(HARDWARE)}"
        )
        self._root = Path(
            declare(self, "root", "/", "folder in which the hardware is looked for, as from /")
        )
        timeout = declare(
            self,
            "guard_timeout",
            TIMEOUT / 1e9,
            "silence after which the guard stops the car [s]; it ends the last command in time, "
            "too, however long it waits for this node",
            bounds=(0.05, 2.0),
        )
        self._guard_timeout = round(timeout * 1e9)

    def _declare_calibration(self) -> None:
        self._calibration = Path(
            declare(
                self,
                "calibration",
                str(calibration.DEFAULT_PATH),
                "calibration file; without such a file the pulses of the stock car are used",
            )
        )

    def _load_calibration(self) -> calibration.Calibration:
        if self._calibration.exists():
            return calibration.load(self._calibration)
        self.get_logger().warning(f"{self._calibration} is missing: the car is not calibrated")
        return calibration.Calibration()

    def _take_hardware(self) -> None:
        self._rig = Rig(self._hardware, self._root, self._actuation.neutral, self._guard_timeout)
        self.get_logger().info(self._rig.describe())

    def _take_back_hardware(self) -> None:
        """Take it with the calibration that is there now; a calibration may be about to end."""
        self._actuation.recalibrate(self._load_calibration())
        try:
            self._take_hardware()
        except HardwareBusyError as error:
            self.get_logger().warning(f"the car stands: {error}", throttle_duration_sec=5.0)

    def _let_go_of_hardware(self) -> None:
        if self._rig is not None:
            self._rig.close()
            self._rig = None
            self.get_logger().info("let go of the hardware for calibration")

    def _declare_settings(self) -> ActuationSettings:
        def number(name: str, description: str, bounds: tuple[float, float]) -> float:
            default: float = getattr(DEFAULTS, name)
            value: float = declare(self, name, default, description, bounds=bounds, live=True)
            return value

        return ActuationSettings(
            full_steering_angle=number(
                "full_steering_angle",
                "steering angle that gets full lock: the model's largest one [rad]",
                (0.01, VEHICLE.max_steering_angle),
            ),
            full_speed=number(
                "full_speed",
                "speed that gets max_throttle: the model's largest one [m/s]",
                (VEHICLE.min_speed, VEHICLE.max_speed),
            ),
            max_throttle=number("max_throttle", "largest throttle, 0 to 1", (0.0, 1.0)),
        )

    def _declare_table(self) -> SpeedTable | None:
        speeds = declare(
            self, "measured_speeds", [0.0], "measured speeds [m/s], rising; [0.0]: none"
        )
        throttles = declare(
            self, "measured_throttles", [0.0], "the throttle that gave each measured speed"
        )
        return None if list(speeds) == [0.0] else SpeedTable(speeds, throttles)

    def _on_drive(self, message: AckermannDriveStamped) -> None:
        if self._rig is None:
            return
        self._rig.guard.check()
        command = to_command(message)
        self._rig.write(self._actuation.command(command, self._now(), time.monotonic_ns()))
        self._rig.guard.beat(self._actuation.holds_until)
        self._actuation.wrote(command, self._now())
        self._show(self._rig)

    def _on_tick(self) -> None:
        if self._rig is None:
            return
        self._rig.guard.check()
        neutral = self._actuation.tick(time.monotonic_ns())
        if neutral is not None:
            self._rig.write(neutral)
            self.get_logger().warning("no command in time", throttle_duration_sec=1.0)
        self._rig.guard.beat(self._actuation.holds_until)
        self._show(self._rig)

    def _on_status(self, status: GateStatus) -> None:
        self._gate_mode = status.mode
        if status.mode == Mode.CALIBRATION:
            self._let_go_of_hardware()
        elif self._rig is None:
            self._take_back_hardware()
        if status.mode == Mode.STOPPED and self._rig is not None:
            self._actuation.arm()

    def _on_model(self, model: PolicyModel) -> None:
        """Give the model's largest action full lock and full throttle, as on the AWS car."""
        values = {"full_speed": model.max_speed, "full_steering_angle": model.max_steering_angle}
        results = self.set_parameters(
            [Parameter(name, value=value) for name, value in values.items() if value > 0.0]
        )
        for result in results:
            if not result.successful:
                self.get_logger().error(f"model {model.model}: {result.reason}")

    def _every_second(self) -> None:
        """Tell how things are; have a gate stopped that did not notice that this node was gone."""
        self._publish_diagnostics()
        if self._gate_mode in (None, Mode.CALIBRATION):
            return
        if self._rig is None:
            self._take_back_hardware()
        if not self._actuation.is_armed and self._set_mode.service_is_ready():
            future = self._set_mode.call_async(SetMode.Request(mode=Mode.STOPPED))
            future.add_done_callback(self._on_stopped)

    def _on_stopped(self, future: Future) -> None:
        """Take the gate's word for it: its status it tells only where that has changed."""
        answer = future.result()
        is_stopped = answer is not None and answer.success and answer.mode == Mode.STOPPED
        if is_stopped and self._rig is not None:
            self._actuation.arm()

    def _on_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        known = vars(DEFAULTS).keys()
        values = {item.name: item.value for item in parameters if item.name in known}
        try:
            self._actuation.change(**values)
        except ConfigError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def _show(self, rig: Rig) -> None:
        """Let the tail light tell what goes on."""
        if self._actuation.is_driving:
            rig.led.show(Colour.DRIVING)
        else:
            refused = bool(self._actuation.refusal.code)
            rig.led.show(Colour.REFUSING if refused else Colour.WAITING)

    def _now(self) -> int:
        nanoseconds: int = self.get_clock().now().nanoseconds
        return nanoseconds

    def _publish_diagnostics(self) -> None:
        statuses = (
            describe_commands(self._actuation, self.count_publishers("/drive"))
            if self._rig
            else describe_calibrating(),
            describe_latency(self._actuation.latency),
        )
        message = DiagnosticArray(status=[self._to_message(status) for status in statuses])
        message.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(message)

    def _to_message(self, status: Status) -> DiagnosticStatus:
        return DiagnosticStatus(
            level=bytes([status.level]),
            name=status.name,
            message=status.message,
            hardware_id=self._hardware,
            values=[KeyValue(key=key, value=value) for key, value in status.values.items()],
        )

    def destroy_node(self) -> None:
        """Give the hardware back, in neutral."""
        if self._rig is not None:
            self._rig.close()
        super().destroy_node()


def main() -> None:
    """Run the node."""
    sys.exit(spin_until_shutdown(ServoNode))
