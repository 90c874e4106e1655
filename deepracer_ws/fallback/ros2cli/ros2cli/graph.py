"""The ROS graph as a fresh process sees it: discovery without a daemon, quickly and completely.

Two facts of Fast DDS (3.2, seen in packet dumps) shape this module:

* The answer of a running participant to the first announcement of a new one is often lost: the new
  one does not listen yet. The next chance is the periodic announcement, up to 3 s later. That hits
  about 4 of 10 participants, independently of each other. So several participants of ours, the
  scouts, look at the same time, and the graph is the union of what they see.
* A participant listens on a UDP port that follows from its domain (RTPS 2.5, 9.6.2.3). So those of
  this machine can be counted beforehand, and the graph is complete when all have been seen. For
  other machines there is only time: `--spin-time`, as in the full ROS 2.
"""

from __future__ import annotations

import argparse
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from rclpy.node import HIDDEN_NODE_PREFIX, Node
from rclpy.topic_endpoint_info import TopicEndpointInfo
from rclpy.topic_or_service_is_hidden import topic_or_service_is_hidden

from ros2cli.participant import ending_on_sigterm, participant

SCOUTS = 4
# Wait at least this long for nodes on other machines [s]; default of the full ROS 2.
DEFAULT_SPIN_TIME = 0.5
# The endpoints of a participant arrive at once, the names of its nodes 70-80 ms later, on a busy
# machine more [s].
_QUIET = 0.3
# A periodic announcement (3 s) and its exchange: what is not seen by then does not answer [s].
_GIVE_UP = 3.5
_POLL = 0.02

# RTPS 2.5, 9.6.2.3: unicast discovery port = PB + DG * domain + d1 + PG * participant id.
_PORT_BASE, _DOMAIN_GAIN, _UNICAST_OFFSET, _PARTICIPANT_GAIN = 7400, 250, 10, 2
_MAX_PARTICIPANTS = 120
# Each participant of rmw_dds_common publishes this topic exactly once.
_PARTICIPANT_TOPIC = "ros_discovery_info"
_UNKNOWN_NODE = "_NODE_NAME_UNKNOWN_"
_GUID_PREFIX_LENGTH = 12
# Read by Fast DDS when it creates a participant.
_TRANSPORTS = "FASTDDS_BUILTIN_TRANSPORTS"

NamesAndTypes = dict[str, list[str]]
# Asks a node what another one, given by name and namespace, has.
NodeQuery = Callable[[Node, str, str], list[tuple[str, list[str]]]]


