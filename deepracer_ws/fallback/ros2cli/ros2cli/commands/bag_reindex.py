"""`ros2 bag reindex`: make a bag readable whose recording was cut off.

A cut MCAP file is a sequence of complete records and perhaps one incomplete one, without the
footer. The complete ones are kept, a footer without index is added (MCAP specification: "Footer";
the summary section is optional), and the messages are written again as a complete bag.
"""

from __future__ import annotations

import argparse
import struct
from pathlib import Path
from typing import BinaryIO, cast

from rosbags.interfaces import ConnectionExtRosbag2
from rosbags.rosbag2 import Reader, ReaderError, StoragePlugin, Writer, WriterError
from rosbags.typesys import get_types_from_msg

from ros2cli.bag import BAG_VERSION, empty_store
from ros2cli.command import CommandError

_MAGIC = b"\x89MCAP0\r\n"
_FOOTER, _DATA_END = 0x02, 0x0F
# Opcode and length of the content.
_RECORD_HEADER = struct.Struct("<BQ")
_END = (
    _RECORD_HEADER.pack(_DATA_END, 4)
    + struct.pack("<I", 0)
    + _RECORD_HEADER.pack(_FOOTER, 20)
    + struct.pack("<QQI", 0, 0, 0)
    + _MAGIC
)


def add_reindex_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 bag reindex`."""
    parser.add_argument("bag_path", type=Path, help="Bag to reindex")
    parser.add_argument(
        "-s", "--storage", choices=["mcap"], default="mcap", help="Storage identifier (only mcap)"
    )


def run_reindex(args: argparse.Namespace) -> None:
    """Repair a bag in place.

    Raises:
        CommandError: no such bag, or nothing in it can be saved.
    """
    files = sorted(args.bag_path.glob("*.mcap"))
    if len(files) != 1:
        raise CommandError(f"'{args.bag_path}' is no bag folder with one .mcap file")
    try:
        complete(files[0])
        count = _rewrite(files[0])
    except (ReaderError, WriterError, OSError) as error:
        raise CommandError(f"Cannot repair '{files[0]}': {error}") from None
    print(f"Reindexing complete: {count} messages")


def complete(path: Path) -> None:
    """Cut an MCAP file after its last complete record, and end it properly.

    Raises:
        CommandError: it is no MCAP file.
    """
    with path.open("r+b") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise CommandError(f"'{path}' is no MCAP file")
        file.truncate(_end_of_data(file, path.stat().st_size))
        file.seek(0, 2)
        file.write(_END)


def _end_of_data(file: BinaryIO, size: int) -> int:
    """Where the records of the data section end; reads from behind the magic."""
    while True:
        start = file.tell()
        header = file.read(_RECORD_HEADER.size)
        if len(header) < _RECORD_HEADER.size:
            return start
        opcode, length = _RECORD_HEADER.unpack(header)
        if opcode in (_DATA_END, _FOOTER) or file.tell() + length > size:
            return start
        file.seek(length, 1)


def _rewrite(path: Path) -> int:
    """Write the messages of a file again, with index and metadata.yaml; return their number."""
    folder = path.parent
    # The writer calls its file like its folder, and the bag may have been renamed.
    copy = folder / ".reindex" / path.stem
    store = empty_store()
    with (
        Reader(path) as reader,
        Writer(copy, version=BAG_VERSION, storage_plugin=StoragePlugin.MCAP) as writer,
    ):
        written = {}
        for connection in reader.connections:
            types = get_types_from_msg(connection.msgdef.data, connection.msgtype)
            store.register({name: t for name, t in types.items() if name not in store.fielddefs})
            written[connection.id] = writer.add_connection(
                connection.topic,
                connection.msgtype,
                typestore=store,
                offered_qos_profiles=cast(
                    ConnectionExtRosbag2, connection.ext
                ).offered_qos_profiles,
            )
        for connection, stamp, data in reader.messages():
            writer.write(written[connection.id], stamp, data)
        count = reader.message_count
    (copy / path.name).replace(path)
    (copy / "metadata.yaml").replace(folder / "metadata.yaml")
    copy.rmdir()
    copy.parent.rmdir()
    return count
