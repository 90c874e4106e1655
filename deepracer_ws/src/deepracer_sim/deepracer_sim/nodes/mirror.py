"""Shows one car of a training on topics like those of a simulator, so that rviz shows it live."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from ackermann_msgs.msg import AckermannDriveStamped
from deepracer_core.command_checks import DriveCommand
from deepracer_core.vehicle import VEHICLE
from deepracer_drive.messages import EVERY, IMAGES, LATCHED, LATEST, to_message, to_nanoseconds
from deepracer_interfaces.msg import StepOutcome
from nav_msgs.msg import Odometry
from rclpy.node import Node
from sensor_msgs.msg import Image, JointState
from tf2_msgs.msg import TFMessage

from deepracer_sim.engine import CONTROL_PERIOD
from deepracer_sim.nodes.state_messages import StateMessages, map_to_odom
from deepracer_sim.nodes.track_messages import MAP_FRAME
from deepracer_sim.training.moments import Moment

NAMESPACE = "/training"


class Mirror:
    """Publishes moments as they come, at most one in each control period of the wall clock.

    | topic               | type                                 | content                         |
    |---------------------|--------------------------------------|---------------------------------|
    | `/joint_states`     | sensor_msgs/JointState               | wheels and steering hinges      |
    | `/tf`, `/tf_static` | tf2_msgs/TFMessage                   | odom -> base_link, map -> odom  |
    | `/training/...`     |                                      |                                 |
    | `camera/image_raw`  | sensor_msgs/Image                    | rgb8, what the policy sees      |
    | `odom`              | nav_msgs/Odometry                    | ground truth in frame odom = map|
    | `drive`             | ackermann_msgs/AckermannDriveStamped | what the car was told           |
    | `reward`            | deepracer_interfaces/StepOutcome     | what the step brought           |

    What a car or a simulation would act on is in a namespace: they may run beside a training.
    Stamps are those of the wall clock: a training drives many times faster, so that what is seen
    is a sample of it. The end of an episode is always shown.
    """

    def __init__(self, node: Node) -> None:
        """Create the publishers of `node`."""
        self._clock = node.get_clock()
        self._image = node.create_publisher(Image, f"{NAMESPACE}/camera/image_raw", IMAGES)
        self._odometry = node.create_publisher(Odometry, f"{NAMESPACE}/odom", EVERY)
        self._joints = node.create_publisher(JointState, "/joint_states", EVERY)
        self._frames = node.create_publisher(TFMessage, "/tf", EVERY)
        self._drive = node.create_publisher(AckermannDriveStamped, f"{NAMESPACE}/drive", LATEST)
        self._reward = node.create_publisher(StepOutcome, f"{NAMESPACE}/reward", EVERY)
        self._static = node.create_publisher(TFMessage, "/tf_static", LATCHED)
        self._static.publish(map_to_odom())
        self._messages: StateMessages | None = None
        self._due = 0.0

    def watch(self, moment: Moment) -> None:
        """Publish the moment if one is due."""
        now = time.monotonic()
        if now < self._due and not moment.done:
            return
        self._due = now + CONTROL_PERIOD
        stamp = self._clock.now().to_msg()
        messages = self._messages_for(moment)
        image = np.broadcast_to(moment.image, (*moment.image.shape[:2], 3))
        messages.fill(stamp, moment.states, image)
        self._image.publish(messages.image)
        self._odometry.publish(messages.odometry)
        self._joints.publish(messages.joints)
        self._frames.publish(messages.transforms)
        command = DriveCommand(to_nanoseconds(stamp), moment.steering_angle, moment.speed)
        self._drive.publish(to_message(command))
        self._reward.publish(_outcome(moment, messages))

    def _messages_for(self, moment: Moment) -> StateMessages:
        """The messages for pictures of this size, which never changes."""
        if self._messages is None:
            rows, columns, _ = moment.image.shape
            self._messages = StateMessages(replace(VEHICLE.camera, width=columns, height=rows))
        return self._messages


def _outcome(moment: Moment, messages: StateMessages) -> StepOutcome:
    message = StepOutcome(
        episode=moment.episode,
        step=moment.step,
        reward=moment.reward,
        episode_reward=moment.episode_reward,
        progress=moment.progress,
        status=int(moment.status),
        done=moment.done,
    )
    message.header.stamp = messages.odometry.header.stamp
    message.header.frame_id = MAP_FRAME
    return message