def add_discovery_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of every command that looks at the graph."""
    parser.add_argument(
        "--spin-time",
        type=float,
        metavar="S",
        default=DEFAULT_SPIN_TIME,
        help="Spin time in seconds to wait for discovery of other machines (default: %(default)s)",
    )
    parser.add_argument(
        "-s", "--use-sim-time", action="store_true", help="Enable ROS simulation time"
    )
    parser.add_argument(
        "--no-daemon", action="store_true", help="Do not use a daemon (there is none here anyway)"
    )


class Graph:
    """What several participants see of the ROS graph, merged; their own endpoints are left out.

    Args:
        scouts: nodes in participants of their own, all named with the same prefix.
        own_prefix: that prefix.
    """

    def __init__(self, scouts: list[Node], own_prefix: str) -> None:
        """Remember the scouts; `settle` waits until they have seen everything."""
        self._scouts = scouts
        self._own_prefix = own_prefix

    def settle(self, minimum: float, give_up: float = _GIVE_UP) -> None:
        """Wait until the graph is complete and stands still.

        Args:
            minimum: wait at least so long [s], for nodes on other machines.
            give_up: wait at most so long [s], for participants that do not answer.
        """
        start = changed = time.monotonic()
        last = None
        while (now := time.monotonic()) - start < max(give_up, minimum):
            snapshot = self._snapshot()
            if snapshot != last:
                last, changed = snapshot, now
            elif now - start >= minimum and now - changed >= _QUIET and self._is_complete():
                return
            time.sleep(_POLL)

    def _snapshot(self) -> list[tuple[int, int, int]]:
        return [
            (
                len(scout.get_topic_names_and_types()),
                len(scout.get_service_names_and_types()),
                len(scout.get_node_names()),
            )
            for scout in self._scouts
        ]

    def _is_complete(self) -> bool:
        known = {
            bytes(info.endpoint_gid[:_GUID_PREFIX_LENGTH])
            for scout in self._scouts
            for info in scout.get_publishers_info_by_topic(_PARTICIPANT_TOPIC, no_mangle=True)
        }
        named = all(
            info.node_name != _UNKNOWN_NODE for info in self.publishers("/parameter_events")
        )
        return named and len(known) >= local_participants(self._scouts[0].context.get_domain_id())

    def topics(self, *, include_hidden: bool = False) -> NamesAndTypes:
        """Topic names, sorted, with their types."""
        return _merge((scout.get_topic_names_and_types() for scout in self._scouts), include_hidden)

    def services(self, *, include_hidden: bool = False) -> NamesAndTypes:
        """Service names, sorted, with their types."""
        return _merge(
            (scout.get_service_names_and_types() for scout in self._scouts), include_hidden
        )

    def nodes(self, *, include_hidden: bool = False) -> list[str]:
        """Full names of all nodes, sorted; nodes that share a name are listed as often."""
        names: Counter[str] = Counter()
        for scout in self._scouts:
            names |= Counter(
                f"{namespace.rstrip('/')}/{name}"
                for name, namespace in scout.get_node_names_and_namespaces()
                if include_hidden or not name.startswith(HIDDEN_NODE_PREFIX)
            )
        return sorted(names.elements())

    def of_node(
        self, full_name: str, query: NodeQuery, *, include_hidden: bool = False
    ) -> NamesAndTypes:
        """What a node has, such as ``Node.get_subscriber_names_and_types_by_node``."""
        namespace, _, name = full_name.rpartition("/")
        node = (name, namespace or "/")
        knowing = [s for s in self._scouts if node in s.get_node_names_and_namespaces()]
        return _merge((query(scout, *node) for scout in knowing), include_hidden)

    def publishers(self, topic: str) -> list[TopicEndpointInfo]:
        """The publishers of a topic, with their nodes and QoS."""
        return self._endpoints(scout.get_publishers_info_by_topic(topic) for scout in self._scouts)

    def subscriptions(self, topic: str) -> list[TopicEndpointInfo]:
        """The subscriptions of a topic, with their nodes and QoS."""
        return self._endpoints(
            scout.get_subscriptions_info_by_topic(topic) for scout in self._scouts
        )

    def _endpoints(self, seen: Iterator[list[TopicEndpointInfo]]) -> list[TopicEndpointInfo]:
        merged: dict[bytes, TopicEndpointInfo] = {}
        for info in (info for infos in seen for info in infos):
            known = merged.get(bytes(info.endpoint_gid))
            if known is None or known.node_name == _UNKNOWN_NODE:
                merged[bytes(info.endpoint_gid)] = info
        return [i for i in merged.values() if not i.node_name.startswith(self._own_prefix)]

    def best(self, count: Callable[[Node], int]) -> Node:
        """The scout that sees most of what matters: it will be talking to those endpoints first."""
        return max(self._scouts, key=count)


def _merge(seen: Iterator[list[tuple[str, list[str]]]], include_hidden: bool) -> NamesAndTypes:
    merged: dict[str, set[str]] = {}
    for names_and_types in seen:
        for name, types in names_and_types:
            merged.setdefault(name, set()).update(types)
    return {
        name: sorted(merged[name])
        for name in sorted(merged)
        if include_hidden or not topic_or_service_is_hidden(name)
    }


def local_participants(domain: int, udp_table: Path = Path("/proc/net/udp")) -> int:
    """How many DDS participants of a domain listen on this machine, ours included.

    Args:
        domain: the ROS domain id.
        udp_table: the kernel's list of UDP sockets.
    """
    first = _PORT_BASE + _DOMAIN_GAIN * domain + _UNICAST_OFFSET
    ports = range(first, first + _PARTICIPANT_GAIN * _MAX_PARTICIPANTS, _PARTICIPANT_GAIN)
    lines = udp_table.read_text().splitlines()[1:]
    # "sl local_address ...": the second column is ADDRESS:PORT in hexadecimal.
    bound = {int(line.split()[1].rpartition(":")[2], 16) for line in lines}
    return len(bound.intersection(ports))


@contextmanager
def discovered(args: Any, *, for_data: bool = False) -> Iterator[Graph]:
    """The graph, complete when the block is entered.

    Args:
        args: the options of `add_discovery_arguments`.
        for_data: whether topics will be published or subscribed: large messages need shared memory,
            but setting it up costs each participant 30 to 300 ms.
    """
    waits = args.spin_time != DEFAULT_SPIN_TIME or not _local_only()
    own_prefix = f"_ros2cli_{os.getpid()}"
    start = time.monotonic()
    with ending_on_sigterm(), ExitStack() as stack:
        with nullcontext() if for_data else _without_shared_memory():
            scouts = [
                stack.enter_context(
                    participant(f"{own_prefix}_{number}", use_sim_time=args.use_sim_time)
                )
                for number in range(SCOUTS)
            ]
        graph = Graph(scouts, own_prefix)
        graph.settle(args.spin_time - (time.monotonic() - start) if waits else 0.0)
        yield graph


def wait_for_discovery(node: Node) -> None:
    """Wait until a node knows all others, so that none misses the first of what it publishes."""
    Graph([node], node.get_name()).settle(0.0 if _local_only() else DEFAULT_SPIN_TIME)


def _local_only() -> bool:
    """Whether nodes on other machines are ruled out; else there is only time to wait for them."""
    return os.environ.get("ROS_AUTOMATIC_DISCOVERY_RANGE", "").upper() == "LOCALHOST"


@contextmanager
def _without_shared_memory() -> Iterator[None]:
    """Participants made in the block use UDP only, unless the user has chosen transports."""
    if _TRANSPORTS in os.environ:
        yield
        return
    os.environ[_TRANSPORTS] = "UDPv4"
    try:
        yield
    finally:
        del os.environ[_TRANSPORTS]
