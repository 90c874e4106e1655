"""What the guard does, within this process; `test_guard_process` has real ones."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import signal
from collections.abc import Iterator

import pytest
from deepracer_car import guard, sysfs
from deepracer_car.guard import (
    ALIVE,
    BEAT,
    LAST_TRIES,
    NOTHING_SET,
    READY,
    REPEAT,
    TRIPPED,
    Guard,
    Neutral,
)
from deepracer_car.pwm import Channel
from deepracer_core.errors import HardwareError
from fake_car import FakeCar, Kernel
from hypothesis import given
from hypothesis import strategies as st

MS = 1_000_000
TIMEOUT = 120 * MS
NEUTRAL = {Channel.MOTOR: 1_446_000, Channel.SERVO: 1_450_000}
LONG = 10**18  # when a command ends that silence ends before


def watching(timeout: int = TIMEOUT, now: int = 0, until: int = LONG) -> Guard:
    """A guard that heard its first heartbeat at `now`, of a car that drives."""
    watched = Guard(timeout)
    assert watched.hear(now, until) == ALIVE
    return watched


def test_silence_is_counted_from_the_last_heartbeat():
    watched = watching(now=5 * MS)
    assert watched.patience(6 * MS) == pytest.approx(0.119, abs=1e-8)
    assert watched.must_stop_car(130 * MS)
    assert watched.silence == 125 * MS


def test_it_waits_to_the_very_nanosecond_from_which_on_it_is_too_long():
    assert watching(timeout=1_000_000_000).patience(0) == 1.000000001
    assert watching(timeout=1_000_000_000).patience(400_000_001) == 0.6


def test_before_the_first_heartbeat_it_waits_for_ever():
    watched = Guard(TIMEOUT)
    assert watched.patience(10**15) is None
    assert not watched.must_stop_car(10**15)
    assert watched.hear(10**15, LONG) == ALIVE
    assert watched.must_stop_car(10**15 + TIMEOUT + 1)


def test_a_heartbeat_in_time_keeps_the_car_driving():
    watched = watching()
    for beat in range(1, 50):
        now = beat * TIMEOUT
        assert not watched.must_stop_car(now)
        assert watched.hear(now, LONG) == ALIVE
    assert watched.silence is None


def test_silence_stops_the_car_as_soon_as_it_is_too_long():
    watched = watching()
    assert not watched.must_stop_car(TIMEOUT)
    assert watched.must_stop_car(TIMEOUT + 1)
    assert watched.silence == TIMEOUT + 1


def test_a_heartbeat_that_comes_too_late_stops_the_car():
    watched = watching()
    assert watched.hear(TIMEOUT + 1, 10**12) == TRIPPED
    assert watched.must_stop_car(TIMEOUT + 1)


def test_neutral_is_repeated_and_no_heartbeat_takes_it_back():
    watched = watching()
    start = TIMEOUT + 1
    assert watched.must_stop_car(start)
    assert not watched.must_stop_car(start + REPEAT - 1)
    assert watched.hear(start + REPEAT - 1, NOTHING_SET) == TRIPPED
    assert watched.must_stop_car(start + REPEAT)
    assert not watched.must_stop_car(start + REPEAT)


def test_silence_of_a_car_in_neutral_only_sets_neutral_again():
    watched = watching(until=NOTHING_SET)
    assert watched.patience(0) == (TIMEOUT + 1) / 1e9
    assert not watched.must_stop_car(TIMEOUT)
    assert watched.must_stop_car(TIMEOUT + 1)
    assert not watched.must_stop_car(TIMEOUT + REPEAT)
    assert watched.patience(TIMEOUT + 1) == REPEAT / 1e9
    assert watched.must_stop_car(TIMEOUT + 1 + REPEAT)
    assert watched.silence is None
    back = 100 * TIMEOUT
    assert watched.hear(back, LONG) == ALIVE
    assert not watched.must_stop_car(back + TIMEOUT)
    assert watched.hear(back + TIMEOUT + 1, NOTHING_SET) == TRIPPED  # now it drove
    assert watched.silence == TIMEOUT + 1
    assert watched.hear(back + TIMEOUT + 2, NOTHING_SET) == TRIPPED


def test_silence_after_a_command_that_was_ended_stops_the_car_for_good():
    """The node has not said that it knows of its end."""
    watched = watching(until=50 * MS)
    assert watched.must_stop_car(50 * MS + 1)
    assert watched.hear(TIMEOUT + 1, NOTHING_SET) == TRIPPED


def test_a_command_that_holds_no_longer_is_ended_although_heartbeats_come():
    watched = watching(until=50 * MS)
    assert watched.patience(20 * MS) == 0.030000001
    assert watched.hear(40 * MS, 50 * MS) == ALIVE
    assert not watched.must_stop_car(50 * MS)
    assert watched.must_stop_car(50 * MS + 1)
    assert watched.silence is None
    assert watched.patience(50 * MS + 1) == REPEAT / 1e9
    assert not watched.must_stop_car(50 * MS + REPEAT)
    assert watched.hear(60 * MS, 50 * MS) == ALIVE
    assert watched.must_stop_car(50 * MS + 1 + REPEAT)


@pytest.mark.parametrize("until", [NOTHING_SET, LONG])
def test_the_next_command_or_neutral_of_the_node_lets_it_drive_again(until):
    watched = watching(until=50 * MS)
    assert watched.must_stop_car(60 * MS)
    assert watched.hear(61 * MS, until) == ALIVE
    assert watched.patience(61 * MS) == (TIMEOUT + 1) / 1e9
    assert not watched.must_stop_car(100 * MS)


def test_silence_ends_a_command_that_would_hold_for_longer():
    watched = watching(until=TIMEOUT + 2)
    assert watched.patience(0) == (TIMEOUT + 1) / 1e9
    assert watched.must_stop_car(TIMEOUT + 1)
    assert watched.silence == TIMEOUT + 1


@given(
    st.lists(
        st.tuples(
            st.integers(0, 200 * MS),
            st.just(NOTHING_SET) | st.integers(-50 * MS, 200 * MS).filter(bool),
        ),
        max_size=50,
    )
)
def test_it_sleeps_no_longer_than_it_may_and_never_in_vain(steps):
    """After its patience there is something to do, and not before."""
    start = 10**12
    watched = watching(now=start)
    now = start
    for pause, holds in steps:
        due = now + round(watched.patience(now) * 1e9)
        if pause < due - now:
            now += pause
            assert not watched.must_stop_car(now)
            watched.hear(now, holds and now + holds)
        else:
            now = due
            assert watched.must_stop_car(now)


def test_patience_is_never_negative():
    watched = watching()
    assert watched.patience(10 * TIMEOUT) == 0.0


class Pipe:
    def __init__(self) -> None:
        self.reader, self.writer = os.pipe()
        os.set_blocking(self.writer, False)

    def close(self) -> None:
        with contextlib.suppress(OSError):  # the test has closed it
            os.close(self.reader)
        with contextlib.suppress(OSError):
            os.close(self.writer)


@pytest.fixture
def beats() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.close()


@pytest.fixture
def answers() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.close()


def test_heartbeats_are_answered_until_their_pipe_is_closed(beats, answers):
    for until in (1, 2, 10**18):  # the last one counts
        os.write(beats.writer, BEAT.pack(until))
    os.close(beats.writer)
    guard.watch(Guard(10**12), beats.reader, answers.writer, pytest.fail)
    assert os.read(answers.reader, 100) == ALIVE


def test_silence_makes_neutral_again_and_again_and_is_told_once(beats, answers, capfd):
    made = []

    def make_neutral() -> None:
        made.append(guard.time.monotonic_ns())
        if len(made) == 3:
            os.close(beats.writer)

    start = guard.time.monotonic_ns()
    guard.watch(watching(now=start), beats.reader, answers.writer, make_neutral)
    assert made[0] > start + TIMEOUT
    assert made[2] - made[0] >= 2 * REPEAT - (made[0] - start - TIMEOUT)
    assert os.read(answers.reader, 100) == TRIPPED * 3
    told = capfd.readouterr().err.splitlines()
    assert len(told) == 1
    found = re.fullmatch(r"\[ERROR\] guard: stopped the car after (\S+) ms without a .*", told[0])
    assert 120.0 <= float(found[1]) <= (made[0] - start) / 1e6 + 0.1


def test_a_car_in_neutral_gets_neutral_again_without_a_word(beats, answers, capfd):
    made = []

    def make_neutral() -> None:
        made.append(1)
        if len(made) == 3:
            os.close(beats.writer)

    os.write(beats.writer, BEAT.pack(NOTHING_SET))
    guard.watch(Guard(MS), beats.reader, answers.writer, make_neutral)
    assert os.read(answers.reader, 100) == ALIVE
    assert capfd.readouterr().err == ""


def test_an_old_command_is_ended_without_a_word(beats, answers, capfd):
    os.write(beats.writer, BEAT.pack(1))
    guard.watch(Guard(10**12), beats.reader, answers.writer, lambda: os.close(beats.writer))
    assert os.read(answers.reader, 100) == ALIVE
    assert capfd.readouterr().err == ""


def test_nobody_has_to_read_the_answers(beats, answers):
    os.write(answers.writer, b"x" * 65_536)  # as full as a pipe gets
    os.write(beats.writer, BEAT.pack(LONG))
    made = []

    def make_neutral() -> None:
        made.append(1)
        os.close(answers.reader if len(made) == 1 else beats.writer)

    guard.watch(Guard(MS), beats.reader, answers.writer, make_neutral)
    assert len(made) == 2


class Chip:
    """A PWM chip of which channels can fail."""

    def __init__(self) -> None:
        self.broken: dict[Channel, str] = {}
        self.made: list[tuple[Channel, int]] = []

    def write(self, channel: Channel, duty: int) -> int:
        if channel in self.broken:
            raise HardwareError(self.broken[channel])
        self.made.append((channel, duty))
        return duty


def test_a_channel_that_refuses_does_not_keep_the_other_from_neutral(capfd):
    chip = Chip()
    neutral = Neutral(chip, NEUTRAL)
    chip.broken[Channel.MOTOR] = "motor is gone"
    assert not neutral.make()
    assert not neutral.make()
    assert chip.made == [(Channel.SERVO, 1_450_000)] * 2
    assert capfd.readouterr().err == "[ERROR] guard: motor is gone\n"  # told once
    chip.broken[Channel.SERVO] = "servo is gone"
    assert not neutral.make()
    assert capfd.readouterr().err == "[ERROR] guard: motor is gone\nservo is gone\n"
    chip.broken.clear()
    assert neutral.make()
    assert chip.made[2:] == [*NEUTRAL.items()]
    chip.broken[Channel.MOTOR] = "motor is gone"
    assert not neutral.make()
    assert "motor is gone" in capfd.readouterr().err


class Stream:
    """What `main` needs of a standard stream."""

    def __init__(self, descriptor: int) -> None:
        self.fileno = lambda: descriptor


@pytest.fixture
def run_main(tmp_path, monkeypatch, beats, answers):
    """Runs `main` in this process against a fake AWS car, with pipes as its standard streams."""
    before = {number: signal.getsignal(number) for number in (2, 15, 1)}
    car = FakeCar(tmp_path)
    car.kernel = Kernel(car)
    monkeypatch.setattr(sysfs, "os", car.kernel)
    car.priorities = []
    monkeypatch.setattr(guard.os, "sched_setscheduler", lambda *given: car.priorities.append(given))
    monkeypatch.setattr(guard.time, "sleep", lambda seconds: None)

    def run(root=tmp_path) -> int:
        with monkeypatch.context() as patch:
            patch.setattr(guard.sys, "stdin", Stream(beats.reader))
            patch.setattr(guard.sys, "stdout", Stream(answers.writer))
            options = {"hardware": "aws", "root": root, "motor": 1_446_000, "servo": 1_450_000}
            return guard.main(
                [f"--{name}={value}" for name, value in options.items()] + ["--timeout=9"]
            )

    run.car = car
    yield run
    for number, handler in before.items():
        signal.signal(number, handler)


def test_the_process_is_ready_when_it_has_made_neutral_and_ends_with_its_pipe(
    run_main, beats, answers
):
    os.close(beats.writer)
    assert run_main() == 0
    assert os.read(answers.reader, 100) == READY
    assert run_main.car.motor_and_servo == (1_446_000, 1_450_000)
    assert run_main.car.kernel.log.count(("pwm0/duty_cycle", "1446000")) == 2
    assert len(run_main.car.priorities) == 1
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN


def test_the_process_does_without_priority_where_it_gets_none(run_main, beats, monkeypatch):
    def refuse(*given: object) -> None:
        raise PermissionError

    monkeypatch.setattr(guard.os, "sched_setscheduler", refuse)
    os.close(beats.writer)
    assert run_main() == 0


def test_the_process_is_not_ready_without_hardware(run_main, tmp_path, answers, capfd):
    assert run_main(tmp_path / "nowhere") == 1
    assert "[ERROR] guard: no PWM chip" in capfd.readouterr().err
    os.set_blocking(answers.reader, False)
    with pytest.raises(BlockingIOError):
        os.read(answers.reader, 1)


def test_the_process_tries_for_long_to_make_neutral_before_it_gives_up(
    run_main, beats, monkeypatch, capfd
):
    tries = []
    opened = guard.find_hardware

    def find_hardware(*given):
        hardware = opened(*given)
        plain = hardware.pwm.open

        def open_and_break(*args, **named):
            plain(*args, **named)
            run_main.car.kernel.broken["duty_cycle"] = errno.EIO

        monkeypatch.setattr(hardware.pwm, "open", open_and_break)
        return hardware

    monkeypatch.setattr(guard, "find_hardware", find_hardware)
    monkeypatch.setattr(guard.time, "sleep", tries.append)
    os.close(beats.writer)
    assert run_main() == 1
    assert len(tries) == LAST_TRIES
    assert "dmesg" in capfd.readouterr().err
