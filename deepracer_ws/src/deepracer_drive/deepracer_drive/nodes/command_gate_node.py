"""Decides which drive command, if any, reaches the car: the shell around the core's CommandGate."""

from __future__ import annotations

import math
import sys
import time
from functools import partial

from ackermann_msgs.msg import AckermannDriveStamped
from deepracer_core.command_checks import NANOSECONDS
from deepracer_core.command_gate import CommandGate, DriveCommand, GateLimits, Mode, Refusal, Source
from deepracer_core.errors import ConfigError, ModeError
from deepracer_core.obstacle_watch import ObstacleWatch, Scan, StopZone
from deepracer_interfaces.msg import GateStatus
from deepracer_interfaces.srv import SetMode
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import LaserScan

from deepracer_drive.messages import (
    EVERY,
    LATCHED,
    LATEST,
    NEWEST_SCAN,
    to_command,
    to_message,
    to_nanoseconds,
    to_time,
)
from deepracer_drive.node_main import spin_until_shutdown
from deepracer_drive.parameters import declare

TICK_PERIOD = 0.02  # [s] of the wall clock: how soon silence is noticed
TOPICS = {Source.POLICY: "/policy/drive", Source.TELEOP: "/teleop/drive"}
DEFAULTS = GateLimits()


class CommandGateNode(Node):
    """Passes on the commands of whoever may drive, and neutral when anything is wrong.

    | topic, service               | type                                 | content              |
    |------------------------------|--------------------------------------|----------------------|
    | `/policy/drive`, `/teleop/drive` | ackermann_msgs/AckermannDriveStamped | commands         |
    | `/drive`                     | ackermann_msgs/AckermannDriveStamped | what the car follows |
    | `/drive/status`              | deepracer_interfaces/GateStatus      | latched              |
    | `/set_mode`                  | deepracer_interfaces/SetMode         | who may drive        |
    | `/scan`                      | sensor_msgs/LaserScan                | heard if asked for   |

    With `obstacle_distance` the car stops, and has to be started again, when it goes forwards and
    something stands so near ahead, or the scanner is silent; it may go backwards.
    Ages are those of the node's clock: the simulation's with `use_sim_time`, else the machine's.
    """

    def __init__(self) -> None:
        """Start in STOPPED.

        Raises:
            ConfigError: the limits contradict each other.
        """
        super().__init__("command_gate")
        self._gate = CommandGate(self._declare_limits())
        self._watch = self._declare_watch()
        self._gate.set_max_speed(
            declare(
                self,
                "max_speed",
                DEFAULTS.max_speed,
                "commands are held to this speed, forwards and backwards [m/s]",
                bounds=(0.0, DEFAULTS.max_speed),
                live=True,
            )
        )
        self.add_on_set_parameters_callback(self._on_parameters)
        self._drive = self.create_publisher(AckermannDriveStamped, "/drive", EVERY)
        self._status = self.create_publisher(GateStatus, "/drive/status", LATCHED)
        self._published: tuple[object, ...] = ()
        self._publish_status()
        self.create_service(SetMode, "/set_mode", self._on_set_mode)
        for source, topic in TOPICS.items():
            callback = partial(self._on_command, source)
            self.create_subscription(AckermannDriveStamped, topic, callback, LATEST)
        if self._watch is not None:
            self.create_subscription(LaserScan, "/scan", self._on_scan, NEWEST_SCAN)
        # By the wall clock, because the simulation's stands still while it waits.
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(TICK_PERIOD, self._tick, clock=steady)

    def _declare_limits(self) -> GateLimits:
        def seconds(name: str, default: int, description: str, high: float) -> int:
            value = declare(
                self, name, default / NANOSECONDS, f"{description} [s]", bounds=(0.0, high)
            )
            return round(value * NANOSECONDS)

        def number(name: str, default: float, description: str) -> float:
            value: float = declare(self, name, default, description, bounds=(0.1, 1000.0))
            return value

        return GateLimits(
            max_age=seconds("max_age", DEFAULTS.max_age, "oldest command that drives", 1.0),
            max_lead=seconds("max_lead", DEFAULTS.max_lead, "how far a stamp may be ahead", 1.0),
            max_silence=seconds(
                "max_silence", DEFAULTS.max_silence, "silence of the driver that ends a mode", 60.0
            ),
            max_steering_rate=number(
                "max_steering_rate",
                DEFAULTS.max_steering_rate,
                "fastest change of the steering angle [rad/s]; faster ones are held to it",
            ),
            max_acceleration=number(
                "max_acceleration",
                DEFAULTS.max_acceleration,
                "fastest gain of speed [m/s^2]; faster ones are held to it",
            ),
        )

    def _declare_watch(self) -> ObstacleWatch | None:
        distance = declare(
            self,
            "obstacle_distance",
            0.0,
            "going forwards, stop when /scan sees something this near ahead, counted from the "
            "scanner, or sees nothing at all [m]; 0: do without a scanner",
            bounds=(0.0, 10.0),
        )
        yaw = declare(
            self,
            "scan_yaw",
            0.0,
            "direction of the scanner's x axis in the car [rad], left positive; 0: ahead",
            bounds=(-math.pi, math.pi),
        )
        return ObstacleWatch(StopZone(distance, yaw=yaw)) if distance > 0.0 else None

    def _now(self) -> int:
        nanoseconds: int = self.get_clock().now().nanoseconds
        return nanoseconds

    def _on_command(self, source: Source, message: AckermannDriveStamped) -> None:
        wanted = self._gate.command(source, to_command(message), self._now())
        self._send(self._look() or wanted)

    def _tick(self) -> None:
        self._send(self._gate.tick(self._now()))
        self._send(self._look())

    def _on_scan(self, message: LaserScan) -> None:
        if self._watch is not None:
            self._watch.see(_to_scan(message), self._now(), time.monotonic_ns())
            self._send(self._look())

    def _look(self) -> DriveCommand | None:
        """Stop a car that goes forwards if its way is not free; neutral if it does."""
        if self._watch is None or not self._gate.goes_forwards:
            return None
        problem = self._watch.problem(time.monotonic_ns())
        return self._gate.stop(Refusal.OBSTACLE, problem, self._now()) if problem else None

    def _on_set_mode(
        self, request: SetMode.Request, response: SetMode.Response
    ) -> SetMode.Response:
        try:
            self._send(self._gate.set_mode(Mode(request.mode), self._now()))
            response.success = True
        except ModeError as error:
            response.message = str(error)
        except ValueError:
            known = ", ".join(f"{mode.value} {mode.name}" for mode in Mode)
            response.message = f"there is no mode {request.mode}; give one of {known}"
        response.mode = self._gate.status.mode
        return response

    def _on_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        for parameter in parameters:
            if parameter.name == "max_speed":
                try:
                    self._gate.set_max_speed(parameter.value)
                except ConfigError as error:
                    return SetParametersResult(successful=False, reason=str(error))
        self._publish_status()
        return SetParametersResult(successful=True)

    def _send(self, command: DriveCommand | None) -> None:
        if command is not None:
            self._drive.publish(to_message(command))
        self._publish_status()

    def _publish_status(self) -> None:
        """Publish the status if anything but its counters and wording has changed."""
        status = self._gate.status
        shown = (status.mode, status.source, status.refusal, status.max_speed)
        if shown == self._published:
            return
        self._published = shown
        if status.refusal is Refusal.MODE:  # as before every start: no fault
            self.get_logger().info(status.reason, throttle_duration_sec=1.0)
        elif status.refusal is not Refusal.NONE:
            self.get_logger().warning(status.reason, throttle_duration_sec=1.0)
        self._status.publish(
            GateStatus(
                stamp=to_time(self._now()),
                mode=status.mode,
                source=status.source.name.lower() if status.source else "",
                refusal=status.refusal,
                reason=status.reason,
                max_speed=status.max_speed,
                passed=status.passed,
                limited=status.limited,
                refused=status.refused,
            )
        )


def _to_scan(message: LaserScan) -> Scan:
    return Scan(
        stamp=to_nanoseconds(message.header.stamp),
        angle_min=message.angle_min,
        angle_increment=message.angle_increment,
        range_min=message.range_min,
        range_max=message.range_max,
        ranges=message.ranges,
    )


def main() -> None:
    """Run the node."""
    sys.exit(spin_until_shutdown(CommandGateNode))
