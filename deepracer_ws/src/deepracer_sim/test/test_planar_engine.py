"""The planar engine keeps the contract of `engine.Engine`: cars, commands, states and images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from deepracer_core.errors import SimulationError
from deepracer_core.objects import BOX, ObjectStates
from deepracer_core.track.definition import load_definition
from deepracer_sim.car_model import load_car_model
from deepracer_sim.engine import CarStates, ImageSpec, nominal_conditions
from deepracer_sim.planar.engine import PlanarEngine
from deepracer_sim.vehicle_profile import load_profile

ROOT = Path(__file__).parents[4]
START = np.array([(3.06, 0.68, 0.0), (6.0, 0.8, 0.3), (1.0, 2.5, -2.0), (5.0, 4.2, 3.1)])
IMAGE = ImageSpec(width=40, height=30, gray=True, crop_top=4)
CARS = np.arange(len(START))


@pytest.fixture(scope="module")
def make_engine():
    definition = load_definition(ROOT / "worlds" / "reinvent_2018" / "track.yaml")
    car = load_car_model(ROOT / "urdf" / "deepracer.urdf.xacro")

    def make(image: ImageSpec = IMAGE, cars: int = len(START)) -> PlanarEngine:
        return PlanarEngine(definition, car, load_profile(), cars, image)

    return make


@pytest.fixture
def engine(make_engine):
    engine = make_engine()
    engine.reset(CARS, START, nominal_conditions(len(CARS)))
    return engine


def commands(steering=0.2, speed=1.5):
    return np.full((len(START), 2), (steering, speed), np.float32)


def rows(states: CarStates) -> np.ndarray:
    return np.column_stack(
        (states.position, states.orientation, states.velocity, states.yaw_rate, states.joints)
    )


def test_a_reset_car_stands_at_its_pose_with_everything_straight(engine):
    for _ in range(10):
        engine.step(commands())
    engine.reset(CARS[1:3], START[1:3], nominal_conditions(2))
    states = engine.states
    np.testing.assert_allclose(states.poses[1:3], START[1:3], atol=1e-15)
    assert not states.velocity[1:3].any()
    assert not states.yaw_rate[1:3].any()
    assert not states.joints[1:3].any()
    assert (states.position[:, 2] == 0.0).all()


def test_resetting_one_car_does_not_disturb_the_others(make_engine, engine):
    other = make_engine()
    other.reset(CARS, START, nominal_conditions(len(CARS)))
    for step in range(20):
        engine.step(commands())
        other.step(commands())
        if step == 10:
            engine.reset(CARS[:1], START[:1], nominal_conditions(1))
    assert (rows(engine.states)[1:] == rows(other.states)[1:]).all()
    assert (engine.render()[1:] == other.render()[1:]).all()
    assert (rows(engine.states)[0] != rows(other.states)[0]).any()


def test_states_are_a_copy_that_later_steps_leave_alone(engine):
    engine.step(commands())
    states = engine.states
    before = rows(states)
    engine.step(commands())
    assert (rows(states) == before).all()


def test_the_velocity_of_base_link_is_the_change_of_its_position(engine):
    for _ in range(40):
        engine.step(commands(steering=0.4))
    first = engine.states
    engine.step(commands(steering=0.4))
    second = engine.states
    moved = np.linalg.norm(second.position - first.position, axis=1)
    # a chord is a little shorter than its arc
    np.testing.assert_allclose(moved, 0.066 * np.linalg.norm(first.velocity, axis=1), rtol=2e-3)
    turned = np.angle(np.exp(1j * (second.poses[:, 2] - first.poses[:, 2])))
    np.testing.assert_allclose(turned, 0.066 * first.yaw_rate, rtol=1e-3)


def test_conditions_belong_to_a_car_until_it_is_reset_again(engine):
    nominal = nominal_conditions(2)
    engine.reset(CARS[:2], START[:2], replace(nominal, speed_gain=np.array([0.5, 1.0])))
    for _ in range(20):
        engine.step(commands(steering=0.0))
    assert engine.states.velocity[:, 0] == pytest.approx([0.75, 1.5, 1.5, 1.5], abs=1e-3)
    engine.reset(CARS[:1], START[:1], nominal_conditions(1))
    for _ in range(20):
        engine.step(commands(steering=0.0))
    assert engine.states.velocity[0, 0] == pytest.approx(1.5, abs=1e-3)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("column", [0, 1])
def test_a_command_that_is_not_finite_is_refused_and_changes_nothing(engine, value, column):
    engine.step(commands())
    before = rows(engine.states)
    bad = commands()
    bad[2, column] = value
    with pytest.raises(SimulationError, match="of car 2 is not finite"):
        engine.step(bad)
    assert (rows(engine.states) == before).all()


@pytest.mark.parametrize(
    "bad", [commands()[:3], commands()[:, :1], commands()[0], commands().astype(np.float64)]
)
def test_commands_of_another_shape_or_type_are_refused(engine, bad):
    with pytest.raises(SimulationError, match=r"give float32 of shape \(4, 2\)"):
        engine.step(bad)


def test_objects_are_refused_with_the_engine_that_can_show_them(engine):
    objects = ObjectStates((BOX,), np.zeros((4, 1, 3)), np.zeros((4, 1)))
    with pytest.raises(SimulationError, match="use engine 'mujoco'"):
        engine.place_objects(objects)


@pytest.mark.parametrize("gray", [True, False])
def test_each_car_sees_its_own_place_in_the_wanted_shape(make_engine, gray):
    image = replace(IMAGE, gray=gray)
    engine = make_engine(image)
    engine.reset(CARS, START, nominal_conditions(len(CARS)))
    images = engine.render().copy()
    assert images.shape == (len(CARS), *image.shape)
    assert images.dtype == np.uint8
    assert len({picture.tobytes() for picture in images}) == len(CARS)
    some = engine.render(np.array([3, 1]))
    assert (some == images[[3, 1]]).all()


def test_light_dims_the_picture_of_one_car_only(engine):
    before = engine.render().copy()
    dim = replace(nominal_conditions(1), light=np.array([0.5]))
    engine.reset(CARS[2:3], START[2:3], dim)
    after = engine.render()
    np.testing.assert_allclose(after[2], before[2] * 0.5, atol=1.5)
    assert (np.delete(after, 2, 0) == np.delete(before, 2, 0)).all()


def test_equal_calls_give_equal_states_and_images(make_engine):
    runs = []
    for _ in range(2):
        engine = make_engine()
        engine.reset(CARS, START, nominal_conditions(len(CARS)))
        for step in range(15):
            engine.step(commands(steering=0.02 * step, speed=2.0))
        runs.append((rows(engine.states), engine.render().copy()))
        engine.close()
    assert (runs[0][0] == runs[1][0]).all()
    assert (runs[0][1] == runs[1][1]).all()
