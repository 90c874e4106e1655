"""The life of a training: collect, learn, evaluate, keep, until there is a reason to stop.

While the network learns from one experience, the cars already drive the next one, with the network
as it was before, and another process examines a copy of the network: simulation, learning and
evaluation share the machine instead of waiting for each other.
"""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import replace
from enum import Enum

import torch
from deepracer_core import atomic
from deepracer_core.bundle.layout import MODEL_CARD
from deepracer_core.track.track import Track

from deepracer_sim.training.background_examiner import BackgroundExaminer
from deepracer_sim.training.checkpoints import LATEST, Checkpoint
from deepracer_sim.training.collector import vector_source
from deepracer_sim.training.environments import training_environment
from deepracer_sim.training.examiner import Verdict
from deepracer_sim.training.experience import Experience, SourceMaker, SourceSetup
from deepracer_sim.training.export import export_policy
from deepracer_sim.training.learner import Learner
from deepracer_sim.training.model_files import BEST, START, model_card
from deepracer_sim.training.model_lock import ModelLock
from deepracer_sim.training.moments import Watcher
from deepracer_sim.training.networks import PolicyNetwork
from deepracer_sim.training.run_log import RunLog, Say, minutes
from deepracer_sim.training.session import Session
from deepracer_sim.training.soft_learner import SoftLearner
from deepracer_sim.training.stopwatch import Stopwatch
from deepracer_sim.training.tally import Tally
from deepracer_sim.training.tensors import named
from deepracer_sim.training.trace_log import TraceLog

LEARNERS: dict[str, type[Learner | SoftLearner]] = {"ppo": Learner, "sac": SoftLearner}
EVALUATION_STEPS = 4096
"""Trained steps between two evaluations."""
PROGRESS_PERIOD = 5.0
"""After which a line says that an iteration still goes on [s]."""


class StopReason(Enum):
    """Why a training stopped; the values are for people."""

    GOOD = "the policy is good enough"
    TIME = "the time is up"
    STEPS = "the steps are done"
    EPISODES = "the episodes are done"
    ASKED = "it was asked to stop"


