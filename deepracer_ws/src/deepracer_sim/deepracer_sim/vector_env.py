"""Many DeepRacer cars at once behind the interface of gymnasium's vector environments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from deepracer_core.action_space import ActionSpace, DiscreteActionSpace, clip_to_car
from deepracer_core.errors import ConfigError
from gymnasium import Space, spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from deepracer_sim.engine import CarStates, Commands, Floats, Images, ImageSpec
from deepracer_sim.env_config import EnvConfig
from deepracer_sim.line_judge import Bools, Ints
from deepracer_sim.start import MAX_SEED
from deepracer_sim.worker_pool import LocalPool, Patience, WorkerPool

MAX_CAR_SEED = 2**63 - 1  # drawn where none is given


def observation_space(image: ImageSpec) -> spaces.Box:
    """Pictures (rows, columns, channels)."""
    return spaces.Box(0, 255, (image.rows, image.width, 1 if image.gray else 3), np.uint8)


def gymnasium_space(action_space: ActionSpace) -> Space[Any]:
    """The indexes of a list of actions, or [-1, 1] for steering and speed."""
    if isinstance(action_space, DiscreteActionSpace):
        return spaces.Discrete(len(action_space))
    return spaces.Box(-1.0, 1.0, (2,), np.float32)


def commands_of(action_space: ActionSpace, actions: NDArray[Any]) -> Commands:
    """Commands (N, 2) as they reach the car: within its limits, float32 as in a message.

    Args:
        action_space: of the policy.
        actions: (N,) indexes or (N, 2) normalised.

    Raises:
        ActionSpaceError: there is no such action.
    """
    if isinstance(action_space, DiscreteActionSpace):
        chosen = action_space.from_index(actions)
    else:
        chosen = action_space.from_normalised(actions)
    return clip_to_car(chosen).astype(np.float32)


class DeepRacerVectorEnv(VectorEnv[Images, NDArray[Any], NDArray[Any]]):
    """N cars in worker processes, each with several; what a car does is specified in `gym_env`.

    | What        | Here                                                                           |
    |-------------|--------------------------------------------------------------------------------|
    | observation | (N, rows, columns, channels) uint8                                             |
    | action      | (N,) indexes, or (N, 2) in [-1, 1]                                             |
    | autoreset   | SAME_STEP: no step is wasted, and no mask needed. Where an episode ends, the   |
    |             | observation is the first of the next one, and `final_obs` what followed the    |
    |             | last step: bootstrap from it where truncated, never where terminated           |
    | seeds       | an int for car 0, and one more for each further car; or one int per car. What  |
    |             | a car meets follows from its seed, the number of the episode and its commands, |
    |             | not from the number of workers                                                 |
    | episodes    | are numbered over all cars: car i drives i, i + N, i + 2N, ... from the number |
    |             | `options={"episode": n}` of `reset` on; the number says where it starts        |
    | lost worker | a worker that was killed or hangs is replaced. Its cars' episodes are          |
    |             | truncated, with reward 0 and `lost`: leave these steps out of the training     |
    | errors      | of the reward function are raised; after `reset` it can go on                  |

    Infos, (N,) arrays of the step just done, of ended episodes too:

    | Key         | Meaning                                                                        |
    |-------------|--------------------------------------------------------------------------------|
    | progress    | share of the lap [%]                                                           |
    | status      | `EpisodeStatus` as number                                                      |
    | steps, laps | number of the step in its episode, complete laps                               |
    | lost        | whether a worker was lost with this step                                       |
    | final_obs   | only if episodes end: array of objects, images where they do; `_final_obs` says|
    | final_info  | likewise: `episode` with `r`, sum of rewards, and `l`, number of steps         |
    """

    metadata: dict[str, Any] = {  # noqa: RUF012  as gymnasium declares it
        "autoreset_mode": AutoresetMode.SAME_STEP,
        "render_modes": [],
    }

    def __init__(
        self,
        config: EnvConfig,
        num_envs: int,
        *,
        workers: int = 0,
        patience: Patience | None = None,
        copy: bool = True,
    ) -> None:
        """Build the worlds.

        Args:
            config: what is driven and how it is judged.
            num_envs: number of cars N.
            workers: number of processes; 0 lets all cars drive in this one.
            patience: how long workers may take.
            copy: whether observations are copies, or else overwritten by the next step.

        Raises:
            DeepRacerError: something in the configuration is impossible.
            WorkerError: a worker did not start.
        """
        image = config.simulation.image
        self.num_envs = num_envs
        self.single_observation_space = observation_space(image)
        self.single_action_space = gymnasium_space(config.action_space)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._config = config
        self._copy = copy
        self._car_seeds: list[int] = []
        self._pool: LocalPool | WorkerPool = (
            WorkerPool(config, num_envs, workers, patience)
            if workers
            else LocalPool(config, num_envs)
        )

    def reset(
        self,
        *,
        seed: int | Sequence[int] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Images, dict[str, Any]]:
        """Begin new episodes with all cars.

        Args:
            seed: of car 0, or of each car; None for the next episodes with the seeds there are.
            options: `episode`: number of the first episode.

        Raises:
            ConfigError: the number of seeds is not that of the cars, or one is out of range.
            RewardError: the reward function cannot be loaded.
        """
        episodes = np.arange(self.num_envs) + (options or {}).get("episode", 0)
        if seed is not None or not self._car_seeds:
            super().reset(seed=seed if isinstance(seed, int) else None)
            self._car_seeds = self._choose_seeds(seed)
        elif not options:
            episodes = self._pool.buffers.episode + self.num_envs
        self._pool.reset(self._car_seeds, episodes)
        return self._observe(self._pool.buffers.images), {}

    def step(self, actions: NDArray[Any]) -> tuple[Images, Floats, Bools, Bools, dict[str, Any]]:
        """Let all cars drive one step.

        Raises:
            ActionSpaceError: there is no such action.
            RewardError: the reward function failed.
            WorkerError: a worker has a bug, or was lost again and again.
        """
        self.step_async(actions)
        return self.step_wait()

    def step_async(self, actions: NDArray[Any]) -> None:
        """Let the cars begin a step; `step_wait` finishes it, and workers drive in between."""
        self._pool.buffers.commands[:] = commands_of(self._config.action_space, actions)
        self._pool.send()

    def step_wait(self) -> tuple[Images, Floats, Bools, Bools, dict[str, Any]]:
        """Wait until the step is done; see `step`."""
        lost = self._pool.receive()
        buffers = self._pool.buffers
        terminated, truncated = buffers.terminated.copy(), buffers.truncated.copy()
        infos = {
            "progress": buffers.progress.copy(),
            "status": buffers.status.copy(),
            "steps": buffers.steps.copy(),
            "laps": buffers.laps.copy(),
            "lost": lost,
        }
        ended = terminated | truncated
        if ended.any():
            infos.update(self._last_words(ended))
        images = self._observe(buffers.images)
        return images, buffers.reward.copy(), terminated, truncated, infos

    @property
    def states(self) -> CarStates:
        """Of all cars when the last step was judged, that is before it; overwritten by the next."""
        return self._pool.buffers.states

    @property
    def episodes(self) -> Ints:
        """(N,) numbers of the episodes under way; overwritten by the next step."""
        return self._pool.buffers.episode

    def close_extras(self, **_arguments: Any) -> None:
        """End the workers."""
        self._pool.close()

    def _choose_seeds(self, seed: int | Sequence[int] | None) -> list[int]:
        if seed is None:
            drawn: list[int] = self.np_random.integers(MAX_CAR_SEED, size=self.num_envs).tolist()
            return drawn
        seeds = [seed + car for car in range(self.num_envs)] if isinstance(seed, int) else [*seed]
        if len(seeds) != self.num_envs:
            raise ConfigError(f"{len(seeds)} seeds for {self.num_envs} cars; give one for each")
        if not all(0 <= seed <= MAX_SEED for seed in seeds):
            raise ConfigError(f"seeds {seeds}: give whole numbers from 0 to 2^64 - 1")
        return seeds

    def _observe(self, images: Images) -> Images:
        """Images as observations, with an axis for the channels."""
        observed = images.reshape(len(images), *self.single_observation_space.shape)  # type: ignore[misc]
        return observed.copy() if self._copy else observed

    def _last_words(self, ended: Bools) -> dict[str, Any]:
        """What gymnasium wants to know about episodes that ended."""
        buffers = self._pool.buffers
        last = np.full(self.num_envs, None)
        shape = self.single_observation_space.shape
        for car in np.flatnonzero(ended):
            last[car] = buffers.last_images[car].reshape(shape).copy()
        episode = {
            "r": np.where(ended, buffers.episode_reward, 0.0),
            "l": np.where(ended, buffers.steps, 0),
        }
        return {
            "final_obs": last,
            "_final_obs": ended,
            "final_info": {"episode": episode, "_episode": ended},
            "_final_info": ended,
        }
