"""Whatever can be chosen trains: two iterations of each, in the planar engine, without workers."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest
import torch
from deepracer_core.policy import Policy
from deepracer_sim.env_options import read_reward
from deepracer_sim.training.collector import Collector
from deepracer_sim.training.environments import training_environment
from deepracer_sim.training.exploration import Exploration
from deepracer_sim.training.export import export_policy
from deepracer_sim.training.run_config import RunConfig
from deepracer_sim.training.trainer import LEARNERS
from deepracer_sim.vector_env import DeepRacerVectorEnv
from training_samples import SMALL, discrete_settings

CARS, STEPS = 4, 16
VARIANTS = {
    "deep network": {"network": "deep"},
    "classic network": {"network": "classic", "preprocessing": {**SMALL, "height": 60}},
    "network of its own for the value": {"shared_value": False},
    "frame stacking": {"hyperparameters": {"stack_size": 3}},
    "mse": {"hyperparameters": {"loss_type": "mse"}},
    "e-greedy": {
        "action_space": discrete_settings(),
        "hyperparameters": {"exploration_type": "e-greedy"},
    },
    "colours": {"preprocessing": {**SMALL, "colour": "rgb"}},
    "sac": {"algorithm": "sac", "hyperparameters": {"stack_size": 2}},
    "two tracks both ways": {"track": "reinvent_2018,reinvent_2018", "direction": "alternate"},
}


def make_config(settings: dict[str, object]) -> RunConfig:
    small = {"batch_size": 32, "num_epochs": 2, "num_steps_between_training": CARS * STEPS}
    hyperparameters = {**small, **settings.get("hyperparameters", {})}
    return RunConfig.from_settings(
        {
            "preprocessing": SMALL,
            "cars": CARS,
            "level": "none",
            **settings,
            "hyperparameters": hyperparameters,
        }
    )


@pytest.mark.parametrize("name", VARIANTS)
def test_it_trains(name):
    config = make_config(VARIANTS[name])
    world = training_environment(config, read_reward(config.reward))
    learner = LEARNERS[config.algorithm](config)
    before = {key: value.clone() for key, value in learner.network.state_dict().items()}
    cars = DeepRacerVectorEnv(world, CARS, copy=False)
    exploration = Exploration(config.hyperparameters, torch.Generator().manual_seed(0))
    collector = Collector(cars, learner.network, config.spec, config.hyperparameters, exploration)
    try:
        collector.begin(seed=0, episode=0)
        for _ in range(2):
            experience = collector.collect(lambda: False)
            losses = learner.learn(experience.buffer, experience.images)
            assert np.isfinite(astuple(losses)).all()
            collector.behave_like(learner.network)
    finally:
        collector.close()
    changed = [k for k, v in learner.network.state_dict().items() if not torch.equal(v, before[k])]
    assert changed == [*before]
    policy = Policy.load(export_policy(learner.network, config.spec, config.network))
    decision = policy.decide(np.zeros((120, 160, 3), np.uint8))
    space = config.action_space
    assert abs(decision.steering_angle) <= space.max_steering_angle
    assert 0.0 < decision.speed <= space.max_speed
