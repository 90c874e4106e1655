"""Reads recordings of the graph: bags of `ros2 bag record`, MCAP or SQLite, of simulation or car.

A bag holds the definitions of its messages, so nothing of ROS is needed to read it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from deepracer_core.camera import Image, image_view
from deepracer_core.errors import StorageError
from rosbags.highlevel import AnyReader, AnyReaderError

IMAGE, DECISION, ODOMETRY, REWARD = (
    *("/camera/image_raw", "/policy/decision", "/odom", "/reward"),
)
_TYPES = {
    IMAGE: "sensor_msgs/msg/Image",
    DECISION: "deepracer_interfaces/msg/PolicyDecision",
    ODOMETRY: "nav_msgs/msg/Odometry",
    REWARD: "deepracer_interfaces/msg/StepOutcome",
}
_NANOSECONDS = 1_000_000_000


@dataclass(frozen=True)
class Frame:
    """A picture of a recording, and what was published with its stamp; messages as in the bag."""

    stamp: int
    """Of the picture [ns]."""
    image: Image
    """(rows, columns, 3) or (rows, columns)."""
    encoding: str
    """`rgb8`, `bgr8` or `mono8`."""
    decision: Any = None
    """deepracer_interfaces/PolicyDecision"""
    odometry: Any = None
    """nav_msgs/Odometry"""
    outcome: Any = None
    """deepracer_interfaces/StepOutcome"""


@dataclass(frozen=True)
class Recording:
    """What was published beside the pictures, by stamp [ns].

    Attributes:
        path: of the bag.
        decisions: messages deepracer_interfaces/PolicyDecision.
        odometry: messages nav_msgs/Odometry.
        outcomes: messages deepracer_interfaces/StepOutcome.
    """

    path: Path
    decisions: dict[int, Any]
    odometry: dict[int, Any]
    outcomes: dict[int, Any]

    @classmethod
    def read(cls, path: Path) -> Recording:
        """Read all but the pictures.

        Args:
            path: folder of the bag.

        Raises:
            StorageError: it is no bag, damaged, or without pictures.
        """
        with _opened(path) as reader:
            if not any(connection.topic == IMAGE for connection in reader.connections):
                raise StorageError(f"{path} holds no {IMAGE}; record with record:=true")
            found = {
                topic: dict(_messages(reader, topic)) for topic in (DECISION, ODOMETRY, REWARD)
            }
        return cls(path, found[DECISION], found[ODOMETRY], found[REWARD])

    def frames(self) -> Iterator[Frame]:
        """The pictures in the order of the recording; one that was sent again comes once.

        Raises:
            StorageError: the bag is damaged.
            CameraError: a picture contradicts itself.
        """
        previous = None
        with _opened(self.path) as reader:
            for stamp, message in _messages(reader, IMAGE):
                if stamp == previous:
                    continue
                previous = stamp
                view = image_view(
                    message.data,
                    rows=message.height,
                    columns=message.width,
                    step=message.step,
                    encoding=message.encoding,
                )
                yield Frame(
                    stamp,
                    np.ascontiguousarray(view),
                    message.encoding,
                    self.decisions.get(stamp),
                    self.odometry.get(stamp),
                    self.outcomes.get(stamp),
                )


@contextmanager
def _opened(path: Path) -> Iterator[AnyReader]:
    """The reader of a bag; what it refuses is told as StorageError."""
    if not path.is_dir():
        raise StorageError(f"{path} is no bag; give the folder that ros2 bag record has made")
    if not (path / "metadata.yaml").is_file():
        raise StorageError(
            f"{path} has no metadata.yaml: the recording was cut off; repair it with: "
            f"ros2 bag reindex {path}"
        )
    try:
        with AnyReader([path]) as reader:
            yield reader
    except (AnyReaderError, OSError) as error:
        raise StorageError(f"cannot read the bag {path}: {error}") from error


def _messages(reader: AnyReader, topic: str) -> Iterator[tuple[int, Any]]:
    """Stamp [ns] and message of all messages of a topic, in the order of the recording."""
    connections = [
        connection
        for connection in reader.connections
        if connection.topic == topic and connection.msgtype == _TYPES[topic]
    ]
    if not connections:
        return
    for connection, _, data in reader.messages(connections):
        message: Any = reader.deserialize(data, connection.msgtype)
        stamp = message.header.stamp
        yield stamp.sec * _NANOSECONDS + stamp.nanosec, message
