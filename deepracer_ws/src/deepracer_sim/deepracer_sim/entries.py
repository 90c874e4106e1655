"""The nodes of this package as programs."""

from __future__ import annotations

from deepracer_drive.entry import node_entry

episode_runner = node_entry("deepracer_sim.nodes.episode_runner")
evaluator = node_entry("deepracer_sim.nodes.evaluator")
gazebo_stepper = node_entry("deepracer_sim.nodes.gazebo_stepper")
parked_car = node_entry("deepracer_sim.nodes.parked_car")
reward_node = node_entry("deepracer_sim.nodes.reward_node")
simulator = node_entry("deepracer_sim.nodes.simulator")
track_publisher = node_entry("deepracer_sim.nodes.track_publisher")
trainer = node_entry("deepracer_sim.nodes.trainer")
