"""The evaluator in a graph that is not what it should be; whole ones are in the root's tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from ackermann_msgs.msg import AckermannDriveStamped
from deepracer_core.errors import ConfigError, EvaluationError
from deepracer_core.vehicle import VEHICLE
from deepracer_drive.messages import to_time
from deepracer_interfaces.msg import GateStatus, PolicyDecision, StepOutcome
from deepracer_sim.evaluation.config import EvaluationConfig, to_parameters
from deepracer_sim.evaluation.folder import RESULTS
from deepracer_sim.evaluation.results import read_results
from deepracer_sim.nodes import evaluator
from deepracer_sim.nodes.evaluation_parameters import declare_config
from deepracer_sim.nodes.evaluator import Evaluator
from deepracer_sim.nodes.state_messages import StateMessages
from deepracer_sim.race_objects import ObjectPlan
from env_samples import TRACK
from evaluation_samples import states_at
from nav_msgs.msg import Odometry
from node_bench import Bench, bench
from rclpy.node import Node
from rclpy.parameter import Parameter

PERIOD = 66_000_000


@pytest.fixture
def stage(tmp_path) -> Iterator[Bench]:
    with bench(model="some-model", output=str(tmp_path / "out"), pacing="lockstep") as made:
        made.try_out(Evaluator())
        yield made


def odometry() -> Odometry:
    messages = StateMessages(VEHICLE.camera)
    image = np.zeros((VEHICLE.camera.height, VEHICLE.camera.width, 3), np.uint8)
    messages.fill(to_time(PERIOD), states_at(TRACK.poses_at(0.0)[0]), image)
    return messages.odometry


def stamped(message):
    message.header.stamp = to_time(PERIOD)
    return message


def drive_a_step(node: Evaluator, *, speed: float) -> None:
    """What a graph tells of its first step, in which the car is sent this speed."""
    command = AckermannDriveStamped()
    command.drive.speed = speed
    node._on_begun(PERIOD, 0)
    node._on_odometry(odometry())
    node._on_decision(stamped(PolicyDecision(action=3, speed=1.0)))
    node._on_drive(stamped(command))
    node._on_reward(stamped(StepOutcome(step=1)))


def test_it_fails_when_nobody_is_there_and_leaves_no_folder(stage, monkeypatch, tmp_path):
    monkeypatch.setattr(evaluator, "GIVE_UP", 0.5)
    with pytest.raises(
        EvaluationError, match=r"nobody is there for /set_mode, /reset_car, /reward"
    ):
        stage.until(lambda: False)
    stage.tried.destroy_node()
    assert not (tmp_path / "out").exists()


def test_it_fails_when_the_gate_stops_the_model(stage):
    stage.tried._on_status(GateStatus(reason="POLICY refused: the stamp is too old"))
    drive_a_step(stage.tried, speed=1.0)
    with pytest.raises(EvaluationError, match="has stopped the model: POLICY refused: the stamp"):
        drive_a_step(stage.tried, speed=0.0)


def test_what_was_judged_is_kept_when_it_ends_early(stage, tmp_path):
    drive_a_step(stage.tried, speed=1.0)
    stage.tried.destroy_node()
    found = read_results(tmp_path / "out" / RESULTS)
    assert (found.model, found.finished, found.trials) == ("some-model", False, ())


def declared(parameters: dict) -> EvaluationConfig:
    overrides = [Parameter(name, value=value) for name, value in parameters.items()]
    node = Node("probe", parameter_overrides=overrides)
    try:
        return declare_config(node)
    finally:
        node.destroy_node()


RULES = EvaluationConfig().rules
CONFIGS = [
    EvaluationConfig(),
    EvaluationConfig(
        trials=7,
        laps=2,
        continuous=True,
        race_type="head_to_bot",
        objects=ObjectPlan("bot_car", 2, ("0.25,1", "0.5,-1"), speed=0.5, lane_changes=True),
        reverse=True,
        engine="planar",
        profile="geometric",
        pacing="realtime",
        level="mild",
        seed=2**63 - 1,
        max_speed=1.5,
        rules=replace(RULES, max_resets=0, off_track_penalty=0.0),
    ),
    EvaluationConfig(robustness=True, rules=replace(RULES, collision_penalty=9.5)),
]


@pytest.mark.parametrize("config", CONFIGS)
def test_parameters_stand_for_a_configuration(stage, config):
    assert declared(to_parameters(config)) == config


def test_contradictions_are_refused(stage):
    with pytest.raises(ConfigError, match="continuous or robustness"):
        declared({"continuous": True, "robustness": True})
