"""Publishes the track for rviz and whoever else wants to see it, where no reward node runs."""

from __future__ import annotations

import sys

from deepracer_core.track.definition import TrackDefinition
from deepracer_drive.node_main import spin_until_shutdown
from nav_msgs.msg import Path
from rcl_interfaces.msg import ParameterDescriptor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from visualization_msgs.msg import MarkerArray

from deepracer_sim.nodes.track_messages import centre_line_path, track_markers
from deepracer_sim.worlds import DEFAULT_TRACK, find_track

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class TrackPublisher(Node):
    """Publishes once, kept for late subscribers; parameter `track` names the track.

    | topic                | type                           | content                        |
    |----------------------|--------------------------------|--------------------------------|
    | `/track/markers`     | visualization_msgs/MarkerArray | triangles of each visible part |
    | `/track/centre_line` | nav_msgs/Path                  | waypoints and their headings   |

    Both are in frame map.
    """

    def __init__(self) -> None:
        """Read the track and publish it.

        Raises:
            TrackError: there is no such track, or its definition is broken.
        """
        super().__init__("track_publisher")
        described = ParameterDescriptor(
            description="name of the track: a folder of worlds/ or $DEEPRACER_WORLDS",
            read_only=True,
        )
        name = self.declare_parameter("track", DEFAULT_TRACK, described).value
        track = find_track(name)
        publish_track(self, track)
        self.get_logger().info(f"{track.name}: {track.length:.2f} m")


def publish_track(node: Node, track: TrackDefinition) -> None:
    """Publish a track once, as long as `node` lives."""
    stamp = node.get_clock().now().to_msg()
    markers = node.create_publisher(MarkerArray, "track/markers", LATCHED)
    centre_line = node.create_publisher(Path, "track/centre_line", LATCHED)
    markers.publish(track_markers(track, stamp))
    centre_line.publish(centre_line_path(track, stamp))


def main() -> None:
    """Run the node."""
    sys.exit(spin_until_shutdown(TrackPublisher))
