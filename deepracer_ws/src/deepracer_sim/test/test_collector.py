"""What is collected: which pictures belong to which step, and what follows an episode."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from deepracer_core.episode import EpisodeStatus
from deepracer_sim.engine import CONTROL_PERIOD, CarStates
from deepracer_sim.training.collector import Collector
from deepracer_sim.training.exploration import Exploration
from deepracer_sim.training.moments import Moment
from deepracer_sim.training.networks import ActorCritic
from training_samples import discrete_settings, small_config

CARS, STEPS = 4, 16
NEVER = bool  # bool() is False


class ScriptedCars:
    """Stands in for the vector environment: picture `n` is uniformly gray with level n.

    Attributes:
        ends: step (from 0) -> status with which the episode of car 1 ends.
        lost: steps in which car 2 is lost with its worker.
    """

    num_envs = CARS
    action_space = SimpleNamespace(sample=lambda: np.zeros(CARS, np.int64))

    def __init__(self, ends: dict[int, EpisodeStatus] | None = None, lost: tuple[int, ...] = ()):
        self.ends, self.lost = ends or {}, lost
        self.episodes = np.arange(CARS)
        self._step = 0
        self._lengths = np.zeros(CARS, int)
        self.states = CarStates(*(np.zeros((CARS, n)) for n in (3, 4, 2, 1, 6)))
        self.actions: list[np.ndarray] = []

    def reset(self, *, seed, options):
        self.episodes = np.arange(CARS) + options["episode"]
        return self._pictures(0), {}

    def step_async(self, actions):
        self.actions.append(actions)

    def step_wait(self):
        step, cars = self._step, np.arange(CARS)
        self._step += 1
        self._lengths += 1
        status = np.zeros(CARS, np.uint8)
        status[1] = self.ends.get(step, EpisodeStatus.IN_PROGRESS)
        lost = (cars == 2) & (step in self.lost)
        status[lost] = EpisodeStatus.PARK
        ended = status != EpisodeStatus.IN_PROGRESS
        cut = np.isin(status, (EpisodeStatus.STEP_LIMIT, EpisodeStatus.PARK))
        last = np.full(CARS, None)
        for car in np.flatnonzero(ended):
            last[car] = self._pictures(100)[car]
        infos = {
            "progress": 10.0 * cars,
            "status": status,
            "steps": self._lengths.copy(),
            "lost": lost,
            "final_obs": last,
            "final_info": {"episode": {"r": self._lengths * 1.0, "l": self._lengths.copy()}},
        }
        self._lengths[ended] = 0
        self.episodes = self.episodes + CARS * ended
        return self._pictures(self._step), np.ones(CARS), ended & ~cut, ended & cut, infos

    def _pictures(self, level):
        return np.full((CARS, 36, 48, 1), level, np.uint8)


def make_collector(cars: ScriptedCars, watchers=(), **hyperparameters):
    config = small_config(
        action_space=discrete_settings(),
        hyperparameters={
            "num_steps_between_training": CARS * STEPS,
            "gae_lambda": 0.0,
            "discount_factor": 0.9,
            **hyperparameters,
        },
    )
    torch.manual_seed(0)
    network = ActorCritic(config.spec, "slim")
    exploration = Exploration(config.hyperparameters, torch.Generator().manual_seed(0))
    collector = Collector(cars, network, config.spec, config.hyperparameters, exploration, watchers)
    collector.begin(seed=0, episode=0)
    return collector, network


def value_of(network: ActorCritic, level: int) -> float:
    image = torch.full((1, 1, 36, 48), level, dtype=torch.uint8)
    return network(image)[1].item()


def advantages(ends=None, lost=()) -> tuple[np.ndarray, ActorCritic]:
    """(steps, cars) one-step errors: reward 1 + 0.9 * value after - value before."""
    collector, network = make_collector(ScriptedCars(ends, lost))
    experience = collector.collect(NEVER)
    _, last_values = network(experience.images)
    samples = experience.buffer.samples(last_values.detach().numpy(), 0.9, 0.0)
    return samples.advantages.numpy().reshape(STEPS, CARS), network


def test_each_step_sees_its_picture_and_expects_the_next():
    errors, network = advantages()
    for step in range(STEPS):
        expected = 1 + 0.9 * value_of(network, step + 1) - value_of(network, step)
        np.testing.assert_allclose(errors[step], expected, atol=1e-5)


@pytest.mark.parametrize(
    ("status", "goes_on"),
    [
        (EpisodeStatus.OFF_TRACK, False),
        (EpisodeStatus.CRASHED, False),
        (EpisodeStatus.IMMOBILIZED, False),
        (EpisodeStatus.REVERSED, False),
        (EpisodeStatus.STEP_LIMIT, True),
        (EpisodeStatus.TIME_UP, True),
        (EpisodeStatus.LAP_COMPLETE, True),
    ],
)
def test_what_follows_the_last_step_of_an_episode(status, goes_on):
    errors, network = advantages({3: status})
    following = value_of(network, 100) if goes_on else 0.0
    assert errors[3, 1] == pytest.approx(1 + 0.9 * following - value_of(network, 3), abs=1e-5)
    others = 1 + 0.9 * value_of(network, 4) - value_of(network, 3)
    np.testing.assert_allclose(errors[3, [0, 2, 3]], others, atol=1e-5)


def test_a_step_that_was_lost_teaches_nothing_but_the_reward_that_is_none():
    errors, _ = advantages(lost=(5,))
    assert errors[5, 2] == pytest.approx(1.0, abs=1e-5)  # the scripted reward; of a lost one 0


def test_episodes_are_told_with_their_times():
    cars = ScriptedCars({3: EpisodeStatus.OFF_TRACK, 7: EpisodeStatus.LAP_COMPLETE})
    collector, _ = make_collector(cars)
    experience = collector.collect(NEVER)
    first, second = experience.episodes
    assert (first.status, second.status) == (EpisodeStatus.OFF_TRACK, EpisodeStatus.LAP_COMPLETE)
    assert (first.reward, first.progress) == (4, 10)
    assert first.start_time == pytest.approx(0)
    assert second.start_time == pytest.approx(first.end_time) == pytest.approx(4 * CONTROL_PERIOD)
    assert experience.steps == CARS * STEPS
    assert experience.time == pytest.approx(STEPS * CONTROL_PERIOD)
    assert experience.next_episode == 1 + 2 * CARS + 1


def test_enough_episodes_are_enough():
    cars = ScriptedCars({2: EpisodeStatus.OFF_TRACK, 4: EpisodeStatus.OFF_TRACK})
    collector, _ = make_collector(cars, num_episodes_between_training=2)
    assert collector.collect(NEVER).buffer.steps == 5


def test_it_stops_when_it_is_told_to():
    collector, _ = make_collector(ScriptedCars())
    answers = iter([False, False, True])
    assert collector.collect(lambda: next(answers)).buffer.steps == 2


def test_an_experience_outlives_the_next_one():
    collector, _ = make_collector(ScriptedCars())
    first = collector.collect(NEVER)
    kept = first.buffer.samples(np.zeros(CARS, np.float32), 0.9, 0.0).images.clone()
    second = collector.collect(NEVER)
    images = [
        e.buffer.samples(np.zeros(CARS, np.float32), 0.9, 0.0).images for e in (first, second)
    ]
    assert torch.equal(images[0], kept)
    assert int(images[1].max()) > int(kept.max())
    assert int(first.images.max()) == STEPS


def test_watchers_see_the_first_car():
    seen: list[Moment] = []
    cars = ScriptedCars()
    collector, _ = make_collector(cars, watchers=(seen.append,))
    collector.collect(NEVER)
    assert len(seen) == STEPS
    assert [moment.step for moment in seen] == [*range(1, STEPS + 1)]
    assert [moment.episode_reward for moment in seen] == [*range(1, STEPS + 1)]
    assert [moment.action for moment in seen] == [int(actions[0]) for actions in cars.actions]
    assert {round(math.degrees(moment.steering_angle)) for moment in seen} <= {-20, 0, 20}
    assert seen[0].image.shape == (36, 48, 1)


def test_it_drives_with_the_network_that_it_was_given_last():
    collector, network = make_collector(ScriptedCars())
    with torch.no_grad():
        network.head.weight.zero_()
        network.head.bias.copy_(torch.tensor([0.0, 0.0, 50.0]))
    cars = collector._environment
    collector.collect(NEVER)
    assert len(set(np.concatenate(cars.actions))) == 3
    collector.behave_like(network)
    cars.actions.clear()
    collector.collect(NEVER)
    assert set(np.concatenate(cars.actions)) == {2}
