"""What world, car, bridge and stepper agree on: names, topics and times, once for all of them.

The world (`build_world`), the bridge (`config/gazebo_bridge.yaml`) and the stepper
(`nodes/gazebo_stepper`) are written against these constants, and tests hold them together.

Who does what to a command (steering angle [rad], speed [m/s]), once in a control period:

* The stepper, by `command_shaping.CommandShaper`: linkage ratio, steering lag, speed lag and
  acceleration limit of the vehicle profile, and the differential of the rear wheels. What it sends
  is one mean road-wheel angle and two wheel rates, held until the next period.
* gz-sim: the Ackermann angles of both hinges (AckermannSteering, `STEERING_GAIN`), and the torque
  that turns the wheels, limited by the URDF's efforts (one JointController per rear wheel).

Where the files are: `world_files.find_world(track)` is the SDF to start, and
`world_files.resource_paths(world)` what GZ_SIM_RESOURCE_PATH must hold before gz sim starts.

Names without a leading slash are relative: a simulator in a namespace has them in its own.
gz topics need no namespace, since each instance has its own GZ_PARTITION.
"""

from __future__ import annotations

from deepracer_sim.engine import CONTROL_PERIOD_NANOSECONDS

# --------------------------------------------------------------------------- world and car

WORLD = "deepracer"
"""Name of every generated world, whatever the track: it is a part of the services' names."""

CAR = "car"
"""Name of the car's model in the world: what SetEntityPose moves, `entity.type` MODEL."""

TRACK = "track"
"""Name of the track's model in the world."""

SPAWN_HEIGHT = 0.01
"""Height of base_link when the car is put down [m]: free of the ground, on which it then settles.
The model's frame is base_link, so this is also the z to give SetEntityPose."""

# --------------------------------------------------------------------------- time

STEP_NANOSECONDS = 2_000_000
"""Physics step of the world [ns]."""

STEPS_PER_PERIOD = 33
"""Physics steps in a control period, requested together: 66 ms."""

assert STEP_NANOSECONDS * STEPS_PER_PERIOD == CONTROL_PERIOD_NANOSECONDS

CAMERA_RATE = 15.151515
"""Update rate of the camera [Hz]: its period is 66 ms and less than a nanosecond more.

gz-sensors cuts the period down to whole milliseconds (some version perhaps to nanoseconds), so a
rate of 15.1516 would give 65 ms. Frames come at multiples of 66 ms of simulated time counted from
0, whatever happened in between: whoever advances by whole periods only gets one at each one's end.
"""

ODOMETRY_RATE = 500.0
"""Publishing rate of the odometry [Hz]: each physics step, so that any target has its own."""

# --------------------------------------------------------------------------- steering

STEERING_GAIN = 20.0
"""Rate of a hinge per error of its angle [1/s] (steer_p_gain): a lag of its own of 50 ms, which
`command_shaping` reckons with."""

# --------------------------------------------------------------------------- frames and joints

ODOM_FRAME, BASE_FRAME, CAMERA_FRAME = "odom", "base_link", "camera_optical_frame"
"""Frames of odometry and images, as in all engines (REP 105)."""

STEERED_JOINTS = ("left_steering_hinge_joint", "right_steering_hinge_joint")
DRIVEN_JOINTS = ("left_rear_wheel_joint", "right_rear_wheel_joint")
FRONT_WHEEL_JOINTS = ("left_front_wheel_joint", "right_front_wheel_joint")
"""They roll freely."""

# --------------------------------------------------------------------------- gz-transport

GZ_STEERING = "/car/steering_angle"
"""gz.msgs.Double: mean road-wheel angle [rad], left positive; held until the next one."""

GZ_LEFT_WHEEL, GZ_RIGHT_WHEEL = "/car/left_rear_wheel_rate", "/car/right_rear_wheel_rate"
"""gz.msgs.Double: rate of a rear wheel [rad/s], forward positive; held until the next one."""

GZ_IMAGE, GZ_CAMERA_INFO = "/car/image", "/car/camera_info"
"""gz.msgs.Image (RGB_INT8) and gz.msgs.CameraInfo, frame `CAMERA_FRAME`."""

GZ_ODOMETRY = "/car/odometry"
"""gz.msgs.Odometry: true pose of base_link in the map at each physics step. Its twist is a mean of
the last 10 steps and spikes for as long after SetEntityPose: compute your own."""

GZ_ODOMETRY_COVARIANCE, GZ_TF = "/car/odometry_with_covariance", "/car/tf"
"""What OdometryPublisher publishes besides; nobody listens."""

GZ_JOINT_STATES = "/car/joint_states"
"""gz.msgs.Model: angles and rates of the six moving joints, at each physics step."""

GZ_CLOCK = "/clock"
"""gz.msgs.Clock: published at the start of each step, and again about each ms while paused."""

CONTROL_SERVICE = f"/world/{WORLD}/control"
"""gz.msgs.WorldControl -> gz.msgs.Boolean; ROS: ros_gz_interfaces/srv/ControlWorld."""

SET_POSE_SERVICE = f"/world/{WORLD}/set_pose"
"""gz.msgs.Pose -> gz.msgs.Boolean, answered before it is executed; ROS: SetEntityPose."""

SET_POSE_BLOCKING_SERVICE = f"/world/{WORLD}/set_pose/blocking"
"""The same, answered when it was executed. Harmonic has it from 8.10 on (October 2025)."""

# --------------------------------------------------------------------------- ROS, by the bridge

ROS_STEERING = "gazebo/steering_angle"
"""std_msgs/Float64, to `GZ_STEERING`."""

ROS_LEFT_WHEEL, ROS_RIGHT_WHEEL = "gazebo/left_rear_wheel_rate", "gazebo/right_rear_wheel_rate"
"""std_msgs/Float64, to `GZ_LEFT_WHEEL` and `GZ_RIGHT_WHEEL`."""

ROS_IMAGE, ROS_CAMERA_INFO = "gazebo/image_raw", "gazebo/camera_info"
"""sensor_msgs/Image (rgb8) and CameraInfo. The stepper releases what it wants seen as
camera/image_raw and camera/camera_info."""

ROS_ODOMETRY = "gazebo/odom"
"""nav_msgs/Odometry."""

ROS_JOINT_STATES = "gazebo/joint_states"
"""sensor_msgs/JointState."""

ROS_CLOCK = "gazebo/clock"
"""rosgraph_msgs/Clock, lazy: for people who look for a fault. The graph's /clock is the stepper's,
who publishes it as every simulator here does when it releases a state."""
# The bridged services have the same absolute names on both sides. Where several simulators run in
# namespaces, the launch file remaps them for bridge and stepper alike.

BRIDGED_SERVICES = (
    f"{CONTROL_SERVICE}@ros_gz_interfaces/srv/ControlWorld",
    f"{SET_POSE_SERVICE}@ros_gz_interfaces/srv/SetEntityPose",
)
"""Arguments of parameter_bridge, which every version understands. They must not stand in the YAML
as well: Jazzy reads services there only in newer versions, and a service that is bridged twice
executes each request twice. SET_POSE_SERVICE, since the blocking one is missing in older Harmonic;
the stepper checks by the odometry that the car has been moved."""
