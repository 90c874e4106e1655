"""The referee: progress, ends, crashes and rewards, in both directions."""

from __future__ import annotations

import numpy as np
import pytest
from deepracer_core.episode import EpisodeRules, EpisodeStatus
from deepracer_core.errors import RewardRaisedError
from deepracer_core.lane import Lane, Placement
from deepracer_core.object_placement import place_obstacles
from deepracer_core.reward.source import RewardFunction
from deepracer_sim.engine import JOINTS, CarStates, planar_orientation
from deepracer_sim.referee import Referee
from deepracer_sim.rewards import sandboxed, trusted
from deepracer_sim.start import Start, both_directions
from env_samples import TRACK, progress_reward

TRACKS = both_directions(TRACK)
ALL = np.arange(2)


def states_at(poses):
    poses = np.asarray(poses, float)
    cars = len(poses)
    return CarStates(
        position=np.column_stack((poses[:, :2], np.zeros(cars))),
        orientation=planar_orientation(poses[:, 2]),
        velocity=np.zeros((cars, 2)),
        yaw_rate=np.zeros(cars),
        joints=np.zeros((cars, len(JOINTS))),
    )


def commands(steering=0.0, speed=1.0, cars=2):
    return np.tile(np.float32((steering, speed)), (cars, 1))


def referee_at(starts, **options):
    referee = Referee(TRACK, len(starts), **options)
    poses = np.stack([start.pose(TRACKS) for start in starts])
    referee.reset(np.arange(len(starts)), poses, np.array([start.reverse for start in starts]))
    return referee, poses


def drive(referee, fractions, reverse=(False, True), **options):
    """Judge two cars that stand at the same share of their ways, step by step."""
    outcomes = []
    for step, fraction in enumerate(fractions):
        poses = np.vstack([TRACKS[way].poses_at(fraction) for way in reverse])
        time = np.full(2, step * 0.066)
        outcomes.append(referee.judge(states_at(poses), commands(), time, **options))
    return outcomes


@pytest.mark.parametrize("fraction", [0.0, 0.3, 0.95])
def test_a_lap_is_done_in_both_directions(fraction):
    referee, _ = referee_at([Start(fraction), Start(fraction, reverse=True)])
    outcomes = drive(referee, (fraction + np.linspace(0.0, 1.0, 60)) % 1.0)
    progress = np.array([outcome.progress for outcome in outcomes])
    assert (np.diff(progress, axis=0) > 0.0).all()
    assert progress[0] == pytest.approx(100 * 0.14 / TRACK.length, abs=0.1)
    assert [EpisodeStatus(status) for status in outcomes[-1].status] == [1, 1]
    assert outcomes[-1].laps.tolist() == [1, 1]
    assert outcomes[-1].terminated.all()
    assert not outcomes[-1].truncated.any()
    assert outcomes[-1].steps.tolist() == [60, 60]


@pytest.mark.parametrize(
    ("rules", "status"),
    [
        (EpisodeRules(max_steps=5), EpisodeStatus.STEP_LIMIT),
        (EpisodeRules(time_limit=0.25), EpisodeStatus.TIME_UP),
    ],
)
def test_limits_truncate(rules, status):
    referee, _ = referee_at([Start(), Start(reverse=True)], rules=rules)
    outcomes = drive(referee, np.linspace(0.0, 0.1, 5))
    assert [outcome.done.tolist() for outcome in outcomes] == [[False, False]] * 4 + [[True, True]]
    assert (outcomes[-1].status == status).all()
    assert outcomes[-1].truncated.all()
    assert not outcomes[-1].terminated.any()


def test_off_the_track_terminates_that_car_only():
    referee, poses = referee_at([Start(), Start()])
    poses[1, 1] += 3.0
    outcome = referee.judge(states_at(poses), commands(), np.zeros(2))
    assert outcome.status.tolist() == [EpisodeStatus.IN_PROGRESS, EpisodeStatus.OFF_TRACK]
    assert outcome.terminated.tolist() == [False, True]
    referee.reset(np.array([1]), poses[:1], np.array([False]))
    poses[1] = poses[0]
    outcome = referee.judge(states_at(poses), commands(), np.zeros(2))
    assert outcome.steps.tolist() == [2, 1]


def test_objects_are_hit_in_their_own_world():
    worlds = [[Placement(2.0, Lane.INNER)], [Placement(8.0, Lane.INNER)]]
    objects = place_obstacles(TRACK, worlds)
    seen = []
    referee, _ = referee_at([Start(), Start()], make_rewards=trusted(lambda p: seen.append(p) or 0))
    poses = np.vstack([TRACK.poses_of([worlds[0][0]])] * 2)
    outcome = referee.judge(states_at(poses), commands(), np.zeros(2), objects)
    assert outcome.status.tolist() == [EpisodeStatus.CRASHED, EpisodeStatus.IN_PROGRESS]
    assert [params["is_crashed"] for params in seen] == [True, False]
    assert [params["objects_distance"][0] for params in seen] == pytest.approx([2, 8], abs=0.05)


def test_objects_are_found_in_both_directions():
    worlds = [[Placement(2.0, Lane.INNER)], [Placement(TRACK.length - 2.0, Lane.INNER)]]
    objects = place_obstacles(TRACK, worlds)
    seen = []
    referee, _ = referee_at(
        [Start(), Start(reverse=True)], make_rewards=trusted(lambda p: seen.append(p) or 0)
    )
    drive(referee, [0.0], objects=objects)
    assert [params["objects_distance"][0] for params in seen] == pytest.approx([2, 2], abs=0.05)


def test_rewards_see_the_state_before_and_the_command_of_the_step():
    referee, poses = referee_at(
        [Start(), Start(0.5, reverse=True)], make_rewards=trusted(progress_reward)
    )
    outcome = referee.judge(states_at(poses), commands(np.radians(15), 0.8), np.zeros(2))
    expected = [p["progress"] + 0.8 - p["distance_from_center"] for p in outcome.params]
    assert outcome.reward.tolist() == expected
    assert [params["steering_angle"] for params in outcome.params] == [15.0, 15.0]
    assert [params["is_reversed"] for params in outcome.params] == [False, True]
    assert [params["projection_distance"] for params in outcome.params] == pytest.approx(
        [0.14, TRACK.length / 2 + 0.14], abs=0.01
    )


def test_without_a_function_there_are_no_rewards():
    referee, poses = referee_at([Start(), Start()])
    outcome = referee.judge(states_at(poses), commands(), np.zeros(2))
    assert outcome.reward.tolist() == [0.0, 0.0]
    assert outcome.params == []


def test_the_sandbox_gives_what_the_function_gives():
    source = "def reward_function(params):\n    return params['progress'] / params['track_length']"
    make = sandboxed(RewardFunction(source), TRACK.world_bounds)
    referee, poses = referee_at([Start(), Start(reverse=True)], make_rewards=make)
    outcome = referee.judge(states_at(poses), commands(), np.zeros(2))
    assert outcome.reward == pytest.approx(outcome.progress / TRACK.length)
    referee.close()


def test_a_failing_function_is_reported_and_can_go_on():
    source = "def reward_function(params):\n    return 1.0 / (params['steps'] - 1)"
    make = sandboxed(RewardFunction(source), TRACK.world_bounds)
    referee, poses = referee_at([Start(), Start()], make_rewards=make)
    with pytest.raises(RewardRaisedError, match="line 2"):
        referee.judge(states_at(poses), commands(), np.zeros(2))
    assert referee.judge(states_at(poses), commands(), np.zeros(2)).reward.tolist() == [1.0, 1.0]
    referee.close()
