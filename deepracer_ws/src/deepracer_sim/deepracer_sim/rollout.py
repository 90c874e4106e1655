"""N cars that drive one episode after the other: simulation and referee put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import numpy as np
from deepracer_core.track.track import Track

from deepracer_sim.buffers import Buffers
from deepracer_sim.engine import Cars, CarStates
from deepracer_sim.env_config import EnvConfig
from deepracer_sim.line_judge import Ints
from deepracer_sim.quick_draws import combine
from deepracer_sim.referee import Outcomes, Referee
from deepracer_sim.simulation import Simulation
from deepracer_sim.start import Start, Tracks, both_directions, start_at


def episode_start(config: EnvConfig, tracks: Tracks, seed: int, episode: int) -> Start:
    """How an episode of the environment starts; see `episode_starts`."""
    return episode_starts(config, tracks, [seed], [episode])[0]


def episode_starts(
    config: EnvConfig, tracks: Tracks, seeds: Sequence[int], episodes: Sequence[int]
) -> list[Start]:
    """How K episodes of the environment start; each depends on nothing but its two numbers.

    Args:
        config: of the environment.
        tracks: both directions of its track.
        seeds: (K,) of the cars.
        episodes: (K,) numbers of the episodes, over all cars.
    """
    drawn = np.empty(len(seeds), np.uint64)
    combine(np.array(seeds, np.uint64), np.array(episodes, np.uint64), drawn)
    return [_start(config, tracks, *pair) for pair in zip(drawn.tolist(), episodes)]


def _start(config: EnvConfig, tracks: Tracks, seed: int, episode: int) -> Start:
    reverse = config.start.is_reversed(episode)
    track, plan = tracks[reverse], config.simulation.objects
    objects = [] if plan is None else plan.placements(track.length, seed)
    placement = config.start.placement(episode, track.length, objects, closed=track.closed)
    return start_at(placement, tracks, reverse=reverse, seed=seed)


class Rollout:
    """Lets N cars drive; where an episode ends, the next one begins in the same step.

    A step judges the state that the policy saw with the command that it chose, and then moves the
    world. So an episode that ends for what a car did ends in the state that was judged, and one
    more picture follows it (`Buffers.last_images`).
    """

    def __init__(self, config: EnvConfig, buffers: Buffers, stride: int) -> None:
        """Build world and referee; `reset` begins the first episodes.

        Args:
            config: of the environment.
            buffers: of these N cars.
            stride: how much further the number of a car's next episode is: the cars of all workers.

        Raises:
            DeepRacerError: something in the configuration is impossible; see `Simulation.build` and
                `Referee`.
        """
        track = Track.from_definition(config.definition)
        cars = len(buffers.images)
        self._config = config
        self._buffers = buffers
        self._stride = stride
        self._tracks = both_directions(track)
        self._seeds = [0] * cars
        self._returns = np.zeros(cars)
        self._simulation = Simulation.build(
            config.definition, cars, config.simulation, buffers.images
        )
        self._referee = Referee(track, cars, config.rules, config.make_rewards)

    def reset(self, seeds: Sequence[int], episodes: Ints) -> None:
        """Begin anew with all cars.

        Args:
            seeds: of the N cars.
            episodes: (N,) numbers of their first episodes.
        """
        self._seeds = list(seeds)
        self._begin(np.arange(len(seeds)), episodes)

    def step(self) -> None:
        """Follow the commands in the buffers for one step, and write what it brings.

        Raises:
            DeepRacerError: a command is not finite, or the reward function failed; `reset` then.
        """
        buffers, simulation = self._buffers, self._simulation
        states = simulation.states
        outcomes = self._referee.judge(
            states, buffers.commands, simulation.time, simulation.objects
        )
        for field in fields(CarStates):
            getattr(buffers, field.name)[:] = getattr(states, field.name)
        simulation.step(buffers.commands)
        self._write(outcomes)
        ended = np.flatnonzero(outcomes.done)
        if len(ended):
            buffers.last_images[ended] = buffers.images[ended]
            self._begin(ended, buffers.episode[ended] + self._stride)

    def close(self) -> None:
        """End the engine and the process of the reward function."""
        self._simulation.close()
        self._referee.close()

    def _begin(self, cars: Cars, episodes: Ints) -> None:
        seeds = [self._seeds[car] for car in cars.tolist()]
        starts = episode_starts(self._config, self._tracks, seeds, episodes.tolist())
        self._simulation.reset(cars, starts)
        reverse = np.array([start.reverse for start in starts])
        self._referee.reset(cars, self._simulation.states.poses[cars], reverse)
        self._buffers.episode[cars] = episodes
        self._returns[cars] = 0.0

    def _write(self, outcomes: Outcomes) -> None:
        buffers = self._buffers
        self._returns += outcomes.reward
        buffers.reward[:] = outcomes.reward
        buffers.terminated[:] = outcomes.terminated
        buffers.truncated[:] = outcomes.truncated
        buffers.progress[:] = outcomes.progress
        buffers.status[:] = outcomes.status
        buffers.steps[:] = outcomes.steps
        buffers.laps[:] = outcomes.laps
        buffers.episode_reward[:] = self._returns
