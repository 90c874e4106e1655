"""The environment `DeepRacer-v0` of gymnasium; importing this module registers it.

import gymnasium
import deepracer_sim.gym_env

env = gymnasium.make("DeepRacer-v0", reward="my_reward.py", level="mild")
envs = gymnasium.make_vec("DeepRacer-v0", num_envs=32, workers=2, reward="my_reward.py")
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from deepracer_core.episode import EpisodeStatus
from numpy.typing import NDArray

from deepracer_sim.engine import Images
from deepracer_sim.env_options import make_config
from deepracer_sim.vector_env import DeepRacerVectorEnv
from deepracer_sim.worker_pool import Patience

ENVIRONMENT = "DeepRacer-v0"


class DeepRacerEnv(gymnasium.Env[Images, Any]):
    """A car of 1/18 scale drives a track by what its camera sees.

    ## Observation

    `Box(0, 255, (rows, columns, channels), uint8)`: the picture of the front camera, 160x120 gray
    by default, row 0 at the top. 65 degrees wide, looking 15 degrees down. Levels other than `none`
    show it a frame late.

    ## Action

    | Space                    | Meaning                                                           |
    |--------------------------|-------------------------------------------------------------------|
    | `Discrete(n)`            | index of a pair of steering angle and speed. By default the       |
    |                          | console's 10: -30, -15, 0, 15, 30 degrees (left positive), each   |
    |                          | with 0.4 and 0.8 m/s                                              |
    | `Box(-1, 1, (2,), f4)`   | steering and speed, scaled to ranges. By default -30 to 30        |
    |                          | degrees (left positive) and 0.5 to 4 m/s                          |

    The car gets the action within 30 degrees and 4 m/s, and holds it for one step of 66 ms.

    ## Reward

    What the reward function returns for the state in which the picture was taken and the action
    that was chosen from it, with the parameters of DeepRacer (`deepracer_core.reward_params`). Time
    (`sim_time`) counts from the start of the episode. A failing function raises a `RewardError`.

    ## Start

    On the centre line, at rest, 5 % of the lap further on in each episode; an option changes that.
    Levels other than `none` move and turn the car a little.

    ## End

    | Status       | Is          | When                                                            |
    |--------------|-------------|-----------------------------------------------------------------|
    | lap_complete | termination | the lap is done (`EpisodeRules.laps`)                           |
    | off_track    | termination | all four wheels are off the track                               |
    | crashed      | termination | the car has hit an object                                       |
    | immobilized  | termination | it has not moved for 15 steps                                   |
    | reversed     | termination | progress has fallen for 15 steps                                |
    | time_up      | truncation  | `EpisodeRules.time_limit` has passed; none by default           |
    | step_limit   | truncation  | this is step number 1,000                                       |

    Like the reward, the end is judged before the action acts.

    ## Info

    | Key      | Meaning                                |
    |----------|----------------------------------------|
    | progress | share of the lap [%]                   |
    | status   | as above, or `in_progress`             |
    | steps    | number of the step in the episode      |
    | laps     | complete laps                          |

    ## Options of `gymnasium.make`

    | Option       | Default       | Meaning                                                       |
    |--------------|---------------|---------------------------------------------------------------|
    | track        | reinvent_2018 | name, or a `TrackDefinition`                                  |
    | engine       | planar        | planar: fast; mujoco: contact physics, objects                |
    | profile      | aws_sim       | how the car answers commands (`vehicle_profile`)              |
    | width        | 160           | of the picture [px]                                           |
    | height       | 120           | of the picture, before cropping [px]                          |
    | crop_top     | 0             | rows cut off at the top [px]                                  |
    | colour       | gray          | gray or rgb                                                   |
    | action_space | discrete      | discrete, continuous, or an `ActionSpace`                     |
    | reward       | centre_line   | file of a reward function or name of a ready-made one, run in |
    |              |               | the sandbox; a function, run here; or None: rewards of 0      |
    | reward_seed  | 0             | of random numbers that the reward function draws              |
    | level        | none          | of randomisation: none, mild, strong (`randomisation`)        |
    | objects      | None          | obstacles or bot cars, an `ObjectPlan`; needs mujoco          |
    | lens         | None          | distortion of a real lens, a `Lens`; needs planar             |
    | rules        | guide's       | limits of an episode, `EpisodeRules`                          |
    | start        | simapp's      | where episodes start, `TrainingStart`                         |
    | render_mode  | None          | rgb_array: what the policy sees, in three channels            |

    `gymnasium.make_vec` takes also those of `vector_env.DeepRacerVectorEnv`: workers, patience and
    copy.

    ## Options of `reset`

    `episode`: number of the episode to begin with, which says where it starts. With equal seed,
    number and actions an episode is the same, bit by bit, also in the vector environment and in the
    ROS graph.

    ## Versions

    * v0: first version.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012  as gymnasium declares it
        "render_modes": ["rgb_array"],
        "render_fps": 15,
    }

    def __init__(self, *, render_mode: str | None = None, **options: Any) -> None:
        """Build the world.

        Args:
            render_mode: `rgb_array`, or None if nobody calls `render`.
            options: see the table above.

        Raises:
            DeepRacerError: an option is impossible.
        """
        self.render_mode = render_mode
        self._car = DeepRacerVectorEnv(make_config(**options), 1)
        self.observation_space = self._car.single_observation_space
        self.action_space = self._car.single_action_space
        self._seen: Images = np.zeros(self._car.observation_space.shape or (), np.uint8)
        self._has_ended = False

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Images, dict[str, Any]]:
        """Begin an episode; see gymnasium."""
        super().reset(seed=seed)
        # After an end the vector environment has begun the next episode by itself.
        if seed is not None or options or not self._has_ended:
            self._seen, _ = self._car.reset(seed=seed, options=options)
        self._has_ended = False
        return self._seen[0], {}

    def step(self, action: Any) -> tuple[Images, float, bool, bool, dict[str, Any]]:
        """Drive one step; see gymnasium."""
        self._seen, reward, terminated, truncated, infos = self._car.step(np.array([action]))
        self._has_ended = bool(terminated[0] or truncated[0])
        image = infos["final_obs"][0] if self._has_ended else self._seen[0]
        info = {
            "progress": float(infos["progress"][0]),
            "status": EpisodeStatus(infos["status"][0]).word,
            "steps": int(infos["steps"][0]),
            "laps": int(infos["laps"][0]),
        }
        return image, float(reward[0]), bool(terminated[0]), bool(truncated[0]), info

    def render(self) -> NDArray[np.uint8] | None:
        """What the policy sees now, (rows, columns, 3)."""
        if self.render_mode is None:
            return None
        image = self._seen[0]
        return np.broadcast_to(image, (*image.shape[:2], 3)).copy()

    def close(self) -> None:
        """End the engine and the reward function's process."""
        self._car.close()


def make_vector_env(
    num_envs: int,
    *,
    workers: int = 0,
    patience: Patience | None = None,
    copy: bool = True,
    **options: Any,
) -> DeepRacerVectorEnv:
    """Make the vector environment from the options of `DeepRacerEnv` and its own.

    Raises:
        DeepRacerError: an option is impossible.
    """
    config = make_config(**options)
    return DeepRacerVectorEnv(config, num_envs, workers=workers, patience=patience, copy=copy)


if ENVIRONMENT not in gymnasium.registry:
    gymnasium.register(
        ENVIRONMENT,
        entry_point=f"{__name__}:{DeepRacerEnv.__name__}",
        vector_entry_point=f"{__name__}:{make_vector_env.__name__}",
    )
