"""Everything that the simulation publishes in lockstep, by step; for comparing runs exactly."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import rclpy
from deepracer_drive.messages import to_nanoseconds
from deepracer_interfaces.msg import EpisodeStart, PolicyDecision, StepOutcome
from launched import WAIT, Launched
from nav_msgs.msg import Odometry
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.subscription import Subscription
from sensor_msgs.msg import Image

KEPT = QoSProfile(depth=2000)
EVERY_START = QoSProfile(depth=2000, durability=DurabilityPolicy.TRANSIENT_LOCAL)
PAUSE = 0.02  # [s] between two looks at what has come
TOPICS = {
    "/camera/image_raw": Image,
    "/odom": Odometry,
    "/policy/decision": PolicyDecision,
    "/reward": StepOutcome,
}


@dataclass(frozen=True)
class Step:
    """What was published with one stamp."""

    image: bytes | None
    """None: missed. A simulator keeps its last ten images only for who is slow to take them."""
    odometry: Odometry
    decision: PolicyDecision
    outcome: StepOutcome


Episodes = Mapping[int, list[Step]]
"""All steps, from the first on, of each episode that was recorded from there; by its seed."""


def record(enough: Callable[[Episodes], bool], *arguments: str) -> Episodes:
    """Launch, record until it is enough, and end the launch.

    On a busy machine some is missing: DDS sends a lost message again seconds later, and of the
    starts of episodes it keeps the latest only.
    """
    recording = Recording()
    found: Episodes = {}
    try:
        with Launched(*arguments) as running:
            deadline = time.monotonic() + WAIT
            while not enough(found):
                assert time.monotonic() < deadline, recording.counts()
                time.sleep(PAUSE)
                if recording.take():
                    found = recording.episodes()
            running.process.terminate()
            running.wait_for_end()
    finally:
        recording.close()
    return found


class Recording:
    """Messages as they came, taken past the executor, which is too slow for a fast simulation."""

    def __init__(self) -> None:
        rclpy.init()
        self._node = rclpy.create_node("recorder")
        self._starts = self._node.create_subscription(EpisodeStart, "/episode", id, EVERY_START)
        self._subscriptions = {
            topic: self._node.create_subscription(kind, topic, id, KEPT)
            for topic, kind in TOPICS.items()
        }
        self._seeds: dict[int, int] = {}
        self._found: dict[str, dict[int, Any]] = {topic: {} for topic in TOPICS}

    def take(self) -> bool:
        """Take what has come; return whether there was anything."""
        starts = _taken(self._starts)
        self._seeds |= {start.episode: start.seed for start in starts}
        taken = {topic: _taken(each) for topic, each in self._subscriptions.items()}
        for topic, messages in taken.items():
            self._found[topic] |= {to_nanoseconds(each.header.stamp): each for each in messages}
        return bool(starts) or any(taken.values())

    def counts(self) -> dict[str, int]:
        """How many messages were taken of each topic."""
        counts = {topic: len(messages) for topic, messages in self._found.items()}
        return {**counts, "/episode": len(self._seeds)}

    def episodes(self) -> Episodes:
        """What has been taken so far, by episode."""
        images, states, decisions, outcomes = self._found.values()
        episodes: dict[int, list[Step]] = {}
        for stamp, outcome in sorted(outcomes.items()):
            seed = self._seeds.get(outcome.episode)
            if seed is None or stamp not in states or stamp not in decisions:
                continue
            steps = episodes.setdefault(seed, [])
            if outcome.step == len(steps) + 1:  # else some were missed, as before all have met
                image = images[stamp].data.tobytes() if stamp in images else None
                steps.append(Step(image, states[stamp], decisions[stamp], outcome))
        return {seed: steps for seed, steps in episodes.items() if steps}

    def close(self) -> None:
        self._node.destroy_node()
        rclpy.try_shutdown()


def _taken(subscription: Subscription) -> list[Any]:
    """All messages that wait."""
    messages = []
    while taken := subscription.handle.take_message(subscription.msg_type, subscription.raw):
        messages.append(taken[0])
    return messages
