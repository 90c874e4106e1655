"""`ros2`: find the command, import only its module, run it, turn its outcome into an exit code."""

from __future__ import annotations

import argparse
import importlib
import io
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import ModuleType

from ros2cli.command import CommandError, Parser


@dataclass(frozen=True)
class Verb:
    """One thing that `ros2` does: its module below ``ros2cli.commands``, and its help line."""

    module: str
    help: str

    def load(self) -> ModuleType:
        """Import the module; rclpy and friends are imported only if it needs them."""
        return importlib.import_module(f"ros2cli.commands.{self.module}")


@dataclass(frozen=True)
class Group:
    """A command with verbs, such as `ros2 topic`."""

    help: str
    verbs: dict[str, Verb] = field(default_factory=dict)


COMMANDS: dict[str, Group | Verb] = {
    "bag": Group(
        "Various rosbag related sub-commands",
        {
            "info": Verb("bag_info", "Print information about a bag to the screen"),
            "play": Verb("bag_play", "Play back ROS data from a bag"),
            "record": Verb("bag_record", "Record ROS data to a bag"),
            "reindex": Verb("bag_reindex", "Repair a bag whose recording was cut off"),
        },
    ),
    "daemon": Group(
        "Various daemon related sub-commands",
        {
            "start": Verb("daemon", "Start the daemon if it isn't running"),
            "status": Verb("daemon", "Output the status of the daemon"),
            "stop": Verb("daemon", "Stop the daemon if it is running"),
        },
    ),
    "interface": Group(
        "Show information about ROS interfaces",
        {
            "list": Verb("interface", "List all interface types available"),
            "package": Verb("interface", "Output a list of available interface types of a package"),
            "packages": Verb("interface", "Output a list of packages that provide interfaces"),
            "proto": Verb("interface", "Output an interface prototype"),
            "show": Verb("interface", "Output the interface definition"),
        },
    ),
    "launch": Verb("launch", "Run a launch file"),
    "lifecycle": Group(
        "Various lifecycle related sub-commands",
        {
            "get": Verb("lifecycle", "Get lifecycle state for one or more nodes"),
            "list": Verb("lifecycle", "Output a list of available transitions"),
            "nodes": Verb("lifecycle", "Output a list of nodes with lifecycle"),
            "set": Verb("lifecycle", "Trigger lifecycle state transition"),
        },
    ),
    "node": Group(
        "Various node related sub-commands",
        {
            "info": Verb("node_info", "Output information about a node"),
            "list": Verb("node", "Output a list of available nodes"),
        },
    ),
    "param": Group(
        "Various param related sub-commands",
        {
            "describe": Verb("param", "Show descriptive information about declared parameters"),
            "dump": Verb("param", "Show all of the parameters of a node in a YAML file format"),
            "get": Verb("param", "Get parameter"),
            "list": Verb("param", "Output a list of available parameters"),
            "load": Verb("param", "Load parameter file for a node"),
            "set": Verb("param", "Set parameter"),
        },
    ),
    "pkg": Group(
        "Various package related sub-commands",
        {
            "executables": Verb("pkg", "Output a list of package specific executables"),
            "list": Verb("pkg", "Output a list of available packages"),
            "prefix": Verb("pkg", "Output the prefix path of a package"),
            "xml": Verb("pkg", "Output the XML of the package manifest or a specific tag"),
        },
    ),
    "run": Verb("run", "Run a package specific executable"),
    "service": Group(
        "Various service related sub-commands",
        {
            "call": Verb("service_call", "Call a service"),
            "find": Verb("service", "Output a list of available services of a given type"),
            "list": Verb("service", "Output a list of available services"),
            "type": Verb("service", "Output a service's type"),
        },
    ),
    "topic": Group(
        "Various topic related sub-commands",
        {
            "bw": Verb("topic_rate", "Display bandwidth used by topic"),
            "delay": Verb("topic_rate", "Display delay of topic from timestamp in header"),
            "echo": Verb("topic_echo", "Output messages from a topic"),
            "find": Verb("topic", "Output a list of available topics of a given type"),
            "hz": Verb("topic_rate", "Print the average receiving rate to screen"),
            "info": Verb("topic", "Print information about a topic"),
            "list": Verb("topic", "Output a list of available topics"),
            "pub": Verb("topic_pub", "Publish a message to a topic"),
            "type": Verb("topic", "Print a topic's type"),
        },
    ),
}


def make_parser(words: Sequence[str]) -> Parser:
    """A parser that knows every command by name, but the arguments of the one in `words` only.

    Args:
        words: the command line after `ros2`.
    """
    parser = Parser(
        prog="ros2",
        description="ros2 is an extensible command-line tool for ROS 2.",
        epilog="Call `ros2 <command> -h` for more detailed usage.",
    )
    chosen = next((word for word in words if not word.startswith("-")), None)
    commands = parser.add_subparsers(title="Commands", metavar="<command>", dest="command")
    for name, command in COMMANDS.items():
        sub = commands.add_parser(name, help=command.help, description=command.help)
        if name != chosen:
            continue
        if isinstance(command, Verb):
            _add_verb(sub, name, command)
        else:
            _add_verbs(sub, name, command, words[words.index(name) + 1 :])
    return parser


def _add_verbs(
    parser: argparse.ArgumentParser, name: str, group: Group, words: Sequence[str]
) -> None:
    parser.epilog = f"Call `ros2 {name} <verb> -h` for more detailed usage."
    chosen = next((word for word in words if not word.startswith("-")), None)
    verbs = parser.add_subparsers(title="Verbs", metavar="<verb>", dest="verb")
    for verb_name, verb in group.verbs.items():
        sub = verbs.add_parser(verb_name, help=verb.help, description=verb.help)
        if verb_name == chosen:
            _add_verb(sub, verb_name, verb)
    parser.set_defaults(run=lambda _: parser.print_help())


def _add_verb(parser: argparse.ArgumentParser, name: str, verb: Verb) -> None:
    module = verb.load()
    getattr(module, f"add_{name}_arguments")(parser)
    parser.set_defaults(run=getattr(module, f"run_{name}"))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command in `argv` (default: the process arguments) and return its exit code.

    0: done. 1: the command failed, its message is on stderr. 2: wrong usage, or stopped by Ctrl-C
    as in the full ROS 2, whose code is the number of SIGINT.
    """
    try:
        # With the parser, whose imports take most of the time of a short command.
        return _run(list(sys.argv[1:] if argv is None else argv))
    except KeyboardInterrupt:
        return int(signal.SIGINT)
    except CommandError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader (`| head`) has seen enough; do not flush into the closed pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(words: Sequence[str]) -> int:
    if "_ARGCOMPLETE" in os.environ:
        _complete()
    parser = make_parser(words)
    args = parser.parse_args(words)
    if args.command is None:
        parser.print_help()
        return 0
    # A reader of a pipe should see each line when it is printed, not when a buffer is full.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    return args.run(args) or 0


def _complete() -> None:
    """Print what may follow on the command line and exit."""
    import argcomplete

    words = os.environ["COMP_LINE"][: int(os.environ["COMP_POINT"])].split()[1:]
    argcomplete.autocomplete(make_parser(words), exclude=["-h", "--help"])


if __name__ == "__main__":
    sys.exit(main())
