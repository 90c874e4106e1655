"""The simulator of one car: an engine on the topics of the car."""

from __future__ import annotations

import sys

from ackermann_msgs.msg import AckermannDriveStamped
from deepracer_core.errors import DeepRacerError
from deepracer_core.vehicle import VEHICLE
from deepracer_drive.messages import (
    EVERY,
    IMAGES,
    LATCHED,
    LATEST,
    to_command,
    to_time,
)
from deepracer_drive.node_main import spin_until_shutdown
from deepracer_drive.parameters import declare
from deepracer_interfaces.msg import EpisodeStart
from deepracer_interfaces.srv import ResetCar
from nav_msgs.msg import Odometry
from rclpy.node import Node
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image, JointState
from tf2_msgs.msg import TFMessage

from deepracer_sim.engine import CONTROL_PERIOD
from deepracer_sim.engine_factory import ENGINES
from deepracer_sim.nodes.episode_messages import to_episode_message, to_start
from deepracer_sim.nodes.race_parameters import (
    declare_level,
    declare_lockstep,
    declare_objects,
    declare_profile,
    declare_track,
)
from deepracer_sim.nodes.state_messages import StateMessages, map_to_odom
from deepracer_sim.pacing import Lockstep, Realtime
from deepracer_sim.simulation import Simulation, SimulationConfig
from deepracer_sim.start import MAX_SEED, Start

PATIENCE = 1.0
"""Time of the wall clock [s] after which, in lockstep, what is not answered is published again."""

COMPLAINT_PERIOD = 5.0
"""Time between two complaints [s] about the same."""


class Simulator(Node):
    """Publishes what the car sees and how it moves, and moves it as it is told.

    | topic, service        | type                         | content                               |
    |-----------------------|------------------------------|---------------------------------------|
    | `/camera/image_raw`   | sensor_msgs/Image            | rgb8, once in each control period     |
    | `/camera/camera_info` | sensor_msgs/CameraInfo       | same stamp, as all below              |
    | `/odom`               | nav_msgs/Odometry            | ground truth in frame odom = map      |
    | `/joint_states`       | sensor_msgs/JointState       | wheels and steering hinges            |
    | `/tf`, `/tf_static`   | tf2_msgs/TFMessage           | odom -> base_link, map -> odom        |
    | `/clock`              | rosgraph_msgs/Clock          | the stamp                             |
    | `/drive`              | ackermann_msgs/AckermannDriveStamped | heard: what the car follows   |
    | `/reset_car`          | deepracer_interfaces/ResetCar        | begins another episode        |
    | `/episode`            | deepracer_interfaces/EpisodeStart    | latched: the running episode  |

    `pacing` says when the car moves. Parameters are described where they are declared.
    """

    NODE_NAME = "simulator"

    _simulation: Simulation | None = None

    def __init__(self) -> None:
        """Build the world and show its first moment.

        Raises:
            DeepRacerError: what is to be simulated does not exist or is impossible.
        """
        super().__init__(self.NODE_NAME)
        self._simulation = simulation = self._build_simulation()
        seed = declare(self, "seed", 0, "of the first episode", bounds=(0, MAX_SEED >> 1))
        lockstep = declare_lockstep(self)
        pacing = Lockstep if lockstep else Realtime
        self._world = pacing(simulation, Start(seed=seed))
        self._messages = StateMessages(VEHICLE.camera)
        self._create_publishers()
        self._static.publish(map_to_odom())
        self._heard = ""
        self._publish_moment()
        self.create_service(ResetCar, "/reset_car", self._on_reset)
        self.create_subscription(AckermannDriveStamped, "/drive", self._on_drive, EVERY)
        if lockstep:
            self._watched = 0
            self.create_timer(PATIENCE, self._watch)
        else:
            self.create_timer(CONTROL_PERIOD, self._tick)

    def _build_simulation(self) -> Simulation:
        definition = declare_track(self)
        engine = declare(self, "engine", "mujoco", f"one of {', '.join(ENGINES)}")
        config = SimulationConfig(
            engine=engine,
            profile=declare_profile(self),
            level=declare_level(self),
            objects=declare_objects(self),
        )
        return Simulation.build(definition, 1, config)

    def _create_publishers(self) -> None:
        self._clock_topic = self.create_publisher(Clock, "/clock", LATEST)
        self._image = self.create_publisher(Image, "/camera/image_raw", IMAGES)
        self._info = self.create_publisher(CameraInfo, "/camera/camera_info", IMAGES)
        self._odometry = self.create_publisher(Odometry, "/odom", EVERY)
        self._joints = self.create_publisher(JointState, "/joint_states", EVERY)
        self._frames = self.create_publisher(TFMessage, "/tf", EVERY)
        self._static = self.create_publisher(TFMessage, "/tf_static", LATCHED)
        self._episode = self.create_publisher(EpisodeStart, "/episode", LATCHED)

    def _publish_episode(self) -> None:
        self._episode.publish(to_episode_message(self._world.episode))
        self._publish_moment()

    def _publish_moment(self) -> None:
        """Publish the present moment, first what the driver waits for."""
        stamp, messages = to_time(self._world.stamp), self._messages
        messages.fill(stamp, self._world.states, self._world.image)
        self._clock_topic.publish(Clock(clock=stamp))
        self._image.publish(messages.image)
        self._odometry.publish(messages.odometry)
        for publisher, message in (
            (self._info, messages.camera_info),
            (self._joints, messages.joints),
            (self._frames, messages.transforms),
        ):
            if publisher.get_subscription_count():  # as a rule nobody looks at these
                publisher.publish(message)

    def _on_drive(self, message: AckermannDriveStamped) -> None:
        before = self._world.stamp
        refused = self._world.offer(to_command(message))
        if refused is not None:
            self._heard = f"; the last one was refused: {refused.reason}"
            self.get_logger().warning(
                f"/drive refused: {refused.reason}", throttle_duration_sec=COMPLAINT_PERIOD
            )
        elif self._world.stamp != before:
            self._heard = ""
            self._publish_moment()

    def _watch(self) -> None:
        """In lockstep: if nothing has moved for a while, say so and show the moment again."""
        stamp = self._world.stamp
        if stamp == self._watched:
            self.get_logger().warning(
                f"lockstep: waiting for a /drive stamped {stamp / 1e9:.3f} s{self._heard}",
                throttle_duration_sec=COMPLAINT_PERIOD,
            )
            self._publish_moment()
        self._watched = stamp

    def _tick(self) -> None:
        """In realtime: move on."""
        assert isinstance(self._world, Realtime)
        was_braking = self._world.braking
        self._world.tick()
        if self._world.braking and not was_braking:
            self.get_logger().warning("no usable /drive for 200 ms: the car brakes")
        self._publish_moment()

    def _on_reset(
        self, request: ResetCar.Request, response: ResetCar.Response
    ) -> ResetCar.Response:
        try:
            self._world.reset(to_start(request))
        except DeepRacerError as error:
            response.message = str(error)
            return response
        self._publish_episode()
        response.success = True
        response.episode_start = to_time(self._world.episode.stamp)
        return response

    def destroy_node(self) -> None:
        """Free the engine."""
        if self._simulation is not None:
            self._simulation.close()
        super().destroy_node()


def main() -> None:
    """Run the node."""
    sys.exit(spin_until_shutdown(Simulator))
