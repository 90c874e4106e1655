"""A track as ROS messages: markers of its parts, and its centre line as a path; frame map."""

from __future__ import annotations

import math

import numpy as np
from builtin_interfaces.msg import Time
from deepracer_core.track.definition import TrackDefinition
from deepracer_core.track.parts import Part, track_parts
from geometry_msgs.msg import Point, PoseStamped, Quaternion
from nav_msgs.msg import Path
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

MAP_FRAME = "map"
WALL_ALPHA = 0.3  # walls are glass, so that one sees the track from every side


def yaw_quaternion(yaw: float) -> Quaternion:
    """The rotation by `yaw` [rad] about the vertical axis."""
    return Quaternion(z=math.sin(yaw / 2), w=math.cos(yaw / 2))


def track_markers(track: TrackDefinition, stamp: Time) -> MarkerArray:
    """A list of triangles for each part; the namespace is the part's name."""
    header = Header(stamp=stamp, frame_id=MAP_FRAME)
    return MarkerArray(markers=[_marker(part, header) for part in track_parts(track)])


def centre_line_path(track: TrackDefinition, stamp: Time) -> Path:
    """The waypoints, heading to the next one; a closed track repeats the first at the end."""
    header = Header(stamp=stamp, frame_id=MAP_FRAME)
    points = track.centre_line
    if track.closed:
        points = np.vstack([points, points[:1]])
    heading = np.arctan2(*np.diff(points, axis=0).T[::-1])
    last = heading[0] if track.closed else heading[-1]
    path = Path(header=header)
    for (x, y), yaw in zip(points.tolist(), [*heading.tolist(), float(last)]):
        pose = PoseStamped(header=header)
        pose.pose.position = Point(x=x, y=y)
        pose.pose.orientation = yaw_quaternion(yaw)
        path.poses.append(pose)
    return path


def _marker(part: Part, header: Header) -> Marker:
    marker = Marker(header=header, ns=part.name, type=Marker.TRIANGLE_LIST, action=Marker.ADD)
    marker.pose.orientation.w = 1.0
    marker.scale.x = marker.scale.y = marker.scale.z = 1.0
    red, green, blue = (channel / 255 for channel in part.colour)
    alpha = WALL_ALPHA if part.name == "walls" else 1.0
    marker.color = ColorRGBA(r=red, g=green, b=blue, a=alpha)
    corners = part.quads[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3)
    marker.points = [Point(x=x, y=y, z=z) for x, y, z in corners.tolist()]
    return marker
