"""Lets many cars drive with the current policy, and keeps what they saw, did and got."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from deepracer_core.episode import EpisodeStatus
from deepracer_core.metrics import EpisodeResult, Phase
from deepracer_core.policy_spec import PolicySpec
from numpy.typing import NDArray

from deepracer_sim.engine import CONTROL_PERIOD
from deepracer_sim.referee import CUT_OFF
from deepracer_sim.training.experience import Experience, SourceSetup
from deepracer_sim.training.exploration import Exploration
from deepracer_sim.training.frame_stack import FrameStack
from deepracer_sim.training.hyperparameters import Hyperparameters
from deepracer_sim.training.moments import Moment, Watcher, first_car
from deepracer_sim.training.networks import PolicyNetwork
from deepracer_sim.training.rollout_buffer import RolloutBuffer
from deepracer_sim.training.run_config import RunConfig
from deepracer_sim.vector_env import DeepRacerVectorEnv, commands_of


class Collector:
    """Drives the cars of a vector environment, from one training to the next.

    An `experience.ExperienceSource`, which explains the methods.
    """

    def __init__(
        self,
        environment: DeepRacerVectorEnv,
        network: PolicyNetwork,
        spec: PolicySpec,
        hyperparameters: Hyperparameters,
        exploration: Exploration,
        watchers: Sequence[Watcher] = (),
    ) -> None:
        """Prepare; `begin` comes first.

        Args:
            environment: the cars; with `copy=False`.
            network: what to copy.
            spec: what the network sees and chooses from.
            hyperparameters: tell how much to collect.
            exploration: chooses the actions.
            watchers: see each step of the first car.
        """
        self._environment = environment
        self._watchers = watchers
        self._action_space = spec.metadata.action_space
        self._first_car_reward = 0.0
        self._network = copy.deepcopy(network).cpu()
        self._stack = FrameStack(spec.preprocessing, environment.num_envs)
        self._enough_episodes = hyperparameters.num_episodes_between_training or np.inf
        self._discount = hyperparameters.discount_factor
        self._exploration = exploration
        steps = max(1, hyperparameters.num_steps_between_training // environment.num_envs)
        shape = spec.preprocessing.input_shape[1:]
        actions = environment.action_space.sample()
        self._buffers = [RolloutBuffer(steps, shape, actions) for _ in range(2)]
        self._time = 0.0

    def begin(self, seed: int, episode: int, time: float = 0.0) -> None:
        """Begin new episodes with all cars."""
        self._time, self._first_car_reward = time, 0.0
        pictures, _ = self._environment.reset(seed=seed, options={"episode": episode})
        self._stack.begin(pictures)

    def behave_like(self, network: PolicyNetwork) -> None:
        """Drive as this network does from now on."""
        self._network.load_state_dict(network.state_dict())

    def collect(self, is_over: Callable[[], bool]) -> Experience:
        """Drive until there is enough to train with.

        Raises:
            RewardError: the reward function failed.
            WorkerError: a worker was lost for good.
        """
        buffer = self._buffers.pop(0)
        self._buffers.append(buffer)
        episodes: list[EpisodeResult] = []
        buffer.clear()
        while not (buffer.is_full or len(episodes) >= self._enough_episodes or is_over()):
            episodes += self._step(buffer)
        images = torch.from_numpy(self._stack.input)
        next_episode = int(self._environment.episodes.max()) + 1
        return Experience(buffer, images, episodes, next_episode, self._time)

    def close(self) -> None:
        """End the cars' workers."""
        self._environment.close()

    @torch.inference_mode()
    def _step(self, buffer: RolloutBuffer) -> Iterator[EpisodeResult]:
        images = self._stack.input
        distribution, values = self._network(torch.from_numpy(images))
        actions = self._exploration.choose(distribution)
        self._environment.step_async(actions.numpy())
        episode = int(self._environment.episodes[0])
        log_probabilities = distribution.log_prob(actions).numpy()
        pictures, rewards, terminated, truncated, infos = self._environment.step_wait()
        ended = terminated | truncated
        final_values = self._final_values(values.numpy(), ended, infos)
        buffer.append(
            images, actions.numpy(), log_probabilities, values.numpy(), rewards, ended, final_values
        )
        self._show(episode, actions[:1].numpy(), float(rewards[0]), bool(ended[0]), infos)
        self._stack.push(pictures)
        self._time += CONTROL_PERIOD
        if not ended.any():
            return iter(())
        self._stack.begin(pictures, ended)
        return self._results(ended, infos)

    def _final_values(
        self, values: NDArray[np.float32], ended: NDArray[np.bool_], infos: dict[str, Any]
    ) -> NDArray[np.float32]:
        """What could have followed the last steps of episodes; 0 where the car ended it itself.

        A complete lap is no end of the road: the car could drive on, and sees no finish line.
        A step that was lost with its worker teaches nothing: its error is made 0.
        """
        final = np.zeros_like(values)
        cut_off = ended & np.isin(infos["status"], CUT_OFF)
        if cut_off.any():
            last = np.stack(infos["final_obs"][cut_off].tolist())
            images = torch.from_numpy(self._stack.shifted(cut_off, last))
            final[cut_off] = self._network(images)[1].numpy()
        lost = infos["lost"]
        final[lost] = values[lost] / self._discount
        return final

    def _show(
        self,
        episode: int,
        actions: NDArray[np.generic],
        reward: float,
        done: bool,
        infos: dict[str, Any],
    ) -> None:
        """Show the step of the first car, whose action is the only one in `actions`."""
        self._first_car_reward += reward
        steering_angle, speed = commands_of(self._action_space, actions)[0].tolist()
        action = actions[0].tolist()
        moment = Moment(
            states=first_car(self._environment.states),
            image=self._stack.newest(0),
            action=tuple(action) if isinstance(action, list) else action,
            steering_angle=steering_angle,
            speed=speed,
            reward=reward,
            episode_reward=self._first_car_reward,
            progress=float(infos["progress"][0]),
            status=EpisodeStatus(infos["status"][0]),
            done=done,
            episode=episode,
            step=int(infos["steps"][0]),
            time=self._time,
        )
        for watch in self._watchers:
            watch(moment)
        if done:
            self._first_car_reward = 0.0

    def _results(self, ended: NDArray[np.bool_], infos: dict[str, Any]) -> Iterator[EpisodeResult]:
        sums = infos["final_info"]["episode"]
        for car in np.flatnonzero(ended):
            yield EpisodeResult(
                phase=Phase.TRAINING,
                status=EpisodeStatus(infos["status"][car]),
                reward=float(sums["r"][car]),
                progress=float(infos["progress"][car]),
                start_time=self._time - float(sums["l"][car]) * CONTROL_PERIOD,
                end_time=self._time,
            )


def vector_source(setup: SourceSetup) -> Collector:
    """The cars of this machine: `rollout:=vector`.

    Raises:
        DeepRacerError: something in the configuration is impossible.
        WorkerError: a worker did not start.
    """
    config = setup.config
    return Collector(
        DeepRacerVectorEnv(setup.environment, config.cars, workers=_workers(config), copy=False),
        setup.network,
        config.spec,
        config.hyperparameters,
        Exploration(config.hyperparameters, torch.Generator().manual_seed(setup.seed), setup.steps),
        setup.watchers,
    )


def _workers(config: RunConfig) -> int:
    """As many processes as are told, or one for each core beside the learner's own."""
    return config.workers or min(max(1, (os.cpu_count() or 1) - 1), config.cars)
