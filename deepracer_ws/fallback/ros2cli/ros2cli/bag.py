"""Bags on disk: opened with the rosbags library, and the message definitions that go into them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from rclpy.qos import QoSProfile
from rosbags.interfaces import (
    Qos,
    QosDurability,
    QosHistory,
    QosLiveliness,
    QosReliability,
    QosTime,
)
from rosbags.rosbag2 import Reader, ReaderError
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore
from rosidl_adapter.parser import parse_message_string

from ros2cli import index
from ros2cli.command import CommandError

# Format of metadata.yaml in Jazzy and Kilted.
BAG_VERSION: Literal[9] = 9
NANOSECONDS = 1_000_000_000


@contextmanager
def open_bag(path: Path) -> Iterator[Reader]:
    """A reader of a bag: its folder, or one storage file of it.

    Raises:
        CommandError: there is no readable bag; says so if a repair would help.
    """
    try:
        with Reader(path) as reader:
            yield reader
    except FileNotFoundError:
        if path.is_dir() and list(path.glob("*.mcap")):
            raise CommandError(
                f"'{path}' has no metadata.yaml: its recording was cut off. "
                f"Repair it with: ros2 bag reindex {path}"
            ) from None
        raise CommandError(f"No bag found at '{path}'") from None
    except (ReaderError, OSError) as error:
        raise CommandError(
            f"Cannot read bag '{path}': {error} If its recording was cut off, repair it with: "
            "ros2 bag reindex <folder>"
        ) from None


def register_message(store: Typestore, name: str) -> None:
    """Add the definition of a message and of the messages in it, as installed here.

    Args:
        store: set in place.
        name: such as ``std_msgs/msg/String``.

    Raises:
        CommandError: it is not installed.
    """
    if name in store.fielddefs:
        return
    text = index.interface_file(name).read_text()
    package, _, short = name.split("/")
    for field in parse_message_string(package, short, text).fields:
        if field.type.pkg_name:
            register_message(store, f"{field.type.pkg_name}/msg/{field.type.type}")
    store.register(get_types_from_msg(text, name))


def empty_store() -> Typestore:
    """A type store without the definitions of any distribution: those that are installed count."""
    return get_typestore(Stores.EMPTY)


def to_bag_qos(profile: QoSProfile) -> Qos:
    """A profile of rclpy as the one of rosbags; the numbers of both are those of rmw."""
    return Qos(
        QosHistory(profile.history.value),
        profile.depth,
        QosReliability(profile.reliability.value),
        QosDurability(profile.durability.value),
        _time(profile.deadline.nanoseconds),
        _time(profile.lifespan.nanoseconds),
        QosLiveliness(profile.liveliness.value),
        _time(profile.liveliness_lease_duration.nanoseconds),
        profile.avoid_ros_namespace_conventions,
    )


def _time(nanoseconds: int) -> QosTime:
    return QosTime(*divmod(nanoseconds, NANOSECONDS))
