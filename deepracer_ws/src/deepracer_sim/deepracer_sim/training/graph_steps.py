"""Puts together what the topics of one ROS graph tell about each step: by stamp, in order.

An image, the decision that it led to and the outcome of that come from three nodes, in any order,
late, twice or never. A step is given on once all about it is there, and the image after it. Each
topic keeps its order: what is missing when something later has come on its topic is lost, and the
rest of its episode with it. Images are what a busy machine loses: a simulator keeps but the last.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
from deepracer_core.camera import CameraPreprocessor, Image, Preprocessing
from deepracer_core.episode import EpisodeStatus
from numpy.typing import NDArray

from deepracer_sim.engine import CONTROL_PERIOD_NANOSECONDS, CarStates
from deepracer_sim.referee import CUT_OFF

MAX_WAITING = 500
"""Steps after which one that is not complete is lost although its topic is silent: seconds, after
which DDS sends again what found no room in the shared memory."""
MOST = 4 * MAX_WAITING
"""Entries of a topic that are kept: the world moves on between two episodes, too."""


@dataclass(frozen=True)
class Choice:
    """What a policy decided; see PolicyDecision.msg."""

    model: str
    """Name of the model: the past pictures of a new one are forgotten."""
    action: int | tuple[float, float]
    """Index of the action, or steering and speed in the normalised range, not clipped to it."""
    log_probability: float
    """Of the action."""
    steering_angle: float
    """Commanded [rad], left positive."""
    speed: float
    """Commanded [m/s]."""


@dataclass(frozen=True)
class Judgement:
    """What a step brought; see StepOutcome.msg."""

    step: int
    """Number of the step in its episode, from 1."""
    reward: float
    """Of the step."""
    episode_reward: float
    """Sum over the episode so far."""
    progress: float
    """Share of the lap [%]."""
    status: EpisodeStatus
    """Of the episode after the step."""
    done: bool
    """Whether the step ends it."""

    @property
    def has_future(self) -> bool:
        """Whether the car drives on, or could have."""
        return not self.done or self.status in CUT_OFF


@dataclass(frozen=True, eq=False)
class GraphStep:
    """A whole step.

    Attributes:
        episode: its number, as it was begun.
        image: (channels, rows, columns) uint8 what the policy saw.
        next_image: what it would see next in the same episode; the same image where that has no
            future.
        states: of the car when it was judged; None if they are not followed.
        choice: what the policy decided.
        judgement: what that brought.
    """

    episode: int
    image: NDArray[np.uint8]
    next_image: NDArray[np.uint8]
    states: CarStates | None
    choice: Choice
    judgement: Judgement

    def follows(self, other: GraphStep) -> bool:
        """Whether it is the next step of the same episode."""
        step = self.judgement.step
        return self.episode == other.episode and step == other.judgement.step + 1


class StepJoiner:
    """Follows one graph.

    Attributes:
        steps: whole ones, in order; whoever uses them takes them out.
        lost: number of episodes whose end is lost.
    """

    def __init__(
        self, preprocessing: Preprocessing, limit: int, *, with_states: bool = False
    ) -> None:
        """Wait for an episode.

        Args:
            preprocessing: of the policy, with its frames.
            limit: number of steps that are kept; further ones are dropped.
            with_states: whether to follow the states of the car, too.
        """
        one = Preprocessing(**{**preprocessing.to_dict(), "frames": 1})
        self._camera = CameraPreprocessor(one)
        self._frames: deque[NDArray[np.uint8]] = deque(maxlen=preprocessing.frames)
        self._limit = limit
        self._with_states = with_states
        self._model = ""
        self._starts: deque[tuple[int, int]] = deque()  # stamp, number
        self._episode: int | None = None  # that is followed
        self._next = 0  # stamp of the step that is put together next
        self._images: dict[int, NDArray[np.uint8]] = {}
        self._states: dict[int, CarStates] = {}
        self._choices: dict[int, Choice] = {}
        self._judgements: dict[int, Judgement] = {}
        self.steps: deque[GraphStep] = deque()
        self.lost = 0

    def begin(self, stamp: int, episode: int) -> None:
        """An episode of this number begins with `stamp` [ns]."""
        self._starts.append((stamp, episode))
        self._join()

    def see(self, stamp: int, image: Image, encoding: str) -> None:
        """The camera took this image at `stamp`.

        Raises:
            CameraError: the image is not what the encoding says.
        """
        if stamp >= self._next and stamp not in self._images:
            self._images[stamp] = self._camera.process(image, encoding=encoding)[0].copy()
            self._join()

    def locate(self, stamp: int, states: CarStates) -> None:
        """The car was in this state."""
        if stamp >= self._next:
            self._states[stamp] = states
            self._join()

    def choose(self, stamp: int, choice: Choice) -> None:
        """The policy decided on the image of `stamp`; what it decides once more is not driven."""
        if stamp >= self._next:
            self._choices.setdefault(stamp, choice)
            self._join()

    def judge(self, stamp: int, judgement: Judgement) -> None:
        """The step of `stamp` was judged."""
        if stamp >= self._next:
            self._judgements[stamp] = judgement
            self._join()

    def _join(self) -> None:
        """Give on all steps that are whole."""
        while self._find_episode() and self._is_whole():
            self._give_on()
        self._forget()
        if self._is_lost():
            self._episode = None
            self.lost += 1
            self._join()

    def _find_episode(self) -> bool:
        """Whether an episode is followed, perhaps from now on."""
        if self._episode is None and self._starts:
            self._next, self._episode = self._starts.popleft()
            self._frames.clear()
        return self._episode is not None

    def _is_whole(self) -> bool:
        stamp, judgement = self._next, self._judgements.get(self._next)
        return (
            judgement is not None
            and stamp in self._choices
            and stamp in self._images
            and (not judgement.has_future or stamp + CONTROL_PERIOD_NANOSECONDS in self._images)
            and (not self._with_states or stamp in self._states)
        )

    def _give_on(self) -> None:
        assert self._episode is not None
        stamp, judgement = self._next, self._judgements[self._next]
        self._next += CONTROL_PERIOD_NANOSECONDS
        image = self._stacked(self._images[stamp], self._choices[stamp].model)
        following = self._images[self._next if judgement.has_future else stamp]
        step = GraphStep(
            self._episode,
            image,
            np.concatenate((*list(self._frames)[1:], following)),
            self._states.get(stamp),
            self._choices[stamp],
            judgement,
        )
        if len(self.steps) < self._limit:
            self.steps.append(step)
        if judgement.done:
            self._episode = None

    def _stacked(self, newest: NDArray[np.uint8], model: str) -> NDArray[np.uint8]:
        """What a policy sees that drives by this model."""
        if model != self._model:
            self._frames.clear()
            self._model = model
        missing = (self._frames.maxlen or 1) - len(self._frames)
        self._frames.extend([newest] * max(missing, 1))
        return np.concatenate(self._frames)

    def _is_lost(self) -> bool:
        """Whether the next step of the episode will never be whole."""
        if self._episode is None:
            return False
        topics: list[dict[int, Any]] = [self._images, self._choices, self._judgements]
        if self._with_states:
            topics.append(self._states)
        if any(_is_passed_over(self._next, topic) for topic in topics):
            return True
        judgement = self._judgements.get(self._next)
        following = self._next + CONTROL_PERIOD_NANOSECONDS
        wants_following = judgement is not None and judgement.has_future
        is_lost = wants_following and _is_passed_over(following, self._images)
        return is_lost or len(self._judgements) > MAX_WAITING

    def _forget(self) -> None:
        """Drop what belongs to the past, and the oldest of too much."""
        for waiting in (self._images, self._states, self._choices, self._judgements):
            for stamp in [stamp for stamp in waiting if stamp < self._next]:
                del waiting[stamp]
            while len(waiting) > MOST:
                del waiting[min(waiting)]


def _is_passed_over(stamp: int, topic: dict[int, Any]) -> bool:
    """Whether something later has come on a topic, whose last entry is the latest."""
    return stamp not in topic and bool(topic) and next(reversed(topic)) > stamp
