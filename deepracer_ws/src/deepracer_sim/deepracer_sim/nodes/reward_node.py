"""Judges the car's episodes: reward, progress and ends, step by step."""

from __future__ import annotations

import sys

from ackermann_msgs.msg import AckermannDriveStamped
from deepracer_core.episode import EpisodeRules, EpisodeStatus
from deepracer_core.reward.ready_made import reward_path
from deepracer_core.reward.source import RewardFunction
from deepracer_core.track.track import Track
from deepracer_core.vehicle import VEHICLE
from deepracer_drive.messages import EVERY, LATCHED, to_command, to_nanoseconds, to_time
from deepracer_drive.node_main import spin_until_shutdown
from deepracer_drive.parameters import declare
from deepracer_interfaces.msg import EpisodeStart, StepOutcome
from nav_msgs.msg import Odometry
from rclpy.node import Node

from deepracer_sim.nodes.episode_messages import to_episode
from deepracer_sim.nodes.race_parameters import declare_lockstep, declare_objects, declare_track
from deepracer_sim.nodes.state_messages import car_states
from deepracer_sim.nodes.track_messages import MAP_FRAME
from deepracer_sim.referee import Referee
from deepracer_sim.rewards import RewardMaker, sandboxed
from deepracer_sim.scorekeeper import Score, Scorekeeper

NO_LIMIT = 2**31 - 1  # steps; more than a year of them


class RewardNode(Node):
    """Publishes the outcome of each step as soon as its state and its command are known.

    | topic      | type                                 | content                                  |
    |------------|--------------------------------------|------------------------------------------|
    | `/odom`    | nav_msgs/Odometry                    | heard: the state of the step             |
    | `/drive`   | ackermann_msgs/AckermannDriveStamped | heard: its command, with the same stamp  |
    | `/episode` | deepracer_interfaces/EpisodeStart    | heard: when and how an episode began     |
    | `/reward`  | deepracer_interfaces/StepOutcome     | stamp of the step                        |

    After the end of an episode it waits for the next one; beginning it is left to others.
    """

    _referee: Referee | None = None

    def __init__(self) -> None:
        """Load the reward function.

        Raises:
            DeepRacerError: track, rules or reward function cannot be used.
        """
        super().__init__("reward_node")
        track = Track.from_definition(declare_track(self))
        plan, lockstep = declare_objects(self), declare_lockstep(self)
        rules, rewards = self._declare_rules(), self._declare_rewards(track)
        self._referee = Referee(track, 1, rules, rewards)
        self._scores = Scorekeeper(self._referee, track, plan, lockstep=lockstep)
        self._lost = False
        self._reward = self.create_publisher(StepOutcome, "/reward", EVERY)
        self.create_subscription(EpisodeStart, "/episode", self._on_episode, LATCHED)
        self.create_subscription(Odometry, "/odom", self._on_odometry, EVERY)
        self.create_subscription(AckermannDriveStamped, "/drive", self._on_drive, EVERY)

    def _declare_rules(self) -> EpisodeRules:
        def steps(name: str, default: int, description: str) -> int:
            description = f"{description}; 0: without limit"
            value: int = declare(self, name, default, description, bounds=(0, NO_LIMIT))
            return value or NO_LIMIT

        return EpisodeRules(
            max_steps=steps("max_steps", 1000, "steps after which an episode ends"),
            immobilized_steps=steps(
                "immobilized_steps", 15, "steps of standing still that end an episode"
            ),
            reversed_steps=steps(
                "reversed_steps", 15, "steps of falling progress that end an episode"
            ),
            laps=steps("laps", 1, "laps that make an episode complete"),
        )

    def _declare_rewards(self, track: Track) -> RewardMaker | None:
        path = declare(
            self,
            "reward_function",
            "",
            "Python file, or name of a function that comes along; empty: none",
        )
        seed = declare(
            self, "seed", 0, "of the reward function's random numbers", bounds=(0, 2**32 - 1)
        )
        max_speed = declare(
            self, "max_speed", VEHICLE.max_speed, "throttle 1 of a 2018 function [m/s]"
        )
        max_steering = declare(
            self,
            "max_steering_angle",
            VEHICLE.max_steering_angle,
            "steering 1 of a 2018 function [rad]",
        )
        if not path:
            return None
        return sandboxed(
            RewardFunction.load(reward_path(path)),
            track.world_bounds,
            max_speed=max_speed,
            max_steering=max_steering,
            seed=seed,
        )

    def _on_episode(self, message: EpisodeStart) -> None:
        self._publish(self._scores.begin(to_episode(message)))

    def _on_odometry(self, message: Odometry) -> None:
        stamp = to_nanoseconds(message.header.stamp)
        self._publish(self._scores.see(stamp, car_states(message)))
        if self._scores.lost and not self._lost:
            self.get_logger().warning(
                "states of the running episode were missed: waiting for the next one (/reset_car)"
            )
        self._lost = self._scores.lost

    def _on_drive(self, message: AckermannDriveStamped) -> None:
        self._publish(self._scores.hear(to_command(message)))

    def _publish(self, scores: list[Score]) -> None:
        for score in scores:
            outcome = score.outcome
            message = StepOutcome(
                episode=score.episode,
                step=int(outcome.steps[0]),
                reward=float(outcome.reward[0]),
                episode_reward=score.episode_reward,
                progress=float(outcome.progress[0]),
                status=int(outcome.status[0]),
                done=bool(outcome.done[0]),
            )
            message.header.stamp = to_time(score.stamp)
            message.header.frame_id = MAP_FRAME
            self._reward.publish(message)
            if message.done:
                self.get_logger().info(
                    f"episode {message.episode}: {EpisodeStatus(message.status).label} after "
                    f"{message.step} steps, progress {message.progress:.1f} %, "
                    f"reward {message.episode_reward:.2f}"
                )

    def destroy_node(self) -> None:
        """End the process of the reward function."""
        if self._referee is not None:
            self._referee.close()
        super().destroy_node()


def main() -> None:
    """Run the node."""
    sys.exit(spin_until_shutdown(RewardNode))
