"""Stepping gz-sim, with a world that has the server's habits: each trap is a test."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from deepracer_core.errors import SimulationError
from deepracer_core.track.track import Track
from deepracer_sim.car_model import load_car_model
from deepracer_sim.engine import nominal_conditions
from deepracer_sim.engine_factory import find_urdf
from deepracer_sim.gazebo.command_shaping import STANDSTILL, JointCommands
from deepracer_sim.gazebo.engine import GazeboEngine
from deepracer_sim.gazebo.stepper import Stepper
from deepracer_sim.randomisation import find_level
from deepracer_sim.simulation import Simulation
from deepracer_sim.vehicle_profile import load_profile
from deepracer_sim.worlds import find_track
from gazebo_client import StandInClient
from gazebo_world import Control, Habits

PERIOD = 66_000_000
PATIENCE = 0.2  # [s], 200 turns of the world
START_PATIENCE = 60.0
DRIVING = JointCommands(0.0, 30.0, 30.0)  # about 1 m/s


class Notes(list):
    """What people are told."""

    def __call__(self, text: str) -> None:
        self.append(text)


def started(habits: Habits | None = None) -> tuple[Stepper, StandInClient, Notes]:
    client, notes = StandInClient(habits), Notes()
    stepper = Stepper(client, PATIENCE, notes)
    stepper.start(START_PATIENCE)
    return stepper, client, notes


def engine_of(client: StandInClient, notes: Notes | None = None) -> GazeboEngine:
    return GazeboEngine(
        client,
        load_car_model(find_urdf()),
        load_profile(),
        patience=PATIENCE,
        start_patience=START_PATIENCE,
        say=notes if notes is not None else Notes(),
    )


def put(engine: GazeboEngine, x: float, y: float, yaw: float) -> None:
    engine.reset(np.zeros(1, np.intp), np.array([[x, y, yaw]]), nominal_conditions(1))


def drive(engine: GazeboEngine, steering: float, speed: float, steps: int = 1) -> None:
    for _ in range(steps):
        engine.step(np.array([[steering, speed]], np.float32))


def assert_whole(stepper: Stepper) -> None:
    """State and image belong to the time at which the world stands."""
    assert stepper.odometry.stamp == stepper.frame.stamp == stepper.time


def test_each_advance_is_one_period_with_its_own_state_and_image():
    stepper, client, notes = started()
    begin = stepper.time
    assert begin % PERIOD == 0
    for step in range(1, 6):
        stepper.advance(DRIVING)
        assert stepper.time == client.world.time == begin + step * PERIOD
        assert client.world.paused
        assert_whole(stepper)
    assert notes == []


def test_every_request_pauses_trap_1():
    _, client, _ = started()
    assert all(control.pause for control in client.controls)
    # and the stand-in runs off without it, as gz-sim does
    client.world.control(Control(multi_step=5))
    for _ in range(50):
        client.world.iterate()
    assert not client.world.paused


def test_an_answer_is_not_completion_traps_2_and_4():
    stepper, client, _ = started()
    before = client.world.time
    assert client.request_steps(33, PATIENCE)
    assert client.world.time == before  # answered, and nothing has happened yet
    client.world.iterate()
    client.world.iterate()
    assert stepper.odometry.stamp < before + PERIOD


def test_one_request_is_in_flight_trap_5():
    stepper, client, _ = started()
    count = len(client.controls)
    stepper.advance(DRIVING)
    assert client.controls[count:] == [Control(pause=True, multi_step=33)]
    # two in one iteration: the steps add up, as in gz-sim
    before = client.world.time
    client.request_steps(5, PATIENCE)
    client.request_steps(7, PATIENCE)
    for _ in range(30):
        client.world.iterate()
    assert client.world.time == before + 12 * 2_000_000


def test_a_world_that_runs_is_paused_and_met_where_it_stands():
    stepper, client, _ = started(Habits(runs_at_start=True))
    assert client.world.paused
    assert stepper.time == client.world.time
    assert stepper.time % PERIOD == 0
    stepper.advance(DRIVING)
    assert_whole(stepper)


@pytest.mark.parametrize("delay", [0, 1, 40])
def test_a_late_image_is_waited_for_trap_11(delay):
    stepper, _, notes = started(Habits(frame_delay=delay))
    for _ in range(5):
        stepper.advance(DRIVING)
        assert_whole(stepper)
    assert notes == []


def test_the_camera_is_waited_for_that_shows_nothing_at_first_trap_12():
    stepper, client, _ = started(Habits(missing_frames=6))
    assert stepper.time >= 6 * PERIOD  # one is due at the first step
    assert_whole(stepper)
    assert client.world.paused


@pytest.mark.parametrize("makes_up", [False, True])
@pytest.mark.parametrize("ready", [500, 2500, 6000])
def test_a_camera_whose_renderer_is_late_is_met_when_it_has_caught_up_trap_12(ready, makes_up):
    client = StandInClient(Habits(renderer_ready=ready, makes_up=makes_up))
    stepper = Stepper(client, 2.0, Notes())
    stepper.start(START_PATIENCE)
    assert client.waited < 20.0
    for _ in range(3):
        before = stepper.time
        stepper.advance(DRIVING)
        assert stepper.time == before + PERIOD
        assert_whole(stepper)
    assert stepper.time % PERIOD == 0


def test_a_car_that_comes_after_its_services_is_waited_for():
    stepper, client, _ = started(Habits(car_comes_at=300))
    assert client.waited < 2.0
    assert_whole(stepper)


def test_a_server_that_is_slow_is_left_to_finish_its_steps():
    """A pause takes none of them back; asked for again, they would be made twice."""
    stepper, client, notes = started()
    client.world.habits.slowness = 8  # 33 steps take 264 turns, more than the patience of 200
    begin = stepper.time
    for _ in range(3):
        stepper.advance(DRIVING)
        assert_whole(stepper)
        assert stepper.time % PERIOD == 0
    assert stepper.time == begin + 3 * PERIOD  # no step more, no step less
    assert all(note.endswith("it came later") for note in notes)


def test_a_world_that_somebody_resets_is_an_error_that_says_so_trap_10():
    stepper, client, notes = started()
    client.world.habits.reset_at = (stepper.time + PERIOD // 2) // 1_000_000
    waited = client.waited
    with pytest.raises(SimulationError, match=r"somebody has reset the world.*is at 0\.\d"):
        stepper.advance(DRIVING)
    assert client.waited - waited < PATIENCE
    assert client.world.paused
    assert notes == []


@pytest.mark.parametrize("phase", [2_000_000, 30_000_000, 64_000_000])
def test_periods_follow_the_camera_if_it_keeps_another_time(phase):
    stepper, _, _ = started(Habits(frame_phase=phase))
    for _ in range(3):
        before = stepper.time
        stepper.advance(DRIVING)
        assert stepper.time == before + PERIOD
        assert_whole(stepper)
    assert stepper.time % PERIOD == phase


def test_a_request_that_is_never_executed_is_made_again():
    stepper, client, notes = started()
    client.world.habits.deaf_to_control.append(client.world.controls)
    before = stepper.time
    stepper.advance(DRIVING)
    assert stepper.time == before + PERIOD  # no step more, no step less
    assert_whole(stepper)
    (note,) = notes
    assert "newest odometry is of" in note
    assert note.endswith("trying again")


def test_an_image_that_never_comes_costs_a_period():
    stepper, client, notes = started()
    before = stepper.time
    client.world.habits.lost_frames.append((before + PERIOD) // 1_000_000)
    stepper.advance(DRIVING)
    assert stepper.time == before + 2 * PERIOD
    assert_whole(stepper)
    (note,) = notes
    assert "newest image is of" in note


def test_two_images_in_a_row_that_never_come_are_an_error():
    stepper, client, _ = started()
    first = stepper.time // 1_000_000
    client.world.habits.lost_frames += [first + 66, first + 132]
    with pytest.raises(SimulationError, match=r"newest image is of.*render_engine:=ogre"):
        stepper.advance(DRIVING)


def test_a_world_that_somebody_unpauses_is_paused_again():
    stepper, client, notes = started()
    client.world.habits.unpaused_at = (stepper.time + PERIOD) // 1_000_000
    stepper.advance(DRIVING)
    assert client.world.paused
    assert_whole(stepper)
    assert stepper.time % PERIOD == 0
    assert any("run on" in note for note in notes)


def test_a_server_that_dies_is_an_error_that_says_where_to_look():
    stepper, client, _ = started()
    client.world.habits.dies_at = (stepper.time + PERIOD // 2) // 1_000_000
    with pytest.raises(SimulationError, match="no clock that stands still"):
        stepper.advance(DRIVING)


def test_a_server_that_is_not_there_is_an_error_that_names_what_is_missing():
    client = StandInClient()
    client.alive = False
    with pytest.raises(SimulationError, match=r"missing: the server.*GZ_PARTITION"):
        Stepper(client, PATIENCE, Notes()).start(0.1)


def test_a_camera_that_shows_nothing_at_all_is_an_error():
    client = StandInClient(Habits(missing_frames=10**9))
    with pytest.raises(SimulationError, match="newest image is still to come"):
        Stepper(client, PATIENCE, Notes()).start(1.0)


def test_a_camera_without_a_subscriber_renders_nothing_trap_12():
    client = StandInClient(sees=False)
    with pytest.raises(SimulationError, match="whether the image is bridged and not lazy"):
        Stepper(client, PATIENCE, Notes()).start(0.5)


def test_the_engine_puts_the_car_down_at_rest_although_poses_keep_velocities_trap_9():
    client = StandInClient()
    engine = engine_of(client)
    put(engine, 1.0, -0.5, 0.3)
    drive(engine, 0.3, 3.0, steps=15)
    assert np.hypot(*engine.states.velocity[0]) > 1.5
    put(engine, -0.4, 0.8, -2.5)
    np.testing.assert_allclose(engine.states.poses[0], [-0.4, 0.8, -2.5], atol=0.02)
    assert abs(engine.states.velocity).max() < 0.05  # nor is the spike of being moved told
    assert abs(engine.states.yaw_rate[0]) < 0.05
    # a pose alone would not have done it
    drive(engine, 0.0, 3.0, steps=10)
    client.world.set_pose(0.0, 0.0, 0.0)
    client.world.iterate()
    assert client.world.states[0, 4] > 1.0


def test_the_image_after_a_reset_is_one_of_the_new_place():
    client = StandInClient()
    engine = engine_of(client)
    put(engine, 1.0, -0.5, 0.3)
    first = engine.render().copy()
    put(engine, -0.4, 0.8, -2.5)
    assert np.abs(engine.render().astype(int) - first).mean() > 5.0
    put(engine, 1.0, -0.5, 0.3)
    assert np.abs(engine.render().astype(int) - first).mean() < 5.0


def test_a_move_that_is_never_executed_is_made_again_and_then_an_error():
    client, notes = StandInClient(), Notes()
    engine = engine_of(client, notes)
    client.world.habits.deaf_to_pose.append(client.world.moves)
    put(engine, 0.5, 0.5, 0.0)
    np.testing.assert_allclose(engine.states.poses[0], [0.5, 0.5, 0.0], atol=0.02)
    assert any("is not there; trying again" in note for note in notes)
    client.world.habits.deaf_to_pose += range(client.world.moves, client.world.moves + 9)
    with pytest.raises(SimulationError, match="does not leave the car where it is put"):
        put(engine, 2.5, 0.5, 0.0)


def test_the_car_answers_as_its_profile_says():
    engine = engine_of(StandInClient())
    put(engine, 0.0, 0.0, 0.0)
    drive(engine, math.radians(20.0), 1.5, steps=20)
    velocity, yaw_rate = engine.states.velocity[0], engine.states.yaw_rate[0]
    assert velocity[0] == pytest.approx(1.5, rel=0.05)
    # steady curvature of the AWS simulator: 3.3 / m * tan(command)
    assert yaw_rate / velocity[0] == pytest.approx(3.3 * math.tan(math.radians(20.0)), rel=0.08)


def test_gains_of_an_episode_are_obeyed():
    engine = engine_of(StandInClient())
    conditions = replace(
        nominal_conditions(1), speed_gain=np.array([0.5]), steering_gain=np.array([0.0])
    )
    engine.reset(np.zeros(1, np.intp), np.zeros((1, 3)), conditions)
    drive(engine, 0.5, 2.0, steps=15)
    assert engine.states.velocity[0, 0] == pytest.approx(1.0, rel=0.05)
    assert engine.states.yaw_rate[0] == pytest.approx(0.0, abs=0.02)


def test_pictures_are_randomised_like_those_of_other_engines():
    engine = engine_of(StandInClient())
    track = Track.from_definition(find_track("reinvent_2018"))
    simulation = Simulation(engine, track, find_level("strong"))
    clean = engine.render()
    assert np.abs(simulation.images.astype(int) - clean).mean() > 1.0
    engine.render()[:] = 0  # the caller's own
    np.testing.assert_array_equal(engine.render(), clean)


def test_the_same_commands_give_the_same_again():
    runs = []
    for _ in range(2):
        engine = engine_of(StandInClient())
        put(engine, 1.0, -0.5, 0.3)
        drive(engine, 0.2, 2.0, steps=5)
        runs.append((engine.states.poses.tolist(), engine.render().tobytes()))
    assert runs[0] == runs[1]


def test_a_car_that_cannot_stop_does_not_keep_the_reset_for_ever():
    client = StandInClient()
    engine = engine_of(client)
    put(engine, 0.0, 0.0, 0.0)
    client.send = lambda _: client.world.commands.__setitem__(slice(None), DRIVING)
    with pytest.raises(SimulationError, match="does not leave the car"):
        put(engine, 0.0, 0.0, 0.0)


def test_standstill_is_what_it_says():
    assert STANDSTILL == (0.0, 0.0, 0.0)
