"""Begins the episodes of one graph: lets somebody drive, and puts the car at the next start."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from deepracer_core.command_gate import Mode
from deepracer_drive.messages import to_nanoseconds
from deepracer_interfaces.msg import StepOutcome
from deepracer_interfaces.srv import ResetCar, SetMode
from rclpy.node import Node
from rclpy.task import Future

from deepracer_sim.nodes.episode_messages import to_request
from deepracer_sim.start import Start

CHECK_PERIOD = 0.25  # [s] of the wall clock
SETTLING_CHECKS = 3
"""Checks in a row in which all have been there: that they know each other takes a moment more."""
PATIENCE = 5.0
"""An episode of which nothing was heard for so long [s] of the wall clock is begun anew."""


@dataclass(frozen=True)
class Needs:
    """Who has to be there before an episode begins, as numbers of ends of topics."""

    publishers: tuple[str, ...]
    """Topics that somebody must publish."""
    subscribers: tuple[str, ...]
    """Topics that somebody must hear."""


NEEDS = Needs(publishers=("/reward", "/odom"), subscribers=("/odom", "/drive"))
DRIVER_NEEDS = {
    Mode.AUTONOMOUS: Needs(
        publishers=("/policy/drive",), subscribers=("/policy/drive", "/camera/image_raw")
    ),
    Mode.MANUAL: Needs(publishers=("/teleop/drive",), subscribers=("/teleop/drive",)),
}
"""Who has to be there too, by the mode: the gate ends a mode whose driver is silent."""

OnBegun = Callable[[int, int], None]
"""Is told the first stamp [ns] of an episode, and its number."""


class EpisodeCaller:
    """Calls `/set_mode`, then `/reset_car`, as soon as all are there and after each last step.

    | topic, service | type                             | content                              |
    |----------------|----------------------------------|--------------------------------------|
    | `/reward`      | deepracer_interfaces/StepOutcome | given to `hear`                      |
    | `/set_mode`    | deepracer_interfaces/SetMode     | asks for the mode                    |
    | `/reset_car`   | deepracer_interfaces/ResetCar    | asks for the next start              |
    """

    def __init__(
        self,
        node: Node,
        mode: Mode,
        next_number: Callable[[], int],
        start_of: Callable[[int], Start],
        *,
        namespace: str = "",
        on_begun: OnBegun = lambda *_: None,
    ) -> None:
        """Wait for the others.

        Args:
            node: that it is a part of.
            mode: of the gate: who drives.
            next_number: gives the number of the next episode.
            start_of: how the episode of a number starts.
            namespace: before the names of topics and services, such as `/simulator_1`.
            on_begun: is told of each episode.
        """
        self._node, self._mode, self._namespace = node, mode, namespace
        self._next_number, self._start_of, self._on_begun = next_number, start_of, on_begun
        self._episode: int | None = None  # that was begun last
        self._settled = 0  # checks in a row in which all were there
        self._attempt = 0  # which answers are to ours
        self._begins_at: int | None = None  # stamp; None: not begun
        self._ended_at = 0  # stamp of the latest end of an episode
        self._heard = 0.0
        self._set_mode = node.create_client(SetMode, f"{namespace}/set_mode")
        self._reset = node.create_client(ResetCar, f"{namespace}/reset_car")
        node.create_timer(CHECK_PERIOD, self._check)

    def hear(self, outcome: StepOutcome) -> None:
        """Take an outcome from /reward."""
        self.note_life()
        if outcome.done:
            self.end(to_nanoseconds(outcome.header.stamp))

    def note_life(self) -> None:
        """Take that the episode which was begun is going on."""
        self._heard = time.monotonic()

    def end(self, stamp: int) -> None:
        """Take that the episode which was begun has ended at `stamp` [ns]: the next one begins."""
        self._ended_at = stamp
        self._go_on()

    def missing(self) -> list[str]:
        """Topics and services of which an end is missing."""
        needs = (NEEDS, DRIVER_NEEDS[self._mode])
        counts = {
            self._node.count_publishers: [topic for need in needs for topic in need.publishers],
            self._node.count_subscribers: [topic for need in needs for topic in need.subscribers],
        }
        clients = (self._set_mode, self._reset)
        return [
            *(client.srv_name for client in clients if not client.service_is_ready()),
            *(
                f"{self._namespace}{topic}"
                for count, topics in counts.items()
                for topic in topics
                if not count(f"{self._namespace}{topic}")
            ),
        ]

    def _check(self) -> None:
        """Begin the first episode, or once more one of which nothing is heard."""
        silence = time.monotonic() - self._heard
        if self._attempt and silence < PATIENCE:
            return
        self._settled = 0 if self.missing() else self._settled + 1
        if self._settled < SETTLING_CHECKS:
            return
        if self._attempt:
            self._node.get_logger().warning(
                f"nothing on {self._namespace}/reward for {silence:.0f} s: beginning anew"
            )
        self._begin(self._next_number() if self._episode is None else self._episode)

    def _begin(self, episode: int) -> None:
        self._episode = episode
        self._attempt += 1
        self._begins_at = None
        self._heard = time.monotonic()
        attempt = self._attempt
        future = self._set_mode.call_async(SetMode.Request(mode=self._mode))
        future.add_done_callback(lambda future: self._on_mode(future, episode, attempt))

    def _on_mode(self, future: Future, episode: int, attempt: int) -> None:
        answer = future.result()
        if answer is None or attempt != self._attempt:
            return
        if not answer.success:
            self._node.get_logger().warning(answer.message)
        start = self._start_of(episode)
        reset = self._reset.call_async(to_request(start))
        reset.add_done_callback(lambda future: self._on_reset(future, episode, attempt))

    def _on_reset(self, future: Future, episode: int, attempt: int) -> None:
        answer = future.result()
        if answer is None or attempt != self._attempt:
            return
        if not answer.success:
            self._node.get_logger().error(answer.message)
            return
        self._begins_at = to_nanoseconds(answer.episode_start)
        self._on_begun(self._begins_at, episode)
        self._go_on()

    def _go_on(self) -> None:
        """Begin the next episode if the one that was begun has ended.

        A short one may have ended before the answer to `/reset_car` came.
        """
        if self._begins_at is not None and self._ended_at >= self._begins_at:
            self._begin(self._next_number())
