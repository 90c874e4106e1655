"""`ros2 bag info`: what a bag holds."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

from rosbags.rosbag2 import Reader

from ros2cli.bag import NANOSECONDS, open_bag

_INDENT = " " * 19


def add_info_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 bag info`."""
    parser.add_argument("bag_path", type=Path, help="Bag to open")
    parser.add_argument("-t", "--topic-name", action="store_true", help="Only display topic names")


def run_info(args: argparse.Namespace) -> None:
    """Print the summary of a bag."""
    with open_bag(args.bag_path) as reader:
        if args.topic_name:
            print(*sorted(reader.topics), sep="\n")
        else:
            print("\n".join(_lines(reader, args.bag_path)))


def _lines(reader: Reader, path: Path) -> Iterator[str]:
    files = sorted(path.glob("*.mcap")) + sorted(path.glob("*.db3")) if path.is_dir() else [path]
    start = reader.start_time if reader.message_count else 0
    # rosbags' end and duration lie one nanosecond after the last message.
    duration = max(reader.duration - 1, 0)
    yield ""
    yield f"Files:             {_column([file.name for file in files])}"
    yield f"Bag size:          {file_size(sum(file.stat().st_size for file in files))}"
    yield f"Storage id:        {'mcap' if files[0].suffix == '.mcap' else 'sqlite3'}"
    yield f"ROS Distro:        {reader.ros_distro or 'unknown'}"
    yield f"Duration:          {seconds(duration)}s"
    yield f"Start:             {date(start)}"
    yield f"End:               {date(start + duration)}"
    yield f"Messages:          {reader.message_count}"
    topics = [
        f"Topic: {connection.topic} | Type: {connection.msgtype} | Count: {connection.msgcount} | "
        "Serialization Format: cdr"
        for connection in sorted(reader.connections, key=lambda c: c.topic)
    ]
    yield f"Topic information: {_column(topics)}"
    yield "Service:           0"
    yield "Service information: "


def _column(items: list[str]) -> str:
    return f"\n{_INDENT}".join(items)


def seconds(nanoseconds: int) -> str:
    """A time in seconds with all nine digits."""
    return "{}.{:09d}".format(*divmod(nanoseconds, NANOSECONDS))


def date(nanoseconds: int) -> str:
    """Local date and time of a stamp, and the stamp itself [s]."""
    local = time.localtime(nanoseconds // NANOSECONDS)
    fraction = nanoseconds % NANOSECONDS
    return f"{time.strftime('%b %e %Y %H:%M:%S', local)}.{fraction:09d} ({seconds(nanoseconds)})"


def file_size(size: float) -> str:
    """Bytes in the unit that fits."""
    units = ["B", "KiB", "MiB", "GiB", "TiB"]
    while size >= 1024 and len(units) > 1:
        size /= 1024
        units.pop(0)
    return f"{size:.0f} B" if units[0] == "B" else f"{size:.1f} {units[0]}"
