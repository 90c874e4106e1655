"""Moments are put together from topics that tell of them in any order."""

from __future__ import annotations

import itertools
import random

import pytest
from deepracer_core.command_checks import DriveCommand
from deepracer_core.episode import EpisodeStatus
from deepracer_sim.evaluation.step_queue import NO_ACTION, Choice, Outcome, StepQueue
from evaluation_samples import states_at

PERIOD = 66_000_000
DRIVING, ENDED = EpisodeStatus.IN_PROGRESS, EpisodeStatus.OFF_TRACK


def tell(queue: StepQueue, topic: str, number: int, *, done: bool = False) -> None:
    stamp = number * PERIOD
    if topic == "states":
        queue.see(stamp, states_at((float(number), 0.0, 0.0)))
    elif topic == "command":
        queue.hear(DriveCommand(stamp, 0.01 * number, 1.0))
    elif topic == "choice":
        queue.learn(Choice(stamp, number))
    else:
        queue.take(stamp, Outcome(float(number), ENDED if done else DRIVING, done))


TOPICS = ("states", "command", "choice", "outcome")


def popped(queue: StepQueue) -> list[int]:
    return [step.stamp // PERIOD for step in iter(queue.pop, None)]


@pytest.mark.parametrize("seed", range(5))
def test_in_lockstep_any_order_gives_each_moment_once_with_its_own_parts(seed):
    queue, steps = StepQueue(lockstep=True), []
    queue.begin(3 * PERIOD)
    parts = list(itertools.product(TOPICS, range(1, 9)))
    random.Random(seed).shuffle(parts)
    for topic, number in parts * 2:
        tell(queue, topic, number)
        steps += iter(queue.pop, None)
    assert [step.stamp for step in steps] == [number * PERIOD for number in range(3, 9)]
    for number, step in enumerate(steps, 3):
        assert step.states.position[0, 0] == number == step.action == step.reward
        assert step.steering_angle == pytest.approx(0.01 * number)
        assert not step.crashed


def test_what_arrived_before_the_answer_to_the_reset_counts():
    queue = StepQueue(lockstep=True)
    for number in (1, 2, 5, 6):
        for topic in TOPICS:
            tell(queue, topic, number)
    queue.begin(5 * PERIOD)
    assert popped(queue) == [5, 6]


def test_when_the_reward_node_has_ended_the_episode_moments_go_on_without_it():
    queue = StepQueue(lockstep=True)
    queue.begin(PERIOD)
    for number in range(1, 5):
        for topic in TOPICS[:3]:
            tell(queue, topic, number)
    assert popped(queue) == []
    tell(queue, "outcome", 1)
    assert popped(queue) == [1]
    tell(queue, "outcome", 2, done=True)
    assert popped(queue) == [2, 3, 4]
    queue.begin(7 * PERIOD)
    for topic in TOPICS[:3]:
        tell(queue, topic, 7)
    assert popped(queue) == []


def test_crashes_are_told_by_the_reward_node():
    queue = StepQueue(lockstep=True)
    queue.begin(PERIOD)
    for topic in TOPICS[:3]:
        tell(queue, topic, 1)
    queue.take(PERIOD, Outcome(0.0, EpisodeStatus.CRASHED, done=True))
    assert queue.pop().crashed


def test_in_realtime_a_moment_without_an_answer_has_the_one_before():
    queue = StepQueue(lockstep=False)
    queue.begin(PERIOD)
    for number in range(1, 5):
        tell(queue, "states", number)
    tell(queue, "outcome", 1)
    first = queue.pop()
    assert (first.action, first.speed) == (NO_ACTION, 0.0)
    tell(queue, "command", 2)
    tell(queue, "choice", 2)
    for number in (2, 3, 4):
        tell(queue, "outcome", number)
    assert [queue.pop().action for _ in range(3)] == [2, 2, 2]
    queue.begin(9 * PERIOD)
    tell(queue, "states", 9)
    tell(queue, "outcome", 9)
    assert queue.pop().action == NO_ACTION


@pytest.mark.parametrize(
    ("chosen", "sent", "refused"), [(1.0, 1.0, False), (1.0, 0.0, True), (0.0, 0.0, False)]
)
def test_it_notices_when_the_gate_lets_nothing_through(chosen, sent, refused):
    queue = StepQueue(lockstep=True)
    queue.begin(PERIOD)
    tell(queue, "states", 1)
    queue.learn(Choice(PERIOD, 3, chosen))
    queue.hear(DriveCommand(PERIOD, 0.0, sent))
    tell(queue, "outcome", 1)
    queue.pop()
    assert queue.is_refused == refused
    queue.begin(9 * PERIOD)
    assert not queue.is_refused
