"""What nodes have in common: stamps as integers, drive commands as messages, QoS of the topics."""

from __future__ import annotations

from ackermann_msgs.msg import AckermannDriveStamped
from builtin_interfaces.msg import Time
from deepracer_core.command_checks import NANOSECONDS, DriveCommand
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

NEWEST_IMAGE = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
"""For whoever acts on camera images: the newest one counts, none is sent twice."""

NEWEST_SCAN = NEWEST_IMAGE
"""Likewise for scans; a scanner's node may publish them as it likes."""

IMAGES = QoSProfile(depth=10)
"""For a simulator's images: whoever wants each of them can have it, others take the newest."""

LATEST = QoSProfile(depth=1)
"""For whoever acts on commands: the newest one counts."""

EVERY = QoSProfile(depth=2000)
"""For publishers, and for whoever needs each message: two episodes of 1,000 steps wait.
Where the shared memory is full, DDS sends again what was lost, but only seconds later."""

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
"""The newest message is kept for those who come later."""


def to_nanoseconds(stamp: Time) -> int:
    """A message's stamp as one integer [ns]."""
    nanoseconds: int = stamp.sec * NANOSECONDS + stamp.nanosec
    return nanoseconds


def to_time(nanoseconds: int) -> Time:
    """Inverse of `to_nanoseconds`."""
    sec, nanosec = divmod(nanoseconds, NANOSECONDS)
    return Time(sec=sec, nanosec=nanosec)


def to_command(message: AckermannDriveStamped) -> DriveCommand:
    """The command in a message."""
    return DriveCommand(
        to_nanoseconds(message.header.stamp), message.drive.steering_angle, message.drive.speed
    )


def to_message(command: DriveCommand) -> AckermannDriveStamped:
    """Inverse of `to_command`, up to the rounding to float32."""
    message = AckermannDriveStamped()
    message.header.stamp = to_time(command.stamp)
    message.drive.steering_angle = float(command.steering_angle)
    message.drive.speed = float(command.speed)
    return message
