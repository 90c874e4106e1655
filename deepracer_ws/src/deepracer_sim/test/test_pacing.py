"""When the world moves, with a simulation that only notes what it is told."""

from __future__ import annotations

import math

import numpy as np
import pytest
from deepracer_core.command_checks import DriveCommand, Refusal
from deepracer_core.errors import SimulationError
from deepracer_sim.pacing import EPISODE_GAP, Lockstep, Realtime
from deepracer_sim.start import Start
from hypothesis import given
from hypothesis import strategies as st

PERIOD = 66_000_000


class Notes:
    """Stands in for a simulation."""

    def __init__(self) -> None:
        self.commands: list[tuple[float, ...]] = []
        self.starts: list[Start] = []
        self.broken = False

    def step(self, commands: np.ndarray) -> None:
        assert commands.dtype == np.float32
        assert commands.shape == (1, 2)
        self.commands.append(tuple(commands[0].tolist()))

    def reset(self, cars: np.ndarray, starts: list[Start]) -> None:
        if self.broken:
            raise SimulationError("no room")
        assert cars.tolist() == [0]
        self.starts += starts


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def lockstep(notes) -> Lockstep:
    return Lockstep(notes, Start(seed=4))


@pytest.fixture
def realtime(notes) -> Realtime:
    return Realtime(notes, Start())


def command(stamp: int, angle: float = 0.25, speed: float = 1.0) -> DriveCommand:
    return DriveCommand(stamp, angle, speed)


def test_time_begins_with_the_first_episode(lockstep, notes):
    assert lockstep.stamp == PERIOD
    assert (lockstep.episode.number, lockstep.episode.stamp) == (0, PERIOD)
    assert notes.starts == [Start(seed=4)]
    assert notes.commands == []


def test_lockstep_moves_once_for_the_command_of_its_moment(lockstep, notes):
    assert lockstep.offer(command(PERIOD)) is None
    assert lockstep.stamp == 2 * PERIOD
    assert lockstep.offer(command(PERIOD)) is None  # once more
    assert lockstep.stamp == 2 * PERIOD
    assert notes.commands == [(0.25, 1.0)]


@pytest.mark.parametrize(
    ("offered", "refusal"),
    [
        (command(PERIOD + 1), Refusal.FUTURE),
        (command(2 * PERIOD), Refusal.FUTURE),
        (command(PERIOD, angle=math.nan), Refusal.NOT_FINITE),
        (command(PERIOD, speed=math.inf), Refusal.NOT_FINITE),
        (command(PERIOD, speed=4.1), Refusal.OUT_OF_RANGE),
        (command(PERIOD, angle=-0.53), Refusal.OUT_OF_RANGE),
    ],
)
def test_lockstep_refuses_impossible_commands_and_waits_on(lockstep, notes, offered, refusal):
    assert lockstep.offer(offered).code is refusal
    assert lockstep.stamp == PERIOD
    lockstep.offer(command(PERIOD))
    assert notes.commands == [(0.25, 1.0)]


@pytest.mark.parametrize("kind", [Lockstep, Realtime])
def test_a_reset_leaves_a_period_out_and_drops_what_was_before(kind, notes):
    world = kind(notes, Start())
    world.offer(command(PERIOD))
    before = world.stamp
    world.reset(Start(0.5))
    assert world.stamp == world.episode.stamp == before + EPISODE_GAP == before + 2 * PERIOD
    assert world.episode.number == 1
    assert world.episode.start == notes.starts[-1] == Start(0.5)
    moved = len(notes.commands)
    world.offer(command(before))
    if kind is Realtime:
        world.tick()
        assert notes.commands[moved:] == [(0.0, 0.0)]
    else:
        assert len(notes.commands) == moved


def test_two_resets_at_once_are_two_episodes(lockstep):
    lockstep.reset(Start(0.1))
    first = lockstep.episode
    lockstep.reset(Start(0.2))
    assert (first.number, lockstep.episode.number) == (1, 2)
    assert lockstep.episode.stamp == first.stamp + EPISODE_GAP


def test_a_reset_that_fails_changes_nothing(lockstep, notes):
    before = (lockstep.stamp, lockstep.episode)
    notes.broken = True
    with pytest.raises(SimulationError):
        lockstep.reset(Start())
    assert (lockstep.stamp, lockstep.episode) == before


def test_realtime_follows_the_newest_command_until_it_is_too_old(realtime, notes):
    realtime.offer(command(PERIOD, speed=1.0))
    realtime.offer(command(PERIOD + 1, speed=2.0))
    for _ in range(6):
        realtime.tick()
    # 0, 66, 132 and 198 ms old it drives, 264 ms old it does not
    assert [speed for _, speed in notes.commands] == [2.0, 2.0, 2.0, 2.0, 0.0, 0.0]
    assert realtime.stamp == 7 * PERIOD
    assert realtime.braking
    realtime.offer(command(realtime.stamp))
    realtime.tick()
    assert not realtime.braking


@pytest.mark.parametrize("offered", [command(PERIOD, speed=math.nan), command(3 * PERIOD)])
def test_realtime_brakes_after_a_refused_command(realtime, notes, offered):
    realtime.offer(command(PERIOD))
    assert realtime.offer(offered) is not None
    realtime.tick()
    assert notes.commands == [(0.0, 0.0)]


@given(
    st.lists(
        st.tuples(st.integers(-3, 3), st.sampled_from([0.5, math.nan, 9.0])) | st.just("reset"),
        max_size=60,
    )
)
def test_whatever_comes_lockstep_advances_by_valid_commands_of_its_moment_only(events):
    notes = Notes()
    world = Lockstep(notes, Start())
    for event in events:
        before, moved = world.stamp, len(notes.commands)
        if event == "reset":
            world.reset(Start())
            assert world.stamp == before + EPISODE_GAP
            continue
        periods, speed = event
        world.offer(command(before + periods * PERIOD, speed=speed))
        moves = periods == 0 and speed == 0.5
        assert world.stamp == before + PERIOD * moves
        assert len(notes.commands) == moved + moves


@pytest.mark.parametrize(("hold", "held"), [(0.0, 0), (0.066, 1), (0.067, 2), (2.0 - 0.066, 30)])
def test_a_held_car_stands_whatever_it_is_told(lockstep, notes, hold, held):
    lockstep.reset(Start(hold=hold))
    del notes.commands[:]
    for _ in range(held + 2):
        lockstep.offer(command(lockstep.stamp))
    assert notes.commands == [(0.0, 0.0)] * held + [(0.25, 1.0)] * 2


def test_in_realtime_it_stands_too(realtime, notes):
    realtime.reset(Start(hold=0.1))
    for _ in range(4):
        realtime.offer(command(realtime.stamp))
        realtime.tick()
    assert [speed for _, speed in notes.commands] == [0.0, 0.0, 1.0, 1.0]
