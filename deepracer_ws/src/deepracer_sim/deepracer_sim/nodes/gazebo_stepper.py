"""Makes a gz-sim server behave like the simulator node: the same topics, services and pacing."""

from __future__ import annotations

import sys

from deepracer_core.errors import ConfigError
from deepracer_core.track.track import Track
from deepracer_drive.node_main import spin_until_shutdown
from deepracer_drive.parameters import declare

from deepracer_sim.car_model import load_car_model
from deepracer_sim.engine_factory import find_urdf
from deepracer_sim.gazebo.client import GazeboClient
from deepracer_sim.gazebo.engine import GazeboEngine
from deepracer_sim.gazebo.transport_client import GazeboTransportClient
from deepracer_sim.nodes.gazebo_ros_client import GazeboRosClient
from deepracer_sim.nodes.race_parameters import (
    declare_level,
    declare_objects,
    declare_profile,
    declare_track,
)
from deepracer_sim.nodes.simulator import Simulator
from deepracer_sim.randomisation import find_level
from deepracer_sim.simulation import Simulation
from deepracer_sim.vehicle_profile import load_profile

ROS, TRANSPORT = "ros", "transport"


class GazeboStepper(Simulator):
    """The simulator node with a car that drives in gz-sim.

    To the outside everything is as `Simulator` says: topics, services, stamps, lockstep, errors.
    Inside, it sends commands to the server, has it advance by one control period, and releases
    state and image when both are there; a reset stops the car and puts it down elsewhere. Stamps
    count on over resets and are not those of the server.

    It waits by the wall clock, since the world's clock stands still while it waits.
    """

    NODE_NAME = "gazebo_stepper"

    def _build_simulation(self) -> Simulation:
        """Wait for the server and take its car over.

        Raises:
            ConfigError: a parameter is wrong.
            SimulationError: the server does not come, or is not what it should be.
        """
        if self.get_parameter("use_sim_time").value:
            raise ConfigError(
                "gazebo_stepper makes the simulated time and cannot wait by it; leave use_sim_time "
                "false for this node"
            )
        if declare_objects(self) is not None:
            raise ConfigError(
                "obstacles in Gazebo: its worlds hold the track alone; give engine:=mujoco"
            )
        track = Track.from_definition(declare_track(self))
        profile, level = load_profile(declare_profile(self)), find_level(declare_level(self))
        engine = GazeboEngine(
            self._make_client(),
            load_car_model(find_urdf()),
            profile,
            patience=declare(
                self, "patience", 30.0, "of the wall clock for a step [s]", bounds=(0.1, 600.0)
            ),
            start_patience=declare(
                self, "start_patience", 120.0, "of it for the start [s]", bounds=(0.1, 3600.0)
            ),
            say=self.get_logger().warning,
        )
        return Simulation(engine, track, level)

    def _make_client(self) -> GazeboClient:
        kind = declare(
            self,
            "client",
            ROS,
            f"{ROS}: through parameter_bridge; {TRANSPORT}: by the Python bindings of gz-transport",
        )
        if kind == ROS:
            return GazeboRosClient(self)
        if kind == TRANSPORT:
            return GazeboTransportClient()
        raise ConfigError(f"client {kind!r}: give {ROS} or {TRANSPORT}")


def main() -> None:
    """Run the node."""
    sys.exit(spin_until_shutdown(GazeboStepper))
