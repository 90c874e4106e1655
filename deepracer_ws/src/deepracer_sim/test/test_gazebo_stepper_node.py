"""The stepper node with server and bridge as processes: it keeps what the simulator node promises.

The tests of the simulator node are run on it as they are; those here are of what only it does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from deepracer_interfaces.msg import EpisodeStart
from deepracer_interfaces.srv import ResetCar
from deepracer_sim.nodes.gazebo_stepper import GazeboStepper
from gazebo_prefix import serving
from nav_msgs.msg import Odometry
from node_bench import Bench, bench
from sensor_msgs.msg import Image
from test_simulator_node import (  # noqa: F401 - pytest runs what is imported
    stamps,
    test_a_command_for_the_past_is_dropped,
    test_a_reset_during_a_step_begins_an_episode_that_old_commands_do_not_touch,
    test_all_topics_tell_of_the_same_moment,
    test_an_impossible_start_is_refused_and_the_episode_goes_on,
    test_it_advances_one_period_for_each_command,
    test_two_resets_at_once_are_two_episodes,
    test_without_a_command_it_waits_says_so_and_shows_the_moment_again,
)


@pytest.fixture(scope="module")
def server(tmp_path_factory, ros_isolation) -> Iterator[None]:
    """Server and bridge, which the steppers of all tests find one after the other."""
    with serving(tmp_path_factory.mktemp("gazebo")):
        yield


@pytest.fixture
def lockstep(server) -> Iterator[Bench]:
    with started("lockstep") as made:
        yield made


@contextmanager
def started(pacing: str) -> Iterator[Bench]:
    """A stepper, once the peer hears it."""
    with bench(pacing=pacing) as made:
        made.try_out(GazeboStepper())
        made.listen(EpisodeStart, "/episode")
        made.listen(Odometry, "/odom")
        made.until(lambda: made.heard["/odom"])
        yield made


def test_the_image_is_of_the_place_where_a_reset_puts_the_car(lockstep):
    images = lockstep.listen(Image, "/camera/image_raw")
    shown = []
    for fraction in (0.1, 0.6):
        lockstep.call(ResetCar, "/reset_car", start_fraction=fraction)
        lockstep.until(lambda: images and images[-1].header.stamp == stamp_of(lockstep))
        shown.append(np.frombuffer(images[-1].data, np.uint8).astype(int))
    assert np.abs(shown[0] - shown[1]).mean() > 5.0


def stamp_of(made: Bench) -> object:
    return made.heard["/odom"][-1].header.stamp


def test_in_realtime_it_moves_by_itself(server):
    with started("realtime") as made:
        made.until(lambda: len(stamps(made)) >= 4)
