"""Tries the greedy policy: how many laps it makes, how far it gets, how long it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from deepracer_core.camera import Preprocessing
from deepracer_core.episode import EpisodeStatus
from deepracer_core.metrics import EpisodeResult, Phase

from deepracer_sim.engine import CONTROL_PERIOD
from deepracer_sim.env_config import EnvConfig
from deepracer_sim.training.frame_stack import FrameStack
from deepracer_sim.training.networks import PolicyNetwork, greedy_actions
from deepracer_sim.vector_env import DeepRacerVectorEnv

NO_LAP_TIME = 999_999.0
"""Stands for the lap time of who made no lap [s] (simapp)."""


@dataclass(frozen=True)
class Trial:
    """How one trial of an evaluation went."""

    laps: int
    """Complete laps."""
    progress: float
    """Of all the laps of the trial [%]."""
    seconds: float
    """Simulated time that it took [s]."""
    status: EpisodeStatus
    """How it ended."""

    def result(self, start_time: float) -> EpisodeResult:
        """The trial as training metrics have it; rewards are not given in an evaluation."""
        end_time = start_time + self.seconds
        phase = Phase.EVALUATION
        return EpisodeResult(phase, self.status, 0.0, self.progress, start_time, end_time)


@dataclass(frozen=True)
class Evaluation:
    """How a policy did in all trials."""

    trials: tuple[Trial, ...]
    """One for each start."""
    laps_wanted: int
    """That make a trial complete."""

    @property
    def is_perfect(self) -> bool:
        """Whether each trial was completed."""
        return all(trial.laps == self.laps_wanted for trial in self.trials)

    @property
    def laps(self) -> int:
        """Complete laps of all trials."""
        return sum(trial.laps for trial in self.trials)

    @property
    def completed(self) -> int:
        """Trials that were completed."""
        return sum(trial.laps == self.laps_wanted for trial in self.trials)

    @property
    def progress(self) -> float:
        """Mean of all trials [%]."""
        return float(np.mean([trial.progress for trial in self.trials]))

    @property
    def lap_time(self) -> float | None:
        """Mean time of a lap in the trials that were completed [s]; None if none was."""
        times = [t.seconds / t.laps for t in self.trials if t.laps == self.laps_wanted]
        return float(np.mean(times)) if times else None

    @property
    def rank(self) -> tuple[float, float, float]:
        """What policies are compared by: laps, then progress, then time; larger is better."""
        return self.laps, self.progress, -(self.lap_time or NO_LAP_TIME)

    def __str__(self) -> str:
        time = "" if self.lap_time is None else f", {self.lap_time:.1f} s a lap"
        return f"{self.completed}/{len(self.trials)} trials, {self.progress:.0f} %{time}"


class Evaluator:
    """Lets N cars try a policy at once, each from a start of its own."""

    def __init__(self, config: EnvConfig, preprocessing: Preprocessing, trials: int) -> None:
        """Build the world.

        Args:
            config: of the evaluation; the number of a trial is that of its episode.
            preprocessing: of the policy.
            trials: number of trials N.

        Raises:
            SimulationError: the world cannot be built.
        """
        self._environment = DeepRacerVectorEnv(config, trials, copy=False)
        self._stack = FrameStack(preprocessing, trials)
        self._laps_wanted = config.rules.laps

    @torch.inference_mode()
    def evaluate(
        self, network: PolicyNetwork, seed: int, is_over: Callable[[], bool] = lambda: False
    ) -> Evaluation | None:
        """Drive each trial to its end; None if that was given up.

        Args:
            network: the policy.
            seed: of the first trial; decides what is random.
            is_over: tells after each step whether to give up.
        """
        pictures, _ = self._environment.reset(seed=seed, options={"episode": 0})
        self._stack.begin(pictures)
        trials: list[Trial | None] = [None] * self._environment.num_envs
        while None in trials:
            if is_over():
                return None
            self._step(network, trials)
        return Evaluation(tuple(trial for trial in trials if trial), self._laps_wanted)

    def close(self) -> None:
        """Free the world."""
        self._environment.close()

    def _step(self, network: PolicyNetwork, trials: list[Trial | None]) -> None:
        images = torch.from_numpy(self._stack.input).to(network.head.weight.device)
        distribution = network.distribution(network.policy(images))
        actions = greedy_actions(distribution).cpu().numpy()
        pictures, _, terminated, truncated, infos = self._environment.step(actions)
        self._stack.push(pictures)
        ended = terminated | truncated
        if ended.any():
            self._stack.begin(pictures, ended)
        for car in np.flatnonzero(ended):
            if trials[car] is None:
                trials[car] = self._trial(
                    int(infos["laps"][car]),
                    float(infos["progress"][car]),
                    int(infos["steps"][car]),
                    EpisodeStatus(infos["status"][car]),
                )

    def _trial(self, laps: int, progress: float, steps: int, status: EpisodeStatus) -> Trial:
        done = laps if status is EpisodeStatus.LAP_COMPLETE else laps + progress / 100.0
        return Trial(laps, 100.0 * done / self._laps_wanted, steps * CONTROL_PERIOD, status)
