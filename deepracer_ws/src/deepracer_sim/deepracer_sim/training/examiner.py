"""Examines the policy while it trains: in the engine it learns in, and then in MuJoCo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from deepracer_core.camera import Preprocessing

from deepracer_sim.engine_factory import ENGINES
from deepracer_sim.env_config import EnvConfig
from deepracer_sim.training.environments import evaluation_environment
from deepracer_sim.training.evaluation import Evaluation, Evaluator
from deepracer_sim.training.networks import PolicyNetwork

STARTS = 8
"""Places all round each track from which the policy has to drive."""
LAPS = 3
"""That it has to make in a row from each."""
TRANSFER_ENGINE = "mujoco"
"""The engine whose physics is nearest to the car's."""
TRANSFER_TRIALS = 10
"""Laps from the start line of each track, there."""

_SEED_STRIDE = 1_000_003
"""Between the seeds of two evaluations: a prime, so that no two share a car's seed."""


@dataclass(frozen=True)
class Verdict:
    """What an examination found."""

    home: Evaluation
    """In the engine that the policy learns in."""
    transfer: Evaluation | None = None
    """In MuJoCo; None if it was not perfect at home."""

    @property
    def is_good(self) -> bool:
        """Whether every trial was completed."""
        return self.home.is_perfect and self.transfer is not None and self.transfer.is_perfect

    @property
    def rank(self) -> list[float]:
        """What policies are compared by; larger is better.

        Laps, trials completed in MuJoCo, progress, then time.
        """
        laps, progress, time = self.home.rank
        completed = 0 if self.transfer is None else self.transfer.completed
        return [laps, completed, progress, time]

    def lines(self, engine: str) -> list[str]:
        """The results in words; `engine` is that of the training."""
        starts = len(self.home.trials)
        lines = [f"{engine}, {starts} starts, {LAPS} laps each: {self.home}"]
        if self.transfer is not None:
            lines.append(f"{TRANSFER_ENGINE}, laps from the start line: {self.transfer}")
        return lines


class Examiner:
    """Evaluates policies; the world of each engine is built when it is first needed."""

    def __init__(self, training: EnvConfig, preprocessing: Preprocessing, seed: int) -> None:
        """Prepare.

        Args:
            training: the environment of the training.
            preprocessing: of the policy, with frames.
            seed: of the training.
        """
        self._training = training
        self._preprocessing = preprocessing
        self._seed = seed
        self._evaluators: dict[str, Evaluator] = {}

    def examine(
        self, network: PolicyNetwork, number: int, is_over: Callable[[], bool]
    ) -> Verdict | None:
        """Evaluate a policy; None if that was given up.

        Args:
            network: the policy.
            number: of the examination: what is random differs from one to the next.
            is_over: tells whether to give up.

        Raises:
            SimulationError: a world cannot be built.
        """
        seed = self._seed + (number + 1) * _SEED_STRIDE
        home = self._evaluator("home", self._home, STARTS).evaluate(network, seed, is_over)
        if home is None or not home.is_perfect:
            return None if home is None else Verdict(home)
        abroad = self._evaluator("transfer", self._abroad, TRANSFER_TRIALS)
        transfer = abroad.evaluate(network, seed, is_over)
        return None if transfer is None else Verdict(home, transfer)

    def close(self) -> None:
        """Free the worlds."""
        for evaluator in self._evaluators.values():
            evaluator.close()

    def _home(self) -> EnvConfig:
        engine = self._training.simulation.engine
        if engine not in ENGINES:  # that of another process
            engine = TRANSFER_ENGINE
        return evaluation_environment(self._training, engine, LAPS, 1 / STARTS)

    def _abroad(self) -> EnvConfig:
        return evaluation_environment(self._training, TRANSFER_ENGINE, 1, 0.0)

    def _evaluator(self, name: str, config: Callable[[], EnvConfig], trials: int) -> Evaluator:
        if name not in self._evaluators:
            tracks = len(self._training.tracks)
            self._evaluators[name] = Evaluator(config(), self._preprocessing, trials * tracks)
        return self._evaluators[name]
