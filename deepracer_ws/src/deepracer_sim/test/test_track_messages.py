from __future__ import annotations

import math

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from deepracer_core.errors import TrackError
from deepracer_core.track.parts import track_parts
from deepracer_sim.nodes.parked_car import start_transforms
from deepracer_sim.nodes.track_messages import centre_line_path, track_markers
from deepracer_sim.worlds import find_track
from visualization_msgs.msg import Marker

STAMP = Time(sec=7)


@pytest.fixture(scope="module")
def track():
    return find_track("reinvent_2018")


def test_each_part_is_a_marker_of_triangles_in_its_colour(track):
    markers = track_markers(track, STAMP).markers
    parts = track_parts(track)
    assert [marker.ns for marker in markers] == [part.name for part in parts]
    for marker, part in zip(markers, parts, strict=True):
        assert (marker.header.frame_id, marker.header.stamp) == ("map", STAMP)
        assert marker.type == Marker.TRIANGLE_LIST
        assert len(marker.points) == 6 * len(part.quads)
        colour = marker.color
        np.testing.assert_allclose([colour.r, colour.g, colour.b], np.array(part.colour) / 255)
        assert (marker.scale.x, marker.pose.orientation.w) == (1, 1)


def test_triangles_cover_their_quad(track):
    road = next(m for m in track_markers(track, STAMP).markers if m.ns == "road")
    corners = np.array([(p.x, p.y) for p in road.points]).reshape(-1, 3, 2)
    (ax, ay), (bx, by) = (corners[:, 1] - corners[:, 0]).T, (corners[:, 2] - corners[:, 0]).T
    areas = (ax * by - ay * bx) / 2
    assert (areas > 0).all(), "counter-clockwise, seen from above"
    assert areas.sum() == pytest.approx(17.71 * 0.762, rel=0.01)


def test_only_the_walls_are_translucent(track):
    alphas = {marker.ns: marker.color.a for marker in track_markers(track, STAMP).markers}
    assert 0 < alphas.pop("walls") < 1
    assert set(alphas.values()) == {1.0}


def test_the_path_is_a_ring_of_waypoints_that_head_to_the_next(track):
    path = centre_line_path(track, STAMP)
    assert path.header.frame_id == "map"
    assert len(path.poses) == 119
    assert path.poses[0].pose == path.poses[-1].pose
    here, ahead = (path.poses[i].pose for i in (40, 41))
    yaw = 2 * math.atan2(here.orientation.z, here.orientation.w)
    step = (ahead.position.x - here.position.x, ahead.position.y - here.position.y)
    assert math.cos(yaw - math.atan2(step[1], step[0])) == pytest.approx(1)


def test_the_parked_car_stands_at_the_start(track):
    to_odom, to_car = start_transforms(track.start_pose, STAMP).transforms
    assert (to_odom.header.frame_id, to_odom.child_frame_id) == ("map", "odom")
    assert (to_car.header.frame_id, to_car.child_frame_id) == ("odom", "base_link")
    assert to_odom.transform.rotation.w == 1
    place = to_car.transform.translation
    np.testing.assert_allclose((place.x, place.y), track.centre_line[0])


def test_an_unknown_track_names_the_places_that_were_searched():
    with pytest.raises(TrackError, match=r"share/deepracer/worlds/oval/track\.yaml"):
        find_track("oval")
