"""From the steps of ROS graphs to a rollout buffer, episodes and moments as of any other source.

Graphs drive each at its own pace. Their steps stand in one column of the buffer, graph after graph;
where a step is not followed by the next one of its episode, the column is cut: what could have
followed is the value of the picture that did.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from deepracer_core.metrics import EpisodeResult, Phase
from deepracer_core.policy_spec import PolicySpec
from numpy.typing import NDArray

from deepracer_sim.engine import CONTROL_PERIOD
from deepracer_sim.training.graph_steps import GraphStep
from deepracer_sim.training.moments import Moment
from deepracer_sim.training.networks import PolicyNetwork
from deepracer_sim.training.rollout_buffer import RolloutBuffer
from deepracer_sim.training.step_columns import StepColumns

BATCH = 512
"""Pictures that are valued at once."""


def fill(
    buffer: RolloutBuffer, graphs: Sequence[Sequence[GraphStep]], network: PolicyNetwork
) -> None:
    """Fill an empty buffer of one column.

    Args:
        buffer: with room for all steps.
        graphs: the steps of each graph, in order.
        network: that drove; it estimates the values.
    """
    steps = [step for graph in graphs for step in graph]
    last = [
        later is None or not later.follows(step)
        for graph in graphs
        for step, later in zip(graph, [*graph[1:], None])
    ]
    if not steps:
        return
    cut = [i for i, ends in enumerate(last) if ends and steps[i].judgement.has_future]
    final_values = np.zeros(len(steps), np.float32)
    final_values[cut] = _values(network, [steps[i].next_image for i in cut])
    StepColumns(
        images=np.stack([step.image for step in steps]),
        actions=np.array([step.choice.action for step in steps]),
        log_probabilities=np.array([s.choice.log_probability for s in steps], np.float32),
        values=_values(network, [step.image for step in steps]),
        rewards=np.array([step.judgement.reward for step in steps]),
        ended=np.array(last),
        final_values=final_values,
    ).write(buffer)


def last_images(graphs: Sequence[Sequence[GraphStep]], spec: PolicySpec) -> torch.Tensor:
    """(1, channels, rows, columns) what is seen after the last step of the column."""
    steps = [step for graph in graphs for step in graph[-1:]]
    shape = spec.preprocessing.input_shape[1:]
    return torch.from_numpy((steps[-1].next_image if steps else np.zeros(shape, np.uint8))[None])


def episode_result(step: GraphStep, time: float) -> EpisodeResult:
    """The episode that ends with this step, at this simulated time [s]."""
    judgement = step.judgement
    return EpisodeResult(
        phase=Phase.TRAINING,
        status=judgement.status,
        reward=judgement.episode_reward,
        progress=judgement.progress,
        start_time=max(time - judgement.step * CONTROL_PERIOD, 0.0),
        end_time=time,
    )


def moment(step: GraphStep, colours: int, time: float) -> Moment:
    """A step whose states were followed, as watchers want it.

    Args:
        step: of the first car.
        colours: of a picture.
        time: simulated, when the step is done [s].
    """
    assert step.states is not None
    choice, judgement = step.choice, step.judgement
    return Moment(
        states=step.states,
        image=step.image[-colours:].transpose(1, 2, 0),
        action=choice.action,
        steering_angle=choice.steering_angle,
        speed=choice.speed,
        reward=judgement.reward,
        episode_reward=judgement.episode_reward,
        progress=judgement.progress,
        status=judgement.status,
        done=judgement.done,
        episode=step.episode,
        step=judgement.step,
        time=time,
    )


@torch.inference_mode()
def _values(network: PolicyNetwork, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """(B,) what the network expects of each picture."""
    batches = [images[i : i + BATCH] for i in range(0, len(images), BATCH)]
    found = [network(torch.from_numpy(np.stack(batch)))[1].numpy() for batch in batches]
    return np.concatenate(found) if found else np.zeros(0, np.float32)