class Trainer:
    """Trains one model.

    Attributes:
        stopwatch: how long it waited for experience (`collect`), learnt from it (`update`),
            evaluated (`evaluate`) and wrote files (`files`).
        tally: how far it has come.
    """

    def __init__(
        self,
        session: Session,
        *,
        say: Say = print,
        watchers: Sequence[Watcher] = (),
        stop: threading.Event | None = None,
        make_source: SourceMaker = vector_source,
    ) -> None:
        """Prepare to train, from the model's latest checkpoint if it has one.

        Args:
            session: configuration, folder and reward function.
            say: prints a line.
            watchers: see each step of the first car.
            stop: is set by whoever wants `run` to end soon, with everything in order.
            make_source: of experience.

        Raises:
            DeepRacerError: something in the configuration is impossible, or a file is broken.
        """
        torch.set_num_threads(1)  # several threads on a shared machine are slower
        self._config, self._bundle = config, bundle = session.config, session.bundle
        self._spec = config.spec
        self._stop = stop or threading.Event()
        self._has_ended = False
        self._started = time.monotonic()
        self._lock = ModelLock(bundle.path)
        self.stopwatch = Stopwatch()
        training = training_environment(config, session.reward)
        self._learner = LEARNERS[config.algorithm](config)
        self.tally = self._restore()
        self._log = RunLog(
            bundle.path,
            config,
            say,
            resumed=self.tally.iteration > 0,
            episodes=self.tally.episodes,
        )
        track = Track.from_definition(training.definition)
        self._trace = TraceLog(bundle.path, track, training.start)
        seed = config.seed + self.tally.next_episode
        seen_by = (self._trace.watch, *watchers)
        # first, so that it loads its libraries while the cars' processes load theirs
        self._examiner = BackgroundExaminer(training, self._spec.preprocessing, config.seed)
        self._source = make_source(
            SourceSetup(config, training, self._learner.network, seed, seen_by, self.tally.steps)
        )

    def run(self) -> StopReason:
        """Train until there is a reason to stop; the folder is a complete model at any time.

        Raises:
            TrainingError: training has diverged.
            RewardError: the reward function failed.
            StorageError: a file cannot be written.
            WorkerError: the simulation was lost for good.
        """
        with ExitStack() as stack:
            stack.callback(self._close)
            if not self._bundle.has_policy:
                self._export(self._learner.network)
            stack.callback(self._finish)
            executor = stack.enter_context(ThreadPoolExecutor(1, "collector"))
            stack.callback(self._end)
            reason = self._train(executor)
        self._log.say(f"stopped after {minutes(self.tally.seconds)}: {reason.value}")
        self._log.say(f"the model is {self._bundle.path}")
        return reason

    def _train(self, executor: ThreadPoolExecutor) -> StopReason:
        source, tally = self._source, self.tally
        source.begin(self._config.seed, tally.next_episode, tally.time)
        future = executor.submit(source.collect, self._is_over)
        while True:
            with self.stopwatch.phase("collect"):
                experience = self._wait(future)
            reason = self._reason_to_stop()
            if reason is not None:
                return self._last_verdict(reason)
            self._trace.write(tally.iteration)
            source.behave_like(self._learner.network)
            future = executor.submit(source.collect, self._is_over)
            self._iterate(experience)
            if self._examine():
                return StopReason.GOOD
            self._keep()
            reason = self._reason_to_stop()  # the experience that is under way is not needed then
            if reason is not None:
                return self._last_verdict(reason)

    def _last_verdict(self, reason: StopReason) -> StopReason:
        """The reason to stop, now that no verdict is open: the last one may be a better reason."""
        if self._examiner.is_busy and reason is not StopReason.ASKED and self._take_verdict():
            return StopReason.GOOD
        return reason

    def _iterate(self, experience: Experience) -> None:
        """Learn from experience, and take it down."""
        tally, before = self.tally, self.tally.seconds
        with self.stopwatch.phase("update"):
            losses = self._learner.learn(experience.buffer, experience.images, self._is_over)
        tally.iteration += 1
        tally.steps += experience.steps
        tally.episodes += len(experience.episodes)
        tally.next_episode, tally.time = experience.next_episode, experience.time
        self._update_clock()
        rate = experience.steps / max(tally.seconds - before, 1e-9)
        self._log.iteration(tally, experience.episodes, losses, rate)

    def _examine(self) -> bool:
        """Take the verdict that is there, and have the policy of now examined if it is time.

        One examination ends before the next begins: so which policies are examined does not depend
        on the machine. Tells whether a policy is good enough.
        """
        tally = self.tally
        is_due = tally.steps - tally.evaluated_at >= EVALUATION_STEPS
        has_news = self._examiner.has_verdict or (is_due and self._examiner.is_busy)
        if has_news and self._take_verdict():
            return True
        if is_due:
            network = copy.deepcopy(self._learner.network).cpu()
            tally.evaluated_at = tally.steps
            self._candidate = network, replace(tally)
            self._examiner.begin(network, tally.evaluations)
            tally.evaluations += 1
        return False

    def _take_verdict(self) -> bool:
        """Keep the policy that was examined if it is the best; tell whether it is good enough."""
        tally, (network, then) = self.tally, self._candidate
        with self.stopwatch.phase("evaluate"):
            verdict = self._examiner.verdict(self._is_over)
        if verdict is None:
            return False
        tally.good_in_a_row = tally.good_in_a_row + 1 if verdict.is_good else 0
        is_best = tally.best is None or verdict.rank > tally.best
        if is_best:
            tally.best, tally.best_results = verdict.rank, verdict.lines(self._config.engine)
            weights = Checkpoint(named("network", network.state_dict()), {})
            weights.write(self._bundle.path / BEST)
            self._export(network)
        self._take_down(verdict, then, is_best=is_best)
        enough = tally.good_in_a_row >= self._config.good_evaluations
        return enough and self._config.stop_when_good

    def _take_down(self, verdict: Verdict, then: Tally, *, is_best: bool) -> None:
        self._log.evaluation(then, self._config.engine, verdict.home, best=is_best)
        if verdict.transfer is not None:
            self._log.evaluation(then, "mujoco", verdict.transfer, best=False)

    def _keep(self) -> None:
        """Write what is needed to go on from here."""
        self._update_clock()
        checkpoint = self._learner.checkpoint(self.tally.to_record())
        with self.stopwatch.phase("files"):
            checkpoint.write(self._bundle.path / LATEST)
            self._log.write()

    def _restore(self) -> Tally:
        path = self._bundle.path / LATEST
        if not path.exists():
            start = self._bundle.path / START
            if start.exists():
                self._learner.begin_with(Checkpoint.read(start))
            return Tally()
        checkpoint = Checkpoint.read(path)
        self._learner.restore(checkpoint)
        return Tally.from_record(checkpoint.record)

    def _export(self, network: PolicyNetwork) -> None:
        data = export_policy(network, self._spec, self._config.network)
        self._bundle.write_policy(data)

    def _finish(self) -> None:
        """Leave a complete model behind."""
        if self.tally.best is None:
            self._export(self._learner.network)
        self._keep()
        self._log.write(final=True)
        card = model_card(self._config, self._results())
        atomic.write_text(self._bundle.path / MODEL_CARD, card)

    def _results(self) -> list[str]:
        tally = self.tally
        counts = (
            f"{tally.steps:,} steps, {tally.episodes:,} episodes, {tally.iteration:,} iterations"
        )
        return [f"{counts} in {minutes(tally.seconds)}", *tally.best_results]

    def _end(self) -> None:
        """Let the collector leave its last task, which the executor waits for."""
        self._has_ended = True

    def _is_over(self) -> bool:
        return self._has_ended or self._stop.is_set()

    def _reason_to_stop(self) -> StopReason | None:
        config, tally = self._config, self.tally
        if self._stop.is_set():
            return StopReason.ASKED
        if tally.seconds >= config.max_minutes * 60.0:
            return StopReason.TIME
        if config.max_steps and tally.steps >= config.max_steps:
            return StopReason.STEPS
        if config.max_episodes and tally.episodes >= config.max_episodes:
            return StopReason.EPISODES
        return None

    def _wait(self, future: Future[Experience]) -> Experience:
        """The experience, once it is there; says now and then that training goes on."""
        while not wait([future], PROGRESS_PERIOD).done:
            self._update_clock()
            self._log.driving(self.tally)
        return future.result()

    def _update_clock(self) -> None:
        now = time.monotonic()
        self.tally.seconds += now - self._started
        self._started = now

    def _close(self) -> None:
        self._source.close()
        self._examiner.close()
        self._log.close()
        self._lock.release()
