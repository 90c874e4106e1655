"""Evaluates what drives the car: begins the runs, judges each step, reports the results."""

from __future__ import annotations

import itertools
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import rclpy
from ackermann_msgs.msg import AckermannDriveStamped
from deepracer_core.command_gate import Mode
from deepracer_core.episode import EpisodeStatus
from deepracer_core.errors import EvaluationError
from deepracer_core.sim_trace import TraceRow
from deepracer_core.track.track import Track
from deepracer_drive.messages import EVERY, LATCHED, to_command, to_nanoseconds
from deepracer_drive.models import open_store
from deepracer_drive.node_main import spin_until_shutdown
from deepracer_drive.parameters import declare
from deepracer_interfaces.msg import GateStatus, PolicyDecision, StepOutcome
from nav_msgs.msg import Odometry
from rclpy.node import Node

from deepracer_sim.evaluation.folder import HEAT_MAP, RESULTS, EvaluationFolder, default_folder
from deepracer_sim.evaluation.marshal import Marshal
from deepracer_sim.evaluation.results import Results, format_trials, read_results
from deepracer_sim.evaluation.step_queue import Choice, Outcome, StepQueue
from deepracer_sim.nodes.episode_caller import EpisodeCaller
from deepracer_sim.nodes.evaluation_parameters import declare_config
from deepracer_sim.nodes.race_parameters import (
    LOCKSTEP,
    declare_track,
)
from deepracer_sim.nodes.state_messages import car_states

WATCH_PERIOD = 1.0  # [s] of the wall clock
GIVE_UP = 120.0
"""Time of the wall clock [s] without a moment to judge after which the evaluation fails. The first
start on a machine compiles for a while; a node that ends is noticed by the launch, at once."""


