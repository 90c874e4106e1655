"""Which steps are scored, whatever the order in which their parts arrive."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from deepracer_core.command_checks import DriveCommand
from deepracer_core.episode import EpisodeRules, EpisodeStatus
from deepracer_core.track.track import Track
from deepracer_sim.engine import CarStates, planar_orientation
from deepracer_sim.pacing import Episode
from deepracer_sim.race_objects import ObjectPlan
from deepracer_sim.referee import Referee
from deepracer_sim.rewards import trusted
from deepracer_sim.scorekeeper import MAX_WAITING, Scorekeeper
from deepracer_sim.start import Start, both_directions
from deepracer_sim.worlds import find_track

PERIOD = 66_000_000
SPEED = 1.5  # [m/s]


def tell(params: dict) -> float:
    """A reward that shows what the step was made of."""
    return 100.0 * params["steps"] + params["speed"] + params["sim_time"] / 1000.0


@pytest.fixture(scope="module")
def track() -> Track:
    return Track.from_definition(find_track("reinvent_2018"))


class Race:
    """A car that drives along the centre line, and what is published of it."""

    def __init__(self, track: Track, *, lockstep: bool = True, max_steps: int = 1000) -> None:
        referee = Referee(track, 1, EpisodeRules(max_steps=max_steps), trusted(tell))
        self.keeper = Scorekeeper(referee, track, lockstep=lockstep)
        self.tracks = both_directions(track)
        self.scores = []

    def begin(self, number: int, stamp: int, **start) -> None:
        self.scores += self.keeper.begin(Episode(number, stamp, Start(**start)))

    def see(self, stamp: int, way: float = 0.0, *, reverse: bool = False) -> None:
        pose = self.tracks[reverse].poses_at(way / self.tracks[0].length)
        states = CarStates(
            position=np.array([[*pose[0, :2], 0.0]]),
            orientation=planar_orientation(pose[:, 2]),
            velocity=np.zeros((1, 2)),
            yaw_rate=np.zeros(1),
            joints=np.zeros((1, 6)),
        )
        self.scores += self.keeper.see(stamp, states)

    def hear(self, stamp: int, speed: float = SPEED) -> None:
        self.scores += self.keeper.hear(DriveCommand(stamp, 0.0, speed))

    def told(self) -> list[tuple[int, int, int]]:
        """Episode, step and stamp in periods of each score."""
        return [
            (score.episode, int(score.outcome.steps[0]), score.stamp // PERIOD)
            for score in self.scores
        ]


def parts(episode: int, first: int, steps: int) -> list[tuple]:
    """Calls that tell about an episode of so many steps whose first stamp is `first` periods."""
    calls = [("begin", episode, first * PERIOD)]
    for step in range(steps):
        stamp = (first + step) * PERIOD
        calls += [("see", stamp, 0.1 * step), ("hear", stamp)]
    return calls


@pytest.mark.parametrize("seed", range(8))
def test_any_order_of_topics_gives_the_same_scores(track, seed):
    """Each topic keeps its own order; between topics anything goes."""
    calls = parts(0, 1, 12) + parts(1, 14, 12)
    queues = [[call for call in calls if call[0] == name] for name in ("begin", "see", "hear")]
    order = random.Random(seed)
    race = Race(track)
    while any(queues):
        name, *arguments = order.choice([queue for queue in queues if queue]).pop(0)
        getattr(race, name)(*arguments)
    expected = [(0, step, step) for step in range(1, 13)]
    expected += [(1, step, 13 + step) for step in range(1, 13)]
    # A second episode that begins before the rest of the first is known drops that rest.
    told = race.told()
    assert told == [score for score in expected if score in told]
    assert [score for score in told if score[0] == 1] == expected[12:]


def test_a_step_is_scored_by_its_own_state_and_command(track):
    race = Race(track)
    race.begin(0, PERIOD)
    for step, speed in enumerate((1.0, 2.0, 3.0)):
        stamp = (step + 1) * PERIOD
        race.see(stamp, 0.1 * step)
        race.hear(stamp, speed)
    rewards = [float(score.outcome.reward[0]) for score in race.scores]
    assert rewards == pytest.approx([101.0, 202.000066, 303.000132])
    assert [score.episode_reward for score in race.scores] == pytest.approx(np.cumsum(rewards))
    progress = [float(score.outcome.progress[0]) for score in race.scores]
    assert np.diff(progress) == pytest.approx(100 * 0.1 / race.tracks[0].length, rel=0.05)


def test_what_is_sent_again_is_scored_once_and_the_first_command_counts(track):
    race = Race(track)
    race.begin(0, PERIOD)
    for _ in range(2):
        race.begin(0, PERIOD)
        race.see(PERIOD)
        race.hear(PERIOD, 1.0)
        race.hear(PERIOD, 2.0)
    race.hear(2 * PERIOD, 1.0)
    race.hear(2 * PERIOD, 2.0)
    race.see(2 * PERIOD, 0.1)
    assert race.told() == [(0, 1, 1), (0, 2, 2)]
    assert [score.outcome.params[0]["speed"] for score in race.scores] == [1.0, 1.0]


def test_impossible_commands_are_ignored_as_the_simulator_does(track):
    race = Race(track)
    race.begin(0, PERIOD)
    race.see(PERIOD)
    race.hear(PERIOD, math.nan)
    race.hear(PERIOD, 40.0)
    assert race.told() == []
    race.hear(PERIOD)
    assert race.told() == [(0, 1, 1)]


def test_after_the_end_it_waits_for_the_next_episode(track):
    race = Race(track, max_steps=3)
    for name, *arguments in parts(0, 1, 6) + parts(1, 8, 6):
        getattr(race, name)(*arguments)
    assert race.told() == [(0, 1, 1), (0, 2, 2), (0, 3, 3), (1, 1, 8), (1, 2, 9), (1, 3, 10)]
    assert [bool(score.outcome.done[0]) for score in race.scores] == [False, False, True] * 2
    assert not race.keeper.lost


def test_a_new_episode_is_not_taken_for_the_old_one_before_it_is_announced(track):
    race = Race(track)
    for name, *arguments in parts(0, 1, 3):
        getattr(race, name)(*arguments)
    announced, *moments = parts(1, 5, 3)
    for name, *arguments in moments:
        getattr(race, name)(*arguments)
    assert race.told() == [(0, 1, 1), (0, 2, 2), (0, 3, 3)]
    race.begin(*announced[1:])
    assert race.told()[3:] == [(1, 1, 5), (1, 2, 6), (1, 3, 7)]


@pytest.mark.parametrize("lockstep", [True, False])
def test_an_episode_whose_beginning_was_missed_is_given_up_and_the_next_one_scored(track, lockstep):
    race, limit = Race(track, lockstep=lockstep), MAX_WAITING[lockstep]
    race.begin(0, PERIOD)
    for number in range(2, limit + 2):
        race.see(number * PERIOD)
        race.hear(number * PERIOD)
    assert not race.keeper.lost
    for number in range(limit + 2, limit + 50):
        race.see(number * PERIOD)
        race.hear(number * PERIOD)
    assert race.keeper.lost
    assert race.told() == []
    assert len(race.keeper._states) <= limit
    assert len(race.keeper._commands) <= limit
    for name, *arguments in parts(1, limit + 51, 3):
        getattr(race, name)(*arguments)
    assert not race.keeper.lost
    assert [step for _, step, _ in race.told()][:2] == [1, 2]


def test_progress_counts_in_the_direction_that_is_driven(track):
    race = Race(track)
    race.begin(0, PERIOD, reverse=True)
    for step in range(1, 4):
        race.see(step * PERIOD, 0.1 * step, reverse=True)
        race.hear(step * PERIOD)
    progress = [float(score.outcome.progress[0]) for score in race.scores]
    assert 0.0 < progress[0] < progress[1] < progress[2] < 5.0
    assert race.scores[0].outcome.params[0]["is_reversed"]


def test_in_realtime_a_step_has_the_newest_command_or_brakes(track):
    race = Race(track, lockstep=False)
    race.begin(0, PERIOD)
    race.see(PERIOD)
    assert race.told() == []  # the command may still come
    race.hear(PERIOD, 1.0)
    race.hear(PERIOD + 5, 2.0)
    for step in range(2, 9):
        race.see(step * PERIOD, 0.1 * step)
    speeds = [score.outcome.params[0]["speed"] for score in race.scores]
    assert speeds == [2.0, 2.0, 2.0, 2.0, 0.0, 0.0, 0.0]
    race.hear(8 * PERIOD, math.nan)
    race.see(9 * PERIOD, 0.9)
    assert race.scores[-1].outcome.params[0]["speed"] == 0.0


def test_in_realtime_no_command_of_the_former_episode_drives(track):
    race = Race(track, lockstep=False)
    race.begin(0, PERIOD)
    race.hear(PERIOD)
    race.begin(1, 3 * PERIOD)
    race.see(3 * PERIOD)
    race.see(4 * PERIOD)
    assert race.told() == [(1, 1, 3)]
    assert race.scores[0].outcome.params[0]["speed"] == 0.0


def test_steps_in_which_the_car_is_held_are_pauses_without_reward(track):
    race = Race(track)
    race.begin(0, PERIOD, hold=0.132)
    for step in range(1, 6):
        race.see(step * PERIOD, 0.1 * max(step - 3, 0))
        race.hear(step * PERIOD)
    statuses = [EpisodeStatus(score.outcome.status[0]) for score in race.scores]
    assert statuses == [EpisodeStatus.PAUSE] * 2 + [EpisodeStatus.IN_PROGRESS] * 3
    assert [step for _, step, _ in race.told()] == [0, 0, 1, 2, 3]
    assert [float(score.outcome.reward[0]) == 0.0 for score in race.scores] == [True] * 2 + [
        False
    ] * 3


def test_other_cars_are_where_they_are_at_that_time_of_the_race(track):
    plan = ObjectPlan("bot_car", count=1, positions=("0.25,1",), speed=1.0)
    referee = Referee(track, 1, None, trusted(lambda params: params["objects_distance"][0]))
    keeper = Scorekeeper(referee, track, plan, lockstep=True)
    pose = track.poses_at(0.0)
    states = CarStates(
        position=np.array([[*pose[0, :2], 0.0]]),
        orientation=planar_orientation(pose[:, 2]),
        velocity=np.zeros((1, 2)),
        yaw_rate=np.zeros(1),
        joints=np.zeros((1, 6)),
    )
    places = []
    for number, race_time in enumerate((0.0, 2.0)):
        stamp = (1 + 10 * number) * PERIOD
        keeper.begin(Episode(number, stamp, Start(race_time=race_time)))
        keeper.see(stamp, states)
        (score,) = keeper.hear(DriveCommand(stamp, 0.0, 1.0))
        places.append(float(score.outcome.reward[0]))
    assert places[1] - places[0] == pytest.approx(2.0, abs=0.05)
