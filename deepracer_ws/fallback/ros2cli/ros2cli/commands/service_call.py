"""`ros2 service call`: call a service from the terminal."""

from __future__ import annotations

import argparse
import sys

from ros2cli import completion, qos
from ros2cli.arguments import add_service_name
from ros2cli.command import positive_float
from ros2cli.graph import add_discovery_arguments, discovered
from ros2cli.interfaces import fill_message, get_service
from ros2cli.participant import spin
from ros2cli.service_calls import node_seeing_service
from ros2cli.topic_types import full_topic_name


def add_call_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ros2 service call`."""
    add_discovery_arguments(parser)
    add_service_name(parser, "call to")
    completion.offer(
        parser.add_argument(
            "service_type", help="Type of the ROS service (e.g. 'std_srvs/srv/Empty')"
        ),
        completion.service_types,
    )
    parser.add_argument(
        "values",
        nargs="?",
        default="{}",
        help="Values to fill the service request with in YAML format (e.g. '{a: 1, b: 2}'), "
        "otherwise the service request will be published with default values",
    )
    parser.add_argument("--stdin", action="store_true", help="Read values from standard input")
    parser.add_argument(
        "-r",
        "--rate",
        metavar="N",
        type=positive_float,
        help="Repeat the call at a specific rate in Hz",
    )
    qos.add_qos_arguments(parser, "call", "services_default")


def run_call(args: argparse.Namespace) -> None:
    """Wait for the service, call it, print request and response."""
    kind = get_service(args.service_type)
    name = full_topic_name(args.service_name)
    request = kind.Request()
    stamps = fill_message(request, sys.stdin.read() if args.stdin else args.values)
    with discovered(args) as graph:
        node = node_seeing_service(graph, name)
        client = node.create_client(kind, name, qos_profile=qos.from_options(args))
        if not client.service_is_ready():
            print("waiting for service to become available...")
            spin(node, until=client.service_is_ready)
        while True:
            now = node.get_clock().now().to_msg()
            for set_stamp in stamps:
                set_stamp(now)
            print(f"requester: making request: {request!r}\n")
            future = client.call_async(request)
            spin(node, until=future.done)
            print(f"response:\n{future.result()!r}\n")
            if args.rate is None:
                return
            spin(node, timeout=1.0 / args.rate)
