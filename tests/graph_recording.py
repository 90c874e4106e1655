"""Everything that the simulation publishes in lockstep, by step; for comparing runs exactly."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import rclpy
from deepracer_drive.messages import to_nanoseconds
from deepracer_interfaces.msg import EpisodeStart, PolicyDecision, StepOutcome
from launched import WAIT, Launched
from nav_msgs.msg import Odometry
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import Image

KEPT = QoSProfile(depth=2000)
EVERY_START = QoSProfile(depth=2000, durability=DurabilityPolicy.TRANSIENT_LOCAL)
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


def record(steps: int, *arguments: str) -> Episodes:
    """Launch, record so many steps, and end the launch."""
    rclpy.init()
    node = rclpy.create_node("recorder")
    raw: dict[str, list[bytes]] = {topic: [] for topic in TOPICS}
    starts: list[EpisodeStart] = []
    # Not decoded until the end, so that the graph is hardly slowed down.
    for topic, kind in TOPICS.items():
        node.create_subscription(kind, topic, raw[topic].append, KEPT, raw=True)
    node.create_subscription(EpisodeStart, "/episode", starts.append, EVERY_START)
    try:
        with Launched(*arguments) as running:
            deadline = time.monotonic() + WAIT
            while len(raw["/reward"]) < steps:
                rclpy.spin_once(node, timeout_sec=0.2)
                assert time.monotonic() < deadline, {topic: len(raw[topic]) for topic in raw}
            running.process.terminate()
            running.wait_for_end()
    finally:
        node.destroy_node()
        rclpy.try_shutdown()
    return _by_episode(starts, {topic: _by_stamp(raw[topic], TOPICS[topic]) for topic in raw})


def _by_stamp(raw: list[bytes], kind: type) -> dict[int, Any]:
    messages = (deserialize_message(data, kind) for data in raw)
    return {to_nanoseconds(message.header.stamp): message for message in messages}


def _by_episode(starts: list[EpisodeStart], found: dict[str, dict[int, Any]]) -> Episodes:
    images, states, decisions, outcomes = (found[topic] for topic in TOPICS)
    numbers = {start.episode: start.seed for start in starts}
    episodes: dict[int, list[Step]] = {}
    for stamp, outcome in sorted(outcomes.items()):
        seed = numbers.get(outcome.episode)
        if seed is None or stamp not in states or stamp not in decisions:
            continue
        steps = episodes.setdefault(seed, [])
        if outcome.step == len(steps) + 1:  # else some were missed, as before all have met
            image = images[stamp].data.tobytes() if stamp in images else None
            steps.append(Step(image, states[stamp], decisions[stamp], outcome))
    return {seed: steps for seed, steps in episodes.items() if steps}
