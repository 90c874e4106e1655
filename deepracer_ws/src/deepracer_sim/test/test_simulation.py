"""The simulation around an engine: resets of some cars, time, latency, objects."""

from __future__ import annotations

import numpy as np
import pytest
from deepracer_core.errors import ConfigError, SimulationError
from deepracer_sim import engine_factory
from deepracer_sim.engine import nominal_conditions
from deepracer_sim.engine_factory import ENGINES, make_engine
from deepracer_sim.race_objects import ObjectPlan
from deepracer_sim.randomisation import Level
from deepracer_sim.simulation import Simulation, SimulationConfig
from deepracer_sim.start import Start, both_directions
from deepracer_sim.vehicle_profile import load_profile
from env_samples import DEFINITION, IMAGE, TRACK

AHEAD = np.float32([(0.0, 1.0)] * 3)


@pytest.fixture(params=ENGINES)
def build(request):
    """Builds simulations with each engine, and closes them."""
    built = []

    def make(cars=3, **fields):
        config = SimulationConfig(engine=request.param, image=IMAGE, **fields)
        built.append(Simulation.build(DEFINITION, cars, config))
        return built[-1]

    yield make
    for simulation in built:
        simulation.close()


@pytest.fixture
def make_engine_of_three():
    """Makes planar engines with three cars."""
    return lambda: make_engine("planar", DEFINITION, load_profile(), 3, IMAGE)


def test_others_go_on_when_one_car_begins_anew(build):
    simulation, undisturbed = build(), build()
    for step in range(6):
        simulation.step(AHEAD)
        undisturbed.step(AHEAD)
        if step == 2:
            simulation.reset(np.array([1]), [Start(0.5)])
            assert simulation.time.tolist() == [3 * 66e6 / 1e9, 0.0, 3 * 66e6 / 1e9]
        for car in (0, 2):
            assert (simulation.images[car] == undisturbed.images[car]).all()
            assert (simulation.states.position[car] == undisturbed.states.position[car]).all()
    assert (simulation.images[1] != undisturbed.images[1]).any()
    alone = build(cars=1)
    alone.reset(np.array([0]), [Start(0.5)])
    for _ in range(3):
        alone.step(AHEAD[:1])
    assert (simulation.images[1] == alone.images[0]).all()
    assert simulation.states.poses[1] == pytest.approx(alone.states.poses[0], abs=0)


def test_cars_stand_where_they_are_put(build):
    simulation = build()
    starts = [Start(0.2), Start(0.2, lateral_offset=0.1), Start(0.7, reverse=True)]
    simulation.reset(np.arange(3), starts)
    tracks = both_directions(TRACK)
    expected = np.stack([start.pose(tracks) for start in starts])
    turned = simulation.states.poses[:, 2] - expected[:, 2]
    assert simulation.states.poses[:, :2] == pytest.approx(expected[:, :2], abs=1e-3)
    assert np.cos(turned) == pytest.approx(1.0, abs=1e-6)
    assert simulation.states.velocity == pytest.approx(0.0, abs=1e-6)


def test_latency_shows_the_pictures_of_before(make_engine_of_three):
    late = Simulation(make_engine_of_three(), TRACK, Level(latency=(1.0, 1.0)))
    prompt = Simulation(make_engine_of_three(), TRACK)
    before = prompt.images.copy()
    for _ in range(4):
        assert (late.images == before).all()
        before = prompt.images.copy()
        late.step(AHEAD)
        prompt.step(AHEAD)


def test_random_starts_follow_from_the_seed(build):
    simulation = build(level="mild")
    simulation.reset(np.arange(3), [Start(seed=1), Start(seed=2), Start(seed=1)])
    poses = simulation.states.poses
    assert (poses[0] == poses[2]).all()
    assert (poses[0] != poses[1]).any()


def test_objects_are_seen_by_mujoco_only():
    plan = ObjectPlan(count=1, positions=("0.05,1",))
    with pytest.raises(SimulationError, match="mujoco"):
        Simulation.build(DEFINITION, 1, SimulationConfig("planar", image=IMAGE, objects=plan))
    shown, empty = (
        Simulation.build(DEFINITION, 1, SimulationConfig("mujoco", image=IMAGE, objects=objects))
        for objects in (plan, None)
    )
    assert (shown.images != empty.images).any()
    assert empty.objects is None
    assert shown.objects.poses.shape == (1, 1, 3)
    shown.close()
    empty.close()


def test_bot_cars_move_in_the_picture():
    plan = ObjectPlan("bot_car", count=1, positions=("0.05,1",), speed=1.0)
    simulation = Simulation.build(
        DEFINITION, 1, SimulationConfig("mujoco", image=IMAGE, objects=plan)
    )
    seen = []
    for _ in range(3):
        seen.append((simulation.objects.poses.copy(), simulation.images.copy()))
        simulation.step(np.zeros((1, 2), np.float32))
    assert (seen[0][0] != seen[2][0]).any()
    assert (seen[0][1] != seen[2][1]).any()
    simulation.close()


def test_unknown_engines_are_refused():
    with pytest.raises(SimulationError, match="planar, mujoco"):
        make_engine("gazebo", DEFINITION, load_profile(), 1, IMAGE)


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setitem(engine_factory._CLASSES, "flat", ("no_such_library", "Engine", "numbaa"))
    with pytest.raises(SimulationError, match="needs the library numbaa"):
        make_engine("flat", DEFINITION, load_profile(), 1, IMAGE)


def test_conditions_of_some_cars():
    conditions = nominal_conditions(3)
    conditions.friction[:] = (1.0, 2.0, 3.0)
    assert conditions.of(np.array([2, 0])).friction.tolist() == [3.0, 1.0]


def test_settings_of_one_episode_are_fixed_at_any_level(build):
    simulation, plain = build(), build()
    settings = (("brightness", -40.0), ("latency", 1.0), ("steering_gain", 1.5))
    simulation.reset(np.array([1]), [Start(settings=settings)])
    plain.reset(np.array([1]), [Start()])
    assert simulation.images[1].mean() < plain.images[1].mean() - 10.0
    first = simulation.images[1].copy()
    simulation.step(AHEAD)
    assert (simulation.images[1] == first).all()  # a frame late
    for car in (0, 2):
        plain.step(AHEAD) if car == 0 else None
        assert (simulation.states.position[car] == plain.states.position[car]).all()
    simulation.reset(np.array([1]), [Start()])
    plain.reset(np.array([1]), [Start()])
    assert (simulation.images[1] == plain.images[1]).all()


@pytest.mark.parametrize("setting", [("latency", 99.0), ("drop_rate", 1.0), ("nothing", 1.0)])
def test_a_start_with_an_impossible_setting_changes_nothing(build, setting):
    simulation = build()
    for _ in range(3):
        simulation.step(AHEAD)
    before = simulation.states.position.copy()
    with pytest.raises(ConfigError):
        simulation.reset(np.array([0]), [Start(settings=(setting,))])
    assert (simulation.states.position == before).all()


def test_bot_cars_go_on_from_the_time_of_the_race():
    plan = ObjectPlan("bot_car", count=1, positions=("0.05,1",), speed=1.0)
    config = SimulationConfig("mujoco", image=IMAGE, objects=plan)
    simulation = Simulation.build(DEFINITION, 1, config)
    for _ in range(3):
        simulation.step(np.zeros((1, 2), np.float32))
    there = simulation.objects.poses.copy()
    simulation.reset(np.zeros(1, np.intp), [Start(0.5, race_time=float(simulation.time[0]))])
    assert (simulation.objects.poses == there).all()
    simulation.close()
