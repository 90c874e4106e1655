"""What the stepper node says where there is no server, where it ends, and what it refuses."""

from __future__ import annotations

import os
import signal

import pytest
from deepracer_core.errors import ConfigError, SimulationError
from deepracer_sim.nodes.gazebo_stepper import GazeboStepper
from gazebo_prefix import serving
from nav_msgs.msg import Odometry
from node_bench import bench
from test_simulator_node import drive_to, stamps


def test_simulated_time_is_refused_trap_17():
    with bench(use_sim_time=True), pytest.raises(ConfigError, match="use_sim_time false"):
        GazeboStepper()


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [({"client": "telepathy"}, "give ros or transport"), ({"obstacles": 2}, "engine:=mujoco")],
)
def test_what_cannot_be_is_refused(parameters, reason):
    with bench(**parameters), pytest.raises(ConfigError, match=reason):
        GazeboStepper()


def test_without_a_server_it_says_what_is_missing():
    with bench(start_patience=0.5), pytest.raises(SimulationError) as caught:
        GazeboStepper()
    for name in ("/gazebo/odom", "/gazebo/steering_angle", "/world/deepracer/control"):
        assert name in str(caught.value)


def test_when_the_server_dies_the_next_command_is_an_error(tmp_path, ros_isolation):
    with serving(tmp_path) as processes, bench(pacing="lockstep", patience=2.0) as made:
        made.try_out(GazeboStepper())
        made.listen(Odometry, "/odom")
        made.until(lambda: made.heard["/odom"])
        os.kill(processes["gz"].pid, signal.SIGKILL)
        processes["gz"].wait()
        with pytest.raises(SimulationError, match="look whether the server"):
            drive_to(made, stamps(made)[-1] + 1)
