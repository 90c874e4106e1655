"""From the network's output to an action: the most likely one, or one drawn at random.

Discrete: softmax probabilities of the actions. Continuous: a Gaussian for steering and one for
speed in the normalised range [-1, 1], clipped to it (simapp, stock car). The log-probability is
that of what was drawn, before it was clipped: clipping is a part of the car, not of the policy, and
who learns from a draw needs the density of that draw.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepracer_core.action_space import ActionSpace, ContinuousActionSpace, DiscreteActionSpace
from deepracer_core.errors import PolicyError

# Index of the action where there is none: a continuous action space (PolicyDecision.msg).
NO_INDEX = -1

_NOTHING_DRAWN = np.zeros(0, np.float32)

# float32 probabilities of some tens of actions sum to 1 within this.
_SUM_TOLERANCE = 1e-3

# With a standard deviation below this, float32 cannot tell the density from infinity.
_MIN_STD = 1e-6


@dataclass(frozen=True)
class Decision:
    """What the policy decided from one image; the fields of PolicyDecision.msg.

    Attributes:
        action: Index in the discrete action space, -1 for a continuous one.
        steering_angle: Chosen steering angle, left positive [rad].
        speed: Chosen speed [m/s].
        distribution: float32 (n,): probability of each action, or for a continuous action space
            mean steering, mean speed, std steering, std speed in the range [-1, 1].
        drawn: float32 (2,): steering and speed in the normalised range before they were clipped to
            [-1, 1]; (0,) for a discrete action space.
        log_probability: Natural logarithm of the probability of the action, or of the density of
            `drawn`.
        sampled: True if it was drawn from the distribution, false if it is the most likely action.
    """

    action: int
    steering_angle: float
    speed: float
    distribution: NDArray[np.float32]
    drawn: NDArray[np.float32]
    log_probability: float
    sampled: bool


def decide(
    distribution: NDArray[np.float32],
    space: ActionSpace,
    random: np.random.Generator | None = None,
) -> Decision:
    """Choose an action.

    Args:
        distribution: Output of the network, (n,): see `Decision`. It is kept, not copied.
        space: The action space that the network was trained for.
        random: Draws the action from the distribution; without it the most likely one is taken.

    Raises:
        PolicyError: the output is no distribution (NaN, negative, does not sum to 1).
    """
    if not np.isfinite(distribution).all():
        raise PolicyError(
            f"the network's output is {distribution.tolist()}: not finite; take an older checkpoint"
        )
    if isinstance(space, DiscreteActionSpace):
        return _decide_discrete(distribution, space, random)
    return _decide_continuous(distribution, space, random)


def _decide_discrete(
    probabilities: NDArray[np.float32],
    space: DiscreteActionSpace,
    random: np.random.Generator | None,
) -> Decision:
    total = float(probabilities.sum(dtype=np.float64))
    if probabilities.min() < 0 or abs(total - 1) > _SUM_TOLERANCE:
        raise PolicyError(
            f"the network's output sums to {total:.4f} with minimum {probabilities.min():.4f}: "
            "no probabilities; export the network with its softmax"
        )
    if random is None:
        index = int(probabilities.argmax())
    else:
        cumulative = np.cumsum(probabilities, dtype=np.float64)
        index = int(np.searchsorted(cumulative, random.random() * cumulative[-1], side="right"))
    steering_angle, speed = space[index]
    return Decision(
        action=index,
        steering_angle=steering_angle,
        speed=speed,
        distribution=probabilities,
        drawn=_NOTHING_DRAWN,
        log_probability=math.log(probabilities[index]),
        sampled=random is not None,
    )


def _decide_continuous(
    distribution: NDArray[np.float32],
    space: ContinuousActionSpace,
    random: np.random.Generator | None,
) -> Decision:
    mean, std = distribution[:2].astype(np.float64), distribution[2:].astype(np.float64)
    if std.min() < _MIN_STD:
        raise PolicyError(
            f"the network's standard deviations are {std.tolist()}; at least {_MIN_STD} is needed"
        )
    drawn = mean if random is None else random.normal(mean, std)
    deviation = (drawn - mean) / std
    log_density = -0.5 * deviation**2 - np.log(std) - 0.5 * math.log(2 * math.pi)
    steering_angle, speed = space.from_normalised(drawn).tolist()
    return Decision(
        action=NO_INDEX,
        steering_angle=steering_angle,
        speed=speed,
        distribution=distribution,
        drawn=drawn.astype(np.float32),
        log_probability=float(log_density.sum()),
        sampled=random is not None,
    )