class Evaluator(Node):
    """Leads the car through all trials, writes what it finds, and ends.

    | topic, service      | type                                 | content                         |
    |---------------------|--------------------------------------|---------------------------------|
    | `/odom`             | nav_msgs/Odometry                    | heard: the state of the moment  |
    | `/policy/decision`  | deepracer_interfaces/PolicyDecision  | heard: what the model decided   |
    | `/drive`            | ackermann_msgs/AckermannDriveStamped | heard: what the car was told    |
    | `/reward`           | deepracer_interfaces/StepOutcome     | heard: rewards and crashes      |
    | `/drive/status`     | deepracer_interfaces/GateStatus      | heard: why it does not drive    |
    | `/set_mode`, `/reset_car` |                                | called (`EpisodeCaller`)        |

    The reward node must not end episodes but for leaving the track and crashes, and hold laps for
    no end: `evaluate.launch.py` sees to it.
    """

    _folder: EvaluationFolder | None = None

    def __init__(self) -> None:
        """Wait for the graph.

        Raises:
            DeepRacerError: a parameter is wrong.
        """
        super().__init__("evaluator")
        config = declare_config(self)
        definition = declare_track(self)
        self._model = declare(self, "model", "", "name of the model, or its folder")
        output = declare(self, "output", "", "folder for the results; empty: that of the model")
        earlier = declare(self, "earlier", [""], "folders of evaluations in the same table")
        self._earlier = [Path(folder) for folder in earlier if folder]
        now = datetime.now(timezone.utc)
        self._path = Path(output) if output else self._default_path(now)
        self._results = Results(
            Path(self._model).name,
            definition.name,
            now.isoformat(timespec="seconds"),
            config.to_dict(),
        )
        self._queue = StepQueue(lockstep=config.pacing == LOCKSTEP)
        self._marshal = Marshal(
            config, Track.from_definition(definition), on_rows=self._on_rows, say=_say
        )
        self._is_driving = False  # an episode runs that is to be judged
        self._gate_reason = "it does not say why"
        self._judged = time.monotonic()
        numbers = itertools.count()
        self._caller = EpisodeCaller(
            self,
            Mode.AUTONOMOUS,
            lambda: next(numbers),
            lambda _: self._marshal.start,
            on_begun=self._on_begun,
        )
        self._listen()
        self.create_timer(WATCH_PERIOD, self._watch)

    def _default_path(self, now: datetime) -> Path:
        store = open_store()
        return default_folder(store.find(self._model), store, now)

    def _listen(self) -> None:
        self.create_subscription(GateStatus, "/drive/status", self._on_status, LATCHED)
        self.create_subscription(Odometry, "/odom", self._on_odometry, EVERY)
        self.create_subscription(PolicyDecision, "/policy/decision", self._on_decision, EVERY)
        self.create_subscription(AckermannDriveStamped, "/drive", self._on_drive, EVERY)
        self.create_subscription(StepOutcome, "/reward", self._on_reward, EVERY)

    def _on_begun(self, stamp: int, _number: int) -> None:
        if self._folder is None:
            self._folder = EvaluationFolder(self._path)
        self._queue.begin(stamp)
        self._marshal.begin(stamp)
        self._is_driving = True
        self._judged = time.monotonic()
        self._judge()

    def _on_odometry(self, message: Odometry) -> None:
        self._queue.see(to_nanoseconds(message.header.stamp), car_states(message))
        self._judge()

    def _on_decision(self, message: PolicyDecision) -> None:
        action: int | tuple[float, ...] = message.action
        if message.action < 0:
            action = (math.degrees(message.steering_angle), message.speed)
        stamp = to_nanoseconds(message.header.stamp)
        self._queue.learn(Choice(stamp, action, message.speed))
        self._judge()

    def _on_drive(self, message: AckermannDriveStamped) -> None:
        self._queue.hear(to_command(message))
        self._judge()

    def _on_reward(self, message: StepOutcome) -> None:
        outcome = Outcome(message.reward, EpisodeStatus(message.status), message.done)
        self._queue.take(to_nanoseconds(message.header.stamp), outcome)
        self._judge()

    def _on_status(self, message: GateStatus) -> None:
        self._gate_reason = message.reason

    def _judge(self) -> None:
        """Judge all moments that are known, up to the end of the episode.

        Raises:
            EvaluationError: the gate has stopped the car: what is judged then is not the model.
        """
        while self._is_driving and (step := self._queue.pop()) is not None:
            if self._queue.is_refused:
                raise EvaluationError(
                    f"the command gate has stopped the model: {self._gate_reason}; if this machine "
                    "is too slow for it, give pacing:=lockstep"
                )
            self._judged = time.monotonic()
            self._caller.note_life()
            if self._marshal.judge(step):
                self._is_driving = False
                self._report()
                if self._marshal.finished:
                    self._finish()
                else:
                    self._caller.end(step.stamp)

    def _on_rows(self, rows: Sequence[TraceRow]) -> None:
        assert self._folder is not None
        self._folder.append(rows)

    def _report(self) -> None:
        """Write the results if a trial has ended."""
        trials = tuple(self._marshal.trials)
        if len(trials) == len(self._results.trials) and not self._marshal.finished:
            return
        self._results = replace(self._results, trials=trials, finished=self._marshal.finished)
        assert self._folder is not None
        self._folder.write(self._results)

    def _finish(self) -> None:
        """Show the table, and end."""
        if self._results.config["robustness"]:
            # takes a moment to load
            from deepracer_sim.evaluation.heat_map import draw_heat_map

            draw_heat_map(self._path / HEAT_MAP, self._results)
        evaluations = [*(read_results(path / RESULTS) for path in self._earlier), self._results]
        _say(f"{self._results.model} on {', '.join(found.track for found in evaluations)}")
        for line in format_trials(evaluations).splitlines():
            _say(line)
        for found in evaluations:
            _say(
                f"{found.track}: {found.summary_line()}" if self._earlier else found.summary_line()
            )
        _say(f"results: {self._path}")
        rclpy.shutdown()

    def _watch(self) -> None:
        """Notice that nothing comes any more.

        Raises:
            EvaluationError: so it is.
        """
        silence = time.monotonic() - self._judged
        if silence < GIVE_UP:
            return
        missing = ", ".join(self._caller.missing())
        what = f"nobody is there for {missing}" if missing else "no step was told of completely"
        raise EvaluationError(
            f"nothing to judge for {silence:.0f} s: {what}; look above for the last words of the "
            "other nodes"
        )

    def destroy_node(self) -> None:
        """Complete the files, also of an evaluation that was broken off."""
        folder, self._folder = self._folder, None
        if folder is not None:
            folder.write(self._results)
            folder.close()
        super().destroy_node()


def _say(line: str) -> None:
    print(line, flush=True)


def main() -> None:
    """Run the node."""
    sys.exit(spin_until_shutdown(Evaluator))
