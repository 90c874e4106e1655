"""Settings that belong together: `fast` learns in a minute, `aws` is what the console trains."""

from __future__ import annotations

from dataclasses import dataclass

from deepracer_core.action_space import ActionSpace, ContinuousActionSpace
from deepracer_core.camera import Preprocessing
from deepracer_core.errors import ConfigError
from deepracer_core.new_action_space import grid

from deepracer_sim.training.hyperparameters import Hyperparameters


@dataclass(frozen=True)
class Preset:
    """What a training starts from; each can be replaced."""

    description: str
    """What it is good for."""
    hyperparameters: Hyperparameters
    """How the network learns."""
    network: str
    """Key of `deepracer_core.networks.ARCHITECTURES`."""
    shared_value: bool
    """Whether the value is computed from the features of the policy."""
    preprocessing: Preprocessing
    """What the network sees of the camera's picture, without stacking."""
    action_space: ActionSpace
    """What it chooses from."""
    reward: str
    """Name of a ready-made reward function."""
    cars: int
    """Cars that drive at the same time."""

    def hyperparameters_for(self, algorithm: str) -> Hyperparameters:
        """Those of this preset for one of `hyperparameters.ALGORITHMS`."""
        changes = SAC_CHANGES if algorithm == "sac" else {}
        return self.hyperparameters.with_overrides(changes)


SAC_CHANGES = {
    "batch_size": 256,
    "num_epochs": 10,
    "lr": 3e-4,  # with 1e-3 it laps sooner, but forgets it again and again
    "sac_alpha": 0.01,
    "num_episodes_between_training": None,
    "num_steps_between_training": 2048,
}
"""What SAC needs otherwise. It learns from old experience too, so each step is used more often; its
rewards are scaled (`reward_scale`) to some hundredths a step, which AWS' alpha of 0.2 drowns."""


PRESETS = {
    "fast": Preset(
        description="small pictures, small network, 64 cars: safe laps within a minute",
        hyperparameters=Hyperparameters(
            # as many updates as 4 passes with 512, at two thirds of the computing
            batch_size=256,
            num_epochs=2,
            lr=7e-4,
            beta_entropy=0.001,
            discount_factor=0.97,
            num_episodes_between_training=None,
            num_steps_between_training=2048,
            initial_log_std=-0.5,
        ),
        network="slim",
        shared_value=True,
        preprocessing=Preprocessing(width=80, height=60, crop_top=15),
        action_space=ContinuousActionSpace.from_degrees(-30.0, 30.0, 0.5, 2.0),
        reward="swift_and_centred",
        cars=64,
    ),
    # DRfC; the actions are those of the console runs on re:Invent 2018 of 2022 (utils)
    "aws": Preset(
        description="the network, picture, actions and hyperparameters of AWS: slow, comparable",
        hyperparameters=Hyperparameters(),
        network="classic",
        shared_value=False,
        preprocessing=Preprocessing(),
        action_space=grid(steering_granularity=7, max_speed=2.0, speed_granularity=2),
        reward="centre_line",
        cars=4,
    ),
}


def find_preset(name: str) -> Preset:
    """The preset of this name.

    Raises:
        ConfigError: there is none.
    """
    if name not in PRESETS:
        raise ConfigError(f"there is no preset {name!r}; choose one of {', '.join(PRESETS)}")
    return PRESETS[name]
