"""Stands in for the program `gz`: takes its command line, checks it, and lets its world be found.

As `gz sim` does, it refuses what it does not know and complains of models that it does not find.
What the world does is up to `gazebo_bridge.py`, which finds it by GZ_PARTITION alone; a bridge in
another partition finds nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import socket
import sys
import xml.etree.ElementTree as ET
from pathlib import Path


def address() -> str:
    """Where server and bridge of this partition meet; it is gone with its process."""
    return f"\0gazebo-stand-in-{os.environ['GZ_PARTITION']}"


def parser() -> argparse.ArgumentParser:
    """The options of `gz sim` in Harmonic, Ionic and Jetty that this project could want."""
    parser = argparse.ArgumentParser(prog="gz sim", allow_abbrev=False)
    parser.add_argument("-s", dest="server", action="store_true")
    parser.add_argument("-g", dest="gui", action="store_true")
    parser.add_argument("-r", dest="run", action="store_true")
    parser.add_argument("-v", dest="verbose", type=int, nargs="?", choices=range(5))
    parser.add_argument("--headless-rendering", action="store_true")
    parser.add_argument("--render-engine-server", choices=["ogre", "ogre2"])
    parser.add_argument("--render-engine-gui", choices=["ogre", "ogre2"])
    parser.add_argument("--seed", type=int)
    parser.add_argument("world", nargs="?")
    return parser


def missing_models(world: Path) -> list[str]:
    """Models of a world that are in no folder of GZ_SIM_RESOURCE_PATH."""
    folders = [Path(entry) for entry in os.environ.get("GZ_SIM_RESOURCE_PATH", "").split(":")]
    uris = [element.text or "" for element in ET.parse(world).iter("uri")]
    names = [uri.removeprefix("model://") for uri in uris if uri.startswith("model://")]
    return [name for name in names if not any((folder / name).exists() for folder in folders)]


def main() -> None:
    if sys.argv[1:2] != ["sim"]:
        sys.exit(f"gz: no command {sys.argv[1:2]}")
    options = parser().parse_args(sys.argv[2:])
    # as SIGINT of a terminal or of ros2 launch: an orderly end
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
    if options.gui:
        print("gz: a window would open now", flush=True)
        signal.pause()
    if options.headless_rendering and options.render_engine_server == "ogre":
        sys.exit("gz: ogre cannot render without a screen")
    if os.environ.get("GZ_IP") != "127.0.0.1":
        sys.exit("gz: GZ_IP is not 127.0.0.1")
    world = Path(options.world)
    if missing := missing_models(world):
        sys.exit(f"gz: Unable to find uri {', '.join(missing)}")
    told = {"pid": os.getpid(), "run": options.run, "name": _name(world)}
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address())
        listener.listen()
        print(f"gz: serving {world.name}", flush=True)
        connections = []  # kept open: the bridge sees by their end that the server has ended
        while True:
            with contextlib.suppress(ConnectionError):
                connection, _ = listener.accept()
                connection.sendall(json.dumps(told).encode() + b"\n")
                connections.append(connection)


def _name(world: Path) -> str:
    element = ET.parse(world).find("world")
    assert element is not None
    return element.attrib["name"]


if __name__ == "__main__":
    main()
