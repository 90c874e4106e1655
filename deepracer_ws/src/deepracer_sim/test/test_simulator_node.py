"""The simulator node in this process, driven by a peer that makes every mistake."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from ackermann_msgs.msg import AckermannDriveStamped
from deepracer_drive.messages import to_nanoseconds, to_time
from deepracer_interfaces.msg import EpisodeStart
from deepracer_interfaces.srv import ResetCar
from deepracer_sim.engine import JOINTS
from deepracer_sim.nodes.simulator import Simulator
from nav_msgs.msg import Odometry
from node_bench import Bench, bench
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image, JointState
from tf2_msgs.msg import TFMessage

PERIOD = 66_000_000


@pytest.fixture
def lockstep() -> Iterator[Bench]:
    with started("lockstep") as made:
        yield made


@pytest.fixture
def realtime() -> Iterator[Bench]:
    with started("realtime") as made:
        yield made


@contextmanager
def started(pacing: str) -> Iterator[Bench]:
    """A simulator, once the peer hears it."""
    with bench(engine="planar", pacing=pacing) as made:
        made.try_out(Simulator())
        made.listen(EpisodeStart, "/episode")
        made.listen(Odometry, "/odom")
        made.until(lambda: made.heard["/odom"])
        yield made


def drive(stamp: int, speed: float = 1.0, angle: float = 0.0) -> AckermannDriveStamped:
    message = AckermannDriveStamped()
    message.header.stamp = to_time(stamp)
    message.drive.steering_angle, message.drive.speed = angle, speed
    return message


def stamps(made: Bench, topic: str = "/odom") -> list[int]:
    """Stamps in periods, each once: what nobody answers is published again."""
    found = [to_nanoseconds(message.header.stamp) // PERIOD for message in made.heard[topic]]
    return list(dict.fromkeys(found))


def drive_to(made: Bench, period: int) -> None:
    """Give the command that is waited for before the moment in `period`, and wait for that."""
    made.say("/drive", drive((period - 1) * PERIOD))
    made.until(lambda: stamps(made)[-1] == period)


def positions(made: Bench) -> list[float]:
    return [message.pose.pose.position.x for message in made.heard["/odom"]]


def test_all_topics_tell_of_the_same_moment(lockstep):
    kinds = {
        "/camera/image_raw": Image,
        "/camera/camera_info": CameraInfo,
        "/joint_states": JointState,
        "/tf": TFMessage,
        "/clock": Clock,
    }
    for topic, kind in kinds.items():
        lockstep.listen(kind, topic)
    lockstep.until(lambda: all(lockstep.heard[topic] for topic in kinds))
    latest = {topic: lockstep.heard[topic][-1] for topic in (*kinds, "/odom")}
    image, info = latest["/camera/image_raw"], latest["/camera/camera_info"]
    transform = latest["/tf"].transforms[0]
    told = [latest["/clock"].clock] + [
        message.header.stamp
        for message in (image, info, latest["/odom"], latest["/joint_states"], transform)
    ]
    assert {to_nanoseconds(stamp) for stamp in told} == {PERIOD}
    assert (image.encoding, image.width, image.height, image.step) == ("rgb8", 160, 120, 480)
    assert image.header.frame_id == info.header.frame_id == "camera_optical_frame"
    pixels = np.frombuffer(image.data, np.uint8)
    assert pixels.size == 160 * 120 * 3
    assert pixels.std() > 10  # something is to be seen
    # An opening of 1.13 rad: the ray through the edge of the picture.
    assert math.atan2(info.width / 2, info.k[0]) == pytest.approx(1.13 / 2, abs=1e-6)
    assert latest["/joint_states"].name == list(JOINTS)
    assert (latest["/odom"].header.frame_id, latest["/odom"].child_frame_id) == (
        transform.header.frame_id,
        transform.child_frame_id,
    )
    assert transform.transform.translation.x == latest["/odom"].pose.pose.position.x


def test_it_advances_one_period_for_each_command(lockstep):
    for step in range(1, 11):
        drive_to(lockstep, step + 1)
    assert stamps(lockstep) == list(range(1, 12))
    assert lockstep.heard["/odom"][-1].twist.twist.linear.x == pytest.approx(1.0, abs=0.15)


def test_without_a_command_it_waits_says_so_and_shows_the_moment_again(capfd, lockstep):
    lockstep.until(lambda: len(lockstep.heard["/odom"]) >= 3)
    assert stamps(lockstep) == [1]
    assert "lockstep: waiting for a /drive stamped 0.066 s" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (drive(2 * PERIOD), "0.066 s after the newest image"),
        (drive(PERIOD, speed=math.nan), "speed is nan"),
        (drive(PERIOD, angle=math.inf), "steering_angle is inf"),
        (drive(PERIOD, speed=50.0), "outside"),
    ],
)
def test_a_wrong_command_moves_nothing_and_the_reason_is_told(lockstep, capfd, wrong, reason):
    lockstep.say("/drive", wrong)
    drive_to(lockstep, 2)
    assert stamps(lockstep) == [1, 2]
    told = capfd.readouterr().err
    assert "/drive refused" in told
    assert reason in told


def test_a_command_for_the_past_is_dropped(lockstep):
    for stamp in (1, 1, 0, 1, 2):
        lockstep.say("/drive", drive(stamp * PERIOD))
    lockstep.until(lambda: stamps(lockstep)[-1] == 3)
    assert stamps(lockstep) == [1, 2, 3]


def test_a_reset_during_a_step_begins_an_episode_that_old_commands_do_not_touch(lockstep):
    drive_to(lockstep, 2)
    answer = lockstep.call(ResetCar, "/reset_car", start_fraction=0.5, seed=9)
    assert answer.success
    start = to_nanoseconds(answer.episode_start)
    assert start == 4 * PERIOD
    lockstep.until(lambda: stamps(lockstep)[-1] == 4)
    there = lockstep.heard["/odom"][-1].pose.pose.position
    episode = lockstep.heard["/episode"][-1]
    assert (episode.episode, episode.start_fraction, episode.seed) == (1, 0.5, 9)
    assert to_nanoseconds(episode.header.stamp) == start
    lockstep.say("/drive", drive(2 * PERIOD, speed=4.0))  # chosen in the former episode
    lockstep.say("/drive", drive(start, speed=0.0))
    lockstep.until(lambda: stamps(lockstep)[-1] == 5)
    assert stamps(lockstep) == [1, 2, 4, 5]
    assert lockstep.heard["/odom"][-1].pose.pose.position == there


def test_two_resets_at_once_are_two_episodes(lockstep):
    client = lockstep.peer.create_client(ResetCar, "/reset_car")
    lockstep.until(client.service_is_ready)
    calls = [client.call_async(ResetCar.Request(start_fraction=0.25 * i)) for i in (1, 2)]
    lockstep.until(lambda: all(call.done() for call in calls))
    begun = [to_nanoseconds(call.result().episode_start) // PERIOD for call in calls]
    assert sorted(begun) == [3, 5]
    lockstep.until(lambda: stamps(lockstep)[-1] == 5)
    lockstep.until(lambda: lockstep.heard["/episode"][-1].episode == 2)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"start_fraction": 1.0}, "fraction 1.0"),
        ({"start_fraction": -0.1}, "fraction -0.1"),
        ({"lateral_offset": math.nan}, "lateral_offset is not finite"),
    ],
)
def test_an_impossible_start_is_refused_and_the_episode_goes_on(lockstep, fields, reason):
    answer = lockstep.call(ResetCar, "/reset_car", **fields)
    assert not answer.success
    assert reason in answer.message
    drive_to(lockstep, 2)
    assert not lockstep.heard["/episode"]


def test_in_realtime_it_moves_by_itself_follows_and_brakes(realtime, capfd):
    realtime.until(lambda: len(stamps(realtime)) >= 4)
    assert len(set(positions(realtime))) == 1
    begin = realtime.heard["/odom"][-1]
    realtime.say("/drive", drive(to_nanoseconds(begin.header.stamp), speed=2.0))
    realtime.until(lambda: realtime.heard["/odom"][-1].twist.twist.linear.x > 0.5)
    realtime.until(lambda: realtime.heard["/odom"][-1].twist.twist.linear.x < 0.05)
    assert "no usable /drive for 200 ms: the car brakes" in capfd.readouterr().err
    numbers = stamps(realtime)
    assert numbers == list(range(numbers[0], numbers[-1] + 1))


def test_in_realtime_a_command_that_is_not_finite_brakes(realtime, capfd):
    stamp = to_nanoseconds(realtime.heard["/odom"][-1].header.stamp)
    realtime.say("/drive", drive(stamp, speed=math.nan))
    count = len(stamps(realtime))
    realtime.until(lambda: len(stamps(realtime)) >= count + 3)
    assert len(set(positions(realtime))) == 1
    assert "speed is nan" in capfd.readouterr().err
