"""What a simulator publishes of its car, as messages that are made once and filled again."""

from __future__ import annotations

import math
from array import array

import numpy as np
from builtin_interfaces.msg import Time
from deepracer_core.vehicle import CameraGeometry
from geometry_msgs.msg import Quaternion, TransformStamped, Vector3
from nav_msgs.msg import Odometry
from sensor_msgs.msg import CameraInfo, Image, JointState
from tf2_msgs.msg import TFMessage

from deepracer_sim.engine import JOINTS, CarStates, Images
from deepracer_sim.nodes.track_messages import MAP_FRAME

ODOM_FRAME, BASE_FRAME, CAMERA_FRAME = "odom", "base_link", "camera_optical_frame"


class StateMessages:
    """Messages of one car.

    Attributes:
        image: rgb8.
        camera_info: of a pinhole camera.
        odometry: ground truth, odom -> base_link, velocities in base_link.
        joints: positions of `engine.JOINTS`.
        transforms: odom -> base_link.
    """

    def __init__(self, camera: CameraGeometry) -> None:
        """Make the messages of a car with this camera."""
        columns, rows = camera.width, camera.height
        self.image = Image(height=rows, width=columns, encoding="rgb8", step=3 * columns)
        self.camera_info = camera_info(camera)
        self.odometry = Odometry(child_frame_id=BASE_FRAME)
        self.odometry.header.frame_id = ODOM_FRAME
        self.joints = JointState(name=list(JOINTS))
        self._transform = TransformStamped(child_frame_id=BASE_FRAME)
        self._transform.header.frame_id = ODOM_FRAME
        self.transforms = TFMessage(transforms=[self._transform])
        self._headers = [
            message.header
            for message in (
                self.image,
                self.camera_info,
                self.odometry,
                self.joints,
                self._transform,
            )
        ]
        self.image.header.frame_id = self.camera_info.header.frame_id = CAMERA_FRAME

    def fill(self, stamp: Time, states: CarStates, image: Images) -> None:
        """Put in the state of car 0 and its image (rows, columns, 3) at `stamp`."""
        for header in self._headers:
            header.stamp = stamp
        self.image.data = array("B", image.tobytes())
        x, y, z = states.position[0].tolist()
        orientation = Quaternion(**dict(zip("xyzw", states.orientation[0].tolist())))
        pose, twist = self.odometry.pose.pose, self.odometry.twist.twist
        pose.position.x, pose.position.y, pose.position.z = x, y, z
        pose.orientation = orientation
        twist.linear.x, twist.linear.y = states.velocity[0].tolist()
        twist.angular.z = float(states.yaw_rate[0])
        self.joints.position = states.joints[0].tolist()
        self._transform.transform.translation = Vector3(x=x, y=y, z=z)
        self._transform.transform.rotation = orientation


def map_to_odom() -> TFMessage:
    """Odometry that is the truth does not drift: both frames are the same."""
    transform = TransformStamped(child_frame_id=ODOM_FRAME)
    transform.header.frame_id = MAP_FRAME
    transform.transform.rotation.w = 1.0
    return TFMessage(transforms=[transform])


def car_states(odometry: Odometry) -> CarStates:
    """The state of one car in a message; its joints are not told there and stand at 0."""
    pose, twist = odometry.pose.pose, odometry.twist.twist
    position, turn = pose.position, pose.orientation
    return CarStates(
        position=np.array([[position.x, position.y, position.z]]),
        orientation=np.array([[turn.x, turn.y, turn.z, turn.w]]),
        velocity=np.array([[twist.linear.x, twist.linear.y]]),
        yaw_rate=np.array([twist.angular.z]),
        joints=np.zeros((1, len(JOINTS))),
    )


def camera_info(camera: CameraGeometry) -> CameraInfo:
    """Intrinsic parameters of a pinhole camera with square pixels, its axis in the middle."""
    focal = camera.width / 2 / math.tan(camera.horizontal_fov / 2)  # [px]
    x, y = camera.width / 2, camera.height / 2
    return CameraInfo(
        height=camera.height,
        width=camera.width,
        distortion_model="plumb_bob",
        d=[0.0] * 5,
        k=[focal, 0.0, x, 0.0, focal, y, 0.0, 0.0, 1.0],
        r=np.eye(3).ravel().tolist(),
        p=[focal, 0.0, x, 0.0, 0.0, focal, y, 0.0, 0.0, 0.0, 1.0, 0.0],
    )
