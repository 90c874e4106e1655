"""One ROS graph as the trainer hears it, and whether all its parts are there.

A graph is what `simulate.launch.py` starts, too: simulator in lockstep, inference, command gate and
reward node. It is not asked which simulator that is.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from deepracer_core.camera import image_view
from deepracer_core.decision import NO_INDEX
from deepracer_core.episode import EpisodeStatus
from deepracer_core.errors import TrainingError
from deepracer_drive.messages import EVERY, to_nanoseconds
from deepracer_interfaces.msg import PolicyDecision, StepOutcome
from deepracer_interfaces.srv import LoadModel
from nav_msgs.msg import Odometry
from rclpy.node import Node
from sensor_msgs.msg import Image

from deepracer_sim.nodes.episode_caller import EpisodeCaller
from deepracer_sim.nodes.state_messages import car_states
from deepracer_sim.training.experience import SourceSetup
from deepracer_sim.training.graph_steps import Choice, Judgement, StepJoiner

LOOK_PERIOD = 0.5  # [s] in which one looks whether training is over, and who is missing
LOAD_PATIENCE = 30.0  # [s] for an answer to /load_model
SILENCE = 120.0
"""Time without a single outcome [s] after which a graph is given up; the first start compiles."""
LOOKS_WITHOUT = 4
"""Looks in a row at which a topic or service must be missing: one alone may be a busy machine."""


class Graph:
    """One graph, as the trainer hears it; used in the thread that spins the node.

    Attributes:
        joiner: what is heard, by step.
        heard: when an outcome came [s], by `time.monotonic`; None if none came.
        caller: begins its episodes.
    """

    def __init__(
        self,
        node: Node,
        namespace: str,
        setup: SourceSetup,
        make_caller: Callable[..., EpisodeCaller],
        on_step: Callable[[], None],
    ) -> None:
        """Subscribe.

        Args:
            node: that listens.
            namespace: before the names of its topics and services.
            setup: of the source.
            make_caller: is given `namespace` and `on_begun`.
            on_step: is called when there are further steps.
        """
        self.namespace = namespace
        is_first = not namespace
        limit = setup.config.hyperparameters.num_steps_between_training
        preprocessing = setup.config.spec.preprocessing
        self.joiner = StepJoiner(preprocessing, limit, with_states=is_first)
        self.heard: float | None = None
        self._on_step = on_step
        self._load = node.create_client(LoadModel, f"{namespace}/load_model")
        self.caller = make_caller(namespace=namespace, on_begun=self.joiner.begin)
        hear: list[tuple[type, str, Callable[[Any], None]]] = [
            (Image, "/camera/image_raw", self._on_image),
            (PolicyDecision, "/policy/decision", self._on_decision),
            (StepOutcome, "/reward", self._on_reward),
        ]
        if is_first:
            hear.append((Odometry, "/odom", self._on_odometry))
        for kind, topic, callback in hear:
            node.create_subscription(kind, namespace + topic, callback, EVERY)

    @property
    def can_load(self) -> bool:
        """Whether there is somebody who loads models."""
        return bool(self._load.service_is_ready())

    def load(self, folder: Path, stop: threading.Event) -> None:
        """Drive by the model in this folder from now on; called in any other thread.

        Args:
            folder: of the model.
            stop: tells that one need not wait for the answer.

        Raises:
            TrainingError: the graph does not answer, or refuses the model.
        """
        answered = threading.Event()
        future = self._load.call_async(LoadModel.Request(model=str(folder)))
        future.add_done_callback(lambda _: answered.set())
        deadline = time.monotonic() + LOAD_PATIENCE
        while not answered.wait(LOOK_PERIOD):
            if stop.is_set():
                return
            if time.monotonic() > deadline:
                raise TrainingError(
                    f"{self._load.srv_name} does not answer: look above for the last words of "
                    "inference. The model is complete; go on with resume:=true"
                )
        answer = future.result()
        if answer is None or not answer.success:
            reason = "" if answer is None else answer.message
            raise TrainingError(f"{self._load.srv_name} refuses the policy: {reason}")

    def missing(self) -> list[str]:
        """Topics and services of which an end is missing."""
        return [*([] if self.can_load else [self._load.srv_name]), *self.caller.missing()]

    def _on_image(self, message: Image) -> None:
        image = image_view(
            message.data,
            rows=message.height,
            columns=message.width,
            step=message.step,
            encoding=message.encoding,
        )
        self.joiner.see(to_nanoseconds(message.header.stamp), image, message.encoding)
        self._on_step()

    def _on_decision(self, message: PolicyDecision) -> None:
        self.joiner.choose(to_nanoseconds(message.header.stamp), to_choice(message))

    def _on_odometry(self, message: Odometry) -> None:
        self.joiner.locate(to_nanoseconds(message.header.stamp), car_states(message))

    def _on_reward(self, message: StepOutcome) -> None:
        self.heard = time.monotonic()
        judgement = Judgement(
            message.step,
            message.reward,
            message.episode_reward,
            message.progress,
            EpisodeStatus(message.status),
            message.done,
        )
        self.joiner.judge(to_nanoseconds(message.header.stamp), judgement)
        self._on_step()
        self.caller.hear(message)


def to_choice(message: PolicyDecision) -> Choice:
    """What PPO learns from: the draw itself, whose density is told, not what the car made of it."""
    action: int | tuple[float, float] = message.action
    if action == NO_INDEX:
        steering, speed = message.drawn
        action = (float(steering), float(speed))
    return Choice(
        message.model, action, message.log_probability, message.steering_angle, message.speed
    )


class Watch:
    """Looks whether all parts of the graphs are there.

    A part that ends in order is missed at once, one that was killed after the 20 s of DDS.
    """

    def __init__(self) -> None:
        """Nobody is there yet."""
        self._due = 0.0
        self._without = 0
        self._begun = time.monotonic()
        self._complete = False

    def look(self, graphs: Sequence[Graph]) -> None:
        """Look now and then.

        Raises:
            TrainingError: something is missing for good.
        """
        now = time.monotonic()
        if now < self._due:
            return
        self._due = now + LOOK_PERIOD
        missing = [name for graph in graphs for name in graph.missing()]
        self._without = self._without + 1 if missing else 0
        self._complete |= not missing
        silence = now - min(graph.heard or self._begun for graph in graphs)
        is_gone = self._complete and self._without >= LOOKS_WITHOUT
        if is_gone or silence > SILENCE:
            what = f"lost {', '.join(missing)}" if missing else "told nothing"
            raise TrainingError(
                f"the ROS graph has {what} for {silence:.0f} s: look above for the last words of "
                "the node that ended. The model is complete; go on with resume:=true"
            )
